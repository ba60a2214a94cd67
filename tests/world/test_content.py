"""The promises of the content loader to those who write game data. One law a test."""

import shutil
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from echoes.world import model
from echoes.world.content import ContentError, examine, load, picture_of
from echoes.world.graph import REFERENCES, STEP
from echoes.world.kinds import KINDS
from echoes.world.nearest import nearest
from echoes.world.yaml_source import MAX_BYTES
from world.small_city import City

STREET = "locations/old_town/street.yaml"
CELLAR = "locations/old_town/cellar.yaml"
CLINIC = "locations/clinic.yaml"
MEDICINE = "items/medicine.yaml"
WEAPONS = "items/weapons.yaml"
ANIMALS = "npcs/animals.yaml"
LOOT = "loot/street.yaml"
SHIPPED = Path(__file__).parents[2] / "gamedata"

# A sound city


def test_a_sound_city_loads(city: City):
    """The content of the files is the content of the world, by id."""
    world = load(city.folder)
    assert set(world.locations) == {"street", "cellar", "clinic"}
    assert set(world.items) == {"bandage", "crowbar"}
    assert world.locations["street"].exits["north"] == model.Exit(to="clinic")
    assert world.items["crowbar"].damage == model.Damage(2, 5)
    assert world.start.kit == (model.Placement("bandage", 2),)


def test_a_sound_city_has_no_problem(city: City):
    """No error, no problem."""
    assert city.problems() == []


def test_the_shipped_city_is_sound():
    """The game data that we ship have no error."""
    assert [str(problem) for problem in examine(SHIPPED).problems if problem.severity == "error"] == []


def test_the_shipped_city_has_sixty_places_with_things_to_examine_and_a_way_back():
    """Each place has things to examine, says what its picture shows, and can be left again for a place from which it was reached."""
    locations = load(SHIPPED).locations
    assert len(locations) >= 60
    one_way = {(id_, way.to) for id_, place in locations.items() for way in place.exits.values() if way.one_way}
    for id_, place in locations.items():
        assert place.image_alt, id_
        assert len(place.interactables) >= 2, id_
        for way in place.exits.values():
            back = {other.to for other in locations[way.to].exits.values()}
            assert id_ in back or (id_, way.to) in one_way, (id_, way.to)


def test_an_error_stops_the_load(city: City):
    """`load` raises every problem at once, and its text is the list of them."""
    city.change(STREET, "to: clinic", "to: clinc")
    city.change(WEAPONS, "weight: 2", "weight: heavy")
    with pytest.raises(ContentError) as raised:
        load(city.folder)
    assert [problem.file for problem in raised.value.problems] == [WEAPONS, STREET]
    assert str(raised.value) == "\n".join(city.problems())


def test_a_warning_does_not_stop_the_load(city: City):
    """Content that is merely odd is served."""
    city.change(LOOT, "{item: crowbar}, ", "")
    assert load(city.folder)
    assert city.problems() == [
        f"{WEAPONS}:1:1 warning: crowbar: nobody can get this item: it is in no kit, location or loot table, and nobody trades it"
    ]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path):
    """A wrong path is a content error, not a crash."""
    with pytest.raises(ContentError, match="there is no content folder"):
        load(tmp_path / "nowhere")


# The version


def test_the_version_does_not_depend_on_how_files_are_cut(city: City, tmp_path: Path):
    """Two folders that say the same have one version, however the entries are spread over files and ordered in them."""
    other = tmp_path / "other"
    shutil.copytree(city.folder, other)
    for name in ("medicine", "weapons"):
        (other / "items" / f"{name}.yaml").unlink()
    text = (city.folder / WEAPONS).read_text() + (city.folder / MEDICINE).read_text()
    (other / "items" / "a.yaml").write_text("# all of it\n" + text)
    (other / "locations" / "clinic.yaml").rename(other / "locations" / "old_town" / "clinic.yaml")
    assert load(other).version == load(city.folder).version


