"""The outbox: publish events after their commit, under keys that make a second publish harmless, then mark them as published.

While broadcast is unavailable, events are owed: this worker delivers them to its own players at once and publishes them later. A command's row
keeps its events until they are marked, so a crash loses none: a background task of each worker publishes rows that are unpublished for
`LEFT_BEHIND_SECONDS` (`echoes.background`). Speech and presence have no row; the memory of this worker alone owes them.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from weakref import WeakValueDictionary

import structlog
from msgspec import Struct

from echoes.channels import Outgoing, decode_outgoing
from echoes.concurrency import gather
from echoes.errors import FacilityFull, FacilityUnavailable, PlayerError
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import OUTBOX_GIVEN_UP, OUTBOX_SWEPT
from echoes.resilience.broadcast import ResilientBroadcast
from echoes.storage import commits
from echoes.storage.commits import Unpublished
from echoes.storage.database import Database

log = structlog.get_logger()
BACKLOG = 10_000
"""Marks that wait in memory at most; what overflows is found in PostgreSQL and published again, harmlessly."""
OWED = 10_000
"""Messages that are owed at most. Beyond that, speech is refused, and recorded events are left to be found in PostgreSQL."""
PAYING = 10.0
"""Seconds that workers are given, when broadcast is back, to publish what they owe."""
AT_ONCE = 50
"""Channels that are paid at the same time."""
REFUSALS = 20
"""How often in a row broadcast may refuse a channel's messages, while it takes others, before a refused message is given up."""
Row = tuple[int, str, int]


class _Debt(Struct):
    """A command's messages that have yet to go out, and its row, if it has one."""

    left: int
    row: Row | None


