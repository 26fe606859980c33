"""How much a submission may use. Every limit has a name, a default and a sentence for when it is hit."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """The limits of one submission. Sizes in bytes, times in seconds."""

    cell_seconds: float = 60
    """Wall time of one cell; a check cell's includes all of its cases, public and hidden."""
    notebook_seconds: float = 600
    """Wall time of the whole notebook, start-up not counted."""
    cpu_seconds: int = 300
    """Processor time of one process."""
    memory_bytes: int = 3072 * MIB
    """Address space of one process, of which PyTorch itself takes about 900 MiB; and, where the machine has
    control groups, the memory of all of them together."""
    processes: int = 64
    """Processes and threads at one time."""
    open_files: int = 256
    """Open files of one process."""
    file_bytes: int = 64 * MIB
    """The largest file."""
    disk_bytes: int = 128 * MIB
    """All files in the private folder together. They lie in memory."""
    output_bytes: int = 256 * 1024
    """What one cell may print or show; the rest is cut off, and a line says so."""
    notebook_output_bytes: int = 4 * MIB
    """What all cells together may print or show."""
    message_bytes: int = 64 * MIB
    """All answers of a check cell together. The largest right ones, of week 10, have 8 MiB."""
    submission_bytes: int = 32 * MIB
    """The submitted file."""
    restarts: int = 8
    """How often a kernel that died is replaced."""
