"""The workers of a host: their counts, added up from their files, and the clean-up after a dead worker.

Files are those of prometheus_client's multiprocess mode. That library keeps a file of each dead process's counters for ever. Here they are
added to one file of all the dead, so that a worker that dies every second does not fill the folder. Readers and writers take turns
(`flock`), so no scrape sees a count twice or misses one.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from echoes import metrics

log = structlog.get_logger()
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
DEAD = 0
"""The process id of the dead workers' counts; no process has it."""
LOCK, SILENT = "lock", ".silent"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that only we may enter is made in it
REASONS = ("died", "hung")
"""Why a worker ended without an order: by itself or killed by another process, or killed by its supervisor because it hung."""
CORRUPT = (struct.error, RuntimeError, ValueError)


def fresh_folder(folder: Path) -> Path:
    """Return an empty folder for the workers' files, for `PROMETHEUS_MULTIPROC_DIR`. Files of a former run are removed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (*folder.glob("*.db"), *folder.glob(f"*{SILENT}")):
        file.unlink()
    (folder / LOCK).touch()
    return folder


@contextmanager
def counting_folder(run: Path) -> Iterator[Path | None]:
    """Make a fresh folder while the body runs, reached as `metrics` in the run folder `run`. None where it cannot be made, which is logged.

    It is in the system's shared memory where there is one (Linux), so a full disk costs no metric, and in `run` elsewhere.
    """
    link = run / "metrics"
    for place in (_in_memory(run), link):
        if place is None:
            continue
        try:
            folder = fresh_folder(place)
            _write(folder / f"counter_{DEAD}.db", {_ended(reason): 0.0 for reason in REASONS})
        except OSError as error:
            log.warning(
                "metrics.folder_refused",
                folder=str(place),
                error=str(error),
                hint="the server tries the next folder; without any, each worker reports itself alone",
            )
            continue
        if folder != link:
            _point(link, folder)
        try:
            yield folder
        finally:
            if folder != link:
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    link.unlink()
        return
    yield None


def forget_worker(pid: int, folder: Path | None = None, reason: str = "") -> None:
    """Remove the gauges of an ended worker process, and keep its counts. The process that saw the end calls this once the worker is dead.

    `folder` is the worker's `PROMETHEUS_MULTIPROC_DIR` (the caller's own by default); without one nothing happens. `reason` is one of
    `REASONS` when the worker was not ordered to end. Files are read and written, not mapped. Where the disk refuses, that is logged, and
    the worker's counts stay in a file of their own, which scrapes read as before.
    """
    place = folder or _folder()
    if place is None or not place.is_dir():
        return
    try:
        with _turn(place, fcntl.LOCK_EX):
            for file in (*place.glob(f"gauge_*_{pid}.db"), *place.glob(f"gauge_*_{pid}.db{SILENT}")):
                file.unlink()
            if reason:
                _reap({_ended(reason): 1.0}, place / f"counter_{DEAD}.db")
            for kind in ("counter", "histogram", "summary"):
                if (file := place / f"{kind}_{pid}.db").exists():
                    _reap(_read(file), place / f"{kind}_{DEAD}.db")
                    file.unlink()
    except OSError as error:
        log.warning("metrics.not_added_up", pid=pid, error=str(error))


def hide_gauges(pid: int, folder: Path, *, hidden: bool) -> None:
    """Hide a worker's gauges from scrapes, or show them again: the values of a worker that hangs are out of date."""
    ending = ("", SILENT) if hidden else (SILENT, "")
    try:
        with _turn(folder, fcntl.LOCK_EX):
            for file in folder.glob(f"gauge_*_{pid}.db{ending[0]}"):
                file.rename(file.with_name(file.name.removesuffix(SILENT) + ending[1]))
    except OSError as error:
        log.warning("metrics.not_added_up", pid=pid, error=str(error))


def exposition(accept: str, *, everyone: bool) -> tuple[bytes, str]:
    """Return the text for Prometheus and its content type. Blocks while files are read: call it in a thread.

    `everyone` means all workers of this host, with dead workers' counters. Otherwise the text is of this process alone, with the metrics of
    Python and the operating system. With one process and no folder both are the same.
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


def collected() -> list[Metric]:
    """Return the metrics of all workers of this host, with dead workers' counters. Blocks while files are read: call it in a thread."""
    place = _folder()
    return list(REGISTRY.collect() if place is None else _Files(place, "*").collect())


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


def _in_memory(run: Path) -> Path | None:
    """Return a private folder in shared memory with a name derived from `run`, so that the next start finds the folder of a killed server.

    None without one.
    """
    if not os.path.ismount(SHARED_MEMORY):
        return None
    folder = SHARED_MEMORY / f"echoes-{os.geteuid()}-{hashlib.sha256(os.fsencode(run)).hexdigest()[:16]}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return folder if private else None  # any account may make folders there


def _point(link: Path, folder: Path) -> None:
    """Make the link again. It is a convenience for operators, so an error of the disk is ignored."""
    with suppress(OSError):
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if link.is_symlink():
            link.unlink()
        elif link.is_dir():  # of a release that kept the files here
            shutil.rmtree(link)
        link.symlink_to(folder)


def _ended(reason: str) -> str:
    (metric,) = metrics.WORKERS_ENDED.describe()
    return str(mmap_key(metric.name, f"{metric.name}_total", ["reason"], [reason], metric.documentation))


def _read(file: Path) -> dict[str, float]:
    try:
        return {key: value for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file))}  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        return {}
    except CORRUPT as error:
        log.warning("metrics.file_dropped", file=file.name, error=str(error))
        return {}


def _reap(found: dict[str, float], grave: Path) -> None:
    if found:
        sums = _read(grave)
        _write(grave, sums | {key: sums.get(key, 0.0) + value for key, value in found.items()})


def _write(file: Path, values: dict[str, float]) -> None:
    """Write a file as the library's `MmapedDict` has it, whole or not at all."""
    entries = b""
    for key, value in values.items():
        name = key.encode()
        padded = name + b" " * (8 - (len(name) + 4) % 8)
        entries += struct.pack(f"i{len(padded)}sdd", len(name), padded, value, 0.0)
    new = file.with_suffix(".new")
    try:
        new.write_bytes(struct.pack("ii", 8 + len(entries), 0) + entries)
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def _turn(folder: Path, kind: int) -> Iterator[None]:
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, kind)
        yield
