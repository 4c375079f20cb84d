"""A bound on how much a process may still grow, so that a hostile file ends a worker and never the machine."""

import resource
from pathlib import Path

MEBIBYTE = 1024 * 1024
_STATUS = Path("/proc/self/status")


def limit_growth(mebibytes: int) -> None:
    """Let this process take so much more memory than it has now, and no more; 0 is no limit.

    Past it an allocation fails: a `MemoryError`, or the end of the process where C code does not look. Counted is
    memory of the process's own (Linux's VmData), not its libraries and files, and counted when it is asked for, not
    when it is used: what threads reserve for their stacks is in it. Does nothing on systems that do not tell VmData.
    """
    if mebibytes and _STATUS.exists():
        limit = _own_bytes() + mebibytes * MEBIBYTE
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _own_bytes() -> int:
    line = next(line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024
