"""Ways to PostgreSQL: poolers, rights, TLS; and the one sentence that an operator reads when one is wrong."""

import asyncio
import contextlib
import errno
import os
import re
import socket
import ssl
import threading
import uuid
from urllib.parse import unquote

import asyncpg
import pytest
from certificates import make
from echoes.error_text import reason
from echoes.errors import StorageError
from echoes.storage import migrations
from echoes.storage.connecting import arguments, in_words, refusal
from echoes.storage.world_lock import WorldLock, kept
from pooler import pooler
from ports import free_port
from postgres import execute
from proxy import Proxy


def refused(url):
    """The error that an operator reads; one line, and no secret in it."""
    with pytest.raises(StorageError) as caught:
        asyncio.run(migrations.up(url))
    said = str(caught.value)
    assert "\n" not in said
    assert "geheim" not in said
    assert "()" not in said
    return said


# ── a pooler ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pooler_in_session_mode_is_no_different(empty_url):
    """Migrations, the world lock and its watch."""
    with pooler(empty_url, "session") as url:
        asyncio.run(migrations.up(url))

        async def hold():
            async with kept(WorldLock(url, shared=False, worker_id="pooled", interval=0.05)) as lock:
                await lock.required()

        asyncio.run(hold())


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_without_sessions_is_refused_with_the_setting_to_change(empty_url, mode):
    """Its advisory locks would stay on the connections of other clients, and its prepared statements would be lost."""
    with pooler(empty_url, mode) as url:
        said = refused(url)
        assert "pool_mode=session" in said
        assert "ECHOES_DATABASE_URL" in said or mode == "statement"


async def test_a_session_that_is_lost_while_it_runs_loses_the_lock(empty_url, capsys):
    """A pooler's mode may change at any time: the holder of the lock checks that it is still the same backend."""
    async with kept(WorldLock(empty_url, shared=False, worker_id="one", interval=0.05)) as lock:
        await lock.required()
        lock._backend = -1  # what the answer will be compared with
        async with asyncio.timeout(10):
            while lock.held:
                await asyncio.sleep(0.01)
    assert "pool_mode=session" in "".join(capsys.readouterr())


async def test_a_world_lock_that_is_not_had_is_logged_once_with_its_holder(empty_url, capsys):
    """Process, name and address, for as long as they stay the same."""
    async with kept(WorldLock(empty_url, shared=False, worker_id="first", interval=0.02)) as first:
        await first.required()
        second = WorldLock(empty_url, shared=False, worker_id="second", interval=0.02)
        async with kept(second):
            async with asyncio.timeout(10):
                while "first" not in second.waiting_for:
                    await asyncio.sleep(0.01)
            for _ in range(5):
                await execute(empty_url, "select 1")
            assert "process" in second.waiting_for
    said = "".join(capsys.readouterr())
    assert said.count("world_lock.not_taken") == 1
    assert "echoes world first" in said


async def test_a_world_lock_that_cannot_be_had_says_why(capsys):
    """Also where the error has no words of its own."""
    lock = WorldLock(f"postgresql://u:geheim@127.0.0.1:{free_port()}/e", shared=False, worker_id="w", interval=0.02)
    async with kept(lock), asyncio.timeout(10):
        while "(" not in lock.waiting_for:
            await asyncio.sleep(0.01)
    assert "()" not in lock.waiting_for
    said = "".join(capsys.readouterr())
    assert said.count("world_lock.not_taken") == 1
    assert "geheim" not in said


# ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def role(postgres, empty_url):
    """A role without any right of its own, and the URL for it."""
    name = f"r{uuid.uuid4().hex}"
    asyncio.run(execute(postgres, f'create role "{name}" login'))
    asyncio.run(execute(empty_url, "revoke all on schema public from public"))
    yield name, empty_url.replace("//echoes@", f"//{name}@")
    asyncio.run(execute(empty_url, f'drop owned by "{name}" cascade'))
    asyncio.run(execute(postgres, f'drop role "{name}"'))


def test_exactly_the_rights_that_are_documented_are_enough(empty_url, role):
    """Without them the missing GRANT is said."""
    name, url = role
    for grant in ("USAGE", "CREATE"):
        said = refused(url)
        assert f'GRANT USAGE, CREATE ON SCHEMA public TO "{name}"' in said
        asyncio.run(execute(empty_url, f'grant {grant} on schema public to "{name}"'))
    assert asyncio.run(migrations.up(url))


def test_tables_of_another_role_are_named_with_their_owner(empty_url, role):
    name, url = role
    asyncio.run(execute(empty_url, f'grant usage, create on schema public to "{name}"'))
    asyncio.run(migrations.up(empty_url))
    assert f'belong to "echoes" and not to "{name}"' in refused(url)


