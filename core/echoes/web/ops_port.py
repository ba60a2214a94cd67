"""A port of their own for operators: their API and console, with health and metrics, and nothing of the game."""

from pathlib import Path
from typing import Annotated

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import File, Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from echoes.context import Context

CLIENT = Path(__file__).parent / "client"
FILES = frozenset({"base.css", "favicon.svg", *(file.name for file in CLIENT.glob("*.woff2"))})
"""Files of the page that the console uses, too."""


class OpsPort:
    """Answers requests at the operators' port with one application, and all others with another one.

    The port is that of the socket, which no request can choose.
    """

    def __init__(self, port: int, operators: ASGIApp, game: ASGIApp) -> None:
        self._port = port
        self._operators = operators
        self._game = game

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection."""
        server = scope.get("server")
        at_port = server is not None and server[1] == self._port
        await (self._operators if at_port else self._game)(scope, receive, send)


@get("/", include_in_schema=False)
async def front(context: Context) -> Redirect:
    """The way to the console."""
    return Redirect(f"{context.settings.base_path}/ops", status_code=303)


@get("/{file:str}", include_in_schema=False)
async def file_of_page(file: Annotated[str, PathParameter()]) -> File:
    """A file of the page that the console uses."""
    if file not in FILES:
        raise NotFoundException("There is no such page.")
    return File(CLIENT / file, filename=file, content_disposition_type="inline")
