"""One life by the rules alone: a simple player who walks, searches, fights, heals and trades, without a server.

`Life.live` plays until an hour or a level is reached. Fights, effects, growth, health, loot, load, prices and populations are those of
`echoes.world`; ticks and wounds are those of `echoes.game`.
"""

import random
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from echoes.game.effects import CORE, Ticking
from echoes.game.fights import wound_of
from echoes.world import combat, growth, rules, trade
from echoes.world import effects as lasting
from echoes.world.combat import ENEMIES, PLAYERS, Choice, Fighter
from echoes.world.model import Item, Npc, World
from echoes.world.populations import Population, Populations

COMMAND, ROUND = 4.0, 6.0
"""Seconds that a command takes, and a round of a fight in which the player chooses at once."""
REMAINS = 3600.0
"""Seconds that what a dead character carried can be taken back."""
RUNS_BELOW, HEALS_BELOW = 0.3, 0.6
"""The player flees below this share of its hit points, and looks for healing below that one."""
BRAVE = 0.5
"""The player goes where an average fight takes at most this share of its hit points."""
TRAINS = ("endurance", "strength", "agility")
"""The attributes that the player trains in turn, a point each."""
TICKS = {one.name: one.tick for one in CORE}
UNARMED = 1, 2
NEVER = -1.0


@dataclass
class Count:
    """Results of one simulated life, or of all."""

    levels: dict[int, float] = field(default_factory=dict)
    """Level to the seconds of play at which it was reached."""
    seconds: Counter[str] = field(default_factory=Counter)
    """Whole seconds of play by district."""
    deaths: Counter[str] = field(default_factory=Counter)
    fights: Counter[str] = field(default_factory=Counter)
    slayers: Counter[str] = field(default_factory=Counter)
    income: Counter[str] = field(default_factory=Counter)
    outgo: Counter[str] = field(default_factory=Counter)
    first_fight_lost: int = 0
    recovered: int = 0


