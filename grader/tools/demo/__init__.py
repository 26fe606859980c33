"""`course demo`: the instructor's whole cycle on a sample class, in a folder of its own."""
