"""`make` sets the course up, once, and says in one sentence what is wrong with the machine.

Two small shell scripts play uv and the environment's Python: they write down how they were called, so that
the tests need no network and take no minutes. Everything else is the real set-up.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .checkout import CHECKOUT, read

UV = """\
#!/bin/sh
echo "$*" >> "$DIARY"
for last; do :; done
case "$*" in
--version) echo "uv ${UV_IS:-0.13.9} (a test's)" ;;
"cache dir"*) echo "$CACHE" ;;
venv*) mkdir -p "$last/bin" && cp "$ENVIRONMENTS_PYTHON" "$last/bin/python" ;;
*--dry-run*) echo " + torch==2.13.0+cpu"; exit "${PROBE_ENDS_WITH:-0}" ;;
"pip install"*) echo "$UV_SAYS"; if test "$UV_HANGS"; then exec sleep 60; fi; exit "${UV_ENDS_WITH:-0}" ;;
esac
"""
PYTHON = """\
#!/bin/sh
case "$*" in
*"pip config list"*) printf '%s\\n' "$PIP_SETTINGS" ;;
*"pip --version"*) exit "${NO_PIP:-0}" ;;
*"pip"*) echo "pip: $*" >> "$DIARY"; echo "$PIP_SAYS"; exit "${PIP_ENDS_WITH:-0}" ;;
esac
"""
ID = """\
#!/bin/sh
echo "${USER_NUMBER:-1000}"
"""

VENV, INSTALL = "venv", "install"


@dataclass
class Machine:
    """A copy of what set-up needs, in a folder with spaces and umlauts, and programs that pretend."""

    folder: Path
    programs: Path
    diary: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self, **pretends: str) -> dict[str, str]:
        """The variables of a call."""
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.programs),
            "LANG": "C.UTF-8",
            "DIARY": str(self.diary),
            "CACHE": str(self.programs / "cache"),
            "ENVIRONMENTS_PYTHON": str(self.programs / "python"),
            **self.settings,
            **pretends,
        }

    def make(self, *arguments: str, **pretends: str) -> subprocess.CompletedProcess:
        """Call make with this Python; `pretends` changes what is pretended."""
        self.diary.write_text("", encoding="utf-8")
        return subprocess.run(
            ["make", f"PYTHON={sys.executable}", *arguments],
            cwd=self.folder,
            env=self.environment(**pretends),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )

    def set_up(self, *extras: str, **pretends: str) -> subprocess.CompletedProcess:
        """Set up as `make lab` does, without starting JupyterLab."""
        more = " ".join(f"--extra {extra}" for extra in extras)
        return self.make("lab", "LAB=true", f"SET_UP='{sys.executable}' .setup/set_up.py {more}", **pretends)

    def calls(self) -> list[str]:
        """How uv and pip were called, without questions that change nothing."""
        lines = self.diary.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not re.match(r"--version|cache dir|.*--dry-run", line)]

    def steps(self) -> list[str]:
        """The steps of the last set-up: an environment was made, packages were installed."""
        return [VENV if call.startswith("venv") else INSTALL for call in self.calls()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "ein Kurs über GPT-2"
    shutil.copytree(CHECKOUT / ".setup", folder / ".setup")
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, folder)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("uv", UV), ("python", PYTHON), ("id", ID)):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    return Machine(folder, programs, tmp_path / "diary")


def complaint(done: subprocess.CompletedProcess) -> str:
    """What make said before it gave up, without its own last line."""
    assert done.returncode != 0
    (sentence,) = [line for line in done.stderr.splitlines() if line and not line.startswith("make: ***")]
    return sentence


def test_set_up_happens_once(machine):
    first = machine.set_up()
    assert (first.returncode, first.stderr) == (0, "")
    assert [line[:5] for line in first.stdout.splitlines()] == ["[1/2]", "[2/2]", "PyTor", "The c"]
    assert machine.steps() == [VENV, INSTALL]

    second = machine.set_up()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert machine.calls() == []


def test_what_is_installed_is_the_course_at_the_versions_of_the_lock(machine):
    machine.set_up()
    _, install = machine.calls()
    assert "--editable . --constraint requirements.lock" in install
    assert f"--python {machine.folder}/.venv/bin/python" in install


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_newer_pin_is_installed_into_the_same_environment(machine, name):
    machine.set_up()
    with (machine.folder / name).open("a") as file:
        file.write("# a change\n")
    assert machine.set_up().returncode == 0
    assert machine.steps() == [INSTALL]


def test_another_date_of_the_same_lock_installs_nothing(machine):
    machine.set_up()
    os.utime(machine.folder / "requirements.lock", (2**31, 2**31))
    machine.set_up()
    assert machine.steps() == []


def test_a_command_that_needs_more_adds_it_and_keeps_the_rest(machine):
    machine.set_up()
    machine.set_up("grader")
    assert "--editable .[grader] " in machine.calls()[0]
    machine.set_up("dev")
    assert "--editable .[dev,grader] " in machine.calls()[0]
    machine.set_up("grader")
    machine.set_up()
    assert machine.calls() == []


def test_each_command_asks_for_what_it_needs():
    asked = {}
    for target in ("lab", "verify", "test", "demo", "grader", "bench", "build", "lint", "format", "lock"):
        body = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)[1]
        asked[target] = re.findall(r"--extra (\w+)", body.splitlines()[0])
    assert asked.pop("lab") == asked.pop("verify") == []
    assert {target for target, extras in asked.items() if extras == ["grader"]} == {
        "demo",
        "grader",
        "bench",
        "build",
    }
    assert {target for target, extras in asked.items() if extras == ["grader", "dev"]} == {
        "test",
        "lint",
        "format",
        "lock",
    }


def test_a_set_up_that_failed_starts_anew(machine):
    stopped = machine.set_up(UV_ENDS_WITH="1", NO_PIP="1", UV_SAYS="error: the moon is full")
    assert "the moon is full" in complaint(stopped)
    assert (machine.folder / ".venv/.unfinished").exists()

    (machine.folder / ".venv/rest").touch()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]
    assert not (machine.folder / ".venv/rest").exists()


def test_a_set_up_that_was_killed_starts_anew(machine):
    process = subprocess.Popen(
        [sys.executable, ".setup/set_up.py"],
        cwd=machine.folder,
        env=machine.environment(UV_HANGS="1", UV_SAYS="hanging"),
        stdout=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
    )
    while "PyTorch" not in process.stdout.readline():
        pass
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]


def test_a_set_up_that_is_stopped_says_so(machine):
    process = subprocess.Popen(
        [sys.executable, ".setup/set_up.py"],
        cwd=machine.folder,
        env=machine.environment(UV_HANGS="1", UV_SAYS="hanging"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    while "PyTorch" not in process.stdout.readline():
        pass
    process.terminate()
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.strip() == "The set-up was stopped: call the same command again, and it starts anew."


def test_an_interrupted_update_starts_anew_too(machine):
    machine.set_up()
    (machine.folder / ".venv/.unfinished").touch()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]


def test_a_moved_folder_is_set_up_anew(machine):
    machine.set_up()
    machine.folder = machine.folder.rename(machine.folder.with_name("moved"))
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]


def test_a_python_that_has_gone_is_replaced(machine):
    machine.set_up()
    (machine.folder / ".venv/bin/python").unlink()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]


@pytest.mark.parametrize(
    "note", ["", "{}", "[1]", "/some/folder", '{"folder": 1, "extras": [], "inputs": 2}']
)
def test_a_damaged_note_of_what_is_installed_is_none(machine, note):
    machine.set_up()
    (machine.folder / ".venv/.ready").write_text(note, encoding="utf-8")
    assert machine.set_up().returncode == 0
    assert machine.steps() == [VENV, INSTALL]
    assert json.loads((machine.folder / ".venv/.ready").read_text(encoding="utf-8"))["extras"] == []


def test_an_environment_made_by_hand_is_kept(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    shutil.copy(machine.programs / "python", own)
    assert machine.set_up().returncode == 0
    assert machine.steps() == [INSTALL]


def test_clean_removes_only_an_environment_that_make_has_set_up(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    assert machine.make("clean").returncode == 0
    assert own.parent.is_dir()

    shutil.copy(machine.programs / "python", own)
    machine.set_up()
    assert machine.make("clean").returncode == 0
    assert not (machine.folder / ".venv").exists()


# --- Which build of PyTorch


def test_uv_chooses_pytorchs_build_where_its_index_answers(machine):
    done = machine.set_up()
    assert "PyTorch: 2.13.0+cpu, there is no graphics card here.\n" in done.stdout
    assert "--torch-backend=auto" in machine.calls()[-1]


def test_the_usual_index_serves_where_pytorchs_own_is_out_of_reach(machine):
    done = machine.set_up(PROBE_ENDS_WITH="1")
    assert "PyTorch's own index cannot be reached" in done.stdout
    assert "CUDA" in done.stdout
    assert "--torch-backend" not in machine.calls()[-1]


def test_a_wheel_that_pips_settings_name_wins(machine):
    wheels = machine.folder.parent / "Räder"
    wheels.mkdir()
    name = f"torch-2.13.0+cpu-cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-linux_x86_64.whl"
    (wheels / name).touch()
    done = machine.set_up(PIP_SETTINGS=f"global.find-links='{wheels}'")
    assert f"PyTorch: {name}, which pip's settings name on this disk.\n" in done.stdout
    assert f"--find-links {wheels}" in machine.calls()[-1]
    assert "--torch-backend" not in machine.calls()[-1]


def test_a_wheel_for_another_python_does_not(machine):
    wheels = machine.folder.parent / "wheels"
    wheels.mkdir()
    (wheels / "torch-2.13.0+cpu-cp39-cp39-linux_x86_64.whl").touch()
    machine.set_up(PIP_SETTINGS=f"global.find-links='{wheels}'")
    assert "--torch-backend=auto" in machine.calls()[-1]


def test_a_build_that_was_named_is_taken(machine):
    machine.set_up(UV_TORCH_BACKEND="cu128")
    assert "--torch-backend=cu128" in machine.calls()[-1]


# --- Where uv does not serve


def test_pip_follows_where_uv_fails(machine):
    done = machine.set_up(UV_ENDS_WITH="1", UV_SAYS="error: uv does not like this index")
    assert done.returncode == 0
    assert "trying pip" in done.stdout
    assert machine.calls()[-1].startswith("pip: -m pip --disable-pip-version-check install --editable .")


def test_an_old_uv_is_not_used(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    shutil.copy(machine.programs / "python", own)
    assert machine.set_up(UV_IS="0.7.13").returncode == 0
    fetch, install = machine.calls()
    assert re.search(r"pip: .* install --no-deps .* uv==\d", fetch)
    assert install.startswith("pip: -m pip --disable-pip-version-check install --editable .")


def test_pip_is_not_tried_again_where_it_has_no_network_to_fetch_uv(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    shutil.copy(machine.programs / "python", own)
    done = machine.set_up(UV_IS="0.7.13", PIP_ENDS_WITH="1", PIP_SAYS="[Errno 101] Network is unreachable")
    assert "The network cannot be reached" in complaint(done)
    assert len(machine.calls()) == 1


# --- What is wrong with the machine


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("cause: dns error: failed to lookup address information", "The network cannot be reached"),
        ("NewConnectionError: [Errno 101] Network is unreachable", "The network cannot be reached"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 503'))", "The proxy"),
        ("error: invalid peer certificate: UnknownIssuer", "not trusted here"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "The disk is full"),
        ("error: failed to write: Permission denied (os error 13)", "see who owns it"),
        ("error: something else\nat the end", "The set-up stopped (error: something else)"),
        ("", "The set-up stopped (nothing was said)"),
    ],
)
def test_what_the_installer_stopped_at_is_said_in_one_sentence(machine, said, sentence):
    done = machine.set_up(UV_ENDS_WITH="2", UV_SAYS=said, NO_PIP="1")
    assert sentence in complaint(done)
    assert str(machine.folder / ".venv/set_up.log") in complaint(done)
    assert said in (machine.folder / ".venv/set_up.log").read_text(encoding="utf-8")


def test_pip_is_not_tried_where_the_disk_is_full(machine):
    done = machine.set_up(UV_ENDS_WITH="2", UV_SAYS="No space left on device (os error 28)")
    assert "The disk is full" in complaint(done)
    assert not [call for call in machine.calls() if call.startswith("pip:")]


def test_a_missing_python_is_named_with_what_to_do(machine):
    sentence = complaint(machine.make("test", "PYTHON=does-not-exist"))
    assert "does-not-exist is not a Python that starts here" in sentence
    assert "make test PYTHON=python3.12" in sentence
    assert not (machine.folder / ".venv").exists()


@pytest.mark.parametrize("version", [(2, 7), (3, 9), (3, 10), (3, 15), (4, 0)])
def test_a_wrong_python_is_named_with_what_to_do(machine, version):
    pretended = f"import sys; sys.version_info = {(*version, 0)}; sys.argv = ['set_up.py', '--this-python']; "
    run = "import runpy; runpy.run_path('.setup/set_up.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", pretended + run], cwd=machine.folder, capture_output=True, encoding="utf-8"
    )
    sentence = complaint(done)
    assert f"is Python {version[0]}.{version[1]}, and the course needs Python 3.11 to 3.14" in sentence
    assert "make lab PYTHON=python3.12" in sentence
    assert not (machine.folder / ".venv").exists()


def test_an_old_python_can_read_the_first_file():
    """Python 2.7 and 3.4 know no f-strings, annotations of variables or keyword-only arguments."""
    import ast

    tree = ast.parse(read(".setup/set_up.py"), feature_version=(3, 4))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [node for node in functions if node.returns or node.args.kwonlyargs]
    assert not [argument for node in functions for argument in node.args.args if argument.annotation]
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)
    ]


def test_another_python_of_the_machine_takes_over(machine):
    """`python3` may be too old where a newer one has another name."""
    newer = machine.programs / "python3.14"
    newer.write_text('#!/bin/sh\ncase "$1" in -c) echo "(3, 14)" ;; *) echo "took over: $*" ;; esac\n')
    newer.chmod(0o755)
    pretended = "import sys; sys.version_info = (3, 9, 0); sys.argv = ['set_up.py', '--extra', 'dev']; "
    run = "import runpy; runpy.run_path('.setup/set_up.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", pretended + run],
        cwd=machine.folder,
        env=machine.environment(),
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (0, "took over: .setup/set_up.py --extra dev\n")


def test_a_python_without_venv_is_told_what_to_install(machine):
    script = (
        "import sys; sys.path.insert(0, '.setup'); import environment, steps; "
        "environment.has_venv = lambda: False; "
        "steps.has_venv = environment.has_venv; sys.exit(steps.main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=machine.folder,
        env=machine.environment(UV_IS="0.1.0"),
        capture_output=True,
        encoding="utf-8",
    )
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"apt install python{version}-venv" in complaint(done)


def test_a_folder_that_cannot_be_written_is_named(machine):
    (machine.folder / ".venv").touch()  # root may write anywhere, but not into a file
    sentence = complaint(machine.set_up())
    assert f"{machine.folder}/.venv" in sentence


def test_a_name_that_is_none_is_refused(machine):
    assert "invalid choice: 'garder'" in machine.set_up("garder").stderr


# --- Other things


def test_an_environment_in_the_clone_may_be_named_in_full(machine):
    assert machine.make("lab", "LAB=true", f"VENV={machine.folder}/.venv").returncode == 0
    assert machine.steps() == [VENV, INSTALL]


def test_an_environment_may_lie_elsewhere_and_have_a_space_in_its_name(machine):
    elsewhere = machine.folder.parent / "my env"
    assert machine.make("lab", "LAB=true", f"VENV={elsewhere}").returncode == 0
    assert (elsewhere / ".ready").exists()


def test_root_is_told_how_to_start_jupyterlab(machine):
    refused = complaint(machine.make("lab", "LAB=echo", USER_NUMBER="0"))
    assert "make lab LAB_OPTIONS=--allow-root" in refused
    allowed = machine.make("lab", "LAB=echo", "LAB_OPTIONS=--no-browser --allow-root", USER_NUMBER="0")
    assert (allowed.returncode, allowed.stdout.splitlines()[-1]) == (0, "--no-browser --allow-root")


def test_libraries_are_compiled_once(machine):
    """Also where the environment, as a container's often does, tells Python to keep no compiled code."""
    kept = machine.make("lab", 'LAB=echo "<$$PYTHONDONTWRITEBYTECODE>"', PYTHONDONTWRITEBYTECODE="1")
    assert (kept.returncode, kept.stdout.splitlines()[-1].strip()) == (0, "<>")


def test_help_is_the_default_and_names_every_target(machine):
    shown = machine.make()
    assert shown.returncode == 0
    targets = re.search(r"^\.PHONY: (.+)$", read("Makefile"), flags=re.MULTILINE)[1].split()
    helped = re.findall(r"^  make (\w+) +[A-Z][a-z]", shown.stdout, flags=re.MULTILINE)
    assert sorted(helped) == sorted(set(targets) - {"help"})
    assert machine.calls() == []
