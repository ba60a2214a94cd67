"""From rows and templates to what a client is shown: the own character, things, places, fights and the map. Pure."""

import pytest
from echoes.game import views
from echoes.game.npcs import Seen
from echoes.storage.commits import Thing
from echoes.storage.npcs import NpcRow
from echoes.wire import (
    EffectView,
    ExitView,
    FighterView,
    FightView,
    InventoryView,
    ItemView,
    LocationView,
    PaceView,
    PlaceView,
    PlayerView,
    ThingView,
)
from echoes.world.combat import Choice, Fight, Fighter
from echoes.world.effects import Lasting
from echoes.world.model import Body, Changes, Effect, Exit, Interactable, Item, Location, Npc, Restores, Start, World
from echoes.world.rules import Load
from msgspec.structs import replace

NOW = 1000.12345
BREAD = Item("ash bread", "food", "Grey.", 0.5, 0.25, stackable=True, gives=("fed",))
COAT = Item("long coat", "clothing", "Warm.", 2.0, 3.0, slot="body", durability=40)
HOUND = Npc("ash hound", "Grey and lean.", "hostile", hp=16)
MARTA = Npc("Marta", "She makes candles.", "friendly")
YARD = Location(
    "The Yard", "Kilns", "Brick and ash.", 3, -2, danger_level=2, image_alt="A yard.",
    exits={"north": Exit("lane", 4, look="A lane."), "east": Exit("quay")},
    interactables={
        "kiln": Interactable("kiln", "Cold.", loot="ash"), "tap": Interactable("tap", "Dry.", gives="cup"),
        "wall": Interactable("wall", "Brick."),
    },
)  # fmt: skip
LANE = Location("The Lane", "Kilns", "Narrow.", 3, -1, {"south": Exit("yard")}, danger_level=1)
QUAY = Location("The Quay", "River", "Wet.", 4, -2, {})
WORLD = World(
    Start("yard", "You wake.", body=Body(stamina_per_minute=6, hp_per_minute=3, rest_multiplier=4, carry_weight=10, carry_volume=10)),
    locations={"yard": YARD, "lane": LANE, "quay": QUAY},
    items={
        "bread": BREAD,
        "coat": COAT,
        "tonic": Item("tonic", "material", "Bitter.", 0.2, 0.1, restores=Restores(stamina=5)),
        "sack": Item("sack", "bag", "Big.", 1.0, 5.0, slot="back", carries_weight=4, carries_volume=6),
        "remains": Item("remains", "trinket", "Still.", 9.0, 9.0),
        "note": Item("note", "document", "Words.", 0.0, 0.0, stackable=True),
        "pin": Item("pin", "trinket", "Small.", 0.0, 0.0),
        "anvil": Item("anvil", "tool", "Heavy.", 10.5, 1.0),
    },
    npcs={"ash_hound": HOUND, "marta": MARTA},
    loot={},
    version="1",
    effects={
        "bleeding": Effect("bleeding", "Blood.", seconds=60, changes=Changes(health=-50, stamina=100)),
        "laden": Effect("laden", "A heavy bag.", load_above=0.5),
        "tired": Effect("tired", "Slow.", helps=True, stamina_below=0.5),
    },
)  # fmt: skip


@pytest.fixture
def mara(row):
    """A character as it was half a minute ago."""
    then = NOW - 30
    return replace(row(1), hp=10, max_hp=40, hp_at=then, stamina=20.126, max_stamina=100, stamina_at=then, level=3, strength=6)


def bleeding(until):
    return (Lasting("bleeding", 0.0, until, stacks=1),)


# ── the own character ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_own_character_has_all_that_has_returned_by_now(mara):
    """Whole hit points, and the moment of the last one; stamina in hundredths, moments in thousandths of a second."""
    shown = views.you(mara, NOW, WORLD)
    assert (shown.hp, shown.hp_at, shown.stamina, shown.at, shown.points) == (11, 990.123, 23.13, 1000.123, 3)
    assert views.stamina(mara, NOW, WORLD) == pytest.approx(23.126)
    fresh = views.you(replace(mara, hp_at=None), NOW, WORLD)
    assert (fresh.hp, fresh.hp_at) == (10, 1000.123)


@pytest.mark.parametrize(
    ("fields", "paces"),
    [({}, (3, 6)), ({"resting": True}, (12, 24)), ({"combat": 1}, (0, 6)), ({"effects": bleeding(NOW + 9)}, (1.5, 12))],
    ids=["awake", "resting", "fighting", "bleeding"],
)
def test_health_and_stamina_return_at_the_pace_of_the_body(mara, fields, paces):
    """Faster at rest, in a fight no health, and as effects change it."""
    shown = views.you(replace(mara, **fields), NOW, WORLD)
    assert (shown.hp_per_minute, shown.stamina_per_minute) == paces


