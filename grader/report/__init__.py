"""`course report`: what grading a week has brought, for the instructor's eyes."""
