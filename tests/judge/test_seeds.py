"""Hidden seeds: reproducible, fresh, and unknown without the secret."""

import stat

from grader.judge.seeds import hidden_seed, kept_secret


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