class Outbox:
    """Publishes, and marks in batches."""

    def __init__(self, database: Database, broadcast: ResilientBroadcast) -> None:
        self._database = database
        self._broadcast = broadcast
        self._gone: list[Row] = []
        self._owed: dict[str, deque[tuple[Outgoing, str, _Debt]]] = {}
        self._owing = 0
        self._refused: Counter[str] = Counter()
        """Refusals in a row of channels that are owed something."""
        self._paying = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By channel: held by the task that pays it."""
        broadcast.pay_first = self.pay_first
        self.some_owed = asyncio.Event()
        """Set while messages are owed: `pay` has work."""
        self.some_unmarked = asyncio.Event()
        """Set while events have gone out that are still to be marked: `mark` has work."""

    @property
    def waiting(self) -> int:
        """Commands whose events have gone out, and that are still to be marked."""
        return len(self._gone)

    @property
    def owed(self) -> int:
        """Messages that have yet to go out."""
        return self._owing

    async def publish_message(self, message: Outgoing, key: str) -> None:
        """Publish one message that belongs to no command. When too much is owed already, the message is dropped and logged."""
        try:
            await self._send([(message, key)], None)
        except FacilityUnavailable as error:
            if times := LOG_LIMIT.due("outbox.message_lost"):
                log.warning("outbox.message_lost", channel=message.channel, error=str(error), times=times)

    async def publish(self, character_id: int, client: str, number: int, events: Sequence[Outgoing], digest: str = "") -> None:
        """Publish the events of a command without a row, in their order, once. Raises `FacilityUnavailable` when too much is owed already.

        `digest` is part of the key: another sentence under the same number is not taken for the first one.
        """
        await self._send([(message, f"{key}:{digest[:8]}") for message, key in _keyed(character_id, client, number, events)], None)

    async def publish_recorded(self, character_id: int, client: str, number: int, events: Sequence[Outgoing]) -> None:
        """Publish events that a committed row keeps, even if another worker publishes them too; the row is marked soon after."""
        if events:
            await self._send(_keyed(character_id, client, number, events), (character_id, client, number))

    async def pay(self) -> None:
        """Publish what is owed, in its order, as far as broadcast takes it. To be called again and again.

        One channel is tried alone, another one each time: while broadcast refuses, the others would be refused, too.
        """
        async with self._paying:
            if not self._owed:
                self.some_owed.clear()
                return
            first, *others = list(self._owed)
            if await self._pay(first):
                await gather(map(self._pay, others), at_once=AT_ONCE)
            else:
                self._owed[first] = self._owed.pop(first)
            if not self._owed:
                self.some_owed.clear()

    async def pay_first(self, channel: str) -> bool:
        """Publish what a channel is owed, before its history is read. Answers whether it is owed nothing any more."""
        if channel in self._owed:
            await self._pay(channel)
        return channel not in self._owed

    async def mark(self) -> None:
        """Mark what has gone out since the last call."""
        batch, self._gone = self._gone, []
        self.some_unmarked.clear()
        if not batch:
            return
        try:
            await commits.mark_published(self._database, batch)
        except PlayerError:
            self._gone[:0] = batch[: max(0, BACKLOG - len(self._gone))]
            self.some_unmarked.set()
            raise

    async def sweep(self, older_than: float = commits.LEFT_BEHIND_SECONDS) -> Sequence[Unpublished]:
        """Publish what a crash has left behind; answers what it was. Nothing is judged to be so while the living are about to publish it."""
        if self._broadcast.here_for < PAYING:
            return []
        found = await commits.unpublished(self._database, older_than)
        ours = {*self._gone, *(debt.row for line in self._owed.values() for _, _, debt in line)}
        left = [command for command in found if (command.character_id, command.client, command.number) not in ours]
        for command in left:
            await self.publish_recorded(command.character_id, command.client, command.number, decode_outgoing(command.events))
        OUTBOX_SWEPT.inc(len(left))
        return left

    async def _send(self, messages: Sequence[tuple[Outgoing, str]], row: Row | None) -> None:
        """Each channel's messages in their order, the channels side by side."""
        debt = _Debt(len(messages), row)
        if len(messages) == 1:
            await self._send_line(messages, debt)
            return
        lines: dict[str, list[tuple[Outgoing, str]]] = {}
        for message, key in messages:
            lines.setdefault(message.channel, []).append((message, key))
        if len(lines) == 1:
            (line,) = lines.values()
            await self._send_line(line, debt)
        else:
            await asyncio.gather(*(self._send_line(line, debt) for line in lines.values()))

    async def _send_line(self, line: Sequence[tuple[Outgoing, str]], debt: _Debt) -> None:
        for message, key in line:
            if message.channel in self._owed:  # behind what is owed there already
                self._broadcast.tell_here(message.channel, bytes(message.envelope), key)
                self._owe(message, key, debt)
                continue
            try:
                await self._broadcast.publish(message.channel, bytes(message.envelope), key=key)
            except FacilityUnavailable:
                self._owe(message, key, debt)
            else:
                self._went(debt)

    def _owe(self, message: Outgoing, key: str, debt: _Debt) -> None:
        if self._owing >= OWED:
            if debt.row is None:
                raise FacilityUnavailable(f"{OWED} messages are owed already")
            return
        self._owing += 1
        self._owed.setdefault(message.channel, deque()).append((message, key, debt))
        self.some_owed.set()

    async def _pay(self, channel: str) -> bool:
        """Publish what a channel is owed. False when broadcast takes nothing.

        A message that broadcast refuses again and again while it takes others keeps nothing else waiting for ever: it is given up.
        """
        async with self._turns.setdefault(channel, asyncio.Lock()):
            return await self._pay_in_turn(channel)

    async def _pay_in_turn(self, channel: str) -> bool:
        line = self._owed.get(channel)
        if line is None:
            return True
        while line:
            message, key, debt = line[0]
            try:
                await self._broadcast.publish_again(channel, bytes(message.envelope), key)
            except FacilityFull:
                return False
            except FacilityUnavailable as error:
                if not await self._broadcast.takes_messages():
                    return False
                self._refused[channel] += 1
                if self._refused[channel] < REFUSALS:
                    return True
                self._give_up(channel, key, error)
            else:
                self._refused.pop(channel, None)
            line.popleft()
            self._owing -= 1
            self._went(debt)
            await asyncio.sleep(0)  # a backend may answer without ever waiting: let the others have their turn
        self._refused.pop(channel, None)
        del self._owed[channel]
        return True

    def _give_up(self, channel: str, key: str, error: FacilityUnavailable) -> None:
        OUTBOX_GIVEN_UP.inc()
        if times := LOG_LIMIT.due("outbox.message_given_up", channel):
            log.error("outbox.message_given_up", channel=channel, key=key, error=str(error), times=times)

    def _went(self, debt: _Debt) -> None:
        debt.left -= 1
        if debt.left == 0 and debt.row is not None and len(self._gone) < BACKLOG:
            self._gone.append(debt.row)
            self.some_unmarked.set()


def _keyed(character_id: int, client: str, number: int, events: Sequence[Outgoing]) -> list[tuple[Outgoing, str]]:
    return [(message, f"{character_id}:{client}:{number}:{index}") for index, message in enumerate(events)]