def test_all_problems_of_the_database_are_in_one_error(postgres, empty_url):
    """One error names a wrong encoding and a read-only server together."""
    name = f"l{uuid.uuid4().hex}"
    asyncio.run(execute(postgres, f"create database {name} encoding 'LATIN1' template template0 locale 'C'"))
    try:
        asyncio.run(execute(postgres, f"alter database {name} set default_transaction_read_only = on"))
        said = refused(postgres.replace("/echoes?", f"/{name}?"))
        assert "LATIN1" in said
        assert "accepts no writes" in said
    finally:
        asyncio.run(execute(postgres, f"drop database {name} with (force)"))
    assert "no such database" in refused(postgres.replace("/echoes?", "/nowhere?"))
    assert "role" in refused(empty_url.replace("//echoes@", "//nobody@"))
    assert "remove it" in refused(f"{empty_url}&pgbouncer=true")


class Older(Proxy):
    """PostgreSQL itself, except that it says to be an older one: the first column of what the start asks it."""

    def passed(self, data):
        """`version` is an int4 in a row of nine columns."""
        return re.sub(rb"(D....\x00\x09\x00\x00\x00\x04\x00\x00\x00).", lambda found: found[1] + b"\x0e", data, count=1, flags=re.DOTALL)


async def test_the_error_names_a_version_that_is_too_old(empty_url):
    """Over PostgreSQL's protocol, with the oldest that is supported. No distribution has one that old to install."""
    socket_path, name = re.search(r"host=([^&]+)", empty_url)[1], re.search(r"/(t\w+)\?", empty_url)[1]
    async with Older(f"{unquote(socket_path)}/.s.PGSQL.5432") as proxy:
        with pytest.raises(StorageError, match="its version is 14; 15 or newer is needed"):
            await migrations.up(f"postgresql://echoes@127.0.0.1:{proxy.port}/{name}")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_an_error_of_this_machine_does_not_blame_postgresql(number):
    """The advice is about the machine, not about the URL."""
    said = str(refusal(OSError(number, os.strerror(number)), "postgresql://u:geheim@h/d"))
    assert os.strerror(number) in said
    assert "check ECHOES_DATABASE_URL" not in said


def test_the_error_names_a_role_with_no_connection_left(postgres, empty_url, role):
    name, url = role
    asyncio.run(execute(postgres, f'alter role "{name}" connection limit 0'))
    assert "no connection left" in refused(url)


# ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "error",
    [OSError(), TimeoutError(), ConnectionResetError(), ExceptionGroup("", [OSError(), TimeoutError()]), asyncpg.InterfaceError(""), asyncio.IncompleteReadError(b"", 3)],
)  # fmt: skip
def test_a_reason_is_never_empty(error):
    assert reason(error).strip()
    assert "()" not in str(refusal(error, "postgresql://u:geheim@h/d"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "nowhere.invalid"])
def test_a_closed_port_is_refused(host):
    said = refused(f"postgresql://echoes:geheim@{host}:{free_port()}/echoes")
    assert "PostgreSQL cannot be reached" in said
    assert "ECHOES_DATABASE_URL" in said


def test_a_driver_that_repeats_the_url_is_not_passed_on():
    assert "geheim" not in str(refusal(ValueError("invalid port 'geheim'"), "postgresql://u:geheim@h/d"))


@contextlib.contextmanager
def pretender(folder=None, name=""):
    """Something on a port that answers PostgreSQL's request for TLS: with no, or with a certificate."""
    tls = None
    if name:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.recv(8)
                connection.sendall(b"S" if tls else b"N")
                if tls:
                    tls.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"postgresql://u:geheim@127.0.0.1:{listener.getsockname()[1]}/d"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_failed_tls_handshake_names_the_parameter_to_change(tmp_path):
    """The cases: no TLS, an unknown authority, an expired certificate, one for another host, no authority given."""
    make(tmp_path)
    with pretender() as url:
        assert "sslmode=disable" in refused(f"{url}?sslmode=require")
    ours = f"sslmode=verify-full&sslrootcert={tmp_path}/ca.pem"
    for name, parameters, advice in (
        ("own", ours, "sslrootcert="), ("expired", ours, "renew"), ("elsewhere", ours, "host name"), ("server", "sslmode=verify-full", "sslrootcert="),
        ("server", f"sslmode=verify-full&sslrootcert={tmp_path}/nowhere.pem", "sslrootcert="), ("own", "sslrootcert=system", "sslrootcert="),
    ):  # fmt: skip
        with pretender(tmp_path, name) as url:
            assert advice in refused(f"{url}?{parameters}"), (name, parameters)


def test_the_certificates_of_this_machine_are_trusted_on_demand():
    given = arguments("postgresql://u@h/d?sslmode=verify-full&sslrootcert=system&application_name=x")
    assert given["dsn"] == "postgresql://u@h/d?application_name=x"
    assert given["ssl"].verify_mode is ssl.CERT_REQUIRED
    assert given["ssl"].check_hostname


async def test_an_error_of_postgresql_in_use_becomes_a_readable_message(empty_url):
    @in_words
    async def work(url):
        await execute(url, "do $$ begin raise insufficient_privilege; end $$")

    with pytest.raises(StorageError, match="denies a right"):
        await work(empty_url)
