"""The known mistakes of the weeks: read from tables, proven, and turned into fingerprints."""
