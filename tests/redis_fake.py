"""fakeredis behind the driver's own seam: it runs the scripts in this process, without a socket."""

import asyncio

from echoes_redis.connection import Connection
from fakeredis import FakeServer
from fakeredis.aioredis import FakeAsyncRedisConnection


class FakeEndpoint:
    """Opens connections to a `FakeServer`. It has no INFO, so its identity is always "unknown"."""

    address = "fakeredis"
    login = ()
    db = 0

    def __init__(self, server: FakeServer | None = None) -> None:
        self.server = server or FakeServer()

    async def dial(self, connection: Connection) -> str:
        fake = FakeAsyncRedisConnection(server=self.server, protocol=2)
        await fake.connect()
        connection.opened(_Wire(fake, connection))
        return self.address


class _Wire:
    def __init__(self, fake: FakeAsyncRedisConnection, connection: Connection) -> None:
        self._fake = fake
        self._connection = connection
        loop = asyncio.get_running_loop()
        fake._sock.put_response = lambda reply: loop.call_soon(self._hand, reply)

    def write(self, data: bytes) -> None:
        self._fake._sock.sendall(data)

    def abort(self) -> None:
        if self._fake._sock is not None:
            self._fake._sock.close()
        self._fake._sock = self._fake._reader = self._fake._writer = None

    def _hand(self, reply: object) -> None:
        if self._fake._sock is not None:
            self._connection.feed(reply)
