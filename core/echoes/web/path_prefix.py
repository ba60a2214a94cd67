"""Serving below a path: `https://example.org/game/`, whether or not the proxy in front takes `/game` off before it asks."""

from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

INSIDE = ("/health", "/metrics")
"""Paths that operators read. They are served at the root only: a proxy that keeps them internal needs one rule."""


class PathPrefix:
    """Takes `base` (`/game`, or empty) off the path. What does not begin with it is served as it is: a proxy has taken it off, or asks for health."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if not self._base or scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path == self._base and scope["type"] == ScopeType.HTTP:
            # The page's addresses are relative to its own, which therefore ends with a slash.
            await _redirect(send, self._base.encode() + b"/" + (b"?" + scope["query_string"] if scope["query_string"] else b""))
            return
        rest = path.removeprefix(self._base)
        if rest != path and rest.startswith("/") and not rest.startswith(INSIDE):
            raw = scope.get("raw_path", b"").removeprefix(self._base.encode())
            scope = cast("Scope", {**scope, "path": rest, "raw_path": raw})
        await self._app(scope, receive, send)


async def _redirect(send: Send, location: bytes) -> None:
    """Permanently, with the same method (RFC 9110, 15.4.9)."""
    for message in (
        {"type": "http.response.start", "status": 308, "headers": [(b"location", location), (b"content-length", b"0")]},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ):
        await send(cast("Message", message))
