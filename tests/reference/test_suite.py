"""The tests themselves: what is in this machine's cache and environment decides nothing."""

import json

from .hub_cache import fresh_python, put_in_cache

SEEN = """
import json, os
from hypothesis import settings
from utils.reference import load
names = sorted(name for name in os.environ if name in {"HF_ENDPOINT", "JUPYTER_PATH", "FORCE_COLOR"})
print(json.dumps([load(quiet=True).name, names, settings().deadline is None, os.environ.get("COLUMNS")]))
"""
# Where CI is set, hypothesis chooses a profile by itself: a named one makes both cases the same.
DEVELOPERS_PROFILE = """
from hypothesis import settings
settings.register_profile("developers", deadline=200)
settings.load_profile("developers")
"""
DEVELOPERS = {
    "HF_ENDPOINT": "http://127.0.0.1:9",
    "JUPYTER_PATH": "/somewhere",
    "FORCE_COLOR": "1",
    "COLUMNS": "300",
}


def seen(code, cache, **environment):
    done = fresh_python(code, cache, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_developers_gpt2_and_settings_are_not_the_suites(cache, tiny_gpt2, tmp_path):
    put_in_cache(cache, "openai-community/gpt2", tiny_gpt2)
    alone = f"{DEVELOPERS_PROFILE}\n{SEEN}"
    assert seen(alone, cache, **DEVELOPERS) == ["gpt2", sorted(DEVELOPERS.keys() - {"COLUMNS"}), False, "300"]
    # As pytest does before it imports any test.
    suite = f"{DEVELOPERS_PROFILE}\nimport tests.conftest\n{SEEN}"
    assert seen(suite, cache, TMPDIR=str(tmp_path), **DEVELOPERS) == ["storyteller", [], True, "80"]
