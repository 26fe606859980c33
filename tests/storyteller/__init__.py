"""The training of the storyteller: from nothing, through accidents, to a file that HF reads."""
