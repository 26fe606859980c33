"""The instructor's half of `course`: what each command takes, calls and prints."""
