"""HTTP routes of extensions: under `/x/<extension>/`, described at `/schema`, and contained, so that no error of theirs stops a worker."""

from collections.abc import Iterable, Sequence

import structlog
from litestar import Litestar, Router
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from echoes.errors import PluginError
from echoes.plugins.offered import Routes
from echoes.web import problems

log = structlog.get_logger()
PREFIX = "/x/"


class Contained(ASGIMiddleware):
    """Turns what would end the process (`sys.exit` in a handler) into an ordinary error, which is logged and answered with `internal`."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, name: str) -> None:
        self._name = name

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request of the extension."""
        try:
            await next_app(scope, receive, send)
        except (SystemExit, KeyboardInterrupt) as error:
            raise RuntimeError(f"extension {self._name!r} would have ended the process ({error})") from error


def routers_of(offered: Iterable[Routes]) -> list[Router]:
    """Return a router for each extension with routes. Raises `PluginError` for what Litestar refuses, and for what is no HTTP route."""
    return [_router(routes) for routes in offered]


def _router(routes: Routes) -> Router:
    try:
        trial = Litestar([_made(routes)], exception_handlers=problems.HANDLERS, openapi_config=OpenAPIConfig("", ""), logging_config=None)
        trial.openapi_schema.to_schema()
    except Exception as error:
        raise PluginError(f"{routes.who} offers routes that do not work: {type(error).__name__}: {error}") from error
    if others := [route.path for route in trial.routes if not isinstance(route, HTTPRoute)]:
        raise PluginError(f"{routes.who} offers {others[0]!r}, which is no HTTP route; echoes_routes returns HTTP handlers and controllers")
    return _made(routes)


def _made(routes: Routes) -> Router:
    handlers: Sequence[object] = routes.handlers
    return Router(PREFIX + routes.name, route_handlers=handlers, middleware=[Contained(routes.name)], tags=[f"extension {routes.name}"])  # type: ignore[arg-type] # Litestar checks them