def test_the_version_changes_with_the_content(city: City):
    """One changed word makes another version of sixteen hexadecimal digits."""
    before = load(city.folder).version
    city.change(STREET, "Soot lies", "Ash lies")
    after = load(city.folder).version
    assert before != after
    assert len(after) == 16
    assert int(after, 16) >= 0


# YAML, and what of it is read


@pytest.mark.parametrize("word", ["no", "on", "yes", "Off", "y", "12:30", "2031-05-01", "1_000", "0b11", "<<", "="])
def test_words_stay_words(city: City, word: str):
    """A word that YAML 1.1 would turn into a truth value, a time, a date or a number is the text that its author wrote."""
    city.change(STREET, "name: Ruined Street", f"name: {word}" if len(word) > 1 else f"name: {word}{word}")
    assert load(city.folder).locations["street"].name in {word, word * 2}


def test_keys_are_text(city: City):
    """A key is never turned into a truth value or a number."""
    city.change(STREET, "  car:\n", "  on:\n")
    assert "on" in load(city.folder).locations["street"].interactables


def test_a_leading_zero_is_not_octal(city: City):
    """`010` is ten, as YAML 1.2 has it."""
    city.change(WEAPONS, "durability: 80", "durability: 010")
    assert load(city.folder).items["crowbar"].durability == 10


def test_white_space_around_a_text_is_not_part_of_it(city: City):
    """A block text does not end in a line break."""
    city.change(
        STREET, "description: Soot lies on everything that still stands.", "description: >\n  Soot lies on everything\n  that stands.\n"
    )
    assert load(city.folder).locations["street"].description == "Soot lies on everything that stands."


def test_a_key_used_twice_is_a_problem(city: City):
    """PyYAML would let the second one win in silence."""
    city.put(CELLAR, (city.folder / CELLAR).read_text() + "name: Vault\n")
    assert city.problems() == [f"{CELLAR}:8:1 name: the key 'name' is already used in line 1"]


def test_a_syntax_error_has_a_place_and_hides_nothing_else(city: City):
    """One file that is no YAML does not stop the others from being checked, and who refers to its ids is not blamed."""
    city.put(MEDICINE, (city.folder / MEDICINE).read_text() + "tonic: [\n")
    city.change(WEAPONS, "durability: 80", "durabilty: 80")
    problems = city.problems()
    assert problems == [
        f"{MEDICINE}:10:1 this is no YAML: while parsing a flow node, did not find expected node content",
        f"{WEAPONS}:9:3 crowbar.durabilty: unknown key 'durabilty'; did you mean 'durability'?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: !!python/object/apply:os.system [ls]\n", "2:7 name: tags (!name) are not used here"),
        ("name: &a Foo\n", "2:7 name: anchors (&name) are not used here"),
        ("name: *a\n", "2:7 name: aliases (*name) are not used here"),
        ("? [a, b]\n: 1\n", "2:3 a key is one word"),
        ("---\nname: Foo\n---\nname: Bar\n", "4:1 a second document starts here (---); a file holds one"),
        ("name: a: b\n", "2:8 this is no YAML: mapping values are not allowed in this context (text that holds a colon"),
        ("\tname: x\n", "2:1 this is no YAML: while scanning for the next token, found character that cannot start any token (indent with"),
        ('name: "bell\\a"\n', "2:7 name: the text holds the invisible character U+0007"),
        ('name: "\\0"\n', "2:7 name: the text holds the invisible character U+0000"),
        ("name: [" * 30, "nested more than 20 deep"),
        ("? " * 4000, "nested more than 20 deep"),
    ],
)
def test_the_dangerous_half_of_yaml_is_refused(city: City, text: str, said: str):
    """Tags, anchors, aliases, odd keys, more documents, hidden characters and deep nests are problems with a place."""
    city.put(CELLAR, "# a cellar\n" + text)
    problems = city.problems()
    assert any(problem.startswith(CELLAR) and said in problem for problem in problems), problems


