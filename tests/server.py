"""A real server in a process of its own, on a free port and in a folder of its own."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

START_SECONDS = 60
SHOWN_LINES = 400
PLAYFUL = {"ECHOES_PERSONAL_KIT": "false"}
"""Players of tests drop and give what they wake with, since it is at hand. That others may not is tested in `tests/game/test_kit.py`."""


MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the names in it
"""A file system in memory (Linux). To make and drop a database on a disk costs ten times the CPU."""
ROOM = 4 * 2**30
"""Bytes that are free in it: it takes what the servers of a run write."""
LEFT_BEHIND = 60.0
"""Seconds after which a folder that no process holds is one of a run that was killed."""


def quick_place():
    """Where temporary folders of servers are: in memory where there is room (a container may have 64 MB), else None: the system's place."""
    with contextlib.suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
            return MEMORY
    return None


@contextlib.contextmanager
def traversable_folder():
    """A temporary folder that an unprivileged user may enter (PostgreSQL will not run as root)."""
    folder = Path(tempfile.mkdtemp(prefix="echoes-test-", dir=quick_place()))
    folder.chmod(0o755)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def remove_leftovers(place=MEMORY):
    """Remove the folders that killed runs have left in memory."""
    for folder in place.glob("echoes-test-*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                if time.time() - folder.stat().st_mtime > LEFT_BEHIND:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


RUNNING: list["Server"] = []
"""Servers that tests have started and not ended: a failed test shows the ends of their logs (`conftest.py`)."""


class Server:
    """`echoes serve` as a child process. The environment is the test's alone: nothing of the machine's settings leaks in."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = (
            {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))} | PLAYFUL | environ
        )
        self.database_url = environ.get("ECHOES_DATABASE_URL", "")
        self._stack = contextlib.ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        self.standard_error: IO[bytes] | int = subprocess.STDOUT
        """Where the log goes; to `output` unless a test says otherwise."""
        self.port = 0

    def __enter__(self) -> "Server":
        folder = self._stack.enter_context(traversable_folder())
        self.folder = folder
        self.environ.setdefault("ECHOES_DATA_DIR", str(folder / "data"))
        self.start()
        RUNNING.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        try:
            if self in RUNNING:
                RUNNING.remove(self)
            self.stop()
            if kind is not None:
                sys.stdout.write("".join(self.output[-SHOWN_LINES:]))  # beside the failure, since the folder goes with it
        finally:
            self._stack.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """Where the game is."""
        return f"ws://127.0.0.1:{self.port}/ws/game"

    @property
    def pid(self) -> int:
        """Of the process that was started: the server itself, or its supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """With what it ended by itself; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def workers(self) -> list[int]:
        """The process ids of the supervisor's workers, oldest first."""
        return sorted(child for child in children_of(self.pid) if b"echoes.serving.child" in _command_of(child))

    def command(self) -> list[str]:
        """The command line that starts the server."""
        return [sys.executable, "-m", "echoes", "serve", "--port", str(self.port)]

    def start(self) -> None:
        """Start, and return once it says where it listens; the same port again after a restart."""
        self._process = subprocess.Popen(
            self.command(),
            env=self.environ, cwd=self.folder, stdout=subprocess.PIPE, stderr=self.standard_error, text=True,
        )  # fmt: skip
        begun = len(self.output)
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(r"open http://\S+?:(\d+)", "".join(self.output[begun:])):
                self.port = int(found.group(1))
                return
            if self._process.poll() is not None:
                self._reader.join(5)
                raise RuntimeError(f"the server ended with {self._process.returncode}:\n{''.join(self.output[begun:])}")
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start in {START_SECONDS} s:\n{''.join(self.output[begun:])}")

    def kill(self) -> None:
        """Kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        self._process.stdout.close()

    def signal(self, number: int) -> None:
        """Send the server, or its supervisor, a signal."""
        os.kill(self.pid, number)

    def stop(self) -> int:
        """SIGTERM, and wait; answers the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.returncode

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in process.stdout:
                self.output.append(line)


def tracebacks(output: Iterable[str]) -> list[str]:
    """Each traceback in a server's output, whole, so that a failed test names its cause."""
    found: list[list[str]] = []
    within = False
    for line in output:
        if line.startswith("Traceback"):
            within = True
            found.append([])
        if within:
            found[-1].append(line)
            within = line.startswith(("Traceback", " ", "\n"))
    return ["".join(lines) for lines in found]


def children_of(pid: int) -> list[int]:
    """The process ids of a process's children (Linux)."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                children.append(int(stat.parent.name))
    return children


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def ports_of(pid: int) -> set[int]:
    """The local TCP ports of a process's connections (Linux)."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    lines = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return {int(fields[1].rpartition(":")[2], 16) for line in lines if (fields := line.split())[9] in inodes}
