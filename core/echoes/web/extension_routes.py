"""HTTP routes and panels of extensions: under `/x/<extension>/`, described at `/schema`, and contained, so that no error of theirs stops a worker."""

from collections.abc import Iterable, Sequence

import structlog
from litestar import Litestar, Router, get
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Receive, Scope, Send

from echoes.errors import PluginError
from echoes.plugins.offered import Routes
from echoes.web import problems
from echoes.web.panels import PanelView

log = structlog.get_logger()
PREFIX = "/x/"
FILES = "/page"
"""Where the files of an extension's panel are, below its own path."""


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


def panels_route(offered: Iterable[Routes]) -> HTTPRouteHandler:
    """Return the route that lists the panels of all extensions for the page."""
    views = [
        PanelView(routes.name, routes.panel.title, _address(routes, routes.panel.script), _address(routes, routes.panel.style))
        for routes in offered
        if routes.panel is not None
    ]

    @get(f"{PREFIX}panels.json", include_in_schema=False, sync_to_thread=False)
    def panels() -> list[PanelView]:
        return views

    return panels


def _address(routes: Routes, file: str) -> str:
    return f"{PREFIX}{routes.name}{FILES}/{file}".lstrip("/") if file else ""


def _router(routes: Routes) -> Router:
    try:
        trial = Litestar(
            [_made(routes, routes.handlers)],
            exception_handlers=problems.HANDLERS,
            openapi_config=OpenAPIConfig("", ""),
            logging_config=None,
        )
        trial.openapi_schema.to_schema()
    except Exception as error:
        raise PluginError(f"{routes.label} offers routes that do not work: {type(error).__name__}: {error}") from error
    if others := [route.path for route in trial.routes if not isinstance(route, HTTPRoute)]:
        raise PluginError(
            f"{routes.label} offers {others[0]!r}, which is no HTTP route; echoes_routes returns HTTP handlers and controllers"
        )
    if routes.panel is None:
        return _made(routes, routes.handlers)
    files = f"{PREFIX}{routes.name}{FILES}"
    if taken := [route.path for route in trial.routes if f"{route.path}/".startswith(f"{files}/")]:
        raise PluginError(f"{routes.label} offers the route {taken[0]!r}, where the files of its panel are; move the route")
    static = create_static_files_router(
        FILES, [routes.panel.folder], include_in_schema=False, cache_control=None, exception_handlers=problems.NO_FILE
    )
    return _made(routes, (*routes.handlers, static))


def _made(routes: Routes, handlers: Sequence[object]) -> Router:
    return Router(PREFIX + routes.name, route_handlers=handlers, middleware=[Contained(routes.name)], tags=[f"extension {routes.name}"])  # type: ignore[arg-type] # Litestar checks them
