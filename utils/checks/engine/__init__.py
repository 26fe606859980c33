"""The check engine: what a check is, how it is run, and what is exchanged with the judge."""
