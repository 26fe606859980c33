"""`course demo`: runs the instructor's whole workflow on a sample class, in a separate folder."""
