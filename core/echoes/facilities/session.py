"""Session store: one live session per character, cluster-wide, newest wins."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

Field = str | int | float | bool


class Session(Struct, frozen=True, kw_only=True):
    """A character's session as all workers see it: a projection of the row in PostgreSQL, and the holder of the socket.

    Times are wall-clock Unix seconds by the store's clock.
    """

    character: int
    epoch: int
    """Fencing token: grows with every claim of this character, also over a wiped or failed-over store."""
    worker_id: str
    connection: str
    """The claiming connection's id, unique in the cluster."""
    websocket_connected: bool
    """False while the body is link-dead (detached, waiting out its grace period)."""
    grace_until: float = 0.0
    """When a link-dead body leaves the world; 0 while connected."""
    name: str = ""
    location_id: str = ""
    hp: int = 0
    max_hp: int = 0
    stamina: int = 0
    max_stamina: int = 0
    level: int = 1
    xp: int = 0
    version: int = 0
    last_movement_time: float = 0.0
    last_heartbeat: float = 0.0
    in_combat: bool = False


WRITABLE = frozenset(
    {
        "name", "location_id", "hp", "max_hp", "stamina", "max_stamina", "level", "xp", "version",
        "last_movement_time", "last_heartbeat", "in_combat",
    }
)  # fmt: skip
"""The fields that a holder may write; the others are the store's own."""


class Claim(Struct, frozen=True):
    """The result of `claim`: the new epoch, and the session that it displaced (if one was alive)."""

    epoch: int
    previous: Session | None


class SessionStore(Protocol):
    """The holder of each character.

    Every operation on one character is atomic. A session expires `ttl` seconds after its last claim, write or touch. An expired session
    does not exist, except that its epoch is never given out again. A link-dead one does not expire.
    """

    async def claim(
        self, character: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float, above: int = 0
    ) -> Claim:
        """Take the character for this connection; the former holder is displaced.

        The new epoch is max(previous epoch + 1, `above` + 1, microseconds since 1970 by the store's clock): it grows even when the store
        has lost all its data. `fields` (names from `WRITABLE`, else `ValueError`) replace all former ones; `last_heartbeat` is now unless
        given. The session is connected.
        """
        ...

    async def restore(self, character: int, epoch: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float) -> bool:
        """Bring back a session that the store has lost (wiped, failed over, expired), under its former epoch and connected.

        False, and no change, in two cases: any session of this character with this or a newer epoch is alive; one with this epoch or a
        newer was closed within the last 10 minutes. The next claim's epoch is greater in any case. `fields` are as in `claim`. The caller
        must check that PostgreSQL's row still carries this epoch.
        """
        ...

    async def read(self, character: int) -> Session | None:
        """The live session, or None."""
        ...

    async def read_many(self, characters: Sequence[int]) -> list[Session | None]:
        """The live sessions in the order of `characters`, None where there is none. One round trip."""
        ...

    async def write(self, character: int, epoch: int, fields: Mapping[str, Field], ttl: float) -> None:
        """Change some fields and refresh the expiry.

        A `version` lower than the stored one makes the call a no-op (an older fact came late). Raises `StaleEpoch` when `epoch` is not the
        live session's, `ValueError` on a field that is not in `WRITABLE`.
        """
        ...

    async def touch(self, character: int, epoch: int, ttl: float) -> None:
        """Refresh the expiry and `last_heartbeat`. Raises `StaleEpoch`."""
        ...

    async def detach(self, character: int, epoch: int, grace: float) -> float:
        """Mark the session as link-dead from now, since its connection is gone. It is overdue in `grace` seconds; returns that moment.

        The session outlives its grace period (and every ttl) until it is closed or claimed again. So each session that was ever detached
        comes up in `overdue` or back to its player. Writes still reach it. Idempotent: a second call returns the first deadline. Raises
        `StaleEpoch`.
        """
        ...

    async def close(self, character: int, epoch: int) -> Session:
        """End the session and return its last state. Raises `StaleEpoch` when it is not (or no longer) this one."""
        ...

    async def overdue(self, limit: int = 100) -> list[Session]:
        """Return link-dead sessions with an expired grace period, longest overdue first. A read changes nothing."""
        ...
