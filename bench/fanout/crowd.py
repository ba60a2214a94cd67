"""Clients in rooms that say something at a given rate, and whether the others received all of it, once, in order, in time."""

import asyncio
import gc
import itertools
import random
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from fanout.running import Running
from fanout.wire import Connection, now

SIZE = 150
"""Bytes of a message's text."""
TICK = 0.004
AT_ONCE = 50
"""Clients that connect at the same time."""
DRAINED = 3.0
"""Seconds that the last messages may take to arrive."""


@dataclass
class Heard:
    """The deliveries of one step. Times are in milliseconds."""

    wanted: float
    """Deliveries a second that were aimed at."""
    said: int = 0
    seconds: float = 0.0
    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    misplaced: int = 0
    late: array = field(default_factory=lambda: array("q"))

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.delivered / self.seconds if self.seconds else 0.0

    def at(self, percent: float) -> float:
        """A percentile of the time from a message to its delivery."""
        ordered = sorted(self.late)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] / 1000 if ordered else 0.0


class Crowd:
    """`number` clients, `size` in each room. A room's clients are spread over the workers."""

    def __init__(self, running: Running, number: int, size: int, *, tells_speaker: bool, seed: int = 1) -> None:
        self.running, self.number, self.size = running, number, size
        self.hearers = size if tells_speaker else size - 1
        self.clients: list[Connection] = []
        self.numbers: Counter[int] = Counter()
        self.seen: list[dict[bytes, int]] = []
        self._dice = random.Random(seed)
        self._heard = Heard(0.0)
        self._only_across = False

    async def __aenter__(self) -> Self:
        gc.collect()
        gc.disable()
        waiting = iter(range(self.number))
        self.clients = [None] * self.number  # type: ignore[list-item] # filled at once
        self.seen = [{} for _ in range(self.number)]

        async def connect() -> None:
            for one in waiting:
                self.clients[one] = await self._connect(one)

        await asyncio.gather(*(connect() for _ in range(AT_ONCE)))
        gc.freeze()
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self.clients:
            if one is not None and one.opened.done():
                one.transport.abort()
        await asyncio.sleep(0.2)
        gc.unfreeze()
        gc.enable()

    async def _connect(self, number: int) -> Connection:
        ports = self.running.ports
        port = ports[number % len(ports)]
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: self.running.make(number, number // self.size, self.heard), "127.0.0.1", port)
        await asyncio.wait_for(client.opened, 60)
        if len(ports) > 1:
            client.worker = str(port)
        return client

    def heard(self, client: Connection, mark: bytes) -> None:
        """A mark arrived."""
        room, sender, number, sent = mark.split(b".")
        heard = self._heard
        if int(room) != client.room:
            heard.misplaced += 1
            return
        speaker = int(sender)
        if self._only_across and self.clients[speaker].worker == client.worker:
            return
        seen = self.seen[client.number]
        this, last = int(number), seen.get(sender, 0)
        if this <= last:
            heard.doubled += 1
            return
        seen[sender] = this
        heard.delivered += 1
        heard.late.append(now() - int(sent))

    def say(self, speaker: int) -> None:
        """One client says something."""
        client = self.clients[speaker]
        self.numbers[speaker] += 1
        mark = b"~%d.%d.%d.%d~" % (client.room, speaker, self.numbers[speaker], now())
        client.say(mark.ljust(SIZE, b"x"))

    async def step(self, deliveries: float, seconds: float, *, only_across: bool = False) -> Heard:
        """Say messages at a rate for this number of seconds, and return the deliveries. A client that lost its connection raises `ConnectionError`."""
        heard = self._heard = Heard(deliveries)
        self._only_across = only_across
        rooms = [range(room * self.size, (room + 1) * self.size) for room in range(self.number // self.size)]
        speakers = itertools.cycle(rooms)
        rate = deliveries / self.hearers
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (passed := loop.time() - began) < seconds:
            while heard.said < passed * rate:
                self.say(self._dice.choice(next(speakers)))
                heard.said += 1
                if heard.said % 64 == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(TICK)
        heard.seconds = loop.time() - began
        wanted, until = heard.said * self.hearers, loop.time() + DRAINED
        while heard.delivered < wanted and loop.time() < until and not only_across:
            await asyncio.sleep(0.02)
        if only_across:
            await asyncio.sleep(0.2)
        else:
            heard.lost = wanted - heard.delivered
        if broken := sum(client.closed for client in self.clients):
            raise ConnectionError(f"{broken} clients were disconnected at {deliveries:,.0f} deliveries a second")
        for speaker, said in self.numbers.items():  # what was lost is not lost again in the next step
            for hearer in range(speaker // self.size * self.size, (speaker // self.size + 1) * self.size):
                self.seen[hearer][b"%d" % speaker] = said
        return heard
