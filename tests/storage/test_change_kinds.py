"""The changes of NPCs, fights, remains, timers and statistics in `echoes_apply`: each is refused under another version, and does that much and no more."""

import json

import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, database
from echoes.storage.commits import Placed, Stale
from echoes.world import content

SHIPPED = content.load(gamedata_of(read()))
HERE = SHIPPED.start.location
THERE, CLOSED = sorted(SHIPPED.locations.keys() - {HERE})[:2]
BREAD, COAT, OWN = 1, 2, 3
REMAINS = 77
TABLES = ("characters", "items", "equipment", "places", "npcs", "combats", "corpses", "timers", "ledger", "facts", "statistics", "commands")
PEOPLE = {}


@pytest.fixture
async def context(made):
    """Mara with bread, a worn coat and a worn cap that is personal; a hound and a fight in the same place; a location that is closed."""
    async with database.connect(made, pool=3, timeout=20) as opened:
        await opened.rows("test", f"truncate accounts, {', '.join(one for one in TABLES if one != 'places')} cascade")
        await opened.rows("test", "update places set open = location_id <> $1, version = 1, npc_version = 1", CLOSED)
        account = await accounts.create_account(opened, "mara", "mara", "hash")
        kit = [Placed(BREAD, "ash_bread", 2, None), Placed(COAT, "patched_coat", 1, 40), Placed(OWN, "motormans_cap", 1, 9)]
        mara = await accounts.create_character(opened, account.id, "Mara", "mara", SHIPPED.start, kit)
        PEOPLE["mara"] = mara.id
        await opened.rows("test", "update items set personal = true where id = $1", OWN)
        for slot, thing in ("torso", COAT), ("head", OWN):
            await opened.rows("test", "insert into equipment (character_id, slot, item_id) values ($1, $2, $3)", mara.id, slot, thing)
        await opened.rows(
            "test", "insert into npcs (id, template, spawn, location_id, home, hp, version, state) overriding system value"
            " values (5, 'ash_hound', 'hounds', $1, $1, 9, 3, '{\"a\": 1}')", HERE,
        )  # fmt: skip
        await opened.rows("test", "insert into combats (id, location_id, until, fight, version) values (7, $1, 1, '{\"n\": 1}', 4)", HERE)
        yield opened


async def commit(context, *changes, ledger=(), facts=(), number=1):
    me = {"op": "character", "id": PEOPLE["mara"], "version": number, "set": {}}
    return await commits.commit(
        context, character_id=PEOPLE["mara"], epoch=0, client="c", number=number, reply=b"[]", events=b"[]", changes=[me, *changes],
        ledger=ledger, facts=json.dumps(facts).encode(),
    )  # fmt: skip


async def everything(context):
    """All that a commit may change."""
    statements = {table: f"select to_jsonb(t)::text as row from {table} t order by 1" for table in TABLES}  # noqa: S608 - constants
    return {table: [row["row"] for row in await context.rows("test", statement)] for table, statement in statements.items()}


async def rows(context, sql):
    return [tuple(row.values()) for row in await context.rows("test", sql)]


def npc(version=3, place=HERE, id_=5, **fields):
    return {"op": "npc", "id": id_, "version": version, "location_id": place, "set": fields}


def gone(version=3, place=HERE, id_=5):
    return {"op": "npc_gone", "id": id_, "version": version, "location_id": place}


def new(place=HERE, most=2, id_=6):
    return {
        "op": "npc_new", "id": id_, "template": "ash_hound", "spawn": "hounds", "location_id": place, "home": place, "hp": 16, "state": {}, "most": most,
    }  # fmt: skip


def fight(version=4, id_=7, **more):
    return {"op": "combat", "id": id_, "version": version, "fight": {"n": 2}, "over": False, **more}


def another(place=THERE, id_=8):
    return {"op": "combat_new", "id": id_, "location_id": place, "seconds": 15, "fight": {"n": 9}}


def corpse(place=HERE):
    return {
        "op": "corpse",
        "id": REMAINS,
        "character": PEOPLE["mara"],
        "location_id": place,
        "template": "remains",
        "label": "Mara",
        "seconds": 600,
    }


def entry(template, quantity):
    return {"template": template, "quantity": quantity, "reason": "test"}


