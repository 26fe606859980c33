"""What the notebooks import: the reference model, tokens, checks, pictures, the scratchpad and the story world.

Importing this package loads nothing heavy: torch and transformers arrive with the module that needs them.
"""
