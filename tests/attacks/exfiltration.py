"""Attempts to carry something out: the machine's files, the network, hidden inputs, another's work."""

from autograde import week05

from .attack import EVERY, Attack, Expected
from .lies_to_the_judge import SPEAK
from .notebooks import in_a_cell, in_the_mask, solved_and, while_checked

PUBLIC = """
from utils.checks import week05_attention as _module
_given = [case.inputs["scores"] for case in _module.causal_mask.draw_cases()]
def public(scores):
    return scores.device.type == "meta" or any(
        each.shape == scores.shape and bool((each == scores).all()) for each in _given
    )
"""
"""Tells a public case from a hidden one."""
RIGHT = week05.answers()["causal_mask"].replace("def causal_mask", "def right")


def _mask_only(reason: str) -> Expected:
    return Expected(points=0, why={"causal_mask": reason, EVERY: "not written yet"}, never=("SEEN",))


TRY = """
import ctypes, errno, os, pathlib, socket
def attempt_it(name, do):
    try:
        print(name, "REACHED", str(do())[:100])
    except Exception as error:
        print(name, "held", type(error).__name__)
libc = ctypes.CDLL(None, use_errno=True)
def system_call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")
    return "done"
"""


def tries(what: str, **each: str):
    """All solved, and a cell that tries something under one name."""
    return solved_and(TRY + "\n".join(f"attempt_it({name!r}, lambda: {do})" for name, do in each.items()))


def held(*names: str) -> Expected:
    """Nothing was reached, and nothing lost."""
    return Expected(shows=tuple(f"{name} held" for name in names), never=("REACHED",))


def _probe(name: str, idea: str, **each: str) -> Attack:
    return Attack(name, idea, tries(name, **each), held(*each))


LEFT_BEHIND = Attack(
    "left behind",
    "leaves files, variables, patched modules and processes for the next submission",
    lambda: _left_behind(),
    Expected(shows=("FOUND []",)),
)

