"""Requests that a leaving worker cuts short: they are answered as unavailable, so that the client tries again."""

import asyncio
from typing import cast

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from echoes.errors import Restarting
from echoes.web.problems import headers_of, status_of
from echoes.wire import ErrorView


class CutShort:
    """Answers a request whose task uvicorn cancels at the end of `ECHOES_DRAIN_SECONDS` with 503, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except asyncio.CancelledError:
            if scope["type"] != ScopeType.HTTP or begun:
                raise
            for message in _answer(Restarting()):
                await send(message)


def _answer(error: Restarting) -> tuple[Message, Message]:
    body = msgspec.json.encode(ErrorView(error.code, error.message, error.hint))
    headers = {"content-type": "application/json", "content-length": str(len(body)), **headers_of(error)}
    start = {
        "type": "http.response.start",
        "status": status_of(error.code),
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }
    return cast("Message", start), cast("Message", {"type": "http.response.body", "body": body, "more_body": False})
