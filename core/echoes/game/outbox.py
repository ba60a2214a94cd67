"""The outbox: events go out after their commit, under keys that make a second time harmless, and are then marked as gone.

The command's row keeps its events until they are marked, so a crash between commit and publish loses none: whoever finds
rows unpublished for 2 seconds publishes them (`echoes.tasks`).
"""

from collections.abc import Sequence

from echoes.channels import Outgoing, decode_outgoing
from echoes.errors import PlayerError
from echoes.facilities import Broadcast
from echoes.storage import commits
from echoes.storage.commits import Unpublished
from echoes.storage.database import Database

BACKLOG = 10_000
"""Marks that wait in memory at most; what overflows is found in PostgreSQL and published again, harmlessly."""


class Outbox:
    """Publishes, and marks in batches."""

    def __init__(self, database: Database, broadcast: Broadcast) -> None:
        self._database = database
        self._broadcast = broadcast
        self._gone: list[tuple[int, str, int]] = []

    async def publish(self, character_id: int, client: str, number: int, told: Sequence[Outgoing]) -> None:
        """Publish a command's events in their order, once, whoever else may be doing the same."""
        for index, message in enumerate(told):
            await self._broadcast.publish(message.channel, bytes(message.envelope), key=f"{character_id}:{client}:{number}:{index}")

    async def publish_recorded(self, character_id: int, client: str, number: int, told: Sequence[Outgoing]) -> None:
        """The same for events that a committed row keeps; the row is marked soon after."""
        if told:
            await self.publish(character_id, client, number, told)
            if len(self._gone) < BACKLOG:
                self._gone.append((character_id, client, number))

    async def mark(self) -> None:
        """Mark what has gone out since the last call."""
        batch, self._gone = self._gone, []
        if not batch:
            return
        try:
            await commits.mark_published(self._database, batch)
        except PlayerError:
            self._gone[:0] = batch[: max(0, BACKLOG - len(self._gone))]
            raise

    async def sweep(self, older_than: float = 2.0) -> Sequence[Unpublished]:
        """Publish what a crash has left behind; answers what it was."""
        found = await commits.unpublished(self._database, older_than)
        waiting = set(self._gone)
        left = [command for command in found if (command.character_id, command.client, command.number) not in waiting]
        for command in left:
            await self.publish_recorded(command.character_id, command.client, command.number, decode_outgoing(command.events))
        return left