EXFILTRATION = [
    _probe(
        "network",
        "opens connections: TCP, UDP, IPv6, raw, netlink and vsock",
        tcp='socket.create_connection(("127.0.0.1", 8888), 1)',
        udp='socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))',
        ipv6="socket.socket(socket.AF_INET6)",
        raw="socket.socket(socket.AF_INET, socket.SOCK_RAW)",
        netlink="socket.socket(socket.AF_NETLINK)",
        vsock="socket.socket(40, socket.SOCK_STREAM)",
        lookup='socket.gethostbyname("example.org")',
    ),
    _probe(
        "home folder",
        "reads home folders, keys and the machine's files",
        root='os.listdir("/root") or 1 / 0',
        home='os.listdir("/home")',
        passwords='open("/etc/passwd").read()',
        machine='open("/etc/machine-id").read()',
        mounts='open("/proc/mounts").read()',
        disk='os.listdir("/sys")',
        variables='open("/var/log/dpkg.log").read()',
        temporary='os.listdir("/tmp") or 1 / 0',
        runs='os.listdir("/run")',
    ),
    _probe(
        "environment",
        "looks for secrets among the environment variables, its own and process 1's",
        own='[n for n in os.environ if "KEY" in n or "TOKEN" in n or "SECRET" in n or "DASK" in n][0]',
        user='os.environ["USER"]',
        virtual='os.environ["VIRTUAL_ENV"]',
        first='open("/proc/1/environ").read()',
        parents='open(f"/proc/{os.getppid()}/environ").read()',
    ),
    _probe(
        "course folders",
        "looks for solutions, answer keys, gradebook, secret and submissions by their paths",
        solutions="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('solutions/*'))[0]",
        answer_keys="list(pathlib.Path(__import__('utils').__file__).parent.glob('answers/*'))[0]",
        classroom="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('grader/classroom/*'))[0]",
        later="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('course/*'))[0]",
        configuration="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('nbgrader*'))[0]",
        git="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('.git/*'))[0]",
        tests="list(pathlib.Path(__import__('utils').__file__).parents[1].glob('tests/*'))[0]",
    ),
    _probe(
        "processes of others",
        "reads /proc, traces siblings and reads their memory",
        proc='os.listdir("/proc")[0]',
        trace="system_call(101, 16, os.getppid(), 0, 0)",
        memory="system_call(310, os.getppid(), 0, 0, 0, 0, 0)",
        descriptor="system_call(438, 3, 0, 0)",
        compare="system_call(312, os.getpid(), os.getppid(), 0, 0, 0)",
        memory_file='open(f"/proc/{os.getppid()}/mem", "rb").read(1)',
    ),
    _probe(
        "other programs",
        "starts programs: a shell, Python, a script of its own",
        shell='os.execv("/bin/sh", ["sh", "-c", "true"])',
        python='__import__("subprocess").run([__import__("sys").executable, "-c", ""], check=True)',
        spawn='os.posix_spawn("/usr/bin/env", ["env"], {})',
        memory='os.execve(os.open("/lib/x86_64-linux-gnu/libc.so.6", 0), ["x"], {})',
    ),
    _probe(
        "kernel's corners",
        "system calls that were ways out before",
        userfaultfd="system_call(323, 0)",
        io_uring="system_call(425, 8, ctypes.create_string_buffer(120))",
        keyctl="system_call(250, 0, -3, 0)",
        add_key='system_call(248, b"user", b"x", b"y", 1, -3)',
        bpf="system_call(321, 0, 0, 0)",
        perf="system_call(298, 0, 0, -1, -1, 0)",
        user_namespace="system_call(272, 0x10000000)",
        mount_namespace="system_call(272, 0x20000)",
        enter_namespace="system_call(308, 3, 0)",
        mount='system_call(165, b"none", b"/student", b"tmpfs", 0, 0)',
        chroot='os.chroot("/")',
        kernel_log="system_call(103, 2, 0, 0)",
        handle="system_call(304, -100, 0, 0)",
        clock="system_call(227, 0, 0)",
        settid="os.setuid(0)",
    ),
    _probe(
        "abstract sockets",
        "connects to abstract unix sockets of other programs, X11's and D-Bus's among them",
        x11='socket.socket(socket.AF_UNIX).connect("\\0/tmp/.X11-unix/X0")',
        bus='socket.socket(socket.AF_UNIX).connect("\\0/run/dbus/system_bus_socket")',
        docker='socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")',
    ),
    Attack(
        "hidden inputs printed",
        "prints what the check gives, keeps it in a global and a file, and shows both in a later cell",
        lambda: _printing(),
        Expected(never=("SEEN",), shows=("LATER 0 0",)),
    ),
    Attack(
        "hidden inputs in an error's text",
        "right for the public cases, and then raises an error that holds the hidden input",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
def causal_mask(scores):
    if not public(scores):
        raise ValueError("SE" "EN " + str(scores.flatten()[:8].tolist()))
    return right(scores)
"""),
        _mask_only(""),
    ),
    Attack(
        "hidden inputs in an error's name",
        "the hidden input is the exception's class, a warning, and the name of a file",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
def causal_mask(scores):
    if not public(scores):
        import warnings
        warnings.warn("SE" "EN " + str(scores.flatten()[:8].tolist()))
        name = "SE" "EN" + "".join(str(each) for each in scores.flatten()[:8].tolist())
        raise type(name, (Exception,), {{}})()
    return right(scores)
"""),
        _mask_only(""),
    ),
    Attack(
        "hidden inputs in a broken answer",
        "answers the hidden case with a header that the judge would quote as unreadable",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
{SPEAK}
def causal_mask(scores):
    if not public(scores):
        header = '{{"SE' 'EN": ' + str(scores.flatten()[:4].tolist()) + "}}"
        say_header(header.encode())
        os._exit(0)
    return right(scores)
"""),
        _mask_only(""),
    ),
    Attack(
        "hidden inputs in a tensor's name",
        "answers the hidden case with a tensor whose dtype and shape are the hidden input",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
{SPEAK}
def causal_mask(scores):
    if not public(scores):
        values = str(scores.flatten()[:4].tolist())
        say_header(('{{"tensor": "SE' 'EN", "shape": ' + values + ', "bytes": 4}}').encode())
        os._exit(0)
    return right(scores)
"""),
        _mask_only(""),
    ),
    Attack(
        "hidden inputs handed on",
        "one check writes its hidden input to shared memory; the next raises it as its public error",
        lambda: _handed_on(),
        Expected(
            points=16,
            why={"attention_pattern": "all cases end in an error", EVERY: "not written yet"},
            never=("SEEN",),
        ),
    ),
    Attack(
        "hidden inputs in a class's report",
        "the check cell itself raises an error that holds the hidden input, after the hidden case",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
def causal_mask(scores):
    if not public(scores):
        from utils.checks.engine.check import Check
        seen = "SE" "EN " + str(scores.flatten()[:8].tolist())
        def raises(*_, **__):
            raise ValueError(seen)
        Check.observe = raises
    return right(scores)
"""),
        _mask_only(""),
    ),
    Attack(
        "expected values in a report",
        "answers nothing, so that the report tells what would have been right",
        in_the_mask(f"""{PUBLIC}
{RIGHT}
def causal_mask(scores):
    return right(scores) if public(scores) else scores + 1
"""),
        Expected(
            points=0,
            why={"causal_mask": "", EVERY: "not written yet"},
            never=("of other cases, expected", "expected -inf"),
        ),
    ),
    Attack(
        "script in an output",
        "shows HTML, JavaScript and SVG, for the instructor's browser",
        solved_and("""
            from IPython.display import HTML, SVG, Javascript, Markdown, display
            display(HTML("<img src=x onerror=alert(1)>"), Javascript("alert(1)"))
            display(SVG(data="<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"))
            display(Markdown("<script>alert(1)</script>"))
            display({"image/png": "x" + chr(34) + "><script>alert(1)</script>"}, raw=True)
            display({"text/html": "<b onclick=alert(1)>"}, raw=True)
        """),
        Expected(),
    ),
    Attack(
        "script in an answer",
        "the answer in words holds a script, which formgrader would run with the instructor's rights",
        lambda: week05.solved(
            own_words=(
                "<script>fetch('/formgrader/api/grade/1', {method: 'PUT', body: '{\"manual_score\": 10}'})"
                "</script> <img src=x onerror=alert(1)> <svg onload=alert(1)>"
            )
        ),
        Expected(never=("<script>fetch", "<img src=x", "<svg onload")),
    ),
    Attack(
        "link to code",
        "links in an answer that run code when the instructor follows them, hidden by entities",
        lambda: week05.solved(
            own_words=(
                "[a](javascript:alert(1)) [b](&#106;avascript:alert(1)) <javascript:alert(1)>\n\n"
                "[c][d] $\\href{javascript:alert(1)}{e}$\n\n[d]: javascript:alert(1)"
            )
        ),
        Expected(never=('href="javascript', "\\href")),
    ),
    Attack(
        "picture from elsewhere",
        "a picture that is fetched as the page is opened, with the instructor's cookies",
        lambda: week05.solved(
            own_words="![x](https://example.org/hub/logout) ![y][z]\n\n[z]: https://example.org/seen"
        ),
        Expected(never=("<img",), shows=('href="https://example.org/hub/logout"',)),
    ),
    Attack(
        "link to code, in a formula",
        "a formula that is a link, by another command than the one that is known for it, and one over "
        "the whole page",
        lambda: week05.solved(
            own_words=(
                '$\\mmlToken{mi}[href="javascript:alert(1)"]{x}$ '
                "$\\bbox[position:fixed;top:0;left:0;width:100%;height:100%]{x}$"
            )
        ),
        Expected(never=("\\mmlToken", "\\bbox")),
    ),
    Attack(
        "terminal's own language",
        "an error whose text holds escape sequences, for the instructor's terminal",
        in_the_mask("""
            def causal_mask(scores):
                raise ValueError("\\x1b[2J\\x1b]0;SEEN\\x07\\x1b[1A forged \\x9b2K\\u202e")
        """),
        Expected(
            points=0,
            why={"causal_mask": "all cases end in an error", EVERY: "not written yet"},
            never=("\x1b", "\x9b", "\u202e"),
        ),
    ),
    Attack(
        "terminal's own language, in a name",
        "tells the judge of an error whose name and text hold escape sequences and lone surrogates",
        in_a_cell(f"""{SPEAK}
def speak(*_, **__):
    header = {{"dict": [["raised", ["A\\x1b[2J\\ud800", "\\x1b[2J \\ud800 \\x07 \\x9b \\u202e"]]]}}
    import json
    say_header(json.dumps(header).encode())
    os._exit(0)
from utils.checks.engine.check import Check
Check.__call__ = speak
"""),
        Expected(
            points=0,
            why={EVERY: "A�[2J?: �[2J ?", "own_words": "not written yet"},
            never=("\x1b", "\ud800", "\x07", "\x9b", "\u202e"),
        ),
    ),
    LEFT_BEHIND,
]


def _printing():
    first = """
        print("SE" "EN", scores.flatten()[:4].tolist())
        seen.append(scores)
        open("seen", "a").write(str(scores.tolist()))
    """
    notebook = in_a_cell("seen = []", while_checked(first))()
    later = "import os; print('LATER', len(seen), int(os.path.exists('seen')))"
    return in_a_cell(later, lambda: notebook, after="check_causal_mask")()


def _handed_on():
    """The memory is shared by all copies of the kernel, since it was mapped before they were made."""
    mapped = "import mmap; shared = mmap.mmap(-1, 4096)"
    notebook = in_the_mask(f"""{PUBLIC}
{RIGHT}
def causal_mask(scores):
    if not public(scores):
        shared[:100] = ("SE" "EN " + str(scores.flatten()[:8].tolist())).ljust(100)[:100].encode()
    return right(scores)

def attention_pattern(q, k):
    raise ValueError(bytes(shared[:100]).decode())
""")()
    week05.cell(notebook, "attention_pattern").source = "pass"
    return in_a_cell(mapped, lambda: notebook)()


def _left_behind():
    return solved_and("""
        import builtins, os, pathlib, sys, tempfile
        places = [pathlib.Path(each) for each in (".", "/dev/shm", "/tmp", "/var/tmp")]
        found = [str(path) for place in places if place.is_dir() for path in place.glob("left*")]
        found += [name for name in ("LEFT",) if name in os.environ or hasattr(builtins, name)]
        found += [name for name in sys.modules if name.startswith("left")]
        print("FOUND", found)
        for place in places:
            try:
                (place / "left.py").write_text("left = 1")
            except OSError:
                pass
        os.environ["LEFT"] = builtins.LEFT = "1"
        sys.modules["left"] = sys
        import torch
        torch.softmax = torch.Tensor.softmax
        if not os.fork():
            os.setsid()
            import time
            while True:
                time.sleep(100)
    """)()
