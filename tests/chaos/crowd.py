"""A crowd of bots: their characters, their rooms, and how they end their play.

All begin where no enemy comes, and half of them stay there: of those the laws know what they must hear. The others go about, fight, and die.
"""

import asyncio
import contextlib
import itertools
import json
import secrets

import asyncpg
import httpx
from chaos.bots import Wanderer
from chaos.content import QUEST, rooms
from chaos.history import History, Made
from echoes.storage.functions import named
from swarm import Swarm, name_of

KIT = {"ash_bread": 20, "linen_bandage": 20, "cistern_water": 6, "patched_coat": 1, "kiln_poker": 1}
SCRAP = 50
WOUNDED = 4
"""Hit points with which every fourth of them begins: it will not live through its first fight."""
SAFE = 8
"""Rooms at most in which they begin."""
QUESTS = {"lantern": (5, 0), QUEST: (0, 0)}
"""The quests that they are on: steps reached, and the count within the step."""
WHOLE = 0.97
"""The share that must play for all to be called well."""


class Crowd(Swarm):
    """Wanderers in neighbouring rooms; every second one never walks."""

    def __init__(
        self, servers, count: int, rooms: int, *, database: str, history: History, seed: int, tabs: float = 0.015, crowded: int = 0, litter: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(servers, count, rooms)
        self._crowded = crowded
        """How many of them begin in the first room."""
        self._litter = litter
        """Things that lie there at the beginning, none like another."""
        self._database = database
        self.history = history
        self.seed = seed
        self.tabs = tabs
        """How often a bot opens a second tab instead of commanding something."""
        self.district: set[str] = set()
        self.initial_scrap = count * SCRAP
        self._pause = 2.0
        # No connection is kept, so each request may come to another worker.
        self.http = httpx.AsyncClient(base_url=servers[0].url, timeout=5, limits=httpx.Limits(max_keepalive_connections=0))

    async def __aexit__(self, *details: object) -> None:
        await super().__aexit__(*details)
        await self.http.aclose()

    def bot(self, *row) -> Wanderer:
        """One of them."""
        return Wanderer(self, *row)

    def start_playing(self, pause: float) -> None:
        """Every bot does something every `pause` seconds on average."""
        self._pause = pause
        self._talking = [asyncio.create_task(bot.play(pause)) for bot in self.bots]

    def succeed(self, former: Wanderer, heir: Wanderer) -> None:
        """A second tab takes over."""
        self.bots[self.bots.index(former)] = heir
        self._living.append(asyncio.create_task(heir.live()))
        self._talking.append(asyncio.create_task(heir.play(self._pause)))

    @property
    def whole(self) -> bool:
        """Whether all bots play: all but the few who have just cut their own connection are connected, and wait for no answer for long."""
        now = self.history.now
        fine = sum(bot.connected and all(now - one.first < 1 for one in bot.pending.values()) for bot in self.bots)
        return fine >= WHOLE * len(self.bots)

    async def finish(self, within: float = 60.0) -> None:
        """Stop all bots; return once each has its answers, has said a last word, and has received those of the others in its room."""
        self.hushed = True
        with contextlib.suppress(TimeoutError):
            await self.until(self._settled, "all answered", within)
            for bot in self.bots:
                bot.say()
            await self.until(self._settled, "last words answered", within)
            await self.until(lambda: not self._unheard_words(), "last words heard", 20)

    def _settled(self) -> bool:
        for bot in self.bots:
            bot._look_after_silence()
        return all(bot.connected and not bot.pending and not bot.requests for bot in self.bots)

    def _unheard_words(self) -> bool:
        rooms: dict[str, list[Wanderer]] = {}
        for bot in self.bots:
            if bot.soul.sits:
                rooms.setdefault(bot.soul.room, []).append(bot)
        return any(
            (bot.heard.get(other.name) or [0])[-1] < other.soul.said
            for room in rooms.values()
            for bot, other in itertools.permutations(room, 2)
        )

    async def _made(self) -> list[tuple]:
        connection = await asyncpg.connect(self._database)
        try:
            safe, dangerous = rooms(min(self._rooms, SAFE), self._rooms)
            self.district = {*safe, *dangerous}
            made = []
            for index in range(self._count):
                name = self.tribe + name_of(index)
                room, sits = (safe[0], index % 2 == 0) if index < self._crowded else (
                    safe[index % len(safe)], index % (2 * len(safe)) < len(safe)
                )  # fmt: skip
                async with connection.transaction():
                    character = await self._character(connection, name, room, hp=WOUNDED if index % 4 == 1 and not sits else 50)
                    await connection.execute("update characters set quests = $2::jsonb where id = $1", character, json.dumps(QUESTS))
                made.append((character, name, room, sits))
                self.history.add(Made(character=character, name=name, room=room, version=1, sits=sits, quests=QUESTS))
            await self._lay_out(connection, safe[0])
            return made
        finally:
            await connection.close()

    async def _lay_out(self, connection, room: str) -> None:
        """Litter, as if a player who is gone had dropped it."""
        if not self._litter:
            return
        who = await self._character(connection, f"{self.tribe}litterer", room)
        await connection.execute("update characters set scrap = 0 where id = $1", who)
        owner = f"location:{room}"
        for begun in range(0, self._litter, 20):
            things = [
                {
                    "op": "insert",
                    "id": secrets.randbelow(2**53 - 1) + 1,
                    "template": "kiln_poker",
                    "quantity": 1,
                    "durability": 30,
                    "owner": owner,
                }
                for _ in range(min(20, self._litter - begun))
            ]
            ledger = [{"template": "kiln_poker", "quantity": len(things), "reason": "world"}]
            await connection.fetch(
                named("select * from echoes_commit($1, 0, 'chaos', $2, '{}', '[]', $3::jsonb, $4::jsonb, true)"),
                who, begun + 1, json.dumps(things), json.dumps(ledger),
            )  # fmt: skip

    async def _character(self, connection, name: str, room: str, hp: int = 50) -> int:
        account = await connection.fetchval(
            "insert into accounts (username, username_key, password_hash) values ($1, $1, '-') returning id", name.lower()
        )
        character = await connection.fetchval(
            "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, hp_at, stamina, max_stamina, explored, scrap)"
            " values ($1, $2, $3, $4, $6, 50, extract(epoch from now()), 1000000, 1000000, array[$4], $5) returning id",
            account, name, name.lower(), room, SCRAP, hp,
        )  # fmt: skip
        for template, quantity in KIT.items():
            await connection.execute(
                "insert into items (id, template, quantity, owner) values ($1, $2, $3, $4)",
                secrets.randbelow(2**53 - 1) + 1, template, quantity, f"character:{character}",
            )  # fmt: skip
            await connection.execute(
                "insert into ledger (character_id, template, quantity, reason) values ($1, $2, $3, 'kit')", character, template, quantity
            )
        return character
