"""Access of operators: who sends a request, by the token in its Authorization header, and no cookie (so another site's page cannot send one)."""

import hmac
from typing import Annotated, Any

from litestar import Request
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops.acting import SCRIPT, Operator, named
from echoes.storage import operators
from echoes.web.accounts import bearer
from echoes.web.tokens import TokenExpired

Reason = Annotated[str, Meta(max_length=500, description="Reason of the action, for the audit log. Players do not read it.")]
AskedReason = Annotated[str, QueryParameter(max_length=500, description="Reason of the look, for the audit log.")]


class Reasoned(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of each request that changes something."""

    reason: Reason = ""


async def operator_of(context: Context, request: "Request[Any, Any, Any]") -> Operator:
    """The operator of a request, with the role that it has now. Raises `TokenRefused` or `TokenExpired`; requests are limited to the rate of commands."""
    token, script = bearer(request), context.settings.ops_token
    if script and hmac.compare_digest(token.encode(), script.encode()):
        _spend(context, 0)
        return SCRIPT
    return await signed_in(context, token)


async def signed_in(context: Context, token: str) -> Operator:
    """The operator of a sign-in's token, with the role that it has now. Raises as `operator_of` does."""
    claims = context.tokens.read("operator", token)
    _spend(context, -claims.subject)
    found = await operators.role_in(context.database, claims.subject, claims.generation, claims.session)
    if found is None:
        raise TokenExpired("Your sign-in as an operator has ended.")
    username, role = found
    return Operator(named(username, claims.subject), role, claims.subject)


def _spend(context: Context, key: int) -> None:
    if not context.token_buckets.spend(key):
        raise Refused("flood", "You are going too fast.", "Wait a second; this request was not carried out.", retry_after=1.0)
