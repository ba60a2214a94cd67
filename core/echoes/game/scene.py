"""A command's view of the world: the acting character, its location, its things, the ground, and the NPCs and people there."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from echoes.caching import Caching, Versioned
from echoes.channels import location_channel
from echoes.errors import Unavailable
from echoes.facilities import Body, Broadcast, Registry
from echoes.game import npcs, targets, views
from echoes.game.behaviours import BehaviourSpec
from echoes.game.contents import Contents
from echoes.game.effects import EffectSpec
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY, NPCS
from echoes.game.speech_limits import SpeechLimits
from echoes.game.targets import Named
from echoes.game.who_pages import WhoPages
from echoes.storage import combats, commits
from echoes.storage import npcs as npc_rows
from echoes.storage.commits import Character, NoCharacter, Stale, Thing
from echoes.storage.database import Database
from echoes.storage.npcs import NpcRow
from echoes.wire import FightView, LocationView, PlayerView, WirePosition
from echoes.world.model import Item, Location, World

if TYPE_CHECKING:
    from echoes.game.catalogue import Catalogue

log = structlog.get_logger()
CANDIDATES = 20
"""People, or things of very many, whom a word is compared with; a word that fits more people is ambiguous in any case."""
LONGEST_ID = 16
"""Digits of the largest id."""


@dataclass(frozen=True)
class Surroundings:
    """Where scenes read from."""

    contents: Contents
    database: Database
    caching: Caching
    registry: Registry
    who_pages: WhoPages
    speech_limits: SpeechLimits
    broadcast: Broadcast
    dice: random.Random
    durable_moves: bool
    catalogue: "Catalogue"
    """All commands of this server, for `help`."""
    behaviours: Mapping[str, BehaviourSpec]
    """How NPCs move, by name."""
    effects: Mapping[str, EffectSpec]
    """Rules for the ticks of effects, by name."""

    @property
    def world(self) -> World:
        """The content in force; ask once for everything that must fit together."""
        return self.contents.world

    async def world_with(self, location_id: str) -> World:
        """The world in force, renewed when it lacks the location of a character: another worker may have newer content."""
        if location_id not in self.world.locations:
            await self.contents.renew()
        if location_id not in self.world.locations:
            raise Unavailable
        return self.world

    async def position_of(self, location_id: str) -> WirePosition:
        """Where a location's channel stands now."""
        position = await self.broadcast.position(location_channel(location_id))
        return WirePosition(position.epoch, position.offset)

    async def row_of(self, character_id: int, *, fresh: bool = False, near: bool = True) -> Character:
        """A character's row: as it is now if `fresh`, else as it is cached; `near` where this worker holds the session."""

        async def load() -> tuple[int, Character]:
            found = await commits.load_character(self.database, character_id)
            if found is None:
                raise NoCharacter
            return found.version, found

        return (await self.caching.fetch(CHARACTER, str(character_id), load, fresh=fresh, near=near)).value

    async def things_of(self, character_id: int, *, bucket: int, fresh: bool = False, near: bool = False) -> Versioned[list[Thing]]:
        """A character's things, asked for by a character (`bucket`); `near` where this worker holds the session."""
        return await self.caching.fetch(
            INVENTORY,
            str(character_id),
            lambda: commits.load_inventory(self.database, character_id),
            bucket=str(bucket),
            fresh=fresh,
            near=near,
        )

    async def ground_of(self, location_id: str, bucket: int, *, fresh: bool = False) -> Versioned[list[Thing]]:
        """Things on the ground of a location, read for a character."""
        return await self.caching.fetch(
            GROUND, location_id, lambda: commits.load_ground(self.database, location_id), bucket=str(bucket), fresh=fresh
        )

    async def npcs_of(self, location_id: str, bucket: int, *, fresh: bool = False) -> list[NpcRow]:
        """The NPCs with a row in a location, asked for by a character. Where no population lives, nothing is read."""
        if location_id not in self.contents.populations.reached:
            return []
        found = await self.caching.fetch(
            NPCS, location_id, lambda: npc_rows.load_in(self.database, location_id), bucket=str(bucket), fresh=fresh
        )
        return found.value

    async def people(self, bodies: Sequence[Body], bucket: int) -> list[PlayerView]:
        """These bodies as they are seen, asked for by a character."""
        names: Mapping[int, str] = {}
        self.caching.counts["session", "hit"] += len(bodies)
        if bodies and self.caching.is_direct(str(bucket)):
            names = await commits.names_of(self.database, [one.character for one in bodies])
        return [PlayerView(one.character, names.get(one.character, one.name), linkdead=not one.connected) for one in bodies]

    async def people_in(self, location_id: str, *, but: int) -> tuple[list[PlayerView], int]:
        """Those in a location by name, except one, who asks; and how many more there are than are listed."""
        crowd = await self.registry.crowd(location_id, limit=views.LISTED + 1)
        self.speech_limits.heard_by(location_id, crowd.total)
        others = [one for one in crowd.bodies if one.character != but][: views.LISTED]
        asks_unseen = len(crowd.bodies) < crowd.total or len(crowd.bodies) > len(others)
        return await self.people(others, but), max(0, crowd.total - len(others) - asks_unseen)

    async def people_called(self, word: str, *, location_id: str | None = None, but: int) -> list[PlayerView]:
        """The people that a word may mean in a location or in the whole world, for `targets.pick`. When it means none: some with similar names, for a hint."""
        wanted = targets.normal(word)
        found = await self.registry.find(wanted, location=location_id, limit=CANDIDATES)
        if not found and "'" in wanted:  # a name keeps the apostrophe that it was made with
            found = await self.registry.find(wanted.replace("'", "’"), location=location_id, limit=CANDIDATES)
        if not found:
            found = await self.registry.find(wanted[:1], location=location_id, limit=CANDIDATES)
        return await self.people([one for one in found if one.character != but], but)

    async def view_of(self, me: Character) -> LocationView:
        """The location as a character sees it now."""
        people, more = await self.people_in(me.location_id, but=me.id)
        ground = await self.ground_of(me.location_id, me.id)
        world = await self.world_with(me.location_id)
        place = await self.contents.location(world, me.location_id, direct=self.caching.is_direct(str(me.id)))
        here = npcs.those_here(place, await self.npcs_of(me.location_id, me.id), world)
        fight = await self._fight_in(here)
        lying = len(ground.value)
        if commits.is_partial(ground.value):
            lying = await commits.count_ground(self.database, me.location_id)
        return views.location(
            me.location_id, place, me.explored, people, ground.value, world, npcs=here, fight=fight, more_players=more, lying=lying
        )

    async def _fight_in(self, here: Sequence[npcs.Seen]) -> FightView | None:
        """The fight that is going on where these NPCs are; PostgreSQL is asked only while one of them is in it."""
        combat_id = next((one.row.state["fight"] for one in here if one.row is not None and one.row.state.get("fight")), 0)
        row = await combats.load(self.database, combat_id) if combat_id else None
        return None if row is None or row.over else views.fight(row.id, row.fight, row.until)

    async def scene_of(self, me: Character, *, fresh: bool, near: bool) -> "Scene":
        """A character's scene now, for one command. Raises `Stale` for a row that is not fresh, in a location that is gone."""
        if not fresh and me.location_id not in self.world.locations:
            raise Stale(f"there is no {me.location_id} any more")
        world = await self.world_with(me.location_id)
        place = await self.contents.location(world, me.location_id, direct=self.caching.is_direct(str(me.id)))
        return Scene(self, world, place, me, self.database.now(), fresh=fresh, near=near)


