"""Isolates a student's code from the rest of the machine, by all layers that the machine offers."""
