"""Many players at once, who talk in numbered messages, come back as a browser does, and keep a record that can be judged.

Each bot says `n` only once `n - 1` was answered. `echoes.testing.client` does the rest.
Their tokens are signed here and their characters are made in the database: hundreds of sign-ins over HTTP would take minutes.
`Swarm.judge` then tells what was lost, doubled or out of order.
"""

import asyncio
import contextlib
import itertools
import random
import string
import time

import asyncpg
from echoes.testing.client import Client, Message
from echoes.web.tokens import Tokens

SECRET = "a secret for bots, thirty-two characters or more"
LEAVING = {"player_left", "player_linkdead", "player_returned", "player_arrived"}


class Bot(Client):
    """One player. What it received from each other bot is kept in order of arrival."""

    def __init__(self, swarm: "Swarm", character: int, name: str, room: str) -> None:
        super().__init__((), swarm.tokens.sign("play", character))
        self.swarm = swarm
        self.character = character
        self.name = name
        self.room = room
        self.said = 0
        self.answered = 0
        self.heard: dict[str, list[int]] = {}
        self.departures: list[tuple[str, str]] = []
        """Players whose coming or going was announced, and the text."""
        self.welcomes: list[dict] = []
        self.snapshots = 0
        self.away: list[float] = []
        """Seconds that each loss of the connection lasted."""
        self.refusals: dict[str, int] = {}
        self._lost_at = 0.0

    @property
    def wants_in(self) -> bool:
        """Until all is over, after final close codes too: the verdict shows what such a code has cost."""
        return not self.swarm.over

    def address(self) -> str:
        """Where one of the servers listens now."""
        return random.choice(self.swarm.urls)

    async def talk(self, pause: float) -> None:
        """Say the next number, wait until it was answered, rest."""
        await asyncio.sleep(random.uniform(0, pause))
        while not self.swarm.hushed:
            await self.say()
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause)

    async def say(self) -> None:
        """Say the next number; returns once it was answered with success."""
        self.said += 1
        command = {"type": "say", "text": f"{self.name} {self.said}"}
        number = await self.send(**command)
        while not (reply := await self.reply(number, within=None))["ok"]:
            code = reply["error"]["code"]
            self.refusals[code] = self.refusals.get(code, 0) + 1
            await asyncio.sleep(0.2)
            await self.send_as(number, **command)
        self.answered += 1

    async def converse(self, socket) -> None:
        """Take note of when the connection was lost."""
        try:
            await super().converse(socket)
        finally:
            if self.welcome:
                self._lost_at = time.monotonic()

    def welcomed(self, message: Message) -> None:
        """Take note of how it came back, and after how long."""
        self.welcomes.append({key: message[key] for key in ("recovered", "worker_id")})
        if self._lost_at:
            self.away.append(time.monotonic() - self._lost_at)

    def received(self, message: Message) -> None:
        """Take note of welcomes, snapshots, numbers, and what is said of the others' coming and going."""
        match message["type"]:
            case "welcome":
                self.welcomed(message)
            case "snapshot":
                self.snapshots += 1
            case "reply" | "reconnect":
                pass
            case "chat":
                name, number = message["data"]["text"].split(" ")
                self.heard.setdefault(name, []).append(int(number))
            case _:
                if message["data"].get("action") in LEAVING and message["data"]["player"]["name"].startswith(self.swarm.tribe):
                    self.departures.append((message["data"]["player"]["name"], message["data"]["message"]))


