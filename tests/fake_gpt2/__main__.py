"""Lays the fake into a hub cache: `python -m tests.fake_gpt2 FOLDER`; `--help` lists the options."""

import argparse
from pathlib import Path

from tests.fake_gpt2.sizes import SIZES
from tests.fake_gpt2.write import put_fake_in_cache


def main() -> None:
    """Reads the command line, writes the fake and prints how to use it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fake_gpt2", description="Lays the fake into a hub cache."
    )
    parser.add_argument("cache", type=Path, help="folder of the hub cache; made if it is not there")
    parser.add_argument("--size", choices=SIZES, default="true", help="true is GPT-2 small, 0.55 GB")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    cache = given.cache.absolute()
    try:
        put_fake_in_cache(cache, SIZES[given.size], given.seed)
    except OSError as error:
        parser.exit(1, f"Nothing was written: {error}\n")
    print(f"A fake GPT-2 is in {cache}. To use it: export HF_HUB_CACHE={cache}")


if __name__ == "__main__":
    main()
