"""A command's view of the world: which people, things, NPCs and fights it sees, how many more there are, and what is read for it. No database."""

from types import SimpleNamespace

import pytest
from cluster import QUIET
from echoes.caching import Versioned
from echoes.errors import Unavailable
from echoes.facilities import Body, Crowd, Position
from echoes.game import scene as scenes
from echoes.game.scene import Scene, Surroundings
from echoes.storage.combats import CombatRow
from echoes.storage.commits import LITTER, NoCharacter, Stale, Thing
from echoes.storage.npcs import NpcRow
from echoes.wire import PlayerView, WirePosition
from echoes.world.combat import Fight, Fighter
from msgspec.structs import replace

HERE = "kiln_yard"
HOUND = NpcRow(5, 3, "ash_hound", "hounds", HERE, HERE, 9, {"fight": 7})


class Around:
    """Surroundings over given answers; `asked` has what was read."""

    def __init__(self, monkeypatch, world=QUIET) -> None:
        self.asked, self.fetched = [], {}
        self.crowd, self.found, self.direct, self.late = Crowd([], 0), {}, False, None
        self.contents = SimpleNamespace(
            world=world, populations=SimpleNamespace(reached=frozenset({HERE})), renew=self.renew, location=self.location
        )
        self.caching = SimpleNamespace(counts={("session", "hit"): 0}, is_direct=lambda _: self.direct, fetch=self.fetch)
        self.around = Surroundings(
            contents=self.contents, database=SimpleNamespace(now=lambda: 1000.0), caching=self.caching,
            registry=SimpleNamespace(crowd=self.crowd_of, find=self.find), who_pages=None,
            speech_limits=SimpleNamespace(heard_by=lambda *heard: self.asked.append(("heard_by", *heard))),
            broadcast=SimpleNamespace(position=self.position), dice=None, durable_moves=False, catalogue=None, behaviours={}, effects={},
        )  # fmt: skip
        self.rows = {
            7: CombatRow(7, 1, HERE, 1015.0, over=False, fight=Fight(HERE, 1, 1, (Fighter("npc:5", "the ash hound", 1, 9, 16),), {}))
        }
        for name, answer in (
            ("names_of", lambda ids: {id_: f"row {id_}" for id_ in ids}), ("those_in", lambda _, ids: [id_ for id_ in ids if id_ != 3]),
            ("find_on_ground", lambda *_: self.found.get("ground", [])), ("count_ground", lambda _: 900),
        ):  # fmt: skip
            monkeypatch.setattr(scenes.commits, name, self.reading(name, answer))
        monkeypatch.setattr(scenes.combats, "load", self.reading("combat", self.rows.get))

    def reading(self, name, answer):
        async def read(_, *arguments):
            self.asked.append((name, *arguments))
            return answer(*arguments)

        return read

    async def renew(self):
        self.asked.append(("renew",))
        self.contents.world = self.late or self.contents.world

    async def location(self, world, location_id, *, direct):
        self.asked.append(("location", direct))
        return world.locations[location_id]

    async def fetch(self, kind, key, _, **more):
        self.asked.append(("fetch", kind.name, key, more.get("fresh", False)))
        return self.fetched.get(kind.name, Versioned(4, []))

    async def crowd_of(self, location_id, *, limit):
        self.asked.append(("crowd", location_id, limit))
        return self.crowd

    async def find(self, word, *, location, limit):
        self.asked.append(("find", word, location, limit))
        return self.found.get(word, [])

    async def position(self, channel):
        return Position(channel, 4)

    def scene(self, me, **more):
        return Scene(self.around, self.contents.world, self.contents.world.locations[HERE], me, 1000.0, **more)


@pytest.fixture
def world(monkeypatch):
    return Around(monkeypatch)


@pytest.fixture
def mara(row):
    return replace(row(1), location_id=HERE)


def bodies(*ids, connected=True):
    return [Body(id_, f"P{id_}", HERE, connected=connected) for id_ in ids]


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("seen", "total", "listed", "more"),
    [
        ([1], 1, [], 0),
        ([2], 1, [2], 0),
        ([2, 1, 3], 3, [2, 3], 0),
        (range(1, 52), 60, list(range(2, 52)), 9),
        (range(2, 53), 60, list(range(2, 52)), 9),
        (range(1, 52), 51, list(range(2, 52)), 0),
    ],
)
async def test_a_crowd_is_listed_in_part_and_the_rest_is_counted(world, seen, total, listed, more):
    """The one that asks is neither listed nor counted; whispers and shouts there are limited by its size."""
    world.crowd = Crowd(bodies(*seen), total)
    people, rest = await world.around.people_in(HERE, but=1)
    assert ([one.id for one in people], rest) == (listed, more)
    assert world.asked == [("crowd", HERE, 51), ("heard_by", HERE, total)]


@pytest.mark.parametrize("direct", [False, True])
async def test_people_have_the_name_of_their_body(world, direct):
    """Of their row for one that reads past the cache; one without a connection is link-dead."""
    world.direct = direct
    found = await world.around.people([*bodies(2), *bodies(3, connected=False)], 1)
    names = ("row 2", "row 3") if direct else ("P2", "P3")
    assert found == [PlayerView(2, names[0], linkdead=False), PlayerView(3, names[1], linkdead=True)]
    assert world.caching.counts["session", "hit"] == 2
    assert world.asked == ([("names_of", [2, 3])] if direct else [])
    assert await world.around.people([], 1) == []
    assert len(world.asked) == int(direct)


