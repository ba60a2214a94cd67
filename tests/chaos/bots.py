"""Bots that play: they walk, carry, give, search and speak, and write down all that they send and get.

The connection, its return and the hello are those of `echoes.testing.client`. Three things are the bots' own, because a history needs them.
Frames are decoded by `chaos.frames`, since a hundred bots and the servers share a machine. Each sending of a command is a record of its own. A
tab may take over the unanswered commands of another.
"""

import asyncio
import contextlib
import itertools
import json
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import msgspec
from chaos.frames import Data, Exit, Frame, Place, Snapshot, Thing, digest_of, facts, pairs, read_data, read_frame, read_snapshot
from chaos.history import Answer, Closed, Heard, Hello, History, Saw, Seated, Sent, Welcomed
from chaos.tactics import Front
from chaos.telling import NO_VERDICT
from echoes import wire
from echoes.testing.client import OUT_OF_REACH
from echoes.world.model import REMAINS
from swarm import Bot

if TYPE_CHECKING:
    from chaos.crowd import Crowd

IN_FLIGHT = 3
SILENCE = 2.5
"""Seconds that a command may be unanswered before the player gives the connection up. (The page waits for 10.)"""
WELCOME = 3.0
"""Seconds that a hello may be unanswered."""
MIX = {
    "say": 30, "drop": 12, "pick_up": 14, "give": 10, "look": 8, "inventory": 10, "state": 4, "move": 14, "search": 3, "use": 2, "equip": 2,
    "unequip": 2, "rest": 1, "request": 8, "attack": 1, "defend": 1, "loot": 4, "talk": 2, "choose": 2,
}  # fmt: skip
WANDERLUST = 50
"""The share of moves in what a bot does that walks."""
ABSENT = 0.15
"""The share of bots that choose nothing in a fight."""
REQUESTED = ("drop", "pick_up", "give", "use", "equip", "unequip", "rest", "attack", "defend", "loot")
"""Commands that are also given as requests over HTTP, under an `Idempotency-Key`."""
TWICE, ONCE_MORE = 0.4, 0.5
"""How often such a request is sent twice at the same moment, and how often once more after its answer."""
REQUEST_SECONDS = 30.0
"""How long a request is repeated until it is answered."""
CUT, REPEAT, RELOAD = 0.015, 0.03, 0.02
"""How often a command is followed by a lost connection, comes a second time after its answer, or is a hasty player's."""
OWN = {"hurt", "affected"}
"""Events that say what a fight or an effect has done to the own things."""
CURIOSITY = {"inventory": 0.7, "look": 0.05}
"""How often a bot looks at its bag, or at the ground, after an event has reported that another character changed it."""
HASTE, PAUSE = 8, 0.004
"""Commands that a hasty player sends at most while the page is being loaded again, and seconds between two of them."""
TABS_OF_THE_IMPATIENT = 0.35
"""The share of those given no answer who open a second tab and leave the first one open."""
HOME = "kiln_yard"
"""Where the dead wake, and Marta listens."""
CONNECTIONS, REQUESTS = itertools.count(1), itertools.count(1)


def saw(character: int, snapshot: Snapshot, asked: float = 0.0) -> Saw:
    """How a snapshot is written down."""
    place, bag = snapshot.location, snapshot.inventory
    return Saw(
        character=character, asked=round(asked, 4), version=snapshot.you.version, place=place.id, lies=facts(place.items),
        whole=not place.more_items, bag=facts(bag.items),
    )  # fmt: skip


@dataclass
class Soul:
    """A player behind one or several tabs: what it believes to be so."""

    character: int
    name: str
    sits: bool
    dice: random.Random
    room: str = ""
    exits: list[Exit] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    bag: dict[int, Thing] = field(default_factory=dict)
    ground: dict[int, Thing] = field(default_factory=dict)
    others: dict[int, str] = field(default_factory=dict)
    said: int = 0
    front: Front = field(init=False)

    def __post_init__(self) -> None:
        self.front = Front(f"character:{self.character}", absent=self.dice.random() < ABSENT)

    def see(self, place: Place) -> None:
        """A whole place."""
        self.front.see(place)
        self.room, self.exits = place.id, place.exits
        self.things = [one["id"] for one in place.things if one.get("searchable")]
        self.ground = {one.id: one for one in place.items}
        self.others = {one.id: one.name for one in place.players}

    def learn(self, known: dict[int, Thing], facts: list[Thing]) -> None:
        """Newer facts of things."""
        for one in facts:
            former = known.get(one.id)
            if former is not None and former.version > one.version:
                continue
            if one.quantity:
                known[one.id] = one
            else:
                known.pop(one.id, None)


