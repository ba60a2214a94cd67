"""Players who never tire: each plays its share of one fixed mix of commands over a real socket.

`echoes.testing.client` speaks the protocol. Characters and tokens are made without HTTP: the queries of a sign-in are not measured.
"""

import random
from collections import Counter

from echoes.context import Context
from echoes.storage import accounts
from echoes.storage.commits import Placed, new_item_id
from echoes.testing.client import Client, Message

MIX = {
    "move": 30, "look": 14, "say": 12, "inventory": 8, "pick_up": 7, "drop": 7, "examine": 4, "who": 3, "emote": 3,
    "give": 3, "equip": 2, "unequip": 2, "search": 2, "whisper": 1, "map": 1, "rest": 1,
}  # fmt: skip
"""How often each command comes, in per cent."""
THINGS = ["bread", "water", "bandage", "coat", "poker"]
PATIENCE = 20.0
"""Seconds to wait for an answer at most."""


class Bot(Client):
    """One character. What it does is drawn from its own dice, so that the others do not influence it."""

    def __init__(self, number: int, seed: int) -> None:
        super().__init__((), client=f"bot-{number}")
        self.index = number
        self.name = f"Bot{''.join('abcdefghij'[int(digit)] for digit in f'{number:03}')}"
        self.dice = random.Random(f"{seed}:{number}")
        self.answers: Counter[str] = Counter()
        self._location: Message = {}

    async def be_born(self, context: Context) -> None:
        """A character with its kit, and a token to play it."""
        name = self.name.casefold()
        account = await accounts.create_account(context.database, name, name, "nobody signs in")
        kit = [Placed(new_item_id(), one.item, one.quantity, context.world.items[one.item].durability) for one in context.world.start.kit]
        made = await accounts.create_character(context.database, account.id, self.name, name, context.world.start, kit)
        self.token = context.tokens.sign("play", made.id)

    async def play(self, addresses: list[str], commands: int) -> None:
        """Give this number of commands, each after the answer to the last; half of them through one worker, half through another."""
        homes = [addresses[self.index % len(addresses)], addresses[(self.index + 1) % len(addresses)]]
        for home, share in zip(homes, (commands // 2, commands - commands // 2), strict=True):
            self.urls = (home,)
            if not await self.connect():
                raise RuntimeError(f"{self.name} was refused: {self.closed}")
            for _ in range(share):
                await self._do(self._choose())
            await self.leave()

    def _choose(self) -> str:
        """The next line that it types."""
        (what,) = self.dice.choices(list(MIX), list(MIX.values()))
        thing, other = self.dice.choice(THINGS), f"Bot{'aaab'[: self.dice.randrange(1, 3)].rjust(3, 'a')}"
        exits = [way["direction"] for way in self._location["exits"]]
        people = [one["name"] for one in self._location["players"]]
        here = self.dice.choice(people) if people else other
        things = [one["id"] for one in self._location["things"] if one["searchable"]]
        return {
            "move": f"go {self.dice.choice(exits)}", "look": "look", "say": "say is anybody there?", "inventory": "inventory",
            "pick_up": f"get 1 {thing}", "drop": f"drop 1 {thing}", "examine": f"look {thing}", "who": "who", "emote": "emote shivers",
            "give": f"give 1 {thing} to {here}", "equip": f"equip {self.dice.choice(['coat', 'poker'])}",
            "unequip": f"unequip {self.dice.choice(['coat', 'poker'])}", "search": f"search {self.dice.choice(things)}" if things else "search",
            "whisper": f"whisper {other} hello", "map": "map", "rest": "rest",
        }[what]  # fmt: skip

    async def _do(self, line: str) -> None:
        before = self._location
        number = await self.send(type="line", text=line)
        try:
            reply = await self.reply(number, within=PATIENCE)
            if "closed" in reply:
                raise RuntimeError(f"{self.name} lost its connection ({reply['closed']}): {line!r}")
            self.answers["ok" if reply["ok"] else reply["error"]["code"]] += 1
            if line.startswith("go ") and reply["ok"]:
                await self.until(lambda: self._location is not before, PATIENCE)
        except TimeoutError as error:
            raise RuntimeError(f"{self.name} got no answer, or did not arrive: {line!r}") from error

    def received(self, message: Message) -> None:
        """Look at where it is."""
        if message["type"] in {"welcome", "snapshot"}:
            self._location = message["snapshot"]["location"]
        elif message["type"] == "state_update" and message["data"]["action"] == "moved" and "location" in message["data"]:
            self._location = message["data"]["location"]
