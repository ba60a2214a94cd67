"""The workers of a host: what they have counted, added up from their files, and what is to be done when one has died.

Files are those of prometheus_client's multiprocess mode. That library keeps a dead process's counters in a file of their own for ever; here they
are added to one file of all the dead, so that a worker that dies every second does not fill the folder. Whoever reads and whoever adds up
take turns (`flock`), so no scrape sees anything twice or not at all.
"""

import fcntl
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

log = structlog.get_logger()
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
DEAD = 0
"""Under this process id the dead are counted; no process has it."""
CORRUPT = (struct.error, RuntimeError, ValueError)


def fresh_folder(folder: Path) -> Path:
    """An empty folder for the workers' files, to be named in `PROMETHEUS_MULTIPROC_DIR`; what a former run has left there is removed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    return folder


def forget_worker(pid: int, folder: Path | None = None) -> None:
    """A worker process has ended: its gauges go, what it has counted stays. To be called once it is dead, by whoever saw that.

    `folder` is what the worker had in `PROMETHEUS_MULTIPROC_DIR` (the caller's own by default). Nothing happens where there is none.
    """
    place = folder or _folder()
    if place is None or not place.is_dir():
        return
    with _turn(place, fcntl.LOCK_EX):
        for file in place.glob(f"gauge_*_{pid}.db"):
            file.unlink()
        for kind in ("counter", "histogram", "summary"):
            if (file := place / f"{kind}_{pid}.db").exists():
                _bury(file, place / f"{kind}_{DEAD}.db")
                file.unlink()


def exposition(accept: str, *, everyone: bool) -> tuple[bytes, str]:
    """What Prometheus reads, and its content type. Blocks while files are read: call it in a thread.

    `everyone` is all workers of this host, dead ones' counters included; otherwise this process alone, with what Python and the
    operating system say of it. With one process and no folder both are the same.
    """
    encode, content_type = choose_encoder(accept)
    place = _folder()
    if place is None:
        return encode(REGISTRY), content_type
    registry = CollectorRegistry()
    registry.register(_Files(place, "*" if everyone else f"*_{os.getpid()}"))
    if not everyone:
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
    return encode(registry), content_type


class _Files(Collector):
    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = f"{pattern}.db"

    def collect(self) -> Iterable[Metric]:
        with _turn(self._folder, fcntl.LOCK_SH):
            files = [str(file) for file in sorted(self._folder.glob(self._pattern))]
            found: list[Metric] = list(MultiProcessCollector.merge(files, accumulate=True))  # type: ignore[no-untyped-call]
        return found


def _folder() -> Path | None:
    return Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None


def _bury(file: Path, grave: Path) -> None:
    try:
        found = list(MmapedDict.read_all_values_from_file(str(file)))  # type: ignore[no-untyped-call]
    except CORRUPT as error:
        log.warning("metrics.file_dropped", file=file.name, error=str(error))
        return
    sums = MmapedDict(str(grave))  # type: ignore[no-untyped-call]
    try:
        for key, value, _, _ in found:
            sums.write_value(key, sums.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        sums.close()  # type: ignore[no-untyped-call]


@contextmanager
def _turn(folder: Path, kind: int) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, kind)
        yield
