"""Layers and the required protections."""

import pytest

from grader.sandbox import control_groups, landlock, layers, seccomp
from grader.sandbox.file_permissions import others_can_read
from grader.sandbox.limits import Limits

FLOOR = ("files", "network", "processes")


@pytest.mark.parametrize(
    ("in_force", "lacking"),
    [
        ((), list(FLOOR)),
        ((layers.BUBBLEWRAP,), []),
        ((layers.LANDLOCK, layers.NAMESPACES), []),
        ((layers.LANDLOCK, layers.SECCOMP), ["processes"]),
        ((layers.NAMESPACES, layers.SECCOMP), ["files"]),
        ((layers.LIMITS, layers.NO_NEW_RIGHTS, layers.CONTROL_GROUP, layers.OTHER_USER), list(FLOOR)),
    ],
)
def test_the_floor_is_what_is_protected_not_how(in_force, lacking):
    assert layers.missing(FLOOR, in_force) == lacking


def test_a_weak_sandbox_is_reported_with_what_to_do():
    with pytest.raises(layers.SandboxTooWeak) as problem:
        layers.insist(FLOOR, (layers.LIMITS,))
    text = str(problem.value)
    for part in ("could read your files", "could use the network", "bubblewrap", "TrustedExecute.required"):
        assert part in text


def test_nothing_is_asked_for_where_every_submission_is_trusted():
    layers.insist((), ())


def test_the_filter_is_a_program_for_the_kernel():
    program = seccomp.program()
    assert program
    assert len(program) % 8 == 0


def test_without_the_library_there_is_no_filter(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyseccomp", None)
    assert seccomp.program() == b""
    with pytest.raises(OSError, match="no seccomp filter"):
        seccomp.refuse(b"")


def test_landlock_is_asked_for_its_version():
    assert landlock.version() >= 0


def test_a_group_has_the_limits_and_goes_without_a_trace():
    group = control_groups.make(Limits())
    folders = group.folders if group else ()
    for folder in folders:
        assert (folder / "cgroup.procs").read_text() == ""
    if group:
        group.remove()
    assert not any(folder.exists() for folder in folders)


def test_where_no_group_can_be_made_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(control_groups, "_ROOT", tmp_path)
    assert control_groups.make(Limits()) is None
    (tmp_path / "cgroup.controllers").write_text("")
    assert control_groups.make(Limits()) is None  # an ordinary folder has no cgroup.procs
    assert [each.name for each in tmp_path.iterdir()] == ["cgroup.controllers"]


def test_files_for_their_owner_alone_are_noticed(tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    (course / "weights").write_text("1")
    course.chmod(0o755)
    (course / "weights").chmod(0o644)
    assert others_can_read([str(course)], [str(course)], with_parents=False)
    (course / "weights").chmod(0o600)
    assert not others_can_read([str(course)], [str(course)], with_parents=False)
    assert others_can_read([str(course)], [], with_parents=False)
    tmp_path.chmod(0o700)
    assert not others_can_read([str(course)], [], with_parents=True)
