"""The SQL functions of this release, under names of their own: two releases that run side by side never replace each other's functions.

`functions.sql` has plain names. In the database each name ends with the digest of the whole file. So another text is another set of
functions, and an older release that starts again finds, or makes, its own.
"""

import hashlib
import re
from importlib import resources

from echoes.storage.database import Connection

KEPT = 4
"""Sets that stay in a database, newest first: those of releases that may still run."""
_SOURCE = resources.files("echoes.storage").joinpath("functions.sql").read_text(encoding="utf-8")
_NAMES = re.findall(r"create or replace function (\w+)", _SOURCE)
_CALL = re.compile(rf"\b({'|'.join(_NAMES)})\b")
SET = hashlib.sha256(_SOURCE.encode()).hexdigest()[:10]
"""The name of this release's set of functions."""


def named(sql: str) -> str:
    """Return the statement with the names that this release's functions have in the database."""
    return _CALL.sub(rf"\1_{SET}", sql)


async def install(connection: Connection) -> bool:
    """Create this release's functions unless they exist. Returns whether they were created. Sets beyond `KEPT` are dropped."""
    names = [f"{name}_{SET}" for name in _NAMES]
    here = await connection.fetchval(
        "select count(distinct proname) from pg_proc where proname = any($1::text[]) and pronamespace = current_schema()::regnamespace",
        names,
    )
    await connection.execute("insert into function_sets (id) values ($1) on conflict (id) do update set installed = now()", SET)
    if here == len(names):
        return False
    await connection.execute(named(_SOURCE))
    for row in await connection.fetch(
        "delete from function_sets where id in (select id from function_sets order by installed desc offset $1) returning id", KEPT
    ):
        await drop(connection, f"_{row['id']}$")
    return True


async def drop(connection: Connection, pattern: str = "") -> None:
    """Drop the server's functions whose names match a pattern: all of them without one."""
    drops = await connection.fetchval(
        "select string_agg('drop function ' || oid::regprocedure, '; ') from pg_proc where proname ~ '^echoes_' and proname ~ $1"
        " and pronamespace = current_schema()::regnamespace",
        pattern,
    )
    if drops:  # PostgreSQL wrote the statements and quoted the names in them
        await connection.execute(drops)