def test_the_pace_changes_when_an_effect_is_over(mara):
    """Before now it counts as long as it lasted; after now the client gets each change to come, with its moment."""
    past = replace(mara, effects=bleeding(NOW - 9))
    shown = views.you(past, NOW, WORLD)
    assert (shown.hp, shown.stamina, shown.effects, shown.later) == (10, 25.23, [], [])
    lasting = views.you(replace(mara, effects=bleeding(NOW + 9)), NOW, WORLD)
    assert lasting.effects == [views.effect("bleeding", WORLD.effects["bleeding"], *bleeding(NOW + 9))]
    assert lasting.later == [PaceView(1009.123, 3, 6)]


def test_an_effect_is_shown_with_its_end_and_its_condition():
    """One that something else ends, or that is only described, has no end and counts once."""
    wound, laden, tired = WORLD.effects.values()
    lasting = Lasting("bleeding", 0.0, 1009.12345, stacks=3)
    assert views.effect("bleeding", wound, lasting) == EffectView("bleeding", "bleeding", "Blood.", stacks=3, until=1009.123)
    assert views.effect("bleeding", wound, replace(lasting, until=None)).until == 0.0
    assert views.effect("laden", laden) == EffectView(
        "laden", "laden", "A heavy bag.", stacks=1, until=0.0, load_above=0.5, stamina_below=0.0
    )
    assert views.effect("tired", tired) == EffectView("tired", "tired", "Slow.", helps=True, load_above=0.0, stamina_below=0.5)


@pytest.mark.parametrize(("coats", "stamina", "found"), [(3, 20.0, ["laden", "tired"]), (3, 60.0, ["laden"]), (2, 20.0, ["tired"])])
def test_conditions_follow_from_load_and_stamina(mara, coats, stamina, found):
    """Each by its part of the most, by the stamina of now."""
    bag = [Thing(number, 1, "coat", 1, slot="body") for number in range(coats)]
    assert views.conditions(replace(mara, stamina=stamina), bag, NOW, WORLD) == found


# ── things ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_thing_is_shown_with_its_template():
    """One whose template is gone is a keepsake."""
    assert views.item(Thing(7, 3, "coat", 1, durability=9, slot="body", personal=True), WORLD) == ItemView(
        7, 3, 1, "coat", "long coat", "clothing", "Warm.", 2.0, 3.0, slot="body", worn=True, durability=9, personal=True
    )
    assert views.item(Thing(8, 4, "bread", 5), WORLD) == ItemView(8, 4, 5, "bread", "ash bread", "food", "Grey.", 0.5, 0.25, usable=True)
    keepsake = views.item(Thing(9, 1, "rusted_key", 2), WORLD)
    assert (keepsake.name, keepsake.type, keepsake.usable, keepsake.quantity) == ("rusted key", "trinket", False, 2)


@pytest.mark.parametrize(("template", "is_usable"), [("bread", True), ("note", True), ("tonic", True), ("pin", False), ("anvil", False)])
def test_a_thing_of_a_usable_type_or_one_that_restores_can_be_used(template, is_usable):
    assert views.item(Thing(1, 1, template, 1), WORLD).usable == is_usable


def test_a_label_is_behind_the_name():
    assert views.name_of(Thing(1, 1, "remains", 1, label="Mara"), WORLD) == "remains of Mara"
    assert views.name_of(Thing(1, 1, "remains", 1), WORLD) == "remains"


def test_a_thing_that_is_gone_has_no_quantity():
    """In remains it has the version that getting there gives it."""
    assert views.gone(Thing(7, 3, "coat", 1)) == ItemView(7, 3, 0)
    assert views.lost(Thing(7, 3, "coat", 1)) == ItemView(7, 4, 0)


def test_a_bag_is_shown_with_its_load():
    """A worn thing weighs and takes no room; a worn bag carries more."""
    things = [Thing(1, 1, "coat", 1, slot="body"), Thing(2, 1, "sack", 1, slot="back"), Thing(3, 1, "bread", 3)]
    assert views.load(things, WORLD) == Load(4.5, 14, 0.75, 16)
    assert views.inventory(things, WORLD) == InventoryView([views.item(one, WORLD) for one in things], 4.5, 14, 0.75, 16)


@pytest.mark.parametrize(
    ("pins", "note", "template", "fits"),
    [
        (199, None, "pin", True),
        (200, None, "pin", False),
        (200, None, "note", False),
        (199, {}, "note", True),
        (199, {"slot": "neck"}, "note", False),
        (199, {"personal": True}, "note", False),
        (3, None, "anvil", False),
        (3, None, "coat", True),
    ],
)
def test_a_bag_has_room_for_two_hundred_things(pins, note, template, fits):
    """A stack is one thing, which more of its kind joins unless it is worn or personal. The load is a bound as well."""
    bag = [Thing(at, 1, "pin", 1) for at in range(pins)] + ([] if note is None else [Thing(pins, 1, "note", 1, **note)])
    assert views.has_room(bag, template, WORLD.items[template], 1, WORLD) == fits


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def hounds(number):
    return [Seen("ash_hound", HOUND, NpcRow(at, 1, "ash_hound", "hounds", "yard", "yard", 16)) for at in range(number)]