class Swarm:
    """Bots spread over rooms, on one or several servers that share a database."""

    def __init__(self, servers, count: int, rooms: int) -> None:
        self._servers = servers
        self._count = count
        self._rooms = rooms
        self.tokens = Tokens(SECRET, 1.0)
        self.tribe = "".join(random.choices(string.ascii_lowercase, k=6)).capitalize()  # no other name begins so
        self.hushed = False
        self.over = False
        self.bots: list[Bot] = []
        self._living: list[asyncio.Task] = []
        self._talking: list[asyncio.Task] = []

    def bot(self, *row) -> Bot:
        """One of them."""
        return Bot(self, *row)

    @property
    def urls(self) -> list[str]:
        """Where the game is."""
        return [server.websocket for server in self._servers]

    async def __aenter__(self) -> "Swarm":
        self.bots = [self.bot(*row) for row in await self._made()]
        self._living = [asyncio.create_task(bot.live()) for bot in self.bots]
        try:
            await self.until(lambda: all(bot.connected for bot in self.bots), "everybody is there")
        except BaseException:
            await self.__aexit__()
            raise
        for bot in self.bots:
            bot.departures.clear()  # the others' arrivals at the beginning
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hushed = self.over = True
        for task in (*self._talking, *self._living):
            task.cancel()
        await asyncio.gather(*self._talking, *self._living, return_exceptions=True)

    def start_talking(self, pause: float = 2.0) -> None:
        """Every bot says something every `pause` seconds on average."""
        self._talking = [asyncio.create_task(bot.talk(pause)) for bot in self.bots]

    async def finish(self, within: float = 60.0) -> None:
        """Stop all bots; return once each has been answered and has received the last word of all in the room."""
        self.hushed = True
        async with asyncio.timeout(within):
            await asyncio.gather(*self._talking)
        with contextlib.suppress(TimeoutError):
            await self.until(lambda: not self._unheard(), "everybody has heard everything", within=within)

    async def until(self, condition, what: str, within: float = 60.0) -> float:
        """Wait for a condition; answers how long it took."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > within:
                raise TimeoutError(f"not within {within} s: {what}")
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def _unheard(self) -> bool:
        return any(
            speaker.said and (not (heard := bot.heard.get(speaker.name)) or heard[-1] < speaker.said)
            for room in self.by_room().values()
            for bot in room
            for speaker in room
            if speaker is not bot
        )

    def by_room(self) -> dict[str, list[Bot]]:
        """The bots that are together, by room."""
        rooms: dict[str, list[Bot]] = {}
        for bot in self.bots:
            rooms.setdefault(bot.room, []).append(bot)
        return rooms

    def judge(self) -> list[str]:
        """All that a bot missed, got twice or in the wrong order, a line each; and each event of another's absence."""
        faults = []
        for room in self.by_room().values():
            for bot, speaker in itertools.permutations(room, 2):
                heard, said = bot.heard.get(speaker.name, []), list(range(1, speaker.said + 1))
                if heard != said:
                    missed, doubled = sorted(set(said) - set(heard)), sorted({n for n in heard if heard.count(n) > 1})
                    order = "" if heard == sorted(heard) else "out of order"
                    faults.append(f"{bot.name} of {speaker.name} ({speaker.said}): missed {missed} doubled {doubled} {order}")
        faults += [f"{bot.name} was sent again: {one}" for bot in self.bots for one in bot.repeated]
        faults += [f"{bot.name} was told: {text}" for bot in self.bots for _, text in bot.departures]
        return faults

    def report(self) -> dict:
        """The results of the run, in numbers."""
        away = sorted(seconds for bot in self.bots for seconds in bot.away)
        refusals: dict[str, int] = {}
        for bot in self.bots:
            for code, count in bot.refusals.items():
                refusals[code] = refusals.get(code, 0) + count
        return {
            "bots": len(self.bots),
            "said": sum(bot.said for bot in self.bots),
            "heard": sum(len(one) for bot in self.bots for one in bot.heard.values()),
            "returns": len(away),
            "away_median": round(away[len(away) // 2], 2) if away else 0,
            "away_longest": round(away[-1], 2) if away else 0,
            "snapshots": sum(bot.snapshots for bot in self.bots),
            "not_recovered": sum(not one["recovered"] for bot in self.bots for one in bot.welcomes[1:]),
            "refusals": refusals,
        }

    async def _made(self) -> list[tuple[int, str, str]]:
        """Characters, made in the database directly, each in its room."""
        connection = await asyncpg.connect(self._servers[0].database_url)
        try:
            rooms = [
                row["location_id"] for row in await connection.fetch("select location_id from places order by 1 limit $1", self._rooms)
            ]
            made = []
            for index in range(self._count):
                name, room = self.tribe + name_of(index), rooms[index % len(rooms)]
                account = await connection.fetchval(
                    "insert into accounts (username, username_key, password_hash) values ($1, $1, '-') returning id", name.lower()
                )
                character = await connection.fetchval(
                    "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina, explored)"
                    " values ($1, $2, $3, $4, 10, 10, 100, 100, array[$4]) returning id",
                    account, name, name.lower(), room,
                )  # fmt: skip
                made.append((character, name, room))
            return made
        finally:
            await connection.close()


def name_of(index: int) -> str:
    """Three letters."""
    letters = string.ascii_lowercase
    return letters[index // 676 % 26] + letters[index // 26 % 26] + letters[index % 26]
