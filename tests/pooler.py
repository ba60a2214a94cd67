"""A PgBouncer of a test's own before the run's PostgreSQL: on a free port, in a temporary folder."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import prepare
import pytest
from ports import free_port

SECONDS = 20.0


@contextlib.contextmanager
def pooler(url, mode):
    """The URL of the same database through a PgBouncer in this pool mode."""
    binary = prepare.find("pgbouncer")
    if binary is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no pgbouncer, and under CI=true nothing is skipped")
        pytest.skip("no pgbouncer on PATH (Debian: apt-get install pgbouncer)")
    query, port = parse_qs(urlsplit(url).query), free_port()
    folder = Path(tempfile.mkdtemp(prefix="echoes-pooler-"))
    database = urlsplit(url).path.strip("/")
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{database} = host={query['host'][0]} port={query['port'][0]} user=echoes\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
        f"logfile = {folder}/log\ndefault_pool_size = 50\n"
    )
    account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if account:  # PgBouncer refuses to run as root
        owner = Path(query["host"][0]).stat()
        account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        for path in (folder, folder / "pgbouncer.ini"):
            os.chown(path, owner.st_uid, owner.st_gid)
    process = subprocess.Popen([binary, str(folder / "pgbouncer.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account)
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((folder / "log").read_text() if (folder / "log").exists() else "pgbouncer did not start") from None
                time.sleep(0.01)
        yield f"postgresql://echoes@127.0.0.1:{port}/{database}"
    finally:
        process.kill()
        process.wait(SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
