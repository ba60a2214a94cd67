"""Static files are asked for again cheaply: what the browser already has is answered with 304 and no body (RFC 9110, section 13)."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

KEPT = {b"etag", b"vary", b"cache-control", b"date", b"last-modified", b"content-security-policy"}
"""Headers that a 304 repeats."""


class Revalidation(ASGIMiddleware):
    """An answer with an ETag may be stored, and is revalidated at each use: a new release is seen at once."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Compare `If-None-Match` with the answer's ETag."""
        known = {
            tag.strip().removeprefix(b"W/") for name, value in scope["headers"] if name == b"if-none-match" for tag in value.split(b",")
        }
        unchanged = False

        async def checked(message: Message) -> None:
            nonlocal unchanged
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                tag = next((value.removeprefix(b"W/") for name, value in headers if name.lower() == b"etag"), None)
                if tag is not None:
                    message["headers"] = headers = [*headers, (b"cache-control", b"no-cache")]
                    unchanged = message["status"] == 200 and (tag in known or b"*" in known)
                if unchanged:
                    message["status"] = 304
                    message["headers"] = [(name, value) for name, value in headers if name.lower() in KEPT]
                await send(message)
            elif message["type"] == "http.response.body" and unchanged:
                if not message.get("more_body", False):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await send(message)

        await next_app(scope, receive, checked)
