"""A TCP proxy that can cut, delay and stall what goes through it."""

import asyncio
import contextlib
from collections.abc import Callable

Which = Callable[[int], bool]
"""Picks connections by their client's port."""


def all_connections(_: int) -> bool:
    """All connections."""
    return True


def no_connection(_: int) -> bool:
    """None of them."""
    return False


class Proxy:
    """Stands between clients and a server on this machine (a port, or the path of a Unix socket).

    `cut` breaks connections, `closed` refuses new ones meanwhile. Connections that are stalled stay, and nothing passes: half-open links look
    so. Each piece waits for `delay` seconds.
    """

    def __init__(self, target: int | str) -> None:
        self._target = target
        self._open: dict[asyncio.StreamWriter, int] = {}
        self._tasks: set[asyncio.Task] = set()
        self._stalled: Which = no_connection
        self._changed = asyncio.Condition()
        self.closed = False
        self.delay = 0.0
        self.port = 0

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self.flow()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ports(self) -> set[int]:
        """The clients' ports of the connections that there are."""
        return set(self._open.values())

    def cut(self, which: Which = all_connections) -> None:
        """Break connections, without a goodbye."""
        for writer, port in list(self._open.items()):
            if which(port):
                writer.transport.abort()

    def stall(self, which: Which = all_connections) -> None:
        """Nothing passes on these connections from now on, nor on new ones that are picked."""
        self._stalled = which

    async def flow(self) -> None:
        """Stop stalling: the data that waits is passed on."""
        self._stalled = no_connection
        async with self._changed:
            self._changed.notify_all()

    def passed(self, data: bytes) -> bytes:
        """Return the bytes to pass on for a piece of data, in either direction."""
        return data

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            onward, back = await self._onward()
        except OSError:
            writer.transport.abort()
            return
        port = writer.get_extra_info("peername")[1]
        mine = {writer: port, back: port}
        self._open |= mine
        try:
            await asyncio.gather(self._pump(reader, back, port), self._pump(onward, writer, port))
        finally:
            for one in mine:
                del self._open[one]
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _onward(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, int):
            return await asyncio.open_connection("127.0.0.1", self._target)
        return await asyncio.open_unix_connection(self._target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        try:
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                while self._stalled(port):
                    async with self._changed:
                        await self._changed.wait()
                if writer.is_closing():
                    return
                writer.write(self.passed(data))
                await writer.drain()
        except OSError:
            writer.transport.abort()  # a reset of one side is one of the other
        finally:
            writer.close()
