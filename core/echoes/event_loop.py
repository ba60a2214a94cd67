"""The event loop of servers and command-line tools: uvloop's, whose connections to a host with several addresses do not wait for one that is silent."""

import asyncio
import socket
from asyncio import staggered
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
STAGGER = 0.25
"""Seconds for which one address may be silent before the next one is tried beside it (RFC 8305)."""


class EventLoop(uvloop.Loop):
    """uvloop's loop; `create_connection` takes the first address of a host that answers."""

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        """As the standard library describes it. Raises OSError with every reason when no address answers."""
        if host is None or options.get("sock") is not None or options.get("local_addr") is not None:
            return await super().create_connection(protocol_factory, host, port, **options)
        wanted = {name: options.pop(name, 0) for name in ("family", "proto", "flags")}
        sock = await self._first(await self.getaddrinfo(host, port, type=socket.SOCK_STREAM, **wanted))
        if options.get("ssl") and options.get("server_hostname") is None:
            options["server_hostname"] = host
        try:
            return await super().create_connection(protocol_factory, sock=sock, **options)
        except BaseException:
            sock.close()
            raise

    async def _first(self, addresses: Sequence[tuple[Any, ...]]) -> socket.socket:
        """A socket that is connected to one of the addresses; the other attempts are closed."""
        race = [partial(self._connected, one) for one in addresses]
        winner: socket.socket | None
        winner, _, failures = await staggered.staggered_race(race, STAGGER, loop=self)
        if winner is not None:
            return winner
        reasons = [one for one in failures if one is not None]
        if len({str(one) for one in reasons}) == 1 or not all(isinstance(one, OSError) for one in reasons):
            raise reasons[0]
        raise OSError("; ".join(map(str, reasons)) or "the host has no address")

    async def _connected(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, where = address
        sock = socket.socket(family, kind, proto)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self.sock_connect(sock, where)
        except BaseException:
            sock.close()
            raise
        return sock


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make one, for `asyncio.Runner`."""
    return EventLoop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work in such a loop, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)
