"""The check engine: what a check is, how one is run, and what crosses to the judge."""
