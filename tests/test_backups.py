"""Backups as compose and Kubernetes make and restore them: the same script, by a role with the least rights."""

import asyncio
import os
import re
import subprocess
import time
import uuid
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from echoes.storage import embedded, migrations
from postgres import a_database, empty_database, execute

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "deploy" / "kubernetes" / "components" / "backup" / "backup.sh"
DAY = 86_400


@pytest.fixture(scope="module")
def own(postgres):
    """A migrated database, owned by a role without further rights, as the server's is."""
    role = f"r{uuid.uuid4().hex}"
    asyncio.run(execute(postgres, f"create role {role} login"))
    try:
        with empty_database(postgres) as url:
            parts = urlsplit(url)
            asyncio.run(execute(url, f'alter database "{parts.path[1:]}" owner to {role}'))
            by_role = url.replace("//echoes@", f"//{role}@")
            asyncio.run(migrations.up(by_role))
            place = {name: values[0] for name, values in parse_qs(parts.query).items()}
            yield SimpleNamespace(
                url=by_role,
                environ={
                    "PATH": f"{embedded.binaries()}:{os.environ['PATH']}", "PGHOST": place["host"], "PGPORT": place["port"],
                    "PGUSER": role, "PGDATABASE": parts.path[1:],
                },
            )  # fmt: skip
    finally:
        asyncio.run(execute(postgres, f"drop role {role}"))


@pytest.fixture
def run(own, tmp_path):
    """Run the script in a folder of backups of its own."""

    def run(*words, **given):
        environ = own.environ | {"BACKUP_DIR": str(tmp_path / "backups")} | given
        return subprocess.run(["sh", SCRIPT, *words], env=environ, capture_output=True, text=True, check=False, timeout=60)

    run.folder = tmp_path / "backups"
    return run


def ask(own, sql):
    return asyncio.run(execute(own.url, sql))


def objects(own):
    """Everything in the database that has a name, and the rows of two tables."""
    named = ask(own, "select relname::text as name, relkind::text as kind from pg_class where relnamespace = 'public'::regnamespace")
    named += ask(
        own, "select oid::regprocedure::text as name, prokind::text as kind from pg_proc where pronamespace = 'public'::regnamespace"
    )
    schemas = ask(own, "select nspname::text as name from pg_namespace where nspname !~ '^pg_'")
    accounts = ask(own, "select * from accounts order by id")
    return sorted(map(tuple, named)), sorted(map(tuple, schemas)), [tuple(one) for one in accounts]


def test_a_restored_database_is_as_it_was(own, run):
    """Rows, tables and functions; objects of a newer release are gone. The next migration finds nothing in its way."""
    ask(own, "insert into accounts (username, username_key, password_hash) values ('Ada', 'ada', 'x')")
    before = objects(own)
    made = run("once")
    assert (made.returncode, made.stderr) == (0, "")
    (backup,) = run.folder.iterdir()
    assert re.fullmatch(r"echoes-\d{8}T\d{6}Z\.dump", backup.name)
    assert backup.stat().st_mode & 0o077 == 0
    ask(own, "delete from accounts")
    ask(own, "create table later (id bigint primary key, account bigint references accounts)")
    ask(own, "create function later() returns int language sql as 'select 1'")
    ask(own, "create schema ext_later create table t (id int)")
    ask(own, "drop table audit")
    back = run("restore", "newest")
    assert (back.returncode, back.stderr) == (0, "")
    assert back.stdout == f"restored {backup.name}; now run: echoes restored\n"
    assert objects(own) == before
    assert asyncio.run(migrations.up(own.url)) == []
    ask(own, "delete from accounts")


def test_a_superuser_restores_its_database_as_well(postgres, run):
    """The private PostgreSQL's role is one, and owns the system's schemas."""
    with a_database(postgres) as url:
        asyncio.run(execute(url, "create schema ext_dice create table rolls (eyes int default 6)"))
        given = {"PGUSER": "echoes", "PGDATABASE": urlsplit(url).path[1:]}
        assert run("once", **given).returncode == 0
        asyncio.run(execute(url, "alter table ext_dice.rolls alter eyes set default 1"))
        back = run("restore", "newest", **given)
        assert (back.returncode, back.stderr) == (0, "")
        assert asyncio.run(execute(url, "insert into ext_dice.rolls default values returning eyes"))[0]["eyes"] == 6