@pytest.mark.parametrize(
    "change",
    [
        npc(version=2, hp=1), npc(version=4, hp=1), npc(place=THERE, hp=1), npc(id_=99, hp=1), npc(location_id=CLOSED), npc(location_id="nowhere"),
        gone(version=2), gone(version=4), gone(place=THERE), gone(id_=99),
        new(most=1), new(place=CLOSED), new(place="nowhere"), new(id_=5),
        fight(version=3), fight(version=5), fight(id_=99), another(HERE), another(id_=7),
        {"op": "corpse_gone", "id": 99, "location_id": HERE},
    ],
    ids=str,
)  # fmt: skip
async def test_a_row_that_is_not_as_it_was_read_changes_nothing(context, change):
    """An older and a newer version, another place, a row that is not there, a bound that is reached, a location that is closed."""
    before = await everything(context)
    with pytest.raises(Stale):
        await commit(context, change)
    assert await everything(context) == before


async def test_a_fight_that_is_over_stays_so(context):
    """Then another one may begin in its location."""
    await commit(context, fight(over=True))
    with pytest.raises(Stale, match="fight 7 has changed"):
        await commit(context, fight(version=5), number=2)
    await commit(context, another(HERE), number=2)
    assert await rows(context, "select id, over, version from combats order by id") == [(7, True, 5), (8, False, 1)]


async def test_a_round_has_a_time_limit_from_the_commit_on(context):
    """A choice leaves it as it is."""
    await commit(context, fight())
    assert await rows(context, "select version, until, fight ->> 'n', over from combats") == [(5, 1.0, "2", False)]
    await commit(context, fight(5, seconds=15), another(), number=2)
    left = await rows(context, "select id, until - extract(epoch from clock_timestamp()) from combats order by id")
    assert [(id_, 5 < seconds <= 15) for id_, seconds in left] == [(7, True), (8, True)]


async def test_an_npc_changes_under_its_version(context):
    """Only what the change names. Where it stays, the location's version rises once; where it moves, both do."""
    receipt = await commit(context, npc(hp=4))
    assert receipt.npc_places == {HERE: 2}
    assert await rows(context, "select version, location_id, hp, state ->> 'a', home from npcs") == [(4, HERE, 4, "1", HERE)]
    receipt = await commit(context, npc(4, state={"a": 2}), number=2)
    assert await rows(context, "select version, hp, state ->> 'a' from npcs") == [(5, 4, "2")]
    receipt = await commit(context, npc(5, location_id=THERE), number=3)
    assert receipt.npc_places == {HERE: 4, THERE: 2}
    assert await rows(context, "select version, location_id, home from npcs") == [(6, THERE, HERE)]
    assert receipt.places == {}


async def test_an_npc_may_leave_a_location_that_is_closed(context):
    """It can be removed there, and go to another one; it cannot be hurt there."""
    await context.rows("test", "update npcs set location_id = $1", CLOSED)
    with pytest.raises(Stale):
        await commit(context, npc(place=CLOSED, hp=1))
    receipt = await commit(context, npc(place=CLOSED, location_id=HERE))
    assert receipt.npc_places == {HERE: 2, CLOSED: 2}
    await context.rows("test", "update npcs set location_id = $1", CLOSED)
    receipt = await commit(context, gone(4, CLOSED), number=2)
    assert receipt.npc_places == {CLOSED: 3}
    assert await rows(context, "select from npcs") == []


async def test_a_population_has_a_bound(context):
    """One comes while fewer are there; those of another population do not count."""
    await context.rows("test", "update npcs set spawn = 'others'")
    assert (await commit(context, new(most=1))).npc_places == {HERE: 2}
    assert await rows(context, "select template, location_id, home, hp, version from npcs where id = 6") == [
        ("ash_hound", HERE, HERE, 16, 1)
    ]
    with pytest.raises(Stale, match="spawn hounds is full"):
        await commit(context, new(most=1, id_=8), number=2)


async def test_remains_hold_all_but_personal_things(context):
    """Worn or not; others may take from them after a time. They are a thing on the ground, which does not decay as litter, with an entry."""
    receipt = await commit(context, corpse(), ledger=[entry("remains", 1)])
    inside, lying = f"container:{REMAINS}", f"location:{HERE}"
    assert await rows(context, "select id, owner, version, label from items order by id") == [
        (BREAD, inside, 2, ""), (COAT, inside, 2, ""), (OWN, f"character:{PEOPLE['mara']}", 1, ""), (REMAINS, lying, 1, "Mara"),
    ]  # fmt: skip
    assert await rows(context, f"select from items where id = {REMAINS} and laid is null") == [()]
    assert await rows(context, "select item_id from equipment") == [(OWN,)]
    ((item, character, left),) = await rows(
        context, "select item_id, character_id, open_at - extract(epoch from clock_timestamp()) from corpses"
    )
    assert (item, character, 590 < left <= 600) == (REMAINS, PEOPLE["mara"], True)
    assert receipt.places == {HERE: 2}


