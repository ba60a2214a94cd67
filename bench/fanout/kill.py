"""One of the workers is killed while people speak: who misses what, who gets what twice, and for how long it is silent."""

import asyncio
import os
import random
import signal
from collections import defaultdict
from typing import Any

from fanout.clients import Echoes
from fanout.crowd import SIZE
from fanout.running import Peer, Running
from fanout.wire import Connection, now

PACE = 5.0
"""Messages a second in each room."""
BACK = 1.0
"""Seconds after which a killed worker is started again where no supervisor does."""
PAUSE = (0.05, 0.15)
"""Seconds between two tries of a client to connect."""
BEFORE, AFTER, DRAINED = 2.0, 5.0, 3.0


class Visitor:
    """One client that comes back."""

    def __init__(self, running: Running, number: int, room: int) -> None:
        self.running, self.number, self.room = running, number, room
        self.heard: defaultdict[bytes, int] = defaultdict(int)
        self.connection: Connection | None = None
        self.silent: list[tuple[int, int]] = []
        """Since when, and until when it had no connection, in microseconds."""

    def hear(self, _: Connection, mark: bytes) -> None:
        """A mark arrived."""
        self.heard[mark] += 1

    async def live(self) -> None:
        """Connect again whenever the connection is lost."""
        loop = asyncio.get_running_loop()
        lost = 0
        while True:
            port = random.choice(self.running.ports)
            try:
                _, connection = await loop.create_connection(self._make, "127.0.0.1", port)
                await asyncio.wait_for(connection.opened, 5)
            except (OSError, TimeoutError):
                await asyncio.sleep(random.uniform(*PAUSE))
                continue
            connection.worker = connection.worker or str(port)
            self.connection = connection
            if lost:
                self.silent.append((lost, now()))
            while not connection.closed:
                await asyncio.sleep(0.005)
            lost, self.connection = now(), None

    def _make(self) -> Connection:
        made = self.running.make(self.number, self.room, self.hear)
        if isinstance(made, Echoes):
            made.comes_back = True
        return made


async def kill(peer: Peer, running: Running, clients: int, size: int) -> dict[str, Any]:
    """Numbers a client, of those that every other client of the room should have got."""
    visitors = [Visitor(running, number, number // size) for number in range(clients)]
    living = [asyncio.create_task(one.live()) for one in visitors]
    try:
        async with asyncio.timeout(60):
            while not all(one.connection for one in visitors):
                await asyncio.sleep(0.05)
        said: defaultdict[int, list[bytes]] = defaultdict(list)
        speaking = asyncio.create_task(_speak(visitors, clients // size, size, said))
        await asyncio.sleep(BEFORE)
        killed = running.pids()[0]
        os.kill(killed, signal.SIGKILL)
        await asyncio.sleep(BACK)
        running.again(0)
        await asyncio.sleep(AFTER)
        speaking.cancel()
        await asyncio.sleep(DRAINED)
    finally:
        for one in living:
            one.cancel()
        for visitor in visitors:
            if visitor.connection is not None:
                visitor.connection.transport.abort()
    missed = doubled = expected = 0
    for one in visitors:
        for mark in said[one.room]:
            own = mark.split(b".")[1] == b"%d" % one.number
            if own and not peer.tells_speaker:
                continue
            expected += 1
            missed += one.heard[mark] == 0
            doubled += one.heard[mark] > 1
    silences = sorted((until - since) / 1e6 for one in visitors for since, until in one.silent)
    return {
        "missed_per_client": round(missed / clients, 2), "doubled_per_client": round(doubled / clients, 2), "said_per_client": round(expected / clients, 1),
        "cut_off": len(silences), "silence_s": round(silences[len(silences) // 2], 2) if silences else None, "longest_silence_s": round(max(silences), 2) if silences else None,
    }  # fmt: skip


async def _speak(visitors: list[Visitor], rooms: int, size: int, said: dict[int, list[bytes]]) -> None:
    number = 0
    while True:
        await asyncio.sleep(1 / PACE / rooms)
        number += 1
        room = number % rooms
        here = [one for one in visitors[room * size : (room + 1) * size] if one.connection is not None and not one.connection.closed]
        if not here:
            continue
        speaker = random.choice(here)
        mark = b"%d.%d.%d.%d" % (room, speaker.number, number, now())
        said[room].append(mark)
        assert speaker.connection is not None  # noqa: S101 - chosen so
        speaker.connection.say((b"~%s~" % mark).ljust(SIZE, b"x"))
