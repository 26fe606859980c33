"""What the course says: its terms, its words, its times and its marking schemes."""
