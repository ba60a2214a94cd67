"""Connect to PostgreSQL: return a connection that was checked, or raise one sentence that says why it is unusable and what to do."""

import errno
import os
import ssl
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from echoes.error_text import reason, refused_by_system
from echoes.errors import StorageError
from echoes.urls import for_driver

T = TypeVar("T")
P = ParamSpec("P")
OLDEST = 15
"""The oldest supported major version of PostgreSQL. From this one on it notifies its clients when it becomes a standby."""
SETTING = "ECHOES_DATABASE_URL"
GRANTS = "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}"
POOLED = (
    "PostgreSQL is behind a pooler that gives a connection to other clients between transactions (PgBouncer: pool_mode=transaction)."
    " The world lock needs a session: set pool_mode=session for this database, or have ECHOES_DATABASE_URL name PostgreSQL itself;"
    " each worker keeps a pool of its own"
)
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
"""Errors of this machine that has run out of a resource; PostgreSQL is not at fault."""
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile")
REFUSED = (
    OSError,
    TimeoutError,
    ValueError,
    KeyError,  # asyncpg looks for the account's name when the URL has no user
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.UndefinedObjectError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.ProtocolViolationError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""Errors that an operator can correct. Any other error is a bug of the server and keeps its traceback."""
STATE = """
select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding,
    pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only, current_user as role, current_database() as database,
    current_schema() as schema, pg_backend_pid() as pid,
    coalesce(has_schema_privilege(current_schema(), 'CREATE') and has_schema_privilege(current_schema(), 'USAGE'), false) as may_create,
    array(select distinct pg_get_userbyid(relowner)::text from pg_class where relnamespace = to_regnamespace(quote_ident(current_schema()))
          and relkind in ('r', 'S') and not pg_has_role(relowner, 'USAGE')) ||
    array(select distinct pg_get_userbyid(proowner)::text from pg_proc where pronamespace = to_regnamespace(quote_ident(current_schema()))
          and proname like 'echoes%' and not pg_has_role(proowner, 'USAGE')) as owners
"""


def arguments(url: str) -> dict[str, Any]:
    """Return the arguments for asyncpg. `sslrootcert=system` means the certificates that this machine trusts, as for libpq."""
    base, _, query = for_driver(url).partition("?")
    parts = [part for part in query.split("&") if part]
    if "sslrootcert=system" not in parts:
        return {"dsn": f"{base}?{query}" if query else base}
    kept = "&".join(part for part in parts if not part.startswith(("sslrootcert=", "sslmode=")))
    return {"dsn": f"{base}?{kept}" if kept else base, "ssl": ssl.create_default_context()}


async def connect(url: str, *, command_timeout: float = 120.0) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect to PostgreSQL and check version, encoding, rights and sessions.

    Raises `StorageError` that lists every problem found.
    """
    try:
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            **arguments(url), timeout=10, command_timeout=command_timeout
        )
        try:
            await _check(connection, url)
        except BaseException:
            connection.terminate()
            raise
    except REFUSED as error:
        raise refusal(error, url) from error
    return connection


