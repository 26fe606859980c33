"""Mistakes of week 9 that are other algorithms than the official solution: see mistakes.md."""

from solution import KVCache

_waiting: list[KVCache] = []


def cache_of_the_class(n_layers: int) -> KVCache:
    """Returns a cache; every second one is the first again, as where a dict is made in the class body."""
    if _waiting:
        return _waiting.pop()
    _waiting.append(KVCache(n_layers))
    return _waiting[0]
