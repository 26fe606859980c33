"""Attacks on the way between the student's process and the judge. Stock nbgrader has no judge to lie to."""

from textwrap import dedent

from autograde import week05

from grader.sandbox.limits import Limits

from .attack import EVERY, NOT_WRITTEN, NOTHING, Attack, Expected
from .notebooks import in_a_cell, in_the_mask, while_checked

SPEAK = dedent("""
    import os, socket, stat, struct
    from utils.checks.engine import check as engine, protocol
    from utils.checks.engine.observation import Observation
    from utils.checks.engine.plain_data import pack
    def to_judge():
        judge = engine.current_judge()
        return judge.incoming, judge.outgoing
    def say(message):
        protocol.send(to_judge()[1], message)
    def say_bytes(data):
        stream = to_judge()[1]
        stream.write(data)
        stream.flush()
    def say_header(header, buffers=b""):
        message = len(header).to_bytes(8, "little") + header + buffers
        say_bytes(len(message).to_bytes(8, "little") + message)
    def sockets():
        for number in range(3, 256):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    yield number
            except OSError:
                pass
""")


def _mask(code: str):
    """`causal_mask` says something to the judge while it is asked for its first case."""
    return in_the_mask(f"{SPEAK}\ndef causal_mask(scores):\n" + _indented(code))


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(code).strip().splitlines())


def _only(reason: str) -> Expected:
    return Expected(points=0, why={"causal_mask": reason, EVERY: "not written yet"})


def _plain_tensor(shape: str, size: int, dtype: str = "float32") -> str:
    return f'{{"tensor": "{dtype}", "shape": {shape}, "bytes": {size}}}'


def _attempt(output: str) -> str:
    """The header of an attempt with that output."""
    fields = {
        "output": output,
        "error": "null",
        "device": '"cpu"',
        "changed": '{"tuple": []}',
        "shared": '{"tuple": []}',
        "random_state": "false",
        "ready_made": '{"tuple": []}',
        "noise": '{"tuple": []}',
    }
    pairs = ", ".join(f'["{name}", {value}]' for name, value in fields.items())
    return f'{{"dict": [["observation", {{"dict": [{pairs}]}}]]}}'


