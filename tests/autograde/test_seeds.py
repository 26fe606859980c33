"""Hidden seeds: reproducible, fresh, and unknown without the secret."""

import stat

import pytest

from grader.autograde.seeds import hidden_seed, kept_secret


def test_the_seed_hangs_on_secret_week_and_every_byte():
    one = hidden_seed("secret", "week05_attention", b"notebook")
    assert one == hidden_seed(b"secret", "week05_attention", b"notebook")
    others = {
        hidden_seed("Secret", "week05_attention", b"notebook"),
        hidden_seed("secret", "week06_heads", b"notebook"),
        hidden_seed("secret", "week05_attention", b"notebook "),
    }
    assert len(others | {one}) == 4


def test_seeds_are_whole_numbers_that_every_reader_of_json_keeps():
    assert all(0 <= hidden_seed("s", "w", bytes([byte])) < 2**53 for byte in range(256))


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "classroom" / "secret"
    secret = kept_secret(path)
    assert len(secret) == 64
    assert kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret"]


def test_a_copy_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "secret"
    path.write_text("a line of my own, ä\n", encoding="utf-8")
    path.chmod(0o644)
    assert kept_secret(path) == "a line of my own, ä"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_empty_secret_is_none(tmp_path):
    path = tmp_path / "secret"
    path.write_text("\n")
    with pytest.raises(OSError, match="secret is empty: delete it, and a new one is made"):
        kept_secret(path)
    assert path.read_text() == "\n"
