"""What keeps a student's code from the rest of the machine: layers, each used where the machine offers it."""
