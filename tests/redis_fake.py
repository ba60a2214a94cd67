"""fakeredis behind the driver's own seam: it runs the scripts in this process, without a socket."""

import asyncio

from echoes_redis.link import Link
from fakeredis import FakeServer
from fakeredis.aioredis import FakeAsyncRedisConnection


class FakeEndpoint:
    """Opens connections to a `FakeServer`. It has no INFO, so its identity is always "unknown"."""

    address = "fakeredis"
    login = ()
    db = 0

    def __init__(self, server: FakeServer | None = None) -> None:
        self.server = server or FakeServer()

    async def dial(self, link: Link) -> str:
        connection = FakeAsyncRedisConnection(server=self.server, protocol=2)
        await connection.connect()
        link.opened(_Wire(connection, link))
        return self.address


class _Wire:
    def __init__(self, connection: FakeAsyncRedisConnection, link: Link) -> None:
        self._connection = connection
        self._link = link
        loop = asyncio.get_running_loop()
        connection._sock.put_response = lambda reply: loop.call_soon(self._hand, reply)

    def write(self, data: bytes) -> None:
        self._connection._sock.sendall(data)

    def abort(self) -> None:
        if self._connection._sock is not None:
            self._connection._sock.close()
        self._connection._sock = self._connection._reader = self._connection._writer = None

    def _hand(self, reply: object) -> None:
        if self._connection._sock is not None:
            self._link.feed(reply)
