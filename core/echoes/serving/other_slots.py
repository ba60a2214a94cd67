"""The clients of other slots: a worker accepts them while no worker of that slot does."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence

import structlog

from echoes.serving.listeners import BACKLOG

log = structlog.get_logger()


class OtherSlots:
    """The listening sockets of all slots, each by its file descriptors, of which this worker accepts clients on request."""

    def __init__(self, listeners: Sequence[Sequence[int]], protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listeners = listeners
        self._protocol = protocol
        self._wanted: set[int] = set()
        self._servers: dict[int, list[asyncio.Server]] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def serve(self, slot: int, *, serves: bool) -> None:
        """Begin to accept the clients of a slot, or end it. The clients that were accepted stay."""
        if self._closed or slot >= len(self._listeners):
            return
        (self._wanted.add if serves else self._wanted.discard)(slot)
        task = asyncio.get_running_loop().create_task(self._follow(), name="other-slots")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Accept no more clients of other slots, from now on."""
        self._closed = True
        for servers in self._servers.values():
            _close(servers)

    async def _follow(self) -> None:
        async with self._turn:
            for slot in self._wanted - self._servers.keys():
                servers: list[asyncio.Server] = []
                try:
                    for file in self._listeners[slot]:
                        listener = socket.socket(fileno=os.dup(file))
                        servers.append(await asyncio.get_running_loop().create_server(self._protocol, sock=listener, backlog=BACKLOG))
                except OSError as error:
                    _close(servers)
                    log.warning("slot.not_served", slot=slot, reason=error.strerror or str(error))
                    continue
                if self._closed:
                    _close(servers)
                    return
                self._servers[slot] = servers
            for slot in self._servers.keys() - self._wanted:
                _close(self._servers.pop(slot))


def _close(servers: Sequence[asyncio.Server]) -> None:
    for server in servers:
        server.close()
