"""How long a test waits before it takes something for hung: the same figures for the whole suite.

No test measures the machine. A limit only ends what would otherwise never end, so it lies far above what a
slow machine needs, even when other work keeps every core busy.
"""

PATIENCE_S = 600
"""Seconds until a subprocess or a server is taken for hung."""
PAGE_S = 240
"""Seconds until a page of the browser is taken for one that will never show what a test waits for."""
