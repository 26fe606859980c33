"""The instructor's commands of `course`: their arguments and their output."""
