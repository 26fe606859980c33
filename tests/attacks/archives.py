"""Attacks by the archive that a student hands in through a learning platform, for `nbgrader zip_collect`."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MIB = 2**20
NOTEBOOK = b"{}"
OTHER = b'{"metadata": {}}'
"""Another notebook: mallory's, or an attempt that does not count."""
LATER = b'{"metadata": {"attempt": 2}}'
MOST_BYTES, MOST_FILES = 16 * MIB, 200
"""The limits that the tests set."""

Write = Callable[[zipfile.ZipFile], object]


@dataclass(frozen=True)
class ArchiveAttack:
    """One archive."""

    name: str
    idea: str
    make: Callable[[], bytes]
    said: str
    """A part of what the log says."""
    is_broken: bool = False
    """Whether it is given up; else everything is unpacked but for what is hostile."""
    file: str = "mallory.zip"
    beside: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    """Other files of the download, by name."""
    gives: Mapping[str, bytes] | None = None
    """Where it is about whose a notebook is: every student but the two honest ones, with the notebook."""

    def files(self) -> dict[str, bytes]:
        """All files of the download, by name."""
        return {self.file: self.make()} | {name: make() for name, make in self.beside.items()}


def zipped(*write: Write) -> bytes:
    """A zip file to which each of `write` has added something, and at last a notebook."""
    return packed(*write, named("attention.ipynb", NOTEBOOK))


