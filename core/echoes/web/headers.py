"""Security headers of every answer, errors included: load nothing from elsewhere, sniff no types, allow no frames."""

import re
from collections.abc import Iterable
from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from echoes.web.addresses import Addresses

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'",
}  # fmt: skip
UNUSED = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb")
"""Browser features that the page does not use. The permissions policy forbids them, so that injected code cannot ask for them either."""
HOST = re.compile(rb"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.IGNORECASE)
"""A `Host` that a content policy can name. IPv6 addresses are none: policies have no form for them."""
LONGEST_HOST = 253 + len(":65535")
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
TLS = (b"strict-transport-security", b"max-age=31536000")
PRIVATE = (b"cache-control", b"no-store")
OURS = {b"content-security-policy", TLS[0], *(name for name, _ in ALWAYS)}
"""Headers that no handler sets: one of an extension could weaken them."""
STARTS = {"http.response.start", "websocket.http.response.start"}


class Headers:
    """Adds them to every answer of an application. Answers under `/api/`, and pages of the console, may not be stored."""

    def __init__(self, app: ASGIApp, addresses: Addresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                answered = cast("Iterable[tuple[bytes, bytes]]", message.get("headers") or ())
                kept = [one for one in answered if one[0].lower() not in OURS]
                message = cast("Message", {**message, "headers": [*kept, *self._for(scope)]})
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _for(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        more = [TLS] if self._addresses.secure(scope) else []
        return [(b"content-security-policy", policy_of(scope)), *ALWAYS, *more, *([PRIVATE] if is_private(scope["path"]) else [])]


def is_private(path: str) -> bool:
    """Whether an answer at this path is for one person: the API and the console, without the console's files."""
    return (path.startswith(("/api/", "/ops/")) and not path.startswith("/ops/files/")) or path == "/ops"


def policy_of(scope: Scope) -> bytes:
    """The content policy. It names the WebSocket's address, since `'self'` does not cover it in Safari before 16 (WebKit bug 201591).

    That address is the request's `Host`, with either scheme: a proxy may speak TLS and not say so. A `Host` that is no name or IPv4 address, with or without a port, is not named.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    named = len(hosts) == 1 and len(hosts[0]) <= LONGEST_HOST and HOST.fullmatch(hosts[0]) is not None
    sockets = f" ws://{hosts[0].decode()} wss://{hosts[0].decode()}" if named else ""
    return "; ".join(f"{name} {value}{sockets if name == 'connect-src' else ''}" for name, value in POLICY.items()).encode()
