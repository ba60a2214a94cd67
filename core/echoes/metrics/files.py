"""The files into which a worker counts: mapped into memory, so their disk space is allocated before they are.

Writing to a mapped page for which the disk has no space kills a process (SIGBUS). So a file is never mapped further than it is allocated; where
that fails, the worker counts in memory that is its own, and what it counts is missing from `/metrics`.
"""

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import mmap_dict, values

log = structlog.get_logger()
FIRST_BYTES = 1 << 16
"""Of a file, as the library has it; a file that is full doubles."""
_refused: list[str] = []


class AllocatedDict(mmap_dict.MmapedDict):
    """As the library's `MmapedDict`, whose place in `prometheus_client.values` it takes."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        try:
            if not read_mode:
                _allocate(filename, FIRST_BYTES)
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
        except OSError as error:
            self._fname, self._positions, self._used, self._capacity = filename, {}, 8, FIRST_BYTES
            self._m = mmap.mmap(-1, self._capacity)
            self._detach(error)

    def _init_value(self, key: str) -> None:
        needed = self._used + len(key.encode()) + 64  # with its length, its padding, value and time
        if needed > self._capacity:
            self._grow(2 * max(self._capacity, needed))
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self, capacity: int) -> None:
        self._capacity, so_far = capacity, self._m[: self._used]
        if self._f is not None:
            try:
                _allocate(self._fname, capacity)
                self._m = mmap.mmap(self._f.fileno(), capacity)
            except OSError as error:
                self._detach(error)
            else:
                return
        self._m = mmap.mmap(-1, capacity)
        self._m[: len(so_far)] = so_far

    def _detach(self, error: OSError) -> None:
        """Go on without the file; it goes, since what it says would stand still."""
        self._f: Any = None
        file = Path(self._fname)
        _refused.append(f"{file.name}: {error.strerror}")
        with suppress(OSError):
            file.unlink()


def _allocate(filename: str, size: int) -> None:
    """Have the disk give a file that many bytes at least, filled with zeros where they are new. Raises OSError where it cannot."""
    with Path(filename).open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:  # macOS: written for real instead
            file.write(bytes(max(0, size - file.tell())))


def report() -> None:
    """Log, once the log is set up, which files could not be had."""
    if _refused:
        log.warning(
            "metrics.file_refused", files=_refused, hint="this worker counts in its own memory and is missing from /metrics until it is"
            " restarted: make space where the files are (docs/operations.md, The data folder)",
        )  # fmt: skip
        _refused.clear()


values.MmapedDict = AllocatedDict  # type: ignore[attr-defined] # before any metric is declared: the library opens its files by this name