LIES = [
    Attack(
        "socket found",
        "finds the judge's socket among the open files and writes a report that all is well",
        in_the_mask(f"""{SPEAK}
def causal_mask(scores):
    report = {{"week": "week05_attention", "check": "causal_mask", "passed": True, "cases": 14, "failed": 0}}
    report |= {{"headline": "all well", "lines": (), "mistake": None, "written": True, "notes": ()}}
    data = pack({{"report": report}})
    for number in sockets():
        os.write(number, len(data).to_bytes(8, "little") + data)
    os._exit(0)
"""),
        _only("its check was called once more from inside itself"),
    ),
    Attack(
        "another check's answers",
        "opens a check that is solved in place of the one that is asked",
        in_a_cell("""
            from utils.checks import week05_attention as module
            from utils.checks.engine.check import Check
            whole = Check.examine
            def examine(self, submission, judge=None):
                return whole(module.shape_table, lambda: {}, judge)
            Check.examine = Check._examine_and_show = examine
        """),
        Expected(
            points=0,
            why={
                "shape_table": NOT_WRITTEN,
                EVERY: "its process asked for another check than its own",
                "own_words": NOT_WRITTEN,
            },
        ),
    ),
    Attack(
        "opened twice",
        "opens its check again from inside, to be asked the first case once more",
        _mask("""
            say({"open": "causal_mask", "week": "week05_attention"})
            return scores
        """),
        _only("its check was called once more from inside itself"),
    ),
    Attack(
        "unknown week",
        "opens a check of a week whose name leads out of the course",
        in_a_cell("""
            from utils.checks.engine.check import Check
            import dataclasses
            whole = Check.examine
            def examine(self, submission, judge=None):
                other = dataclasses.replace(self, week="..", name="../judge")
                return whole(other, submission, judge)
            Check.examine = Check._examine_and_show = examine
        """),
        Expected(
            points=0,
            why={EVERY: "its process asked for another check than its own", "own_words": NOT_WRITTEN},
        ),
    ),
    Attack(
        "many attempts at once",
        "sends a thousand attempts before the first case is answered",
        _mask("""
            import torch
            for value in range(1000):
                say({"observation": Observation(output=torch.full(scores.shape, float(value))).to_plain()})
            return scores
        """),
        _only(""),
    ),
    Attack(
        "flood",
        "writes to the judge without end",
        _mask("""
            while True:
                say_bytes(bytes(2**20))
        """),
        _only(""),
    ),
    Attack(
        "endless message",
        "announces a message of 2^62 bytes",
        _mask("""
            say_bytes((2**62).to_bytes(8, "little"))
            os._exit(0)
        """),
        _only("its answers have 4,611,686,018,427,38"),
    ),
    Attack(
        "half a message",
        "announces a message and never ends it",
        _mask("""
            import time
            say_bytes((100).to_bytes(8, "little") + b"half")
            time.sleep(3600)
        """),
        _only("it ran longer than 3 s"),
        Limits(cell_seconds=3),
    ),
    Attack(
        "one byte at a time",
        "writes a long message byte by byte, each in time",
        _mask("""
            import time
            say_bytes((2**20).to_bytes(8, "little"))
            while True:
                say_bytes(b" ")
                time.sleep(0.01)
        """),
        _only("it ran longer than 3 s"),
        Limits(cell_seconds=3),
    ),
    Attack(
        "no JSON",
        "sends a header that is not JSON",
        _mask("""
            say_header(b"{not json")
            os._exit(0)
        """),
        _only("The header is not JSON"),
    ),
    Attack(
        "pickle",
        "sends a pickle that would run a program in the process that reads it",
        _mask("""
            import pickle
            class Run:
                def __reduce__(self):
                    return os.system, ("touch /tmp/atk_pickled",)
            data = pickle.dumps(Run())
            say_bytes(len(data).to_bytes(8, "little") + data)
            os._exit(0)
        """),
        _only(""),
    ),
    Attack(
        "no object",
        "sends plain data that is no message: a list, a number",
        _mask("""
            say([1, 2])
            os._exit(0)
        """),
        _only("its process sent what no check sends"),
    ),
    Attack(
        "tensor in a name's place",
        "answers with messages whose names and parts are tensors",
        _mask("""
            import torch
            say({"observation": {"output": None, "error": torch.ones(2), "device": torch.ones(3)}})
            os._exit(0)
        """),
        _only("The data has no field error"),
    ),
    Attack(
        "deep nesting",
        "sends lists in lists, ten thousand deep",
        _mask(f"""
            inner = "[" * 10_000 + "]" * 10_000
            header = {_attempt("@")!r}.replace("@", inner)
            say_header(header.encode())
            os._exit(0)
        """),
        _only(""),
    ),
    Attack(
        "wide nesting",
        "sends five million empty lists, which take fifty times their bytes once they are read",
        _mask(f"""
            inner = "[" + "[]," * 5_000_000 + "0]"
            header = {_attempt("@")!r}.replace("@", inner)
            say_header(header.encode())
            os._exit(0)
        """),
        _only("its answers are made of more parts than any answer is"),
    ),
    Attack(
        "huge number",
        "sends an integer of a million digits, and 1e999",
        _mask(f"""
            header = {_attempt("@")!r}.replace("@", "9" * 1_000_000)
            say_header(header.encode())
            os._exit(0)
        """),
        _only("The header is not JSON"),
    ),
    Attack(
        "number that overflows",
        "answers with 10^1000, which no float can hold",
        in_a_cell(
            """
            def context_changes_vectors(*_, **__):
                return 10**1000, 10**1000
            """,
            after="context_changes_vectors",
        ),
        Expected(points=0, why={"context_changes_vectors": "", EVERY: "not written yet"}),
    ),
    Attack(
        "tensor larger than its bytes",
        "describes a tensor of 2^60 numbers and sends none of them",
        _mask(f"""
            say_header({_attempt(_plain_tensor("[1073741824, 1073741824]", 16))!r}.encode(), bytes(16))
            os._exit(0)
        """),
        _only("No tensor has dtype"),
    ),
    Attack(
        "negative shape",
        "describes a tensor of shape (-1, -4)",
        _mask(f"""
            say_header({_attempt(_plain_tensor("[-1, -4]", 16))!r}.encode(), bytes(16))
            os._exit(0)
        """),
        _only("No tensor has dtype"),
    ),
    Attack(
        "booleans that are none",
        "sends a bool tensor of bytes 2 and 3, whose use is undefined",
        _mask(f"""
            say_header({_attempt(_plain_tensor("[4]", 4, "bool"))!r}.encode(), bytes([2, 3, 2, 3]))
            os._exit(0)
        """),
        _only("A bool tensor holds bytes other than 0 and 1"),
    ),
    Attack(
        "not numbers",
        "answers with NaN everywhere, which compares with nothing",
        in_the_mask("""
            def causal_mask(scores):
                return scores * float("nan")
        """),
        _only(""),
    ),
    Attack(
        "infinite",
        "answers with infinities, so that every difference is NaN",
        in_the_mask("""
            def causal_mask(scores):
                return scores * 0 + float("inf")
        """),
        _only(""),
    ),
    Attack(
        "answers that fill the judge",
        "answers every case with 40 MB, which the judge would keep until the last",
        _mask("""
            import torch
            return torch.zeros(10, 2**20)
        """),
        _only("its answers have"),
    ),
    Attack(
        "child answers",
        "forks inside the check; the child goes on and the parent ends",
        while_checked("""
            import os
            if not hasattr(causal_mask, "forked"):
                causal_mask.forked = True
                if os.fork():
                    os._exit(0)
        """),
        Expected(
            points=week05.all_but(
                "causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"
            ),
            why=dict.fromkeys(
                ("causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"),
                "its process ended itself, with exit code 0",
            ),
            signs=("os.fork",),
        ),
    ),
    Attack(
        "two answer",
        "forks inside the check, and parent and child both go on answering",
        while_checked("""
            import os
            os.fork()
        """),
        Expected(
            points=week05.all_but(
                "causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"
            ),
            why={
                "causal_mask": "",
                "attention_pattern": "",
                "AttentionHead": "",
                "padding_aware_pattern": "",
            },
        ),
        Limits(cell_seconds=8),
    ),
    Attack(
        "after the report",
        "keeps the socket open in a daemon that sends another report when the first is out",
        in_the_mask(f"""{SPEAK}
import time
def causal_mask(scores):
    if not os.fork():
        os.setsid()
        while True:
            try:
                say({{"observation": Observation(output=scores).to_plain()}})
            except Exception:
                pass
            time.sleep(0.05)
    return scores
"""),
        _only(""),
    ),
    Attack(
        "thread that goes on",
        "a thread keeps replacing the checks' parts while other cells run",
        in_a_cell("""
            import threading, time
            from utils.checks.engine import check as engine, observation, protocol
            def go_on():
                while True:
                    engine.observe = observation.observe = lambda *_, **__: None
                    protocol.RemoteJudge.open = lambda *_: None
                    time.sleep(0.001)
            threading.Thread(target=go_on, daemon=True).start()
            time.sleep(0.05)
        """),
        Expected(points=0, why={EVERY: ""}),
    ),
    Attack(
        "false process number",
        "says that its process has a number that no process has, to confuse who ends it",
        in_a_cell("""
            import os
            really, kernel = os.getpid, os.getpid()
            os.getpid = lambda: kernel if really() == kernel else 2**70
            from utils.checks.engine.check import Check
            Check.__call__ = lambda self, submission: os._exit(0)
        """),
        Expected(points=0, why={EVERY: "its process ended", "own_words": NOT_WRITTEN}),
    ),
    Attack(
        "keeper kept busy",
        "hides its process number, ends its check, and starts processes that end at once, so that the "
        "wait for the end of the right one has no end",
        in_a_cell("""
            import os, time
            if not os.fork():
                os.setsid()
                while True:
                    try:
                        if not os.fork():
                            if os.fork():
                                os._exit(0)
                            os._exit(0)
                    except OSError:
                        pass
                    try:
                        while os.waitpid(-1, os.WNOHANG)[0]:
                            pass
                    except OSError:
                        pass
            really, kernel = os.getpid, os.getpid()
            os.getpid = lambda: kernel if really() == kernel else 4_000_000
            from utils.checks.engine.check import Check
            Check.__call__ = lambda self, submission: os._exit(0)
        """),
        Expected(points=0, why={EVERY: "its process ended", "own_words": NOT_WRITTEN}),
    ),
    Attack(
        "deaf kernel",
        "the kernel never reads again, while the grader sends it a cell of a megabyte",
        lambda: _deaf(),
        Expected(points=0, why={EVERY: ""}),
        Limits(cell_seconds=3, notebook_seconds=9),
    ),
    Attack(
        "kernel's answer forged",
        "replaces what the kernel says of its cells: outputs that are no lists, no texts, not finite",
        in_a_cell("""
            from grader.kernels import kernel
            def run_cell(shell, code, limit):
                bad = {"output_type": "execute_result", "data": {"text/plain": ["x"], "image/png": {}}}
                error = {"output_type": "error", "ename": {}, "evalue": 1, "traceback": "x"}
                return {"outputs": [None, 7, bad, error, {"output_type": "stream"}], "success": "yes"}
            kernel.run_cell = run_cell
        """),
        Expected(points=0, why={EVERY: ""}),
    ),
    Attack(
        "kernel's answer no JSON",
        "sends the grader garbage in place of what a cell showed",
        in_a_cell("""
            import gc
            from grader.kernels.messages import MessageStream
            for stream in gc.get_objects():
                if type(stream) is MessageStream:
                    stream.end.sendall((10).to_bytes(4, "little") + b"[[[[[[[[[[")
        """),
        Expected(points=0, why={EVERY: ""}),
    ),
    Attack(
        "descriptors sent along",
        "sends the grader open files with its messages, 100 at a time",
        in_a_cell("""
            import gc, os, socket
            from grader.kernels.messages import MessageStream
            null = os.open("/dev/null", os.O_RDONLY)
            def send(self, message, descriptor=None):
                import json
                data = json.dumps(message).encode()
                data = len(data).to_bytes(4, "little") + data
                socket.send_fds(self.end, [data], [null] * 100)
            MessageStream.send = send
        """),
        Expected(points=0, why=NOTHING),
    ),
    Attack(
        "terminal's own language, in a header",
        "answers with a header that the judge quotes as unreadable, and that holds escape sequences",
        _mask("""
            say_header(b'{"dict": ["\\\\u001b[2J\\\\u202e"]}')
            os._exit(0)
        """),
        Expected(
            points=0,
            why={"causal_mask": "A dict entry is a key and a value, not �[2J�", EVERY: NOT_WRITTEN},
            never=("\x1b", "\u202e"),
        ),
    ),
    Attack(
        "terminal's own language, in a type",
        "answers with a value of a class whose name holds escape sequences",
        in_the_mask("""
            def causal_mask(scores):
                return type("\\x1b[2J\\u202e", (), {})()
        """),
        Expected(
            points=0,
            why={"causal_mask": "all cases differ", EVERY: NOT_WRITTEN},
            never=("\x1b", "\u202e"),
        ),
    ),
    Attack(
        "answers for the report",
        "answers every case with a long text and escape sequences, to be quoted in the report",
        in_a_cell("""
            from utils.checks.engine import check as engine
            from utils.checks.engine.observation import Observation
            engine.observe = lambda *_, **__: Observation(output="\\x1b[2J" + 10**5 * "A")
        """),
        Expected(
            points=0, why={"own_words": NOT_WRITTEN, EVERY: ""}, never=("\x1b", 1000 * "A"), shows=("AAAA",)
        ),
    ),
]


def _deaf():
    first = """
        import time
        from grader.kernels.messages import MessageStream
        MessageStream.receive_with_descriptor = lambda self: time.sleep(3600)
    """
    notebook = in_a_cell(f"# {'x' * 2**21}")()
    return in_a_cell(first, lambda: notebook)()