def packed(*write: Write, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file to which each of `write` has added something."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for each in write:
            each(archive)
    return out.getvalue()


def named(name: str, content: bytes = b"x") -> Write:
    """Adds a file of that name."""
    return lambda archive: archive.writestr(name, content)


def zipped_as(name: str, content: bytes) -> bytes:
    """A zip file with one file."""
    return packed(named(name, content))


def at(name: str, content: bytes, minute: int) -> Write:
    """Adds a file that was changed in that minute of a day."""
    return lambda archive: archive.writestr(zipfile.ZipInfo(name, (2026, 3, 6, 17, minute, 0)), content)


def nested(levels: int) -> bytes:
    """An archive in an archive, so many times."""
    content = zipped()
    for _ in range(levels):
        content = zipped(named("inner.zip", content))
    return content


def _linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("link.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def _tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"special{kind!r}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("../../escaped", "/tmp/escaped", "attention.ipynb"):
            info = tarfile.TarInfo(name)
            info.size = len(NOTEBOOK)
            archive.addfile(info, io.BytesIO(NOTEBOOK))
    return out.getvalue()


def _bomb() -> bytes:
    zeros = bytes(4 * MIB)
    return zipped(*(named(f"zeros{number}/attention.ipynb", zeros) for number in range(16)))


def _bomb_of_a_tar() -> bytes:
    return lzma.compress(_tar(("zeros", bytes(32 * MIB)), ("attention.ipynb", NOTEBOOK)))


def _tar(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _encrypted() -> bytes:
    """A zip file that says of its first member that it is encrypted."""
    content = bytearray(packed(named("secret.ipynb", OTHER), named("attention.ipynb", NOTEBOOK)))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.find(magic) + offset] |= 1
    return bytes(content)


def _unknown_compression() -> bytes:
    content = bytearray(packed(named("odd.ipynb", OTHER), named("attention.ipynb", NOTEBOOK)))
    for magic, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        struct.pack_into("<H", content, content.find(magic) + offset, 93)  # zstd, as newer programs write it
    return bytes(content)


def _list_without_end() -> bytes:
    """A zip file that announces a list of contents of 3 GB."""
    content = bytearray(zipped())
    struct.pack_into("<L", content, content.rfind(b"PK\5\6") + 12, 3 * 2**30)
    return bytes(content)


def _moodle(*students: str, content: bytes = NOTEBOOK, form: str = "{}_assignsubmission_file_/{}") -> bytes:
    return packed(*(named(form.format(student, "attention.ipynb"), content) for student in students))


_MOODLE = "_assignsubmission_file_/"
_OUT = "leads out of the archive"
_MOODLE_FLAT = "{}_assignsubmission_file_{}"
_BLACKBOARD = "Week 5_{}_attempt_2026-03-06-17-00-00"

ARCHIVES = [
    ArchiveAttack(
        "zip slip",
        "names that lead out of the folder",
        lambda: zipped(named("../../escaped"), named("a/../../../escaped")),
        _OUT,
    ),
    ArchiveAttack(
        "absolute names",
        "names that begin at the root, or at a drive",
        lambda: zipped(named("/tmp/escaped"), named("C:\\escaped")),
        _OUT,
    ),
    ArchiveAttack(
        "backslashes", "names that lead out on Windows", lambda: zipped(named("..\\..\\escaped")), _OUT
    ),
    ArchiveAttack("link in a zip", "a link to /etc/passwd", lambda: zipped(_linked), "it is a link"),
    ArchiveAttack(
        "links in a tar",
        "links, hard links, a device, names that lead out",
        _tarred,
        "it is a link",
        file="mallory.tar.gz",
    ),
    ArchiveAttack(
        "name twice",
        "two files of one name",
        lambda: zipped(named("attention.ipynb", OTHER)),
        "of 2 attempts",
    ),
    ArchiveAttack("zip bomb", "zeros, a thousand times its own size", _bomb, "it holds too much", True),
    ArchiveAttack(
        "files without number",
        "more files than a folder should hold",
        lambda: zipped(*map(named, map(str, range(300)))),
        "it holds too many files",
        True,
    ),
    ArchiveAttack(
        "zip cut off",
        "its end is missing",
        lambda: zipped(named("a", bytes(10_000)))[:-50],
        "it is damaged",
        True,
    ),
    ArchiveAttack(
        "no zip", "a text that is called .zip", lambda: b"PK, and nothing more", "it is damaged", True
    ),
    ArchiveAttack("empty zip", "no bytes that are called .zip", lambda: b"", "it is damaged", True),
    ArchiveAttack(
        "names that differ",
        "its list of contents and its contents name different files",
        lambda: zipped().replace(b"attention.ipynb", b"attention.ipynB", 1),
        "it is damaged",
        True,
    ),
    ArchiveAttack(
        "bomb of a tar",
        "zeros, compressed by xz, before the notebook",
        _bomb_of_a_tar,
        "it holds too much",
        True,
        file="mallory.tar.xz",
    ),
    ArchiveAttack(
        "encrypted", "one of its files has a password", _encrypted, "it is encrypted: ask for it without"
    ),
    ArchiveAttack(
        "unknown compression",
        "one of its files is packed as Python cannot unpack it",
        _unknown_compression,
        "cannot be unpacked here",
    ),
    ArchiveAttack(
        "list without end",
        "announces a list of contents of 3 GB, all of which zipfile would read",
        _list_without_end,
        "it holds too many files",
        True,
    ),
    ArchiveAttack(
        "rar", "a rar archive that is called .zip", lambda: b"Rar!\x1a\x07\x01\0" + bytes(99), "rar", True
    ),
    ArchiveAttack(
        "7z", "a 7z archive", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z", True, file="mallory.7z"
    ),
    ArchiveAttack(
        "ten thousand files",
        "all of a virtual environment beside the notebook",
        lambda: zipped(*map(named, (f".venv/lib/{number}.py" for number in range(150)))),
        "mallory.zip: attention.ipynb",
    ),
    ArchiveAttack(
        "devices of Windows",
        "names that Windows keeps for devices",
        lambda: packed(named("con/aux.ipynb", OTHER), named("nul.txt"), named("attention.ipynb", NOTEBOOK)),
        "con/aux.ipynb is left out",
    ),
    ArchiveAttack(
        "macOS compressed it",
        "honest: Finder's Compress adds __MACOSX/._attention.ipynb, and Jupyter its checkpoints",
        lambda: packed(
            named("attention.ipynb", NOTEBOOK),
            named("__MACOSX/._attention.ipynb", OTHER),
            named(".ipynb_checkpoints/attention-checkpoint.ipynb", OTHER),
            named("Thumbs.db", OTHER),
        ),
        "mallory: attention.ipynb is",
        gives={"mallory": NOTEBOOK},
    ),
    ArchiveAttack(
        "classmate's folder from inside",
        "an archive in the archive is called `...zip`, so that it is unpacked beside classmates' folders",
        lambda: packed(
            *(named(name, zipped_as("ada/attention.ipynb", OTHER)) for name in ("...zip", "..zip", ".zip")),
            named("../ada/attention.ipynb", OTHER),
        ),
        _OUT,
        gives={},
    ),
    ArchiveAttack(
        "upload called dots",
        "the upload itself is called `...zip`, which leads into the archive's folder",
        lambda: zipped_as("ada/attention.ipynb", OTHER),
        "names no student",
        file="...zip",
        beside={"..zip": lambda: zipped_as("ada/attention.ipynb", OTHER)},
        gives={},
    ),
    ArchiveAttack(
        "file in the archive's way",
        "a file `mallory` lies beside `mallory.zip`",
        lambda: zipped(),
        "'mallory' is left out",
        beside={"mallory": lambda: b"x"},
        gives={"mallory": NOTEBOOK},
    ),
    ArchiveAttack(
        "browser's number",
        "honest: downloaded twice, the second is `attention (1).ipynb`",
        lambda: packed(at("attention.ipynb", OTHER, 5), at("attention (1).ipynb", LATER, 5)),
        "counts, not mallory.zip: attention.ipynb",
        gives={"mallory": LATER},
    ),
    ArchiveAttack(
        "handed in twice",
        "honest: two attempts, the later one with a number",
        lambda: OTHER,
        "counts, not mallory_attention.ipynb",
        file="mallory_attention.ipynb",
        beside={"mallory_attention-1.ipynb": lambda: LATER},
        gives={"mallory": LATER},
    ),
    ArchiveAttack(
        "archive handed in twice",
        "honest: the browser has numbered the later archive",
        lambda: zipped_as("attention.ipynb", OTHER),
        "mallory (1).zip: attention.ipynb counts",
        beside={"mallory (1).zip": lambda: zipped_as("attention.ipynb", LATER)},
        gives={"mallory": LATER},
    ),
    ArchiveAttack(
        "old copy",
        "honest: a folder `old` with an earlier copy",
        lambda: packed(at("attention.ipynb", LATER, 30), at("old/attention.ipynb", OTHER, 5)),
        "counts, not mallory.zip: old/attention.ipynb",
        gives={"mallory": LATER},
    ),
    ArchiveAttack(
        "Moodle's download, flat",
        "honest: one archive of the class, names before the files",
        lambda: _moodle("Ada Example_100", "Bob Example_101", form=_MOODLE_FLAT),
        "Bob Example: attention.ipynb is class5.zip",
        file="class5.zip",
        gives={"Ada Example": NOTEBOOK, "Bob Example": NOTEBOOK},
    ),
    ArchiveAttack(
        "Moodle's download, folders",
        "honest: one archive of the class with a folder for each, one of which holds an archive",
        lambda: packed(
            named("Ada Example_100_assignsubmission_file_/attention.ipynb", NOTEBOOK),
            named("Bob Example_101_assignsubmission_file_/work.zip", zipped()),
        ),
        "Ada Example: attention.ipynb is class5.zip",
        file="class5.zip",
        gives={"Ada Example": NOTEBOOK, "Bob Example": NOTEBOOK},
    ),
    ArchiveAttack(
        "two of one name",
        "honest: Moodle's number alone tells two Ada Examples apart",
        lambda: packed(
            named("Ada Example_100_assignsubmission_file_/attention.ipynb", NOTEBOOK),
            named("Ada Example_101_assignsubmission_file_/attention.ipynb", OTHER),
        ),
        "2 people are called Ada Example",
        file="class5.zip",
        gives={"Ada Example 100": NOTEBOOK, "Ada Example 101": OTHER},
    ),
    ArchiveAttack(
        "Canvas's download",
        "honest: late, resubmitted, anonymous",
        lambda: packed(
            named("exampleada_LATE_12_900_attention-1.ipynb", NOTEBOOK),
            named("examplebob_13_901_attention.ipynb", OTHER),
            named("examplebob_13_905_attention.ipynb", LATER),
            named("anon_a1B2c_902_attention.ipynb", NOTEBOOK),
        ),
        "The platform marks it as late",
        file="submissions.zip",
        gives={"exampleada_12": NOTEBOOK, "examplebob_13": LATER, "anon_a1B2c": NOTEBOOK},
    ),
    ArchiveAttack(
        "Blackboard's download",
        "honest: attempts with times, and text files that tell where a user's name begins",
        lambda: packed(
            named(_BLACKBOARD.format("li_wei") + "_attention.ipynb", OTHER),
            named(_BLACKBOARD.format("li_wei").replace("17-00", "18-00") + "_attention.ipynb", LATER),
            named(_BLACKBOARD.format("li_wei") + ".txt", b"Name: Li Wei (li_wei)\nAssignment: Week 5\n"),
            named(_BLACKBOARD.format("wei") + "_attention.ipynb", NOTEBOOK),
        ),
        "handed in at 2026-03-06 18:00:00, in a zone that the name does not tell",
        file="gradebook_CS_Week5_2026-03-07-09-00-00.zip",
        gives={"li_wei": LATER, "wei": NOTEBOOK},
    ),
    ArchiveAttack(
        "platform's name inside",
        "mallory's folder in Moodle's download holds a folder that is named as Moodle names Ada's",
        lambda: packed(
            named("Ada Example_100_assignsubmission_file_/attention.ipynb", NOTEBOOK),
            named(
                "Mal_103_assignsubmission_file_/Ada Example_100_assignsubmission_file_/attention.ipynb", OTHER
            ),
        ),
        "Mal: attention.ipynb is class5.zip",
        file="class5.zip",
        gives={"Ada Example": NOTEBOOK, "Mal": OTHER},
    ),
    ArchiveAttack(
        "archive that poses as the class's",
        "mallory's archive holds files that are named as Moodle names classmates'",
        lambda: _moodle("Ada Example_100", content=OTHER),
        "class5.zip: Ada Example_100_assignsubmission_file_/attention.ipynb counts, not mallory.zip",
        beside={"class5.zip": lambda: _moodle("Ada Example_100", "Bob Example_101")},
        gives={"Ada Example": NOTEBOOK, "Bob Example": NOTEBOOK},
    ),
    ArchiveAttack(
        "Blackboard's name on Canvas",
        "on Canvas, mallory calls a file as Blackboard would call ada's",
        lambda: packed(
            named(f"mal_13_901_{_BLACKBOARD.format('ada')}_attention.ipynb", OTHER),
            named("examplebob_14_902_attention.ipynb", NOTEBOOK),
        ),
        "its name could be Canvas or Blackboard's",
        file="submissions.zip",
        gives={"examplebob_14": NOTEBOOK},
    ),
    ArchiveAttack(
        "a class in one archive",
        "honest: a folder for each student; the archive must not become one student",
        lambda: packed(named("bob/attention.ipynb", NOTEBOOK), named("eve/attention.ipynb", OTHER)),
        "if it is the class's, unpack it here",
        file="group 3.zip",
        gives={},
    ),
    ArchiveAttack(
        "archives in an archive of a class",
        "honest: an archive for each student",
        lambda: packed(named("bob.zip", zipped()), named("eve.zip", zipped_as("attention.ipynb", OTHER))),
        "if it is the class's, unpack it here",
        file="group 3.zip",
        gives={},
    ),
    ArchiveAttack(
        "two spellings of a name",
        "honest: Zoë, with the ë as one character and as two (macOS)",
        lambda: zipped_as("attention.ipynb", OTHER),
        "of 2 files",
        file="zoe\u0308.zip",
        beside={"zo\u00eb (1).zip": lambda: zipped_as("attention.ipynb", LATER)},
        gives={"zo\u00eb": LATER},
    ),
    ArchiveAttack(
        "capitals alone",
        "honest: two names that differ in capitals",
        lambda: zipped(),
        "differ in capitals alone",
        beside={"Mallory.zip": lambda: zipped_as("attention.ipynb", OTHER)},
        gives={"mallory": NOTEBOOK, "Mallory": OTHER},
    ),
    ArchiveAttack(
        "name without end",
        "a name of 240 letters, for which no folder can be made",
        lambda: zipped(),
        "is too long for a student's name",
        file=f"{'x' * 240}.zip",
        gives={},
    ),
    ArchiveAttack(
        "name with a line's end",
        "nbgrader's patterns for folders do not match such a name, and stop",
        lambda: zipped(),
        "holds control characters",
        file="mal\nlory.zip",
        gives={},
    ),
    ArchiveAttack(
        "compressed alone",
        "honest: the notebook, compressed by bzip2 without an archive",
        lambda: bz2.compress(NOTEBOOK),
        "mallory: attention.ipynb is",
        file="mallory_attention.ipynb.gz",
        beside={"eve_attention.ipynb.gz": lambda: gzip.compress(OTHER)},
        gives={"mallory": NOTEBOOK, "eve": OTHER},
    ),
    ArchiveAttack(
        "browser's ending",
        "honest: a browser has saved the notebook as .ipynb.txt",
        lambda: NOTEBOOK,
        "mallory: attention.ipynb is",
        file="mallory_attention.ipynb.txt",
        gives={"mallory": NOTEBOOK},
    ),
]