@dataclass
class Pending:
    """A command that has no answer yet."""

    command: dict
    first: float
    sent: float = 0.0
    over: int = 0
    """The connection that it was sent over last."""


class Wanderer(Bot):
    """One tab of a player."""

    patience = WELCOME

    def __init__(self, swarm: "Crowd", character: int, name: str, room: str, sits: bool = False, former: "Wanderer | None" = None) -> None:
        super().__init__(swarm, character, name, room)
        dice = random.Random(f"{swarm.seed}:{character}")
        self.soul = Soul(character, name, sits, dice, room) if former is None else former.soul
        self.positions = {} if former is None else dict(former.positions)
        self.pending: dict[int, Pending] = {}
        self.answered_last: deque[tuple[dict, int]] = deque(maxlen=6)
        self.conn = 0
        self.retired = False
        self.deaf = False
        """The page was reloaded: the server does not know yet, and no program reads what it sends."""
        self.hearing_last = 0
        self._asked = 0.0
        self._line: object = None
        self._sending: set[asyncio.Task] = set()
        self.requests = 0
        """Requests over HTTP that are under way."""

    @property
    def history(self) -> History:
        """Where everything is written down."""
        return self.swarm.history

    @property
    def wants_in(self) -> bool:
        """A tab that another one has replaced does not come back."""
        return not self.swarm.over and not self.retired

    # ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def play(self, pause: float) -> None:
        """A command every `pause` seconds on average, a few of them on their way at once."""
        dice = self.soul.dice
        await asyncio.sleep(dice.uniform(0, pause))
        while not self.swarm.hushed and not self.retired:
            self._look_after_silence()
            if len(self.pending) < IN_FLIGHT:
                chance = dice.random()
                tabs = self.swarm.tabs
                if chance < tabs and self.connected and not self.pending:
                    self.second_tab()
                elif chance < tabs + REPEAT and self.connected and (repeatable := self._repeatable()):
                    await self._send(dice.choice(repeatable), again=True)
                elif chance < tabs + REPEAT + RELOAD and self.connected:
                    await self._reload()
                else:
                    idea = self._idea()
                    if idea["type"] == "state":
                        self._spawn(self._ask_over_http())
                    elif idea.pop("request", False):
                        self._spawn(self._request(idea))
                    else:
                        self.start(idea)
                    if dice.random() < CUT and self._line is not None:
                        await asyncio.sleep(dice.uniform(0, 0.01))
                        self._line.transport.abort()
            for _ in range(4):
                await asyncio.sleep(dice.uniform(0.5, 1.5) * pause / 4)
                self._look_after_silence()

    async def _reload(self) -> None:
        """Reload the page while commands are being carried out: the same client says hello again, and sends what it has no answer to once more.

        All of it can be done once only, so what was done, and is decided again, is answered otherwise.
        """
        line = self._line
        self.retired = self.deaf = True
        heir = Wanderer(self.swarm, self.character, self.name, self.room, former=self)
        heir.client, heir.pending = self.client, self.pending
        heir.number = self.number + HASTE
        self.swarm.succeed(self, heir)
        for command in itertools.islice(self._there_and_back(), HASTE):
            if heir.connected or line is None:
                return
            self.number += 1
            command["id"] = self.number
            self.pending[self.number] = Pending(command, self.history.now)
            await self._send(command, over=line)
            await asyncio.sleep(PAUSE)

    def _there_and_back(self) -> Iterator[dict]:
        """Put something on and take it off again, or lay it down and pick it up, for ever."""
        loose = [one for one in self.soul.bag.values() if not one.worn]
        if any(one.template == "patched_coat" for one in self.soul.bag.values()):
            verbs, item = ("equip", "unequip"), "patched coat"
        else:
            verbs, item = ("drop", "pick_up"), str(self.soul.dice.choice(loose).id) if loose else "ash bread"
        return ({"type": verb, "item": item} for verb in itertools.cycle(verbs))

    async def _ask_over_http(self) -> None:
        """Request the character's state over HTTP, from any worker, and record the answer."""
        asked = self.history.now
        with contextlib.suppress(httpx.HTTPError):
            answer = await self.swarm.http.get("/api/game/state", headers={"Authorization": f"Bearer {self.token}"})
            if answer.status_code == 200:
                self.history.add(saw(self.character, read_snapshot(answer.content), asked))

    async def _request(self, command: dict) -> None:
        """Give a command as a program does: over HTTP to any worker, under a key, again and again until it is answered, sometimes twice at once."""
        client = f"http:{self.client}.{next(REQUESTS)}"
        born, dice = self.history.now, self.soul.dice
        wanted = 1 + (dice.random() < ONCE_MORE)
        self.requests += 1
        try:
            while wanted and self.history.now - born < REQUEST_SECONDS:
                at_once = 1 + (dice.random() < TWICE)
                answered = await asyncio.gather(*(self._post(command, client, born) for _ in range(at_once)))
                if any(answered):
                    wanted -= 1
                else:
                    await asyncio.sleep(0.3)
        finally:
            self.requests -= 1

    async def _post(self, command: dict, client: str, born: float) -> bool:
        """Whether this sending got a verdict. Connection 0 of a history is HTTP.

        The things in such an answer are not written down: no order is promised between it and the reads of the same character's session.
        """
        text = command.get("to") or ""
        self.history.add(Sent(conn=0, character=self.character, client=client, n=1, verb=command["type"], text=text, born=round(born, 4)))
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": client.removeprefix("http:")}
        try:
            answer = await self.swarm.http.post("/api/game/command", json={**command, "id": 1}, headers=headers)
            data = read_data(answer.content) if answer.is_success else Data()
            code = "" if answer.is_success else answer.json()["code"]
        except (httpx.HTTPError, ValueError, KeyError):
            return False
        correlation_id = answer.headers.get("correlation-id", "")
        reply = wire.Reply(1, ok=True, data=msgspec.Raw(answer.content), correlation_id=correlation_id)
        recorded = wire.encode(reply).decode() if data.you else ""
        self.history.add(Answer(
            conn=0, client=client, n=1, code=code, digest=digest_of(recorded) if recorded else "",
            version=data.you.version if data.you else 0, at=data.you.location_id if data.you else "",
        ))  # fmt: skip
        self.soul.learn(self.soul.bag, data.items)
        self.soul.learn(self.soul.ground, data.ground)
        return code not in NO_VERDICT

    def _be_curious(self, verb: str) -> None:
        """Look, now and then, at what another character has just changed: over the connection, or from outside."""
        if self.soul.dice.random() >= CURIOSITY[verb] or self.retired or self.swarm.hushed or len(self.pending) >= IN_FLIGHT:
            return
        if self.soul.dice.random() < 0.3:
            self._spawn(self._ask_over_http())
        else:
            self.start({"type": verb})

    def _repeatable(self) -> list[dict]:
        """The commands answered last. Speech of a former connection is left out: its only trace is a key in Redis, which may be lost."""
        return [command for command, conn in self.answered_last if command["type"] != "say" or conn == self.conn]

    def start(self, command: dict) -> int:
        """Give a command a number and send it, now or after the return."""
        self.number += 1
        command["id"] = self.number
        self.pending[self.number] = Pending(command, self.history.now)
        if self.connected:
            self._spawn(self._send(command))
        return self.number

    def say(self) -> int:
        """The next sentence."""
        self.soul.said += 1
        return self.start({"type": "say", "text": f"{self.name} {self.soul.said}"})

    def second_tab(self) -> "Wanderer":
        """Play on in a new tab. The old one stays open, and the player still types into it."""
        self.retired = True
        heir = Wanderer(self.swarm, self.character, self.name, self.room, former=self)
        self.swarm.succeed(self, heir)
        self._spawn(self._late(heir))
        return heir

    async def _late(self, heir: "Wanderer") -> None:
        """Commands over the old connection, once the new one has been welcomed: none may be carried out."""
        with contextlib.suppress(TimeoutError):
            await heir.until(lambda: heir.connected, 20)
        for _ in range(4):
            line = self._line
            if line is None or not heir.connected:
                return
            self.number += 1
            things = [one for one in self.soul.bag.values() if not one.worn]
            thing = str(self.soul.dice.choice(things).id) if things else "ash bread"
            await self._send({"type": "drop", "item": thing, "quantity": 1, "id": self.number}, late=True, over=line)
            await asyncio.sleep(0.1)

    def _look_after_silence(self) -> None:
        """Give up a connection on which a command has been waiting for too long."""
        now = self.history.now
        waiting = [one for one in self.pending.values() if one.over == self.conn and now - one.sent > SILENCE]
        if not self.connected or not waiting or self._line is None or self.retired:
            return
        if self.soul.dice.random() < TABS_OF_THE_IMPATIENT and not self.swarm.hushed:
            self.second_tab()
        else:
            self._line.transport.abort()

    def _idea(self) -> dict:  # noqa: PLR0911 - one line a verb
        soul, dice = self.soul, self.soul.dice
        if (idea := soul.front.idea(dice)) is not None:
            return idea
        loose = [one for one in soul.bag.values() if not one.worn]
        mix = MIX if soul.sits else MIX | {"move": WANDERLUST}
        for _ in range(10):
            match dice.choices(list(mix), list(mix.values()))[0]:
                case "drop" if loose:
                    return {"type": "drop", "item": str(dice.choice(loose).id), "quantity": 1}
                case "pick_up" if soul.ground:
                    return {"type": "pick_up", "item": str(dice.choice(sorted(soul.ground))), "quantity": 1}
                case "give" if loose and soul.others:
                    to = dice.choice(sorted(soul.others.values()))
                    return {"type": "give", "item": str(dice.choice(loose).id), "to": to, "quantity": 1}
                case "move" if not soul.sits and soul.exits:
                    inside = [one for one in soul.exits if one.to in self.swarm.district] or soul.exits
                    return {"type": "move", "direction": dice.choice(inside).direction}
                case "search" if soul.things:
                    return {"type": "search", "target": dice.choice(soul.things)}
                case "use":
                    return {"type": "use", "item": "ash bread"}
                case "equip":
                    return {"type": "equip", "item": "patched coat"}
                case "unequip":
                    return {"type": "unequip", "item": "patched coat"}
                case "loot" if remains := [one.id for one in soul.ground.values() if one.template == REMAINS]:
                    return {"type": "loot", "target": str(dice.choice(remains))}
                case "talk" if soul.room == HOME:
                    return {"type": "talk", "to": "marta"}
                case "choose" if soul.room == HOME:
                    return {"type": "choose", "choice": str(dice.randint(1, 3))}
                case "look" | "inventory" | "rest" | "state" | "attack" | "defend" as verb:
                    return {"type": verb}
                case "request":
                    idea = self._idea()
                    return idea | {"request": True} if idea["type"] in REQUESTED else idea
                case "say":
                    break
        soul.said += 1
        return {"type": "say", "text": f"{self.name} {soul.said}"}

    async def _send(self, command: dict, *, again: bool = False, late: bool = False, over: object = None) -> None:
        line = over or self._line
        if line is None:
            return
        n = command["id"]
        if (waiting := self.pending.get(n)) is not None:
            again = again or waiting.sent > 0
            waiting.sent, waiting.over = self.history.now, self.conn
        born = self.history.now if waiting is None else waiting.first
        text = command.get("to") or command.get("text") or ""
        self.history.add(Sent(
            conn=self.conn, character=self.character, client=self.client, n=n, verb=command["type"], text=text, born=round(born, 4),
            again=again, late=late,
        ))  # fmt: skip
        with contextlib.suppress(*OUT_OF_REACH):
            await line.send(json.dumps(command))

    async def _again(self, n: int, pause: float) -> None:
        await asyncio.sleep(pause)
        if n in self.pending and self.connected and not self.retired:
            await self._send(self.pending[n].command, again=True)

    async def _all_again(self) -> None:
        """Every unanswered command, in order, before anything new."""
        for n in sorted(self.pending):
            if (waiting := self.pending.get(n)) is not None and waiting.over != self.conn:
                await self._send(waiting.command)

    def _spawn(self, work) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    # ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def converse(self, socket) -> None:
        self.conn = conn = next(CONNECTIONS)
        self._line = socket
        resume = {channel: (at["epoch"], at["offset"]) for channel, at in self.positions.items()}
        self._asked = self.history.now
        self.history.add(Hello(conn=conn, character=self.character, client=self.client, resume=resume))
        try:
            await super().converse(socket)
        finally:
            self.history.add(Closed(conn=conn, code=socket.close_code or 1006))
            self._line = None

    def receive(self, line: str) -> None:
        if self.deaf:
            return
        frame = read_frame(line)
        match frame.type:
            case "reply":
                self._answered(frame, line)
            case "welcome":
                self._entered(frame)
            case "snapshot":
                self.snapshots += 1
                self.follow(frame.positions)
                self._see_all(frame.snapshot)
                self.history.add(saw(self.character, frame.snapshot))
                self.history.add(Seated(conn=self.conn, positions=pairs(frame.positions), snapshot=True))
            case "reconnect":
                pass
            case _:
                self._happened(frame)

    def _entered(self, frame: Frame) -> None:
        self.positions = frame.positions
        self.history.add(Welcomed(
            conn=self.conn, epoch=frame.session["epoch"], worker=frame.worker_id, recovered=frame.recovered, positions=pairs(frame.positions),
        ))  # fmt: skip
        self._see_all(frame.snapshot)
        self.history.add(saw(self.character, frame.snapshot, asked=self._asked))
        self.welcome = {"recovered": frame.recovered, "worker_id": frame.worker_id}
        self.welcomed(self.welcome)
        self.connected = True
        self._spawn(self._all_again())

    def _see_all(self, snapshot: Snapshot) -> None:
        self.soul.see(snapshot.location)
        self.soul.bag = {one.id: one for one in snapshot.inventory.items}

    def _answered(self, frame: Frame, line: str) -> None:
        data = read_data(frame.data) if frame.ok else Data()
        code = frame.error.code if frame.error is not None else "already_done" if data.command == "already_done" else ""
        place = data.location
        self.history.add(Answer(
            conn=self.conn, client=self.client, n=frame.id, code=code, digest=digest_of(line) if data.you else "",
            version=data.you.version if data.you else 0, at=data.you.location_id if data.you else "",
            items=facts(data.items), ground=facts(data.ground),
            bag=None if data.inventory is None else facts(data.inventory.items),
            place=place.id if place else "", lies=facts(place.items) if place else [], whole=not place or not place.more_items,
        ))  # fmt: skip
        if code in NO_VERDICT:
            self.refusals[code] = self.refusals.get(code, 0) + 1
            self._spawn(self._again(frame.id, 0.3))
            return
        waiting = self.pending.pop(frame.id, None)
        if waiting is None:
            return
        if frame.ok and (data.you or waiting.command["type"] == "say"):
            self.answered_last.append((waiting.command, self.conn))
        soul = self.soul
        soul.learn(soul.bag, data.items)
        soul.learn(soul.ground, data.ground)
        if place:
            soul.see(place)
        if data.inventory:
            soul.bag = {one.id: one for one in data.inventory.items}

    def _happened(self, frame: Frame) -> None:
        self.note(frame.channel, frame.epoch, frame.offset)
        data = read_data(frame.data)
        soul, who = self.soul, data.player or data.sender
        moved = frame.type == "state_update" and data.action == "moved"
        # The hub adds to `moved` what differs from telling to telling.
        identity = f"moved:{data.version}" if moved else digest_of(bytes(frame.data).decode() + frame.timestamp)
        if data.text:  # no bot says the same sentence twice
            identity = digest_of(data.text)
        self.history.add(Heard(
            conn=self.conn, ch=frame.channel, ep=frame.epoch, o=frame.offset, id=identity, made=round(self.history.at(frame.timestamp), 3),
            who=who.id if who else 0,
            what=data.action or data.kind, version=data.version, text=data.text,
            place=frame.channel.partition(":")[2] if data.ground else "", lies=facts(data.ground), mine=facts(data.items),
        ))  # fmt: skip
        if moved and data.location is not None:
            soul.see(data.location)
            self.room = soul.room
            here = data.location
            self.history.add(
                Saw(character=self.character, version=data.version, place=here.id, lies=facts(here.items), whole=not here.more_items)
            )
        if data.positions:
            self.follow(data.positions)
            self.history.add(Seated(conn=self.conn, positions=pairs(data.positions)))
        soul.learn(soul.ground, data.ground)
        if frame.channel == f"location:{soul.room}":
            soul.front.hear(data)
        if data.action in OWN and data.items:
            soul.learn(soul.bag, data.items)
        if data.action == "item_received":
            soul.learn(soul.bag, data.items)
            self._be_curious("inventory")
        elif data.ground:
            self._be_curious("look")
        elif who is not None and who.id != self.character and data.action == "player_arrived":
            soul.others[who.id] = who.name
        elif who is not None and data.action == "player_left":
            soul.others.pop(who.id, None)
        if data.text and who is not None:
            self.heard.setdefault(data.text.split(" ")[0], []).append(int(data.text.split(" ")[1]))
