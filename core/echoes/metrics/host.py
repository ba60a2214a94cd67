"""The workers of a host: what they have counted, added up from their files, and what is to be done when one has died.

Files are those of prometheus_client's multiprocess mode. That library keeps a dead process's counters in a file of their own for ever; here they
are added to one file of all the dead, so that a worker that dies every second does not fill the folder. Whoever reads and whoever adds up
take turns (`flock`), so no scrape sees anything twice or not at all.
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
"""Under this process id the dead are counted; no process has it."""
LOCK, SILENT = "lock", ".silent"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that only we may enter is made in it
REASONS = ("died", "hung")
"""Why a worker ended that was not told to: by itself or killed by another one, or by its supervisor since it hung."""
CORRUPT = (struct.error, RuntimeError, ValueError)


def fresh_folder(folder: Path) -> Path:
    """An empty folder for the workers' files, to be named in `PROMETHEUS_MULTIPROC_DIR`; what a former run has left there is removed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (*folder.glob("*.db"), *folder.glob(f"*{SILENT}")):
        file.unlink()
    (folder / LOCK).touch()
    return folder


@contextmanager
def counting_folder(run: Path) -> Iterator[Path | None]:
    """A fresh folder while the body runs, reached as `metrics` in the run folder `run`; None where there is none to be had, which is logged.

    It is in the system's shared memory where that is (Linux), so a full disk costs no metric, and in `run` elsewhere.
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
    """A worker process has ended: its gauges go, what it has counted stays. To be called once it is dead, by whoever saw that.

    `folder` is what the worker had in `PROMETHEUS_MULTIPROC_DIR` (the caller's own by default); nothing happens where there is none. `reason`
    is one of `REASONS` when it was not told to end. Files are read and written, not mapped. Where the disk refuses, that is logged, and what
    the worker has counted stays in a file of its own, which scrapes read as before.
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
    """Take a worker's gauges out of what scrapes read, or put them back: what one that hangs says of itself is not so any more."""
    ending = ("", SILENT) if hidden else (SILENT, "")
    try:
        with _turn(folder, fcntl.LOCK_EX):
            for file in folder.glob(f"gauge_*_{pid}.db{ending[0]}"):
                file.rename(file.with_name(file.name.removesuffix(SILENT) + ending[1]))
    except OSError as error:
        log.warning("metrics.not_added_up", pid=pid, error=str(error))


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


def _in_memory(run: Path) -> Path | None:
    """A folder of ours in shared memory whose name follows from `run`, so that the next start finds what a killed one has left; None without one."""
    if not os.path.ismount(SHARED_MEMORY):
        return None
    folder = SHARED_MEMORY / f"echoes-{os.geteuid()}-{hashlib.sha256(os.fsencode(run)).hexdigest()[:16]}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return folder if private else None  # anybody may make folders there


def _point(link: Path, folder: Path) -> None:
    """Make the link anew; it is for people and not needed, so a disk that refuses is no matter."""
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