def players(number):
    return [PlayerView(at, f"P{at}") for at in range(1, number + 1)]


def test_a_place_is_shown_as_far_as_it_was_explored():
    """A neighbour has a name only for a character that has been there."""
    ground, people, fight = [Thing(1, 2, "bread", 3), Thing(2, 1, "coat", 1)], players(2), FightView(7, 1, 9.0)
    shown = views.location("yard", YARD, ["yard", "lane"], people, ground, WORLD, npcs=hounds(1), fight=fight, more_players=4, lying=9)
    assert shown == LocationView(
        "yard", "The Yard", "Kilns", "Brick and ash.", 2, "images/locations/yard.svg", "A yard.", 3, -2,
        [ExitView("north", "lane", 4, "The Lane", "A lane."), ExitView("east", "quay", 5)],
        [ThingView("kiln", "kiln", searchable=True), ThingView("tap", "tap", searchable=True), ThingView("wall", "wall", searchable=False)],
        [hounds(1)[0].view], people, [views.item(one, WORLD) for one in ground],
        more_players=4, more_items=7, fight=fight,
        around="Exits: north, east. Here: ash hound, P1, P2 and 4 more. You see: kiln, tap, wall. On the ground: ash bread ×3, long coat.",
    )  # fmt: skip
    bare = views.location("quay", QUAY, [], [], ground, WORLD)
    assert (bare.more_players, bare.more_items, bare.around) == (0, 0, "There is no way out. On the ground: ash bread ×3, long coat.")
    assert views.location("quay", QUAY, [], [], [], WORLD).more_items == 0


@pytest.mark.parametrize(
    ("npcs", "people", "more", "here"),
    [
        (0, 0, 0, ""),
        (0, 0, 3, ""),
        (1, 0, 0, "Here: ash hound."),
        (3, 1, 0, "Here: ash hound ×3, P1."),
        (0, 8, 0, "Here: P1, P2, P3, P4, P5, P6, P7, P8."),
        (0, 9, 0, "Here: P1, P2, P3, P4, P5, P6, P7, P8 and 1 more."),
        (0, 8, 1, "Here: P1, P2, P3, P4, P5, P6, P7, P8 and 1 more."),
        (2, 9, 5, "Here: ash hound ×2, P1, P2, P3, P4, P5, P6, P7 and 7 more."),
    ],
)
def test_the_line_about_a_place_names_some_and_counts_the_rest(npcs, people, more, here):
    """Eight of each kind; equal NPCs count together."""
    line = views.around(replace(QUAY, interactables={}), hounds(npcs), players(people), more, [], WORLD)
    assert line == f"There is no way out. {here}".strip()


def test_a_view_lists_the_things_of_a_place_and_then_the_newest():
    """Fifty, in the order of the ground; the others are a number."""
    ground = [Thing(number, 1, "pin", 1, laid=0.0 if number in {1, 2} else float(number)) for number in range(1, 61)]
    assert [thing.id for thing in views.shown_of(ground)] == [1, 2, *range(13, 61)]
    assert views.shown_of(ground[:50]) == ground[:50]
    shown = views.location("yard", YARD, [], [], ground, WORLD)
    assert (len(shown.items), shown.more_items) == (50, 10)


# ── fights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fight_is_shown_with_the_intents_of_the_enemies():
    """Of a player only that it has chosen. An enemy that has just come states no intent yet."""
    fighters = (Fighter("character:1", "Mara", 0, 30, 40), Fighter("npc:5", "the ash hound", 1, 9, 16), Fighter("npc:6", "a rat", 1, 3, 4))
    fought = Fight("yard", 1, 2, fighters, {"npc:5": Choice("heavy", "character:1")}, {"character:1": Choice("attack", "npc:5")})
    assert views.fight(7, fought, 1015.12345) == FightView(
        7, 2, 1015.123, [
            FighterView("character:1", "Mara", 0, 30, 40, chosen=True),
            FighterView("npc:5", "the ash hound", 1, 9, 16, intent="heavy", target="character:1"),
            FighterView("npc:6", "a rat", 1, 3, 4),
        ],
    )  # fmt: skip
    assert views.fight(7, replace(fought, fighters=fighters[:1]), 1015.0).over


# ── the map ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_map_has_explored_places_and_where_their_neighbours_are():
    """A place that the content no longer has is left out."""
    assert views.chart(["yard", "gone", "lane"], WORLD) == [
        PlaceView("yard", 3, -2, True, "The Yard", "Kilns", 2, {"north": "lane", "east": "quay"}),
        PlaceView("lane", 3, -1, True, "The Lane", "Kilns", 1, {"south": "yard"}),
        PlaceView("quay", 4, -2),
    ]
    assert views.chart([], WORLD) == []
