"""Operators as rows: accounts with a role, their second factor, and their sign-ins."""

from msgspec import Struct

from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.database import Database
from echoes.storage.roles import Role


class OperatorRow(Struct, frozen=True):
    """An account with a role."""

    account_id: int
    username: str
    role: Role
    since: str
    """UTC."""


class Candidate(Struct, frozen=True):
    """An operator who signs in: the account as it is now, and the secret of the second factor."""

    account_id: int
    username: str
    password_hash: str
    mark: str
    generation: int
    secret: str


class Granted(Struct, frozen=True):
    """The result of `grant`: the account's own way of writing its name, and whether the given secret is the one that counts now."""

    username: str
    is_new_secret: bool


async def grant(database: Database, key: str, role: Role, *, secret: str, renew: bool, act: Act) -> Granted | None:
    """Give an account (by its folded username) a role. None: there is no such account.

    An operator keeps the second factor that it has, unless `renew`: then its sign-ins end, too.
    """
    async with database.transaction("operator.grant") as connection:
        account = await connection.fetchrow("select id, username from accounts where username_key = $1 for update", key)
        if account is None:
            return None
        kept: str = await connection.fetchval(
            "insert into operators as o (account_id, role, secret) values ($1, $2, $3) on conflict (account_id) do update set"
            " role = excluded.role, secret = case when $4 then excluded.secret else o.secret end,"
            " last_step = case when $4 then 0 else o.last_step end returning secret",
            account["id"], role, secret, renew,
        )  # fmt: skip
        if renew:
            await connection.execute("delete from operator_sessions where account_id = $1", account["id"])
        await audit.enter(connection, _of(act, account["id"]), username=account["username"], role=role, new_secret=kept == secret)
    return Granted(account["username"], kept == secret)


async def revoke(database: Database, key: str, act: Act) -> bool:
    """Take an account's role away, and end its sign-ins as an operator. False when it had none."""
    async with database.transaction("operator.revoke") as connection:
        row = await connection.fetchrow(
            "delete from operators o using accounts a where a.id = o.account_id and a.username_key = $1 returning a.id, a.username, o.role",
            key,
        )
        if row is None:
            return False
        await audit.enter(connection, _of(act, row["id"]), username=row["username"], role=row["role"])
    return True


async def all_of_them(database: Database) -> list[OperatorRow]:
    """Return all operators, the greatest role first."""
    rows = await database.rows(
        "operator.list",
        "select o.account_id, a.username, o.role, to_char(o.since at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as since"
        " from operators o join accounts a on a.id = o.account_id order by o.role = 'admin' desc, o.role = 'moderator' desc, a.username_key",
    )
    return [OperatorRow(**dict(row)) for row in rows]


async def find(database: Database, key: str) -> Candidate | None:
    """The operator whose account has this folded username; None also for an account without a role, or a banned one."""
    row = await database.row(
        "operator.find",
        "select a.id as account_id, a.username, a.password_hash, a.mark, a.token_generation as generation, o.secret"
        " from operators o join accounts a on a.id = o.account_id"
        " where a.username_key = $1 and a.banned_until <= extract(epoch from clock_timestamp())",
        key,
    )
    return None if row is None else Candidate(**dict(row))


async def begin_session(database: Database, account_id: int, step: int, hours: float, act: Act) -> tuple[int, Role] | None:
    """Sign an operator in with the code of a time step, for some hours. Returns the session's id and the role.

    None: the code of this step, or of a later one, was accepted before, or the role was taken away.
    """
    async with database.transaction("operator.sign_in") as connection:
        role: Role | None = await connection.fetchval(
            "update operators set last_step = $2 where account_id = $1 and last_step < $2 returning role", account_id, step
        )
        if role is None:
            return None
        await connection.execute("delete from operator_sessions where account_id = $1 and expires < now()", account_id)
        session: int = await connection.fetchval(
            "insert into operator_sessions (account_id, expires) values ($1, now() + $2 * interval '1 hour') returning id",
            account_id, hours,
        )  # fmt: skip
        await audit.enter(connection, act, role=role)
    return session, role


async def end_session(database: Database, account_id: int, session: int, act: Act) -> None:
    """End one sign-in of an operator: its token is no longer valid, on any worker."""
    async with database.transaction("operator.sign_out") as connection:
        await connection.execute("delete from operator_sessions where id = $1 and account_id = $2", session, account_id)
        await audit.enter(connection, act)


async def role_in(database: Database, account_id: int, generation: int, session: int) -> tuple[str, Role] | None:
    """The username and the role of an operator in a session; None when the session or the account's sign-in has ended, or the role was taken away."""
    row = await database.row(
        "operator.role",
        "select a.username, o.role from operator_sessions s join operators o using (account_id) join accounts a on a.id = o.account_id"
        " where s.id = $3 and s.account_id = $1 and s.expires > now() and a.token_generation = $2",
        account_id, generation, session,
    )  # fmt: skip
    return None if row is None else (row["username"], row["role"])


def _of(act: Act, account_id: int) -> Act:
    return Act(act.operator, act.action, act.reason, account_id)