def test_an_alias_bomb_costs_nothing(city: City):
    """A billion laughs are refused one by one, as text that is never expanded."""
    lines = ["a0: &a0 [lol]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    city.put(CELLAR, "\n".join(lines))
    assert any("aliases" in problem for problem in city.problems())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "1:1 the file is empty"),
        (b"# nothing\n", "1:1 the file is empty"),
        (b"name: Z\xfcrich\n", "1:8 the file is not UTF-8 from here on"),
        (b"name: a\nb: \x00\n", "2:4 the character U+0000 has no place in a text file"),
        ("name: Straße\n".encode("utf-16"), "1:1 the file is not UTF-8 from here on"),
        (b"# " + b"x" * MAX_BYTES, "1:1 the file is larger than 256 KiB; split it"),
    ],
)
def test_bytes_that_are_no_text_are_refused(city: City, raw: bytes, said: str):
    """Only UTF-8 text of reasonable size is read."""
    city.put(CELLAR, raw)
    assert city.problems() == [f"{CELLAR}:{said}"]


def test_a_byte_order_mark_is_passed_over(city: City):
    """The byte order mark that Windows editors put in front does no harm."""
    city.put(CELLAR, b"\xef\xbb\xbf" + (city.folder / CELLAR).read_bytes())
    assert city.problems() == []


# Shapes


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("y: 0\n", "", "1:1 the key 'y' is missing (a whole number)"),
        ("y: 0\n", "y: '0'\n", "5:4 y: expected a whole number, found the text '0'"),
        ("y: 0\n", "y: 0.5\n", "5:4 y: expected a whole number, found the number 0.5"),
        ("y: 0\n", "y: true\n", "5:4 y: expected a whole number, found true"),
        ("y: 0\n", "y:\n", "5:3 y: expected a whole number, found nothing"),
        ("y: 0\n", "y: 1001\n", "5:4 y: must be at most 1000, is 1001"),
        ("y: 0\n", "y: 0\nz: 0\nnam: x\n", "7:1 nam: unknown key 'nam'; did you mean 'name'?"),
        ("name: Ruined Street", "name: 42", "1:7 name: expected text, found the number 42; put it in quotes"),
        ("name: Ruined Street", "name: R", "1:7 name: must have at least 2 characters, has 1"),
        ("name: Ruined Street", "name: [Ruined]", "1:7 name: expected text, found a list"),
        ("npcs: [rat]", "npcs: rat", "14:7 npcs: expected a list, each entry text, found the text 'rat'"),
        ("npcs: [rat]", "npcs: [rat, Rat]", "14:13 npcs[1]: 'Rat' should be lower-case letters, digits and underscores (like"),
        (
            "to: clinic",
            "to: clinic, one_way: no",
            "7:32 exits.north.one_way: expected true or false, found the text 'no'; did you mean false?",
        ),
        ("north: {", "norht: {", "7:3 exits.norht: unknown key 'norht'; did you mean 'north'?"),
        ("  car:\n", "  Car:\n", "10:3 interactables.Car: 'Car' should be lower-case letters"),
        ("npcs: [rat]", "image_path: ../../etc/passwd", "14:13 image_path: '../../etc/passwd' should be written (like ^images/"),
    ],
)
def test_the_error_of_a_wrong_value_names_the_expected_shape(city: City, old: str, new: str, said: str):
    """Missing, unknown, of the wrong type or beyond a limit: the problem has the place, the expected and the found value."""
    city.change(STREET, old, new)
    problems = city.problems()
    assert any(problem.startswith(f"{STREET}:{said}") for problem in problems), problems


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "1e999", "9" * 5000, "0x" + "f" * 16])
def test_no_number_is_beyond_reason(city: City, number: str):
    """A number that is none, endless or too long for the machine is a problem like any other."""
    city.change(WEAPONS, "weight: 2", f"weight: {number}")
    assert city.problems()[0].startswith(f"{WEAPONS}:5:11 crowbar.weight: ")


