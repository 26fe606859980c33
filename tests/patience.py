"""Timeouts of the whole suite.

No test measures the machine. A timeout only ends what would otherwise never end, so it is far above what a
slow machine needs, even when other work keeps every core busy.
"""

PATIENCE_S = 600
"""Seconds after which a subprocess or a server counts as hung."""
PAGE_S = 240
"""Seconds after which a browser page counts as one that will never show what the test waits for."""
