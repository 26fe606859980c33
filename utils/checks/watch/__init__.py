"""Context managers and probes that record what a call does: forbidden functions, library calls, memory,
device, number of steps.
"""
