"""The console's front page: signing in, and signing out."""

from typing import Any

from litestar import MediaType, Request, Response, get, post
from litestar.response import Redirect, Template

from echoes.context import Context
from echoes.errors import PlayerError
from echoes.ops.acting import Operator
from echoes.web.console.access import cookie, provide_operator, require_own_page, token_of
from echoes.web.console.pages import read_form
from echoes.web.ops import signing_in
from echoes.web.ops.signing_in import OperatorCredentials
from echoes.web.problems import status_of


@get("/")
async def front(context: Context, request: "Request[Any, Any, Any]") -> Template | Redirect:
    """The form to sign in; an operator who has signed in comes to the players."""
    try:
        await provide_operator(context, request)
    except PlayerError as error:
        if status_of(error.code) not in {401, 403}:
            raise
        return Template("front.html", context={"operator": None}, media_type=MediaType.HTML)
    return Redirect(f"{context.settings.base_path}/ops/players", status_code=303)


@post("/sign-in", status_code=200)
async def sign_in(context: Context, request: "Request[Any, Any, Any]") -> Response[None]:
    """Begin a sign-in, always a new one: a cookie that was there before has no effect."""
    require_own_page(request)
    token = await signing_in.sign_in(context, request, await read_form(request, OperatorCredentials))
    return Response(
        None, headers={"hx-redirect": f"{context.settings.base_path}/ops/players"},
        cookies=[cookie(context, request, token.access_token, token.expires_in)],
    )  # fmt: skip


@post("/sign-out", status_code=200)
async def sign_out(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Response[None]:
    """End the sign-in, on every worker, and remove the cookie."""
    await signing_in.sign_out(context, operator, token_of(request))
    return Response(None, headers={"hx-redirect": f"{context.settings.base_path}/ops"}, cookies=[cookie(context, request, "", 0)])
