"""Access to the console: a cookie with the token of an operator's sign-in, and requests that only a page of the console can send."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops.acting import Operator
from echoes.web.admission import is_own
from echoes.web.ops.access import signed_in
from echoes.web.tokens import TokenRefused

COOKIE = "echoes_ops"
READING = {"GET", "HEAD", "OPTIONS"}
"""Methods of requests that change nothing but the audit log."""


async def provide_operator(context: Context, request: "Request[Any, Any, Any]") -> Operator:
    """The operator of a request to the console, with the role that it has now. Raises `TokenRefused` or `TokenExpired`."""
    if request.method not in READING:
        require_own_page(request)
    operator = await signed_in(context, token_of(request))
    request.state.operator = operator
    return operator


def token_of(request: "Request[Any, Any, Any]") -> str:
    """The token in the cookie. Raises `TokenRefused` when there is none."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise TokenRefused
    return token


def require_own_page(request: "Request[Any, Any, Any]") -> None:
    """Refuse a request that another site's page may have sent.

    A page of the console sends the header of htmx, which a page elsewhere may not add, and its browser says that both are of one origin:
    in `Sec-Fetch-Site`, or, at an address without TLS and in older browsers, in `Origin`.
    """
    site = request.headers.get("sec-fetch-site")
    same = site == "same-origin" if site else is_own(request.scope, request.headers.get("origin", ""))
    if request.headers.get("hx-request") != "true" or not same:
        raise Refused("not_allowed", "This request does not come from a page of the console.", "Open the console, and try again there.")


def cookie(context: Context, request: "Request[Any, Any, Any]", token: str, seconds: int) -> Cookie:
    """The cookie of a sign-in: no script reads it, no other site's page sends it. With 0 seconds the browser removes it."""
    return Cookie(
        COOKIE, path=f"{context.settings.base_path}/ops", value=token, max_age=seconds, secure=context.addresses.secure(request.scope),
        httponly=True, samesite="strict",
    )  # fmt: skip
