"""Counting in place: a value of a metric is eight bytes of a worker's mapped file, and counting adds to them, without a lock or a call.

The values survive `kill -9` as the library's own do, at a tenth of their cost. They are counted in one thread, that of the event loop.
"""

import os
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import mmap_key

from echoes.metrics.files import AllocatedDict

_files: dict[str, AllocatedDict] = {}
_all: "list[MappedValue]" = []


class MappedValue:
    """The library's own value class for one thread. It replaces that class in `prometheus_client.values`."""

    _multiprocess = True
    __slots__ = ("_at", "_file", "_key", "_sort")

    def __init__(
        self,
        typ: str,
        metric_name: str,
        name: str,
        labelnames: Any,
        labelvalues: Any,
        help_text: str,
        multiprocess_mode: str = "",
        **_: Any,
    ) -> None:
        self._sort = f"{typ}_{multiprocess_mode}" if typ == "gauge" else typ
        self._key: str = mmap_key(metric_name, name, labelnames, labelvalues, help_text)
        self._open()
        _all.append(self)

    def _open(self) -> None:
        if self._sort not in _files:
            folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
            _files[self._sort] = AllocatedDict(os.path.join(folder, f"{self._sort}_{os.getpid()}.db"))  # noqa: PTH118 - as the library names it
        self._file = _files[self._sort]
        self._at = self._file.place_of(self._key)

    def inc(self, amount: float) -> None:
        """Add an amount."""
        self._file.cells[self._at] += amount

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Set the value; `timestamp` (Unix seconds) decides between workers where the latest value counts."""
        cells, at = self._file.cells, self._at
        cells[at], cells[at + 1] = value, timestamp or 0.0

    def get(self) -> float:
        """The value."""
        return self._file.cells[self._at]

    def set_exemplar(self, exemplar: object) -> None:
        """Do nothing: files have no exemplars."""

    def get_exemplar(self) -> None:
        """Return None: files have no exemplars."""


def _begin_anew() -> None:
    """In a forked child: count into files of its own, from 0."""
    _files.clear()
    for value in _all:
        value._open()  # noqa: SLF001 - of this module


if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    values.ValueClass = MappedValue  # before any metric is declared: the library makes its values by this name
    os.register_at_fork(after_in_child=_begin_anew)
