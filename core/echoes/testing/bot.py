"""A bot that plays over the same wire as people: it explores, fights, talks, trades, searches and follows quests.

It decides by what its client shows it and by dice of its own seed. It also watches what a server must never do: `faults` lists a reply that came
twice or not at all, an event that came twice, and a frame that cannot be read.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict

from echoes.testing.client import Client, Message

PATIENCE = 30.0
"""Seconds without a reply, on an open connection, after which a command counts as lost."""
LESSON = (
    "talk Marta", "1", "in", "get lantern", "scratch name on lantern", "out", "hang lantern", "north", "search sack", "eat wheat", "wield poker",
    "down", "attack rat", "look", "up", "south", "talk Marta",
)  # fmt: skip
"""Commands that the first quest of the shipped city asks for, in order. Every second bot begins with them."""
TIRED = 8
"""Commands without effort after one that took more stamina than it had."""
FAULTS = 20
"""Faults that a bot keeps; it stops at that many."""
HEALS_BELOW, FLEES_BELOW = 0.5, 0.3
"""The shares of its hit points below which a bot heals, and flees."""
IDLE = ("look", "inventory", "exits", "score", "who", "map", "emote looks about", "say Is it always this quiet?", "quests", "journal")


class Bot(Client):
    """One character that plays until its time is over."""

    def __init__(self, url: str, token: str, seed: str, pause: float) -> None:
        super().__init__((url,), token)
        self.dice = random.Random(seed)
        self.pause = pause
        """Seconds between two commands, on average."""
        self.latencies: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds from a command to its reply, by kind of command."""
        self.refusals: Counter[str] = Counter()
        self.faults: list[str] = []
        self.deaths = self.levels = self.quests_done = self.welcomes = 0
        self._own: Message = {}
        self._place: Message = {}
        self._trade: Message = {}
        self._fighting = False
        self._lesson = list(reversed(LESSON)) if self.dice.random() < 0.5 else []
        self._tired = 0
        """Commands until it tries again what takes stamina."""
        self._refuge = ""
        self._waiting: set[int] = set()
        """Numbers of the commands whose reply has not come."""

    @property
    def wants_in(self) -> bool:
        """Whether it reconnects after a lost connection."""
        return super().wants_in and len(self.faults) < FAULTS

    async def play(self, seconds: float) -> None:
        """Play for this many seconds, and leave."""
        connection = asyncio.create_task(self.live(), name=f"bot {self.client}")
        end = time.monotonic() + seconds
        try:
            await self.until(lambda: self.connected or connection.done(), within=PATIENCE)
            while time.monotonic() < end and self.wants_in and not connection.done():
                await self._do(self.choose())
                await asyncio.sleep(min(self.dice.expovariate(1 / self.pause), 4 * self.pause) if self.pause else 0)
        except TimeoutError:
            self._fault(f"no welcome within {PATIENCE:g} s")
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
            await self.disconnect()
        for one in self.repeated:
            self._fault(f"an event came twice: {one}")

    async def _do(self, line: str) -> None:
        began = time.perf_counter()
        number = await self.send(type="line", text=line)
        try:
            reply = await self.reply(number, within=PATIENCE)
        except TimeoutError:
            if self.connected:
                self._fault(f"no reply within {PATIENCE:g} s to {line!r}")
            return
        if "closed" in reply:
            return
        self.latencies[line.split(maxsplit=1)[0]].append(time.perf_counter() - began)
        if not reply["ok"]:
            self.refusals[reply["error"]["code"]] += 1
            self._trade = {}
            if reply["error"]["code"] == "exhausted":
                self._tired = TIRED

    # ── what it does next ────────────────────────────────────────────────────────────────────────────────────────────

    def choose(self) -> str:
        """The next line that it types."""
        share = self._own.get("hp", 1) / max(1, self._own.get("max_hp", 1))
        if self._fighting:
            return "flee" if share < FLEES_BELOW else self.dice.choice(["attack", "attack", "attack", "defend"])
        if self._tired:
            self._tired -= 1
            return "rest" if self._tired == TIRED - 1 else self.dice.choice(IDLE)
        if self._lesson:
            return self._lesson.pop()
        ways = [self._wander()] * 5 + [self._search(), self._meet(share), self._goods(), self.dice.choice(IDLE)]
        if share < HEALS_BELOW:
            ways += [self.dice.choice(["eat bread", "use bandage", "rest", "drink water"])] * 4
        return self.dice.choice(ways)

    def _wander(self) -> str:
        exits = [way["direction"] for way in self._place.get("exits", ())]
        return f"go {self.dice.choice(exits)}" if exits else "look"

    def _search(self) -> str:
        things = [one["name"] for one in self._place.get("things", ())]
        taken = [one["name"] for one in self._place.get("items", ()) if one.get("name")]
        if taken and self.dice.random() < 0.4:
            return f"get {self.dice.choice(taken)}"
        return f"{self.dice.choice(['search', 'examine'])} {self.dice.choice(things)}" if things else "search"

    def _meet(self, share: float) -> str:
        npcs = self._place.get("npcs", ())
        if not npcs:
            return "look"
        npc = self.dice.choice(npcs)
        if npc["disposition"] == "hostile":
            return f"attack {npc['name']}" if share > HEALS_BELOW else f"consider {npc['name']}"
        return self.dice.choice([f"talk {npc['name']}", f"ask {npc['name']} about the bell", f"greet {npc['name']}", "1", "2"])

    def _goods(self) -> str:
        if not any(npc.get("trades") for npc in self._place.get("npcs", ())):
            return "inventory"
        offers = [f"sell {one['name']}" for one in self._trade.get("buys", ())]
        offers += [f"buy {one['name']}" for one in self._trade.get("goods", ()) if one["price"] <= self._own.get("scrap", 0)]
        return self.dice.choice(offers) if offers else "list"

    # ── what it sees ─────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, line: str) -> None:
        """Read a line. One that cannot be read is a fault, and so is a reply to nothing that is unanswered."""
        try:
            super().receive(line)
        except (ValueError, KeyError, TypeError) as error:
            self._fault(f"a frame that cannot be read ({error!r}): {line[:200]!r}")

    def received(self, message: Message) -> None:
        """Take note of where it is and how it fares."""
        match message["type"]:
            case "welcome":
                self.welcomes += 1
                self._see(message["snapshot"])
                self._refuge = self._refuge or self._own["location_id"]
            case "snapshot":
                self._see(message["snapshot"])
            case "reply":
                if message["id"] not in self._waiting:
                    self._fault(f"a second reply to command {message['id']}")
                self._waiting.discard(message["id"])
                self._see(message.get("data") or {})
            case "state_update" | "location_update":
                self._happened(message["data"])

    async def _transmit(self, command: Message) -> None:
        self._waiting.add(command["id"])
        await super()._transmit(command)

    def _fault(self, problem: str) -> None:
        if len(self.faults) < FAULTS:
            self.faults.append(problem)

    def _see(self, view: Message) -> None:
        """Take what a snapshot, a reply or an event shows of the own character, its place and its trade."""
        if own := view.get("you"):
            self.levels += max(0, own["level"] - self._own.get("level", own["level"]))
            self._own = own
        if place := view.get("location"):
            self._place, self._trade = place, {}
            self._fight(place.get("fight"))
        if view.get("trade"):
            self._trade = view["trade"]

    def _happened(self, data: Message) -> None:
        """Follow an event. A fight ends in the refuge only for a character that died: no enemy lives next to it."""
        fought = self._fighting
        self._see(data)
        if data.get("fight"):
            self._fight(data["fight"])
        if data["action"] == "hurt" and fought and self._own.get("location_id") == self._refuge:
            self.deaths += 1
            self._fighting = False
        if data["action"] == "moved":
            self._fighting = fought and data.get("location_id") == self._refuge
        self.quests_done += data["action"] == "quest_done"

    def _fight(self, fight: Message | None) -> None:
        me = f"character:{self._own.get('id')}"
        self._fighting = fight is not None and not fight.get("over") and any(one["id"] == me for one in fight.get("fighters", ()))