@pytest.mark.parametrize("how", ["cut", "unknown"])
def test_a_failed_restore_changes_nothing(own, run, how):
    """A damaged backup, and one that is not there."""
    assert run("once").returncode == 0
    (backup,) = run.folder.iterdir()
    before = objects(own)
    if how == "cut":
        backup.write_bytes(backup.read_bytes()[:-2000])
    done = run("restore", "newest" if how == "cut" else "echoes-of-another-day.dump")
    assert done.returncode != 0
    assert done.stderr
    assert objects(own) == before


def test_a_restore_that_fails_half_way_changes_nothing(own, run):
    """All of it is one transaction."""
    assert run("once").returncode == 0
    before = objects(own)
    programs, real = run.folder.parent / "programs", embedded.binaries() / "pg_restore"
    programs.mkdir()
    program = programs / "pg_restore"
    program.write_text(f'#!/bin/sh\ncase "$*" in *--file=-*) "{real}" "$@" | head -n 400; exit 1;; esac\nexec "{real}" "$@"\n')
    program.chmod(0o755)
    done = run("restore", "newest", PATH=f"{programs}:{own.environ['PATH']}")
    assert done.returncode != 0
    assert objects(own) == before


def test_a_failed_backup_has_no_name_and_removes_nothing(own, run):
    """The next one removes the unfinished file."""
    old = run.folder / "echoes-20200101T000000Z.dump"
    old.parent.mkdir()
    old.write_text("old")
    os.utime(old, (time.time() - 400 * DAY,) * 2)
    assert run("once", PGDATABASE="nowhere").returncode != 0
    (run.folder / "unfinished-20200101T000000Z").write_text("half")
    assert {path.name for path in run.folder.iterdir() if "unfinished" not in path.name} == {old.name}
    assert run("once").returncode == 0
    assert len(list(run.folder.iterdir())) == 1
    assert not old.exists()


def test_backups_are_kept_for_days(own, run):
    """Those within `BACKUP_DAYS`; others are removed after a backup that succeeded."""
    run.folder.mkdir()
    for days in (1, 12, 16):
        path = run.folder / f"echoes-{days}.dump"
        path.write_text("x")
        os.utime(path, (time.time() - days * DAY,) * 2)
    assert run("once", BACKUP_DAYS="14").returncode == 0
    assert {"echoes-1.dump", "echoes-12.dump"} == {path.name for path in run.folder.iterdir() if "T" not in path.name}


def test_the_check_fails_when_the_newest_backup_is_old(run):
    """Compose asks it for the health of the container."""
    run.folder.mkdir()
    path = run.folder / "echoes-20200101T000000Z.dump"
    assert run("check").returncode != 0
    path.write_text("x")
    assert run("check").returncode == 0
    os.utime(path, (time.time() - 27 * 3600,) * 2)
    assert run("check").returncode != 0
    assert run("check", BACKUP_HOURS="28").returncode == 0


def test_the_nightly_run_begins_with_a_backup_and_stops_at_once(own, run):
    """When there is none of the last day. Then it waits for the night."""
    environ = own.environ | {"BACKUP_DIR": str(run.folder)}
    with subprocess.Popen(["sh", SCRIPT, "nightly"], env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("made echoes-")
        process.terminate()
        assert process.wait(5) == 0


@pytest.mark.parametrize("at", ["00:00", "03:17", "08:09", "23:59"])
def test_the_next_night_is_within_a_day(at):
    """Hours and minutes with a leading zero are decimal."""
    script = SCRIPT.read_text(encoding="utf-8").split("\ncase ")[0]
    done = subprocess.run(["sh", "-c", f"{script}\nseconds_until {at}; date -u +%s"], capture_output=True, text=True, check=True)
    seconds, now = map(int, done.stdout.split())
    hours, minutes = map(int, at.split(":"))
    assert 0 < seconds <= DAY
    assert abs((now + seconds) % DAY - (hours * 3600 + minutes * 60)) <= 1


def test_a_password_is_read_from_its_file(tmp_path):
    """Kubernetes mounts it; the command line does not show it."""
    (tmp_path / "password").write_text("it's: a password\n")
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$PGPASSWORD|$*" >&2\nexit 1\n')
    program.chmod(0o755)
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "BACKUP_DIR": str(tmp_path / "backups"), "PGPASSWORD_FILE": str(tmp_path / "password"),
        "DATABASE_URL": "postgresql://echoes@db.example/echoes",
    }  # fmt: skip
    done = subprocess.run(["sh", SCRIPT, "once"], env=environ, capture_output=True, text=True, check=False)
    password, words = done.stderr.strip().split("|")
    assert password == "it's: a password"
    assert "--dbname=postgresql://echoes@db.example/echoes" in words
    assert "it's" not in words