@pytest.mark.parametrize(
    ("word", "found", "asked"),
    [
        ("the Ada", {"ada": [2]}, ["ada"]),
        ("o'neil", {"o'neil": [2]}, ["o'neil"]),
        ("o'neil", {"o’neil": [2]}, ["o'neil", "o’neil"]),
        ("adb", {"a": [2]}, ["adb", "a"]),
        ("o'x", {}, ["o'x", "o’x", "o"]),
    ],
)
async def test_people_are_found_by_a_word_or_near_it(world, word, found, asked):
    """With either apostrophe, and then by the first letter, for a hint; never the one that asks."""
    world.found = {name: bodies(1, *ids) for name, ids in found.items()}
    people = await world.around.people_called(word, location_id=HERE, but=1)
    assert [one.id for one in people] == ([2] if found else [])
    assert world.asked == [("find", one, HERE, 20) for one in asked]


async def test_a_fresh_look_counts_only_people_that_postgresql_places_here(world, mara):
    world.found = {"p": bodies(2, 3)}
    assert [one.id for one in await world.scene(mara).people_called("p")] == [2, 3]
    assert [one.id for one in await world.scene(mara, fresh=True).people_called("p")] == [2]
    assert ("those_in", HERE, [2, 3]) in world.asked
    world.asked.clear()
    assert await world.scene(mara, fresh=True).people_called("q") == []
    assert {one[0] for one in world.asked} == {"find"}


# ── the place ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_location_that_is_not_known_is_asked_for(world):
    """Another worker may have newer content; where it has not, the world is unavailable."""
    assert await world.around.world_with(HERE) is QUIET
    assert world.asked == []
    newer = replace(QUIET, locations={**QUIET.locations, "new": QUIET.locations[HERE]})
    with pytest.raises(Unavailable):
        await world.around.world_with("new")
    world.late = newer
    assert await world.around.world_with("new") is newer
    assert world.asked == [("renew",)] * 2


async def test_a_scene_in_a_location_that_is_gone_is_decided_again(world, mara):
    """Over a fresh row."""
    lost = replace(mara, location_id="gone")
    with pytest.raises(Stale, match="there is no gone any more"):
        await world.around.scene_of(lost, fresh=False, near=True)
    assert world.asked == []
    with pytest.raises(Unavailable):
        await world.around.scene_of(lost, fresh=True, near=True)
    found = await world.around.scene_of(mara, fresh=False, near=True)
    assert found.stamina == found.me.stamina
    assert (found.me.id, found.now, found.location) == (1, 1000.0, QUIET.locations[HERE])


async def test_a_character_that_is_gone_has_no_row(world, mara, monkeypatch):
    """Else it is cached under its version."""

    async def fetch(_, key, load, **__):
        version, value = await load()
        return Versioned(version, value) if version == 1 else None

    world.caching.fetch = fetch
    monkeypatch.setattr(scenes.commits, "load_character", world.reading("row", {1: mara}.get))
    assert await world.around.row_of(1) is mara
    with pytest.raises(NoCharacter):
        await world.around.row_of(2)


async def test_the_rows_of_a_scene_are_read_once(world, mara):
    """Things, ground and NPCs, fresh where the scene is; before that the ground has no version."""
    for fresh in (False, True):
        one = world.scene(mara, fresh=fresh)
        assert (one.ground_version, one.ground_is_partial) == (None, False)
        for _ in range(2):
            assert (await one.things(), await one.ground()) == ([], [])
            assert {seen.id for seen in await one.npcs()} == set(QUIET.locations[HERE].npcs)
        assert one.ground_version == 4
        kinds = {asked[1] for asked in world.asked}
        assert (len(world.asked), len(kinds), {asked[3] for asked in world.asked}) == (3, 3, {fresh})
        world.asked.clear()
    assert await world.around.npcs_of("quay", 1) == []
    assert world.asked == []


async def test_the_position_of_a_location_is_that_of_its_channel(world):
    assert await world.around.position_of(HERE) == WirePosition(f"location:{HERE}", 4)


@pytest.mark.parametrize(
    ("over", "state", "fighters"), [(False, {"fight": 7}, 1), (True, {"fight": 7}, 0), (False, {"fight": 8}, 0), (False, {}, 0)]
)
async def test_a_view_shows_the_fight_that_its_npcs_are_in(world, mara, over, state, fighters):
    """Nothing is read while none of them is in one."""
    world.rows[7] = replace(world.rows[7], over=over)
    world.fetched = {scenes.NPCS.name: Versioned(1, [replace(HOUND, state=state)])}
    view = await world.around.view_of(mara)
    assert len(view.fight.fighters if view.fight else []) == fighters
    assert [asked for asked in world.asked if asked[0] == "combat"] == ([("combat", state["fight"])] if state else [])


@pytest.mark.parametrize("lying", [LITTER, LITTER + 1])
async def test_a_full_ground_is_read_in_part_and_counted(world, mara, lying):
    """Beyond the bound a word is looked up in PostgreSQL, by kind or by number; where that finds nothing, among those that were read."""
    ground = [Thing(number, 1, "old_coin", 1, laid=9.0) for number in range(1, lying + 1)]
    world.fetched, partial = {scenes.GROUND.name: Versioned(2, ground)}, lying > LITTER
    view = await world.around.view_of(mara)
    assert view.more_items + len(view.items) == (900 if partial else lying)
    one, far = world.scene(mara), [Thing(999, 1, "old_coin", 1)]
    world.found = {"ground": far}
    assert await one.ground_called("coin") == (far if partial else ground)
    assert one.ground_is_partial == partial
    world.asked.clear()
    for word, number in ("777", 777), ("12345678901234567", 0), ("-7", 0), ("1234567890123456", 1234567890123456):
        await one.ground_called(word)
        if partial:
            assert world.asked[-1][3:] == (number, 20)
    world.found = {}
    assert await one.ground_called("coin") == ground