def test_all_problems_are_in_one_list(city: City):
    """Shapes, references and rules of all files come in one list, in order."""
    city.change(STREET, "x: 0", "x: zero")
    city.change(STREET, "loot: car_boot", "loot: car_boots")
    city.change(STREET, "district: Old Town", "distrikt: Old Town")
    city.change(MEDICINE, "restores: {hp: 5}", "slot: back")
    city.change("world.yaml", "location: street", "location: stret")
    assert city.problems() == [
        f"{MEDICINE}:1:1 bandage.restores: medicine must restore some hp or stamina, or give or cure an effect",
        f"{MEDICINE}:8:9 bandage.slot: a stackable item cannot be worn or wielded: no slot",
        f"{STREET}:1:1 the key 'district' is missing (text)",
        f"{STREET}:2:1 distrikt: unknown key 'distrikt'; did you mean 'district'?",
        f"{STREET}:4:4 x: expected a whole number, found the text 'zero'",
        f"{STREET}:13:11 interactables.car.loot: no loot table 'car_boots'; did you mean 'car_boot'?",
        f"{LOOT}:1:1 warning: car_boot: nothing yields from this loot table",
        "world.yaml:1:11 location: no location 'stret'; did you mean 'street'?",
    ]


# Files and ids


def test_an_id_used_in_two_files_names_both_places(city: City):
    """Items of all files share one name space."""
    city.put("items/zz.yaml", "# more\n" + (city.folder / WEAPONS).read_text())
    assert city.problems() == [f"items/zz.yaml:2:1 crowbar: the id 'crowbar' is already used in {WEAPONS}:1"]


def test_a_location_id_used_in_two_folders_names_both_places(city: City):
    """A location's id is its file's name, wherever it lies."""
    city.put("locations/zz/street.yaml", (city.folder / STREET).read_text())
    assert city.problems() == [f"locations/zz/street.yaml:1:1 the id 'street' is already used in {STREET}:1"]


def test_a_file_name_that_is_no_id_is_a_problem(city: City):
    """Locations are named like ids: what others can refer to."""
    (city.folder / CELLAR).rename(city.folder / "locations/Old Cellar.yaml")
    assert any("Old Cellar.yaml:1:1 the file's name is the location's id: 'Old Cellar' should be" in said for said in city.problems())


def test_an_unread_file_is_reported(city: City):
    """A misspelt folder is a warning, `.yml` an error; hidden files and other endings are ignored."""
    city.put("item/food.yaml", "bread: 1")
    city.put("items/food.yml", "bread: 1")
    city.put("items/deep/food.yaml", "bread: 1")
    city.put("items/.draft.yaml", "bread: 1")
    city.put("items/README.md", "bread")
    assert city.problems() == [
        "item/food.yaml:1:1 warning: nothing reads this file; did you mean 'items'?",
        "items/deep/food.yaml:1:1 warning: nothing reads this file; only locations have subfolders",
        "items/food.yml:1:1 nothing reads this file: name it .yaml",
    ]


def test_a_city_without_a_start_is_a_problem(city: City):
    """`world.yaml` is the one file that must be there; another file's syntax error does not hide that."""
    (city.folder / "world.yaml").unlink()
    city.put(CELLAR, "name: [")
    assert "world.yaml:1:1 this file is missing: it says where a life begins, and with what" in city.problems()


def test_a_file_of_entries_must_hold_entries(city: City):
    """A list of items has no ids."""
    city.put("items/more.yaml", "- bread\n")
    assert city.problems() == ["items/more.yaml:1:1 expected a mapping of ids, each with its item"]