def in_words(work: Callable[Concatenate[str, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[str, P], Coroutine[Any, Any, T]]:
    """Decorate work on the database at a URL: it raises `StorageError` where PostgreSQL refuses for a reason that an operator can correct."""

    @wraps(work)
    async def worded(url: str, /, *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return await work(url, *arguments, **options)
        except REFUSED as error:
            raise refusal(error, url) from error

    return worded


def refusal(error: BaseException, url: str) -> StorageError:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return one sentence for an operator: what PostgreSQL refuses, why, and what to do. It contains no secret of the URL."""
    text, where = reason(error), _where(url)
    if isinstance(error, OSError) and (files := _unreadable(url)):
        return StorageError(
            f"{SETTING} names a file that cannot be read: {', '.join(files)}; check the path and that the server may read it"
        )
    match error:
        case OSError() if error.errno in EXHAUSTED:
            return StorageError(f"PostgreSQL at {where} cannot be asked: {refused_by_system(error)}")
        case PermissionError() if ".postgresql" in text:
            return StorageError(
                f"The driver cannot look for certificates in HOME ({text}); set HOME to a folder that the server's account may enter"
            )
        case asyncpg.InvalidPasswordError():
            return StorageError(f"PostgreSQL at {where} refuses the login ({text}); check user and password in {SETTING}")
        case asyncpg.InvalidAuthorizationSpecificationError():
            tls = "; set sslmode=require in ECHOES_DATABASE_URL if PostgreSQL wants TLS" if "no encryption" in text else ""
            return StorageError(
                f"PostgreSQL at {where} refuses the login ({text}); check the user in {SETTING} and PostgreSQL's pg_hba.conf{tls}"
            )
        case asyncpg.InvalidCatalogNameError():
            return StorageError(
                f"PostgreSQL at {where} has no such database ({text}); create it: CREATE DATABASE … OWNER … ENCODING 'UTF8'"
            )
        case asyncpg.TooManyConnectionsError():
            return StorageError(
                f"PostgreSQL at {where} has no connection left ({text}); raise its max_connections (or the role's limit), or lower ECHOES_DATABASE_POOL"
            )
        case asyncpg.DiskFullError():
            return StorageError(f"PostgreSQL at {where} has no space left on its disk ({text}); free space there")
        case asyncpg.InsufficientPrivilegeError():
            return StorageError(
                f"PostgreSQL at {where} denies a right ({text}); the role in {SETTING} needs {GRANTS.format(schema='public', role='…')}"
                " and must own the server's tables"
            )
        case asyncpg.ReadOnlySQLTransactionError():
            return StorageError(
                f"PostgreSQL at {where} accepts no writes ({text}); {SETTING} must name the primary, or all hosts with target_session_attrs=read-write"
            )
        case asyncpg.CannotConnectNowError():
            return StorageError(
                f"PostgreSQL at {where} accepts no connections now ({text}); wait until it has started, then start the server again"
            )
        case asyncpg.UndefinedObjectError() | asyncpg.FeatureNotSupportedError():
            return StorageError(f"PostgreSQL at {where} does not know a parameter ({text}); remove it from {SETTING}")
        case ssl.SSLCertVerificationError():
            return StorageError(f"The certificate of PostgreSQL at {where} cannot be verified ({text}); {_certificate_advice(error)}")
        case asyncpg.ClientConfigurationError() if "root certificate" in str(error):
            return StorageError(
                f"The certificate of PostgreSQL at {where} cannot be verified without that of its authority; add sslrootcert=/path/of/ca.pem to"
                f" {SETTING}, or sslrootcert=system for the authorities that this machine trusts"
            )
        case KeyError():
            return StorageError(
                f"{SETTING} names no user, and the account that runs the server has no name; write postgresql://user:password@host/database"
            )
        case ValueError() | asyncpg.InterfaceError() if not isinstance(error, OSError):
            return StorageError(
                f"{SETTING} is not valid, or names a file that cannot be read; check its parameters"
            )  # no text of the error: it may hold secrets
        case _:
            return StorageError(f"PostgreSQL cannot be reached at {where} ({text}); {_advice(text)}")


def _advice(text: str) -> str:
    """Return advice for errors that have no class of their own: TLS, poolers."""
    if "rejected SSL upgrade" in text:
        return f"it has no TLS: set sslmode=disable in {SETTING}, or enable TLS in PostgreSQL (ssl = on)"
    if "startup parameter" in text:
        return f"the pooler refuses a parameter: remove it from {SETTING}, or add it to the pooler's ignore_startup_parameters"
    if "statement pooling" in text or "prepared statement" in text:
        return "set pool_mode=session for this database in the pooler"
    if "no such database" in text or "no such user" in text:
        return "the pooler does not know the database or the user: check the pooler's [databases] and auth_file"
    return f"check {SETTING} and that PostgreSQL runs"


def _certificate_advice(error: ssl.SSLCertVerificationError) -> str:
    message = error.verify_message.lower()
    if "expired" in message or "not yet valid" in message:
        return "renew PostgreSQL's certificate, and check this machine's clock"
    if "mismatch" in message or "not valid for" in message:
        return f"write a host name into {SETTING} that is in the certificate, or set sslmode=verify-ca"
    return f"set sslrootcert=/path/of/ca.pem in {SETTING} to the certificate of its authority"


def _unreadable(url: str) -> list[str]:
    parameters = parse_qs(urlsplit(url).query)
    files = {name: parameters[name][-1] for name in FILES if name in parameters}
    return [f"{name}={path}" for name, path in files.items() if path != "system" and not os.access(path, os.R_OK)]


def _where(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", []))
    return unquote(host) or "its socket"


async def _check(connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> None:
    """Raise one error that lists every problem found."""
    try:
        state = await connection.fetchrow(STATE)
    except asyncpg.InvalidSQLStatementNameError as error:
        raise StorageError(POOLED) from error
    assert state is not None  # noqa: S101 - a select without from has one row
    role = f'"{state["role"]}"'
    wrong = []
    if state["version"] < OLDEST:
        wrong.append(f"its version is {state['version']}; {OLDEST} or newer is needed")
    if state["encoding"] != "UTF8":
        wrong.append(f"the database's encoding is {state['encoding']}; create another with ENCODING 'UTF8' TEMPLATE template0")
    if state["read_only"]:
        wrong.append(f"it accepts no writes (a standby, or read-only by default); {SETTING} must name the primary")
    if state["schema"] is None:
        wrong.append(f"the role {role} has no schema that it may use; run GRANT USAGE, CREATE ON SCHEMA public TO {role}")
    elif not state["may_create"] and not state["read_only"]:
        wrong.append(f"the role {role} may not create tables; run {GRANTS.format(schema=state['schema'], role=role)}")
    if state["owners"]:
        owners = ", ".join(sorted({f'"{owner}"' for owner in state["owners"]}))
        wrong.append(f"tables or functions belong to {owners} and not to {role}; connect as their owner, or run GRANT {owners} TO {role}")
    if wrong:
        raise StorageError(f"PostgreSQL at {_where(url)}, database {state['database']}, cannot be used: {'; '.join(wrong)}")
    await _check_session(connection, url, state["pid"])


async def _check_session(connection: "asyncpg.Connection[asyncpg.Record]", url: str, pid: int) -> None:
    """Check that this connection keeps its backend while another one works. A pooler in transaction mode does not keep it."""
    other = await asyncpg.connect(**arguments(url), timeout=10, command_timeout=10)
    try:
        async with other.transaction():
            taken = await other.fetchval("select pg_backend_pid()")
            kept = await _answer(connection)
    except TimeoutError as error:
        raise StorageError("The pooler of PostgreSQL has one connection only for this database; raise its pool_size") from error
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError) as error:
        raise StorageError(POOLED) from error
    finally:
        other.terminate()
    if taken == pid or kept != pid:
        raise StorageError(POOLED)


async def _answer(connection: "asyncpg.Connection[asyncpg.Record]") -> int | None:
    """Return the backend's process id. None when the answer times out because another client has the backend."""
    try:
        number: int = await connection.fetchval("select pg_backend_pid()", timeout=5)
    except TimeoutError:
        return None
    return number
