"""What week 11 trains with: rows of whole stories, and settings."""
