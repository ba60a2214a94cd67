"""Methods: HEAD is answered wherever GET is, and a method that a path does not have with those that it has (RFC 9110, 9.3.2 and 15.5.6)."""

import re
from typing import cast

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import HTTPScope, Message, Receive, Scope, Send

STATIC = "GET, HEAD, OPTIONS"
"""Of pages and pictures."""


class Methods:
    """Answers HEAD as GET; uvicorn leaves the body out. Adds `Allow` to what is answered with 405, and to OPTIONS."""

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self._allowed = [_allowed(route) for route in app.routes if isinstance(route, HTTPRoute)]
        # A path that is written out is meant rather than one with a parameter: pages are found last.
        self._allowed.sort(key=lambda one: one[0].pattern.count("("))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return

        method, path = str(scope["method"]), scope["path"]

        async def send_filtered(message: Message) -> None:
            if message["type"] == "http.response.start" and (message["status"] == 405 or method == "OPTIONS"):
                headers = [(name, value) for name, value in message.get("headers") or () if name.lower() != b"allow"]
                message = cast("Message", {**message, "headers": [*headers, (b"allow", self._of(path).encode())]})
            await send(message)

        await self._app(cast("HTTPScope", {**scope, "method": "GET"}) if method == "HEAD" else scope, receive, send_filtered)

    def _of(self, path: str) -> str:
        path = path.rstrip("/") or "/"
        return next((methods for pattern, methods in self._allowed if pattern.fullmatch(path)), STATIC)


def _allowed(route: HTTPRoute) -> tuple["re.Pattern[str]", str]:
    pattern = "".join("/" + (re.escape(part) if isinstance(part, str) else "([^/]+)") for part in route.path_components) or "/"
    methods = {str(method) for handler in route.route_handlers for method in handler.http_methods} | {"OPTIONS"}
    return re.compile(pattern), ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