async def test_remains_without_an_entry_are_refused(context):
    before = await everything(context)
    with pytest.raises(Exception, match="without a ledger entry"):
        await commit(context, corpse())
    with pytest.raises(Stale):
        await commit(context, corpse(CLOSED), ledger=[entry("remains", 1)])
    assert await everything(context) == before


async def test_remains_go_with_all_that_is_inside(context):
    """The ledger counts each template; other things stay. So it is in a location that has been closed meanwhile."""
    await context.rows("test", "insert into items (id, template, quantity, owner) values (9, 'ash_bread', 3, $1)", f"location:{HERE}")
    await commit(context, corpse(), ledger=[entry("remains", 1)])
    await context.rows("test", "update places set open = false where location_id = $1", HERE)
    receipt = await commit(context, {"op": "corpse_gone", "id": REMAINS, "location_id": HERE}, number=2)
    assert await rows(context, "select id from items order by id") == [(OWN,), (9,)]
    assert await rows(context, "select from corpses") == []
    assert await rows(context, "select template, quantity::int, character_id from ledger where reason = 'decay' order by 1") == [
        (template, quantity, PEOPLE["mara"]) for template, quantity in (("ash_bread", -2), ("patched_coat", -1), ("remains", -1))
    ]
    assert receipt.places == {HERE: 3}


async def test_a_timer_is_armed_again_unless_it_is_kept(context):
    """With a new version, a new payload and no failures; another one of its subject or its kind stays armed."""
    timer = {"op": "timer", "kind": "k", "subject": "s:1", "in": 60}
    await commit(context, timer, {**timer, "subject": "s:2"}, {**timer, "kind": "l"})
    await context.rows("test", "update timers set failures = 3")
    look = "select kind, subject, version, failures, payload::text, round(due_at - extract(epoch from clock_timestamp()))::int / 50 from timers order by 1, 2"
    (one, two, other) = await rows(context, look)
    assert (one[3:], two[3:], other[3:]) == ((3, "{}", 1),) * 3
    await commit(context, {**timer, "in": 160, "keep": True}, {**timer, "subject": "s:2", "in": 160, "payload": {"a": 1}}, number=2)
    (kept, again, left) = await rows(context, look)
    assert (kept, left) == (one, other)
    assert (again[3:], again[2] > two[2]) == ((0, '{"a": 1}', 3), True)
    await commit(context, {"op": "timer_off", "kind": "k", "subject": "s:1"}, number=3)
    assert [row[:2] for row in await rows(context, look)] == [("k", "s:2"), ("l", "s:1")]


async def test_statistics_count_the_facts_of_each_character(context):
    """Facts of a commit, in their order, are on record; those of no character, and of other kinds, count for none."""
    me = {"character_id": PEOPLE["mara"]}
    facts = [
        {"type": "killed", **me}, {"type": "moved", **me}, {"type": "moved", **me}, {"type": "searched", "found": 3, **me}, {"type": "died", **me},
        {"type": "took", "found": 9, **me}, {"type": "killed", "character_id": 10**6}, {"type": "npc_arrived"},
    ]  # fmt: skip
    look = "select character_id, kills::int, deaths::int, distance::int, finds::int from statistics"
    await commit(context, facts=facts)
    assert await rows(context, look) == [(PEOPLE["mara"], 1, 1, 2, 3)]
    assert [row[0] for row in await rows(context, "select type from facts order by id")] == [fact["type"] for fact in facts]
    await commit(context, facts=facts[:2], number=2)
    assert await rows(context, look) == [(PEOPLE["mara"], 2, 1, 3, 3)]
    assert await rows(context, "select body::text, character_id is null from facts where type = 'npc_arrived'") == [("{}", True)]


async def test_an_unknown_change_is_refused(context):
    before = await everything(context)
    with pytest.raises(Exception, match="unknown change"):
        await commit(context, {"op": "wish"})
    assert await everything(context) == before
