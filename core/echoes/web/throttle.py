"""How often passwords may be tried. Who waits is told for how long; an owner elsewhere waits for nobody."""

import math
from typing import Any

from msgspec import Struct

from echoes.errors import Refused
from echoes.metrics import counting
from echoes.settings import Settings
from echoes.storage import attempts
from echoes.storage.attempts import Limits
from echoes.storage.database import Database
from echoes.web.addresses import Addresses


class Turn(Struct, frozen=True):
    """An attempt that may be made. It counts, unless it succeeds."""

    database: Database
    pair: str
    address: str

    async def succeeded(self) -> None:
        """It was the right password."""
        counting.sign_in("ok")
        await attempts.succeeded(self.database, self.pair, self.address)


class Throttle:
    """Counts attempts, for all workers together. A trusted proxy that does not say for whom it asks is not limited by its address."""

    def __init__(self, database: Database, settings: Settings, addresses: Addresses) -> None:
        self._database = database
        self._addresses = addresses
        self._limits = Limits(
            settings.login_tries, settings.login_longest_wait, settings.address_attempts, settings.address_attempts_per_minute / 60
        )

    async def sign_in(self, scope: Any, username_key: str) -> Turn:
        """A password of this account is about to be tried; raises `Refused` when it may not be yet. An account need not exist."""
        address = self._addresses.of(scope)
        turn = Turn(
            self._database, f"account:{username_key}@{address or '-'}" if username_key else "", f"sign_in:{address}" if address else ""
        )
        await self._count(turn)
        return turn

    async def register(self, scope: Any) -> None:
        """An account is about to be made; raises `Refused` when too many were from this address."""
        address = self._addresses.of(scope)
        if address is not None:
            await self._count(Turn(self._database, "", f"register:{address}"))

    async def _count(self, turn: Turn) -> None:
        wait = await attempts.attempt(self._database, turn.pair, turn.address, self._limits)
        if wait:
            counting.sign_in("throttled")
            raise Refused(
                "too_many_attempts", "That was tried too often.", f"Wait {math.ceil(wait)} seconds, then try again.", retry_after=wait
            )