class City:
    """The data that every simulated life shares: the content, its populations, and the shortest paths."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.populations = Populations(world).by_id
        self.dwellers = {place: [one for one in self.populations.values() if place in one.locations] for place in world.locations}
        self.kinds = {place: {one.npc for one in found} for place, found in self.dwellers.items()}
        self.npcs = sorted({one.npc for one in self.populations.values()})
        self.traders = {
            place: [npc for npc in location.npcs if world.npcs[npc].trades and world.npcs[npc].disposition != "hostile"]
            for place, location in world.locations.items()
        }
        self.next_steps = {place: self._steps_to(place) for place in world.locations}

    def _steps_to(self, goal: str) -> Mapping[str, str]:
        """From each place the next one on the shortest way to the goal."""
        before: dict[str, list[str]] = {place: [] for place in self.world.locations}
        for place, location in self.world.locations.items():
            for way in location.exits.values():
                before[way.to].append(place)
        found: dict[str, str] = {goal: goal}
        queue = deque([goal])
        while queue:
            place = queue.popleft()
            for one in before[place]:
                if one not in found:
                    found[one] = place
                    queue.append(one)
        return found


class Life:
    """One character from its arrival on."""

    def __init__(self, city: City, seed: str, hours: float, until: int) -> None:
        self.city, self.world = city, city.world
        self.dice = random.Random(seed)
        self.end, self.until = hours * 3600, until
        self.now = 0.0
        self.place = self.world.start.location
        self.level, self.xp, self.scrap = 1, 0, 0
        self.max_hp = self.hp = self.world.start.body.hp
        self.hp_at = 0.0
        self.effects: tuple[lasting.Lasting, ...] = ()
        self.attributes = dict.fromkeys((*TRAINS, "intellect"), growth.USUAL)
        self.stamina, self.since = float(self.world.start.body.stamina), 0.0
        self.things: Counter[str] = Counter()
        self.things.update({one.item: one.quantity for one in self.world.start.kit})
        self.personal = {one.item for one in self.world.start.kit if not self.world.items[one.item].stackable}
        """The single things of the kit: they stay with their owner through death, and are not sold."""
        self.remains: tuple[str, float, Counter[str]] | None = None
        self.empty_until: dict[tuple[str, str], float] = {}
        self.killed: dict[str, list[float]] = {}
        self.stocks: dict[tuple[str, str], trade.Stock] = {}
        self.count = Count(levels={1: 0.0})
        self.fought = False

    def live(self) -> Count:
        """Play to the end."""
        while self.now < self.end and self.level < self.until:
            self._heal()
            self._walk_to(self._goal())
            self._search()
        return self.count

    # ── where to ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _goal(self) -> str:
        """Home to heal and to trade; the own remains; else a place among the most dangerous that the player dares."""
        if self.hp < self.max_hp * HEALS_BELOW or self._laden():
            return self.dice.choice(sorted(place for place, one in self.world.locations.items() if one.danger_level == 0))
        if self.remains is not None and self.now - self.remains[1] < REMAINS:
            return self.remains[0]
        me = self._fighter()
        feared = {npc for npc in self.city.npcs if self._expected(me, self.world.npcs[npc]) > self.max_hp * BRAVE}
        dared = [place for place, npcs in self.city.kinds.items() if not npcs & feared]
        best = max(self.world.locations[place].danger_level for place in dared)
        return self.dice.choice([place for place in dared if self.world.locations[place].danger_level >= best - 1])

    def _expected(self, me: Fighter, npc: Npc) -> float:
        """The hit points that a fight with this one costs on average: what `consider` compares."""
        enemy = _enemy("npc:0", npc, self.world)
        return combat.blows_to_win(me, enemy) * max(1.0, (enemy.low + enemy.high) / 2 - me.armor) * combat.hit_chance(enemy, me)

    def _walk_to(self, goal: str) -> None:
        while self.place != goal and self.now < self.end:
            step = self.city.next_steps[goal].get(self.place)
            if step is None:
                return
            price = min(way.stamina for way in self.world.locations[self.place].exits.values() if way.to == step)
            self._pay(price)
            self.place = step
            self._pass(COMMAND)
            if not self._meet():
                return
        if self.remains is not None and self.remains[0] == self.place:
            if self.now - self.remains[1] < REMAINS:
                self.things += self.remains[2]
                self.count.recovered += 1
            self.remains = None

    def _pay(self, stamina: int) -> None:
        """Take stamina, and rest before when there is too little."""
        body = self.world.start.body
        self.stamina = rules.stamina_at(
            self.now,
            stamina=self.stamina,
            since=self.since,
            maximum=body.stamina,
            paces=rules.steady(rules.stamina_per_minute(body, resting=False)),
        )
        if self.stamina < stamina:
            wait = (stamina - self.stamina) / rules.stamina_per_minute(body, resting=True) * 60
            self._pass(wait)
            self.stamina = float(stamina)
        self.stamina, self.since = self.stamina - stamina, self.now

    def _pass(self, seconds: float, *, fighting: bool = False) -> None:
        """Time goes by: effects tick and end, and outside of fights health returns."""
        until = self.now + seconds
        while (due := min((one.due for one in self.effects if one.due is not None), default=until)) < until:
            self._recover(due, fighting=fighting)
            self._tick(due)
        self._recover(until, fighting=fighting)
        self.effects = lasting.standing(self.effects, self.world.effects, until)
        self.now = until
        self.count.seconds[self.world.locations[self.place].district] += round(seconds)

    def _recover(self, now: float, *, fighting: bool) -> None:
        percent = lasting.changes_at(self.effects, self.world.effects, now).health
        pace = rules.steady(rules.health_per_minute(self.world.start.body, resting=False, fighting=fighting, percent=percent))
        self.hp, self.hp_at = rules.health_at(now, hp=self.hp, since=self.hp_at, maximum=self.max_hp, paces=pace)

    def _tick(self, now: float) -> None:
        """The effects that are due take or give hit points. In a fight its own rules do that (`combat`), and the last point stays here."""
        left = []
        for one in self.effects:
            effect = self.world.effects[one.id]
            if one.due is None or one.due > now or effect.tick is None:
                left.append(one)
                continue
            points = TICKS[effect.tick.does](Ticking(effect, one, self.hp, self.max_hp, self.place, now, self.dice))
            self.hp = max(1, min(self.max_hp, self.hp + points))
            left.append(msgspec.structs.replace(one, due=one.due + effect.tick.seconds))
        self.effects = tuple(left)

    # ── fights ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _fighter(self) -> Fighter:
        worn = [self.world.items[id_] for id_ in self.things]
        low, high = max(((one.damage.low, one.damage.high) for one in worn if one.damage), key=sum, default=UNARMED)
        slots: dict[str, int] = {}
        for one in worn:
            if one.slot and not one.damage:
                slots[one.slot] = max(slots.get(one.slot, 0), one.armor)
        changes = lasting.changes_at(self.effects, self.world.effects, self.now)
        return Fighter(
            "character:1", "me", PLAYERS, self.hp, self.max_hp, self.level, max(0, low + changes.damage), max(1, high + changes.damage),
            max(0, sum(slots.values()) + changes.armor), strength=self.attributes["strength"], agility=self.attributes["agility"],
            aim=changes.hit, escape=changes.flight,
        )  # fmt: skip

    def _meet(self) -> bool:
        """Fight who is here; whether the way continues afterwards."""
        here = []
        for population in self.city.dwellers[self.place]:
            back = self.killed[population.id] = [at for at in self.killed.get(population.id, ()) if at > self.now]
            chance = 1 / len(population.locations)
            here += [population for _ in range(population.most - len(back)) if self.dice.random() < chance]
        if not here:
            return True
        enemies = [_enemy(f"npc:{number}", self.world.npcs[one.npc], self.world) for number, one in enumerate(here)]
        fight = combat.begin(self.place, self.dice.randrange(2**53), [self._fighter(), *enemies[: combat.SIDE]])
        district = self.world.locations[self.place].district
        self.count.fights[district] += 1
        while not fight.is_over:
            fight, events = combat.resolve(combat.choose(fight, "character:1", self._choice(fight)))
            self._pass(ROUND, fighting=True)
            for event in events:
                if event.outcome == "wounded" and event.target == "character:1":
                    self.effects = lasting.gain(self.effects, event.effect, self.world.effects, self.now).effects
                if event.outcome == "down" and event.fighter != "character:1":
                    self._won(here[int(event.fighter.removeprefix("npc:"))])
            me = fight.fighter("character:1")
            self.hp = me.hp if me is not None else self.hp - sum(one.damage for one in events if one.target == "character:1")
        if self.hp <= 0:
            self._die(district, here[0].npc)
            return False
        self.fought = True
        if any(one.fighter == "character:1" and one.outcome == "fled" for one in events):
            self.place = self.dice.choice(sorted(way.to for way in self.world.locations[self.place].exits.values()))
            return False
        self._heal()
        return True

    def _choice(self, fight: combat.Fight) -> Choice:
        me = fight.fighter("character:1")
        assert me is not None  # noqa: S101 - the fight would be over
        enemies = fight.side(ENEMIES)
        weakest = min(enemies, key=lambda one: one.hp)
        if me.hp < me.max_hp * RUNS_BELOW and combat.blows_to_win(me, weakest) > 1:
            return Choice("flee")
        heavy = any(intent.action == "heavy" for intent in fight.intents.values())
        return Choice("defend") if heavy else Choice("attack", weakest.id)

    def _won(self, population: Population) -> None:
        npc = self.world.npcs[population.npc]
        self.killed[population.id].append(self.now + population.seconds)
        if npc.loot:
            self._take(rules.draw(self.world.loot[npc.loot], self.dice))
        self.level, self.xp, gained = growth.with_xp(self.level, self.xp, npc.xp)
        if gained:
            self.max_hp += gained * growth.HP_A_LEVEL
            self._train()
            for level in range(self.level - gained + 1, self.level + 1):
                self.count.levels[level] = self.now

    def _train(self) -> None:
        """Spend the points of new levels, each on the attribute of the three that is lowest."""
        for _ in range(growth.points(self.level, self.attributes.values())):
            name = min(TRAINS, key=lambda one: self.attributes[one])
            self.attributes[name] += 1
            self.max_hp += growth.HP_A_POINT if name == "endurance" else 0

    def _die(self, district: str, slayer: str) -> None:
        self.count.deaths[district] += 1
        self.count.slayers[slayer] += 1
        self.count.first_fight_lost += not self.fought
        self.fought = True
        kept = Counter({id_: 1 for id_ in self.personal if id_ in self.things})
        self.remains = (self.place, self.now, self.things - kept)
        self.things = kept
        self.xp = growth.after_death(self.level, self.xp)
        self.hp, self.place, self.effects = max(1, self.max_hp // 2), self.world.start.location, ()

    # ── things ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _search(self) -> None:
        """Search each thing here that is not empty; take back what is personal; trade where there is a trader."""
        for id_, thing in sorted(self.world.locations[self.place].interactables.items()):
            if thing.loot is None or self.empty_until.get((self.place, id_), NEVER) > self.now or self._laden():
                continue
            self._pay(thing.stamina)
            self._pass(COMMAND)
            self.empty_until[self.place, id_] = self.now + thing.refill_minutes * 60
            self._take(rules.draw(self.world.loot[thing.loot], self.dice))
        for trader in self.city.traders[self.place]:
            self._trade(trader)
        self._pass(COMMAND)

    def _take(self, found: Mapping[str, int]) -> None:
        for id_, quantity in found.items():
            if self._load().fits(self.world.items[id_], quantity):
                self.things[id_] += quantity

    def _load(self) -> rules.Load:
        return rules.load_of([(self.world.items[id_], quantity, False) for id_, quantity in self.things.items()], self.world.start.body)

    def _laden(self) -> bool:
        load = self._load()
        return load.weight > 0.8 * load.max_weight or load.volume > 0.8 * load.max_volume

    def _heal(self) -> None:
        """Use up what heals, the weakest first, while hit points are missing."""
        while self.hp < self.max_hp * HEALS_BELOW and (found := self._healing()):
            self._pass(COMMAND)
            self.things -= Counter([found[0]])
            self.hp = min(self.max_hp, self.hp + found[1])
            item = self.world.items[found[0]]
            self.effects = tuple(one for one in self.effects if one.id not in item.cures)
            for gift in item.gives:
                self.effects = lasting.gain(self.effects, gift, self.world.effects, self.now).effects

    def _healing(self) -> tuple[str, int] | None:
        at_hand = [(id_, one.restores.hp) for id_ in self.things if (one := self.world.items[id_]).restores and one.restores.hp]
        return min(at_hand, key=lambda one: (one[1], one[0]), default=None)

    def _trade(self, trader: str) -> None:
        npc = self.world.npcs[trader]
        keep = self._kept()
        for id_ in sorted(set(trade.buys(npc)) & set(self.things)):
            stock = trade.stock_at(self.now, self.stocks.get((trader, id_)), npc)
            quantity = min(self.things[id_] - keep.get(id_, 0), trade.room(npc, stock.quantity))
            if quantity > 0 and (price := trade.pays(npc, self.world.items[id_], quantity)):
                self._pass(COMMAND)
                self.things -= Counter({id_: quantity})
                self.stocks[trader, id_] = trade.Stock(stock.quantity + quantity, stock.at)
                self.scrap += price
                self.count.income[self.world.items[id_].type] += price
        for id_ in npc.trades:
            self._buy(trader, npc, id_)

    def _buy(self, trader: str, npc: Npc, id_: str) -> None:
        item, stock = self.world.items[id_], trade.stock_at(self.now, self.stocks.get((trader, id_)), npc)
        price = trade.asks(npc, item)
        while self.scrap >= price and stock.quantity > 0 and self._wants(item) and self._load().fits(item, 1):
            self._pass(COMMAND)
            stock = trade.Stock(stock.quantity - 1, stock.at)
            self.stocks[trader, id_] = stock
            self.things[id_] += 1
            self.scrap -= price
            self.count.outgo[item.type] += price

    def _wants(self, item: Item) -> bool:
        """Five things that heal, and what makes a better fighter."""
        if item.restores and item.restores.hp:
            return sum(q for id_, q in self.things.items() if (one := self.world.items[id_]).restores and one.restores.hp) < 5
        me = self._fighter()
        if item.damage:
            return item.damage.low + item.damage.high > me.low + me.high
        here = max((one.armor for id_ in self.things if (one := self.world.items[id_]).slot == item.slot), default=0)
        return item.slot is not None and item.armor > here

    def _kept(self) -> dict[str, int]:
        """Return the quantities of things to keep, by id: those that heal, the best weapon, the best of each slot, personal ones."""
        kept: dict[str, int] = {}
        best: dict[str, tuple[int, str]] = {}
        for id_, quantity in self.things.items():
            item = self.world.items[id_]
            if item.restores and item.restores.hp:
                kept[id_] = min(quantity, 8)
            elif item.slot:
                rank = item.damage.low + item.damage.high if item.damage else item.armor
                slot = "weapon" if item.damage else item.slot
                best[slot] = max(best.get(slot, (-1, "")), (rank, id_))
        return kept | {id_: 1 for _, id_ in best.values()} | dict.fromkeys(self.personal, 1)


def _enemy(id_: str, npc: Npc, world: World) -> Fighter:
    return Fighter(
        id_, npc.name, ENEMIES, npc.hp, npc.hp, npc.level, npc.damage.low, npc.damage.high, npc.armor,
        timid=npc.behaviour in {"flee", "wander"}, wound=wound_of(npc, world),
    )  # fmt: skip
