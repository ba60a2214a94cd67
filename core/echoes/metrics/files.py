"""The files of a worker's counts: mapped into memory, with disk space allocated beforehand.

A write to a mapped page without disk space kills a process (SIGBUS). So a file is never mapped further than it is allocated. Where the
allocation fails, the worker counts in its own memory, and these counts are missing from `/metrics`.
"""

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import mmap_dict

log = structlog.get_logger()
FIRST_BYTES = 1 << 16
"""First size of a file in bytes, as in the library. A full file doubles."""
_refused: list[str] = []


class AllocatedDict(mmap_dict.MmapedDict):
    """The library's `MmapedDict` with allocated files, and its values at hand."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        try:
            if not read_mode:
                _allocate(filename, FIRST_BYTES)
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
        except OSError as error:
            self._fname, self._positions, self._used, self._capacity = filename, {}, 8, FIRST_BYTES
            self._m = mmap.mmap(-1, self._capacity)
            self._detach(error)
        self.cells = memoryview(self._m).cast("d")
        """The whole file as numbers: each value, and behind it its time."""

    def place_of(self, key: str) -> int:
        """The place of a value among the cells. A new value is 0."""
        if key not in self._positions:
            self._init_value(key)
        return int(self._positions[key]) // self.cells.itemsize

    def _init_value(self, key: str) -> None:
        needed = self._used + len(key.encode()) + 64  # with its length, its padding, value and time
        if needed > self._capacity:
            self._grow(self._capacity << (needed // self._capacity).bit_length())  # times a power of two, so that it holds whole cells
            self.cells = memoryview(self._m).cast("d")
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
        """Count without the file. The file is removed, since its values would no longer change."""
        self._f: Any = None
        file = Path(self._fname)
        _refused.append(f"{file.name}: {error.strerror}")
        with suppress(OSError):
            file.unlink()


def _allocate(filename: str, size: int) -> None:
    """Allocate at least `size` bytes for a file, with zeros in the new part. Raises OSError where the disk refuses."""
    with Path(filename).open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:  # macOS: written instead
            file.write(bytes(max(0, size - file.tell())))


def report() -> None:
    """Log the files that could not be allocated, once the log is set up."""
    if _refused:
        log.warning(
            "metrics.file_refused", files=_refused, hint="this worker counts in its own memory and is missing from /metrics until it is"
            " restarted: make space where the files are (docs/operations.md, The data folder)",
        )  # fmt: skip
        _refused.clear()
