"""The house itself: set-up, pins, what is tracked, what an import costs."""
