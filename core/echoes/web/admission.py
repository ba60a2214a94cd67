"""Admission to the WebSocket: the checks before a connection is upgraded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from litestar.types import Message, Send

from echoes.errors import Refused
from echoes.settings import Settings, listed
from echoes.web.addresses import Addresses
from echoes.web.problems import headers_of, status_of
from echoes.web.rejections import turned_away
from echoes.wire import ErrorView

PORTS = {"http": 80, "https": 443}


class Admission:
    """Admits pages of the server and of allowed origins, and programs, which have no origin, up to the limit of connections of one address.

    Origins protect the users of browsers: a page elsewhere cannot play in their name. A program may send any origin.
    """

    def __init__(self, settings: Settings, addresses: Addresses) -> None:
        self._allowed = {_origin(one) for one in listed(settings.allowed_origins)}
        self._most = settings.connections_per_address
        self._addresses = addresses
        self._open: Counter[str] = Counter()

    @contextmanager
    def entered(self, scope: Any) -> Iterator[None]:
        """For as long as the connection lasts. Raises `Refused` where it may not begin."""
        origins = _values(scope, b"origin")
        try:
            self.look(scope, origins)
        except Refused as error:
            cause = "origin" if error.code == "not_allowed" else "address"
            turned_away(cause, origin=", ".join(origins), host=", ".join(_values(scope, b"host")), peer=self._addresses.of(scope))
            raise
        address = self._addresses.of(scope)
        if address is None:
            yield
            return
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def look(self, scope: Any, origins: Sequence[str]) -> None:
        """Raise `Refused` where a connection from pages of these origins may not begin."""
        if not self._may(scope, origins):
            raise Refused(
                "not_allowed",
                "This page may not play here: the server does not know its address.",
                "Open the city's own page. Operators: see connection.turned_away in the log.",
            )
        address = self._addresses.of(scope)
        if address is not None and self._open[address] >= self._most:
            raise Refused(
                "too_many_connections", "Your address has too many connections open.", "Close some, then try again.", retry_after=5.0
            )

    def address_of(self, scope: Any) -> str:
        """The client's address; empty for a trusted peer that names no client."""
        return self._addresses.of(scope) or ""

    def _may(self, scope: Any, origins: Sequence[str]) -> bool:
        return all((found := _origin(one)) is not None and (found in self._allowed or is_own(scope, one)) for one in origins)


def is_own(scope: Any, origin: str) -> bool:
    """Whether an origin is that of the server itself, as the request's `Host` names it."""
    host = next(iter(_values(scope, b"host")), "")
    found = _origin(origin)
    return found is not None and found[1:] == _host(host, found[0])


def _values(scope: Any, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


async def turn_away(send: Send, error: Refused) -> None:
    """Answer an upgrade with an HTTP error instead."""
    body = msgspec.json.encode(ErrorView(error.code, error.message, error.hint))
    headers = [(b"content-type", b"application/json"), *((name.encode(), value.encode()) for name, value in headers_of(error).items())]
    for message in (
        {"type": "websocket.http.response.start", "status": status_of(error.code), "headers": headers},
        {"type": "websocket.http.response.body", "body": body},
    ):
        await send(cast("Message", message))


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for `null` and for text that is no origin."""
    try:
        parts = urlsplit(text.casefold())
        if parts.scheme not in PORTS or not parts.hostname:
            return None
        return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]
    except ValueError:
        return None


def _host(text: str, scheme: str) -> tuple[str, int] | None:
    """Return host and port of a Host header, or None. `scheme` is the page's: a proxy that terminates TLS passes the header on."""
    found = _origin(f"{scheme}://{text}")
    return None if found is None else found[1:]
