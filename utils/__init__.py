"""The modules that notebooks import: reference model, tokens, checks, pictures, scratchpad and story world.

Importing this package loads nothing heavy: torch and transformers are imported by the modules that need them.
"""
