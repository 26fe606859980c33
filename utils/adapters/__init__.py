"""Copies given weights into a student's module, whatever layout its parameters have."""
