"""What browsers are told with every answer, errors too: load nothing from elsewhere, guess nothing, be framed by nobody."""

from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from echoes.web.addresses import Addresses

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'",
}  # fmt: skip
UNUSED = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb")
"""What the page has no use for, and nothing that gets into it may ask for."""
ALWAYS = [
    (b"content-security-policy", "; ".join(f"{name} {value}" for name, value in POLICY.items()).encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
TLS = (b"strict-transport-security", b"max-age=31536000")
PRIVATE = (b"cache-control", b"no-store")
STARTS = {"http.response.start", "websocket.http.response.start"}


class Headers:
    """Adds them to whatever an application answers. What is answered under `/api/` may be kept by nobody."""

    def __init__(self, app: ASGIApp, addresses: Addresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] in STARTS:
                message = cast("Message", {**message, "headers": [*(message.get("headers") or ()), *self._for(scope)]})  # type: ignore[misc]
            await send(message)

        await self._app(scope, receive, told)

    def _for(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        more = [TLS] if self._addresses.secure(scope) else []
        return [*ALWAYS, *more, *([PRIVATE] if scope["path"].startswith("/api/") else [])]