# References


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (STREET, "to: clinic", "to: clinc", "7:15 exits.north.to: no location 'clinc'; did you mean 'clinic'?"),
        (STREET, "npcs: [rat]", "npcs: [rat, cat]", "14:13 npcs[1]: no npc 'cat'; did you mean 'rat'?"),
        (STREET, "npcs: [rat]", "npcs: [rat]\nitems: [{item: bandges}]", "15:16 items[0].item: no item 'bandges'; did you mean 'bandage'?"),
        (STREET, "loot: car_boot", "loot: boot", "13:11 interactables.car.loot: no loot table 'boot'; did you mean 'car_boot'?"),
        (ANIMALS, "loot: rat_corpse", "loot: xyz", "5:9 rat.loot: no loot table 'xyz'"),
        (ANIMALS, "loot: rat_corpse", "loot: rat_corpse\n  trades: [gold]", "6:12 rat.trades[0]: no item 'gold'"),
        (LOOT, "{item: crowbar}", "{item: crowbra}", "2:20 car_boot.entries[0].item: no item 'crowbra'; did you mean 'crowbar'?"),
        ("world.yaml", "location: street", "location: Street", "1:11 location: no location 'Street'; did you mean 'street'?"),
        ("world.yaml", "item: bandage", "item: bndage", "4:11 kit[0].item: no item 'bndage'; did you mean 'bandage'?"),
    ],
)
def test_every_name_leads_to_a_thing(city: City, file: str, old: str, new: str, said: str):
    """The problem of a wrong reference has the nearest name that exists."""
    city.change(file, old, new)
    assert f"{file}:{said}" in city.problems()


def test_every_id_in_the_model_is_a_checked_reference():
    """A new field that names something cannot be forgotten by the checker."""
    told = {(struct.__name__, pattern[0]) for struct, patterns in REFERENCES.items() for pattern in patterns}
    assert told == {
        ("Start", "location"),
        ("Start", "kit"),
        ("Location", "exits"),
        ("Location", "npcs"),
        ("Location", "items"),
        ("Location", "interactables"),
        ("Location", "causes"),
        ("Location", "rest_gives"),
        ("Location", "cures"),
        ("Item", "inflicts"),
        ("Item", "gives"),
        ("Item", "cures"),
        ("Effect", "ends"),
        ("Npc", "inflicts"),
        ("Npc", "loot"),
        ("Npc", "trades"),
        ("Npc", "buys"),
        ("Loot", "entries"),
        ("Spawn", "npc"),
        ("Spawn", "locations"),
        ("Dialogue", "openings"),
        ("Dialogue", "passages"),
        ("Dialogue", "topics"),
        ("Quest", "after"),
        ("Quest", "steps"),
        ("Quest", "reward"),
        ("Mystery", "clues"),
    }
    roots = (model.Start, *(kind.struct for kind in KINDS))
    holding = {
        (struct.__name__, name) for struct in roots for name, hint in get_type_hints(struct, include_extras=True).items() if _names(hint)
    }
    assert holding - told == {("Location", "tags")}


def _names(hint: object) -> bool:
    """Return whether a type holds an `Id` somewhere, other than as a mapping's key."""
    if hint == model.Id:
        return True
    if isinstance(hint, type) and hasattr(hint, "__struct_fields__"):
        return any(_names(inner) for inner in get_type_hints(hint, include_extras=True).values())
    inner = get_args(hint)
    return any(_names(each) for each in (inner[1:] if getattr(hint, "__origin__", None) is dict else inner))


# The map


def test_a_way_has_a_way_back(city: City):
    """An exit without one in the opposite direction is one problem, at the exit."""
    city.change(CLINIC, "  south: {to: street}", "  west: {to: yard}")
    city.put(
        "locations/yard.yaml", (city.folder / CLINIC).read_text().replace("west: {to: yard}", "east: {to: clinic}").replace("x: 0", "x: -1")
    )
    assert city.problems() == [
        f"{STREET}:7:15 exits.north.to: no way back: 'clinic' has no exit south; make it lead to 'street', or declare one_way: true here"
    ]


def test_a_declared_one_way_needs_no_way_back(city: City):
    """`one_way: true` says that it is meant."""
    city.change(STREET, "to: clinic", "to: clinic, one_way: true")
    city.change(CLINIC, "exits:\n  south: {to: street}", "exits: {}")
    assert city.problems() == []


def test_a_needless_one_way_is_a_problem(city: City):
    """Where a way back exists, the declaration lies."""
    city.change(STREET, "to: clinic", "to: clinic, one_way: true")
    assert city.problems() == [f"{STREET}:7:32 exits.north.one_way: needless: 'clinic' does lead back south; leave one_way out"]