class Scene:
    """One look at the world for one command. Things and ground are read when first asked for, and read once."""

    def __init__(
        self, around: Surroundings, world: World, location: Location, me: Character, now: float, *, fresh: bool = False, near: bool = False
    ) -> None:
        self.around = around
        self.world = world
        self.location = location
        """Where the actor is."""
        self.me = views.recovered(me, now, world)
        """The actor, with the hit points that it has now."""
        self.now = now
        self._fresh = fresh
        self._near = near
        self._things: Versioned[list[Thing]] | None = None
        self._ground: Versioned[list[Thing]] | None = None
        self._npcs: list[npcs.Seen] | None = None

    @property
    def stamina(self) -> float:
        """The actor's stamina now."""
        return views.stamina(self.me, self.now, self.world)

    async def things(self) -> Sequence[Thing]:
        """Things that the actor carries and wears."""
        if self._things is None:
            self._things = await self.around.things_of(self.me.id, bucket=self.me.id, fresh=self._fresh, near=self._near)
        return self._things.value

    async def ground(self) -> Sequence[Thing]:
        """Things on the ground here."""
        if self._ground is None:
            self._ground = await self.around.ground_of(self.me.location_id, self.me.id, fresh=self._fresh)
        return self._ground.value

    async def npcs(self) -> Sequence[npcs.Seen]:
        """The NPCs that are here."""
        if self._npcs is None:
            rows = await self.around.npcs_of(self.me.location_id, self.me.id, fresh=self._fresh)
            self._npcs = npcs.those_here(self.location, rows, self.world)
        return self._npcs

    @property
    def ground_is_partial(self) -> bool:
        """Whether more lies here than was seen."""
        return self._ground is not None and commits.is_partial(self._ground.value)

    async def ground_called(self, word: str) -> Sequence[Thing]:
        """Candidates for a word among the things on the ground here: all of them, or, of very many, those that the word fits."""
        ground = await self.ground()
        if not commits.is_partial(ground):
            return ground
        kinds = [id for id, item in self.world.items.items() if targets.fits(word, Named(id, item.name, item.aliases))]  # noqa: A001
        item_id = int(word) if word.isdecimal() and len(word) <= LONGEST_ID else 0
        return await commits.find_on_ground(self.around.database, self.me.location_id, kinds, item_id, CANDIDATES) or ground

    @property
    def ground_version(self) -> int | None:
        """The version of the ground that was seen; None when it was not looked at."""
        return None if self._ground is None else self._ground.version

    async def people_called(self, word: str) -> list[PlayerView]:
        """The people in this place that a word may mean; a fresh look counts only those that PostgreSQL places here."""
        found = await self.around.people_called(word, location_id=self.me.location_id, but=self.me.id)
        if self._fresh and found:
            here = await commits.those_in(self.around.database, self.me.location_id, [one.id for one in found])
            found = [one for one in found if one.id in here]
        return found

    def template(self, thing: Thing) -> Item:
        """A thing's template."""
        return views.template_of(thing, self.world)
