"""Watches over a student's call: forbidden functions, library calls, memory, device, number of steps."""
