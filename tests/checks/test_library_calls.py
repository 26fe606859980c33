"""Calls into libraries that would do the work are recorded however they are made, and no others are."""

import fractions
import importlib
import json
import sys
import zlib
from json import dumps as imported

import pytest

from utils.checks.watch.library_calls import LibraryCallWatch


def seen(call, *names):
    with LibraryCallWatch(names) as watch:
        call()
    return list(watch.seen)


@pytest.mark.parametrize("call", [lambda: json.dumps([1]), lambda: imported([1])], ids=["module", "name"])
def test_a_call_is_seen_however_it_was_imported(call):
    assert seen(call, "json") == ["json.dumps"]


def test_only_the_call_from_outside_is_noted():
    assert seen(lambda: json.loads("[1, 2]"), "json") == ["json.loads"]


def test_functions_and_methods_that_are_not_written_in_python_are_seen():
    compressor = zlib.compressobj()
    assert seen(lambda: zlib.crc32(b"a"), "zlib") == ["zlib.crc32"]
    assert seen(lambda: compressor.compress(b"a"), "zlib") == ["zlib.Compress.compress"]


def test_a_single_function_can_be_named():
    def both():
        json.dumps(1)
        json.loads("1")

    assert seen(both, "json.loads") == ["json.loads"]


def test_names_that_begin_alike_are_others():
    assert seen(lambda: fractions.Fraction(1, 2), "fract") == []


def test_importing_is_no_call():
    sys.modules.pop("colorsys", None)

    def imports():
        import colorsys

        return colorsys

    assert seen(imports, "colorsys") == []
    assert seen(lambda: imports().rgb_to_hsv(0, 0, 0), "colorsys") == ["colorsys.rgb_to_hsv"]


def test_the_profiler_that_was_there_comes_back():
    def profiler(frame, event, argument):
        return None

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        seen(lambda: json.dumps(1), "json")
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


def test_an_error_ends_the_watch():
    before = sys.getprofile()
    with pytest.raises(ValueError, match="Expecting value"):
        seen(lambda: json.loads("not JSON"), "json")
    assert sys.getprofile() is before


def test_without_names_nothing_is_hooked():
    with LibraryCallWatch([]) as watch:
        assert sys.getprofile() is None
        json.dumps(1)
    assert not watch.seen


def test_what_a_decorator_calls_while_a_library_is_imported_is_not_noted(tmp_path, monkeypatch):
    code = "import dataclasses\n\n@dataclasses.dataclass\nclass Pair:\n    one: int\n"
    (tmp_path / "imported_late.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "imported_late", raising=False)
    assert seen(lambda: importlib.import_module("imported_late"), "imported_late") == []
    assert seen(lambda: sys.modules["imported_late"].Pair(1), "imported_late") != []