def test_an_exit_leads_elsewhere(city: City):
    """No exit leads back to where it starts."""
    city.change(CELLAR, "up: {to: street}", "up: {to: street}\n  in: {to: cellar}")
    assert city.problems() == [f"{CELLAR}:8:12 exits.in.to: leads back to where it starts"]


def test_no_two_locations_share_a_coordinate(city: City):
    """The problem of the second one names the first one."""
    city.change(CELLAR, "y: -1", "y: 1")
    assert city.problems() == [f"{CELLAR}:4:4 x: (0, 1) is taken by 'clinic' ({CLINIC}:1)"]


def test_the_compass_agrees_with_the_map(city: City):
    """North leads to where y is greater and x the same; up and down may lead anywhere."""
    city.change(CLINIC, "x: 0", "x: 1")
    assert city.problems() == [
        f"{CLINIC}:7:15 exits.south.to: 'street' at (0, 0) lies southwest of (1, 1), not south",
        f"{STREET}:7:15 exits.north.to: 'clinic' at (1, 1) lies northeast of (0, 0), not north",
    ]


def test_opposite_directions_are_opposite_steps():
    """The step that leads there and the step that leads back cancel out."""
    assert len(set(STEP.values())) == 8
    for direction, (x, y) in STEP.items():
        assert STEP[model.OPPOSITE[direction]] == (-x, -y)


def test_every_location_can_be_walked_to(city: City):
    """An island is a problem; not while an exit is faulty, since one fault would show as many."""
    island = (city.folder / CLINIC).read_text().replace("x: 0", "x: 9").replace("exits:\n  south: {to: street}", "exits: {}")
    city.put("locations/island.yaml", island)
    assert city.problems() == ["locations/island.yaml:1:1 no way leads here from the start ('street')"]
    city.change(STREET, "to: clinic", "to: clinc")
    assert not any("no way leads here" in problem for problem in city.problems())


def test_a_location_has_its_picture_once_there_are_pictures(city: City):
    """Pictures are asked for as soon as there is a folder for them; a location may name another one."""
    city.change(CLINIC, "x: 0", "x: 0\nimage_path: images/ward.svg")
    city.put("images/locations/street.svg", "<svg/>")
    assert city.problems() == [
        f"{CLINIC}:5:13 image_path: no picture 'images/ward.svg'",
        f"{CELLAR}:1:1 image_path: no picture 'images/locations/cellar.svg'",
    ]


def test_the_picture_of_a_location_is_named_after_it(city: City):
    """Unless the location names one."""
    street = load(city.folder).locations["street"]
    assert picture_of("street", street) == "images/locations/street.svg"


# Things and people


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            MEDICINE,
            "stackable: true",
            "stackable: true\n  slot: head",
            "8:9 bandage.slot: a stackable item cannot be worn or wielded: no slot",
        ),
        (
            MEDICINE,
            "stackable: true",
            "stackable: true\n  durability: 3",
            "8:15 bandage.durability: a stackable item does not wear out: no durability",
        ),
        (MEDICINE, "{hp: 5}", "{hp: 0}", "8:13 bandage.restores: medicine must restore some hp or stamina, or give or cure an effect"),
        (
            MEDICINE,
            "  restores: {hp: 5}\n",
            "",
            "1:1 bandage.restores: medicine must restore some hp or stamina, or give or cure an effect",
        ),
        (WEAPONS, "low: 2", "low: 6", "8:17 crowbar.damage.low: low (6) is more than high (5)"),
        (WEAPONS, "  damage: {low: 2, high: 5}\n", "", "1:1 crowbar.damage: a weapon needs damage {low, high}"),
        (WEAPONS, "  slot: main_hand\n", "", "1:1 crowbar.slot: a weapon needs a slot to be wielded in"),
        (
            MEDICINE,
            "stackable: true",
            "stackable: true\n  repairs: 5",
            "1:1 bandage.durability: a repair kit needs durability: its number of uses",
        ),
        (WEAPONS, "type: weapon", "type: bag", "7:9 crowbar.slot: a bag is worn on the back: slot: back"),
        (
            ANIMALS,
            "loot: rat_corpse",
            "loot: rat_corpse\n  damage: {low: 9, high: 1}",
            "6:17 rat.damage.low: low (9) is more than high (1)",
        ),
        (LOOT, "least: 1, most: 3", "least: 4, most: 3", "2:51 car_boot.entries[1].least: least (4) is more than most (3)"),
        (LOOT, "[{item: bandage}]", "[]", "5:12 rat_corpse.entries: an empty loot table yields nothing; leave it out where it is named"),
    ],
)
def test_things_do_not_contradict_themselves(city: City, file: str, old: str, new: str, said: str):
    """The properties of things that the game takes for granted are checked before the game uses them."""
    city.change(file, old, new)
    problems = city.problems()
    position, _, message = said.partition(" ")
    line = position.split(":")[0]
    found = [problem for problem in problems if problem.startswith(f"{file}:{line}:") and problem.endswith(message)]
    assert found, problems


