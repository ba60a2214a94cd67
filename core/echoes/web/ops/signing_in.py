"""Operators sign in with the password of their account and a code of the second factor, and sign out."""

from typing import Annotated, Any

import structlog
from litestar import Controller, Request, get, post
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.errors import Refused
from echoes.metrics import counting
from echoes.ops.acting import Operator, named
from echoes.ops.second_factor import step_of
from echoes.storage import audit, operators
from echoes.storage.audit import Act
from echoes.storage.roles import Role
from echoes.web.accounts import Password, Username, bearer
from echoes.web.login_throttle import Attempt
from echoes.web.ops.access import operator_of
from echoes.web.problems import BEARER, refusals
from echoes.world import names

log = structlog.get_logger()


class OperatorCredentials(Struct, forbid_unknown_fields=True):
    """Username and password of an operator's account, and a code of the second factor."""

    username: Username
    password: Password
    code: Annotated[str, Meta(pattern="^[0-9]{6}$", description="Six digits. Each code is accepted once.")]


class OperatorToken(Struct):
    """Send it as `Authorization: Bearer …`."""

    access_token: str
    expires_in: int
    """Seconds."""
    role: Role
    token_type: str = "bearer"  # noqa: S105 - the word of RFC 6750


class OperatorView(Struct):
    """The operator of a token, with the role that it has now."""

    name: str
    """As in the audit log."""
    role: Role


class SignInController(Controller):
    """Signing in and out."""

    path = "/api/ops"
    tags = ("operators",)

    @post("/sign-in", status_code=200, responses=refusals(400, 401, 403, 413, 429, 503))
    async def sign_in(self, context: Context, request: "Request[Any, Any, Any]", data: OperatorCredentials) -> OperatorToken:
        """Sign in. The answer does not say which of the three was wrong; after some wrong ones the same address waits, each time longer."""
        return await sign_in(context, request, data)

    @get("/me", responses=refusals(401, 403, 429, 503), security=BEARER)
    async def me(self, context: Context, request: "Request[Any, Any, Any]") -> OperatorView:
        """The operator whose token this is."""
        operator = await operator_of(context, request)
        return OperatorView(operator.name, operator.role)

    @post("/sign-out", status_code=204, responses=refusals(401, 403, 429, 503), security=BEARER)
    async def sign_out(self, context: Context, request: "Request[Any, Any, Any]") -> None:
        """End this sign-in: its token is no longer valid, on any worker. Other sign-ins of the operator stay."""
        operator = await operator_of(context, request)
        if not operator.account_id:
            raise Refused("not_allowed", "The token for scripts has no sign-in to end.", "Unset ECHOES_OPS_TOKEN and restart the server.")
        await sign_out(context, operator, bearer(request))


async def sign_in(context: Context, request: "Request[Any, Any, Any]", data: OperatorCredentials) -> OperatorToken:
    """Begin a sign-in of an operator. Refuses wrong credentials without saying which of the three was wrong, and too many attempts."""
    username = data.username.strip()
    key = "" if names.bad_character(username) else names.fold(username)
    address = context.addresses.of(request.scope)
    attempt = context.login_throttle.sign_in(address, key, purpose="operator")
    async with context.passwords.turn(address):
        await attempt.count()
        one = await operators.find(context.database, key) if key else None
        if not await context.passwords.verify(one.password_hash if one else None, data.password) or one is None:
            raise _wrong()
        act = Act(named(one.username, one.account_id), "sign_in", "", one.account_id)
        tried = await _count_code(context, key, act)
        step = step_of(one.secret, data.code, context.database.now())
        hours = context.settings.ops_hours
        begun = None if step is None else await operators.begin_session(context.database, one.account_id, step, hours, act)
        if begun is None:
            await audit.enter_alone(context.database, act, refused="wrong_code")
            raise _wrong()
        await attempt.succeeded()
        await tried.undone()
    session, role = begun
    token = context.tokens.sign(
        "operator", one.account_id, account=one.account_id, generation=one.generation, mark=one.mark, session=session, hours=hours
    )
    log.info("operator.signed_in", account_id=one.account_id, role=role)
    return OperatorToken(token, int(hours * 3600), role)


async def _count_code(context: Context, key: str, act: Act) -> Attempt:
    """Count a code before it is looked at. Refuses one after too many wrong ones, with an entry in the audit log: the password is known."""
    try:
        tried = context.login_throttle.code(key)
        await tried.count()
    except Refused as error:
        await audit.enter_alone(context.database, act, refused=error.code)
        raise
    return tried


async def sign_out(context: Context, operator: Operator, token: str) -> None:
    """End the sign-in of this token, on every worker. Other sign-ins of the operator stay."""
    session = context.tokens.read("operator", token).session
    await operators.end_session(context.database, operator.account_id, session, Act(operator.name, "sign_out", "", operator.account_id))


def _wrong() -> Refused:
    counting.sign_in("wrong")
    return Refused("wrong_password", "Username, password and code do not belong together.", "Check all three. A code is accepted once.")