def test_clothes_that_cannot_be_worn_are_warned_of(city: City):
    """Odd, yet no reason not to start."""
    city.change(WEAPONS, "type: weapon", "type: clothing")
    city.change(WEAPONS, "  slot: main_hand\n", "")
    assert [problem for problem in city.problems() if "warning" not in problem] == []
    assert any("clothing without a slot cannot be worn" in problem for problem in city.problems())


def test_unused_people_and_loot_are_warnings(city: City):
    """No location and no table refers to them."""
    city.change(STREET, "npcs: [rat]\n", "")
    city.change(STREET, "    loot: car_boot\n", "")
    assert city.problems() == [
        f"{LOOT}:1:1 warning: car_boot: nothing yields from this loot table",
        f"{ANIMALS}:1:1 warning: rat: this npc is in no location and in no spawn",
    ]


# Suggestions


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("clinc", ["clinic", "street"], "clinic"),
        ("Clinic", ["clinic"], "clinic"),
        ("xyz", ["clinic", "street"], None),
        ("x" * 10_000, ["x" * 9_999], None),
        ("anything", [], None),
    ],
)
def test_the_nearest_name_is_suggested_when_it_is_near(name: str, known: list[str], meant: str | None):
    """A guess is made only where it helps."""
    assert nearest(name, known) == meant


# Populations


@pytest.mark.parametrize(
    ("spawn", "said"),
    [
        ("{npc: rta}", "1:13 rats.npc: no npc 'rta'; did you mean 'rat'?"),
        ("{npc: rat, locations: [celar]}", "1:30 rats.locations[0]: no location 'celar'; did you mean 'cellar'?"),
        ("{npc: rat, district: Old Twon}", "1:28 rats.district: no location is in the district 'Old Twon'; did you mean 'Old Town'?"),
        ("{npc: rat, least_danger: 3, most_danger: 2}", "1:32 rats.least_danger: least_danger (3) is more than most_danger (2)"),
        ("{npc: rat, least_danger: 5}", "1:1 rats: no location has this district and danger: nobody of this spawn would live anywhere"),
        ("{npc: rat, most: 51}", "1:24 rats.most: must be at most 50, is 51"),
    ],
)
def test_a_spawn_names_an_npc_and_places_where_it_can_live(city: City, spawn: str, said: str):
    """A population that could never be there is a problem of the content, found before the server starts."""
    city.put("spawns/rats.yaml", f"rats: {spawn}")
    assert f"spawns/rats.yaml:{said}" in city.problems()


def test_an_unknown_behaviour_is_a_problem_unless_an_extension_may_bring_it(city: City):
    """A name with a dot is an extension's; a name without one must be the core's."""
    city.change(ANIMALS, "disposition:", "behaviour: wandr\n  disposition:")
    assert city.problems() == [f"{ANIMALS}:4:14 rat.behaviour: no behaviour 'wandr'; did you mean 'wander'?"]
    city.change(ANIMALS, "wandr", "ash.drift")
    assert city.problems() == []
