"""Content of extensions: merged with the game's, checked with it, and every problem names the extension."""

from pathlib import Path

import pytest
from echoes.cli.check import check
from echoes.world.content import ContentError, examine, load
from echoes.world.packs import Pack
from world.small_city import City

ATTIC = """\
name: Attic
district: Old Town
description: Dust, and a window that looks at the clinic.
x: 5
y: 5
exits:
  down: {to: street}
items: [{item: dust}]
"""
DUST = """\
dust:
  name: handful of dust
  type: trinket
  description: It was a curtain once, and before that a dress.
  weight: 0.1
  volume: 0.1
"""


@pytest.fixture
def pack(tmp_path: Path) -> City:
    """A sound pack: one location and one item."""
    pack = City(tmp_path / "attic")
    pack.put("locations/attic.yaml", ATTIC)
    pack.put("items/dust.yaml", DUST)
    pack.put("ways.yaml", "street:\n  up: {to: attic, look: A ladder.}\n")
    return pack


def problems(city: City, *packs: City) -> list[str]:
    """The problems of a city with packs, as they print."""
    return [str(one) for one in examine(city.folder, [Pack(f"ext{number}", one.folder) for number, one in enumerate(packs)]).problems]


def test_a_pack_is_merged_with_the_games_content(city: City, pack: City):
    """Its things are there, ways lead to them, and the version is another one; without it the content is as before."""
    world = load(city.folder, [Pack("attic", pack.folder)])
    assert world.locations["attic"].items[0].item == "dust"
    assert world.locations["street"].exits["up"].to == "attic"
    assert world.version != load(city.folder).version
    assert "attic" not in load(city.folder).locations


def test_the_order_of_packs_does_not_change_the_version(city: City, pack: City, tmp_path: Path):
    """Workers that find the extensions in another order play by the same content."""
    other = City(tmp_path / "other")
    other.put("items/dust.yaml", DUST.replace("dust:", "lint:"))
    packs = [Pack("attic", pack.folder), Pack("other", other.folder)]
    assert load(city.folder, packs).version == load(city.folder, packs[::-1]).version


def test_an_id_of_the_game_is_refused(city: City, pack: City):
    """The problem names the extension, its file, the id, and where the id is used."""
    pack.put("items/dust.yaml", DUST + DUST.replace("dust:", "crowbar:"))
    pack.put("locations/deep/clinic.yaml", ATTIC.replace("x: 5", "x: 6"))
    said = problems(city, pack)
    assert "extension ext0: items/dust.yaml:7:1 crowbar: the id 'crowbar' is already used in items/weapons.yaml:1" in said
    assert "extension ext0: locations/deep/clinic.yaml:1:1 the id 'clinic' is already used in locations/clinic.yaml:1" in said


def test_an_id_of_another_extension_is_refused(city: City, pack: City, tmp_path: Path):
    """Both extensions are named."""
    other = City(tmp_path / "other")
    other.put("items/more.yaml", DUST)
    assert problems(city, pack, other) == [
        "extension ext1: items/more.yaml:1:1 dust: the id 'dust' is already used in extension ext0: items/dust.yaml:1"
    ]


def test_a_picture_of_the_game_is_not_replaced(city: City, pack: City):
    """A path of a picture belongs to one file."""
    for place in ("street", "clinic", "cellar"):
        city.put(f"images/locations/{place}.svg", "<svg/>")
    pack.put("images/locations/attic.svg", "<svg/>")
    assert problems(city, pack) == []
    pack.put("images/locations/street.svg", "<svg/>")
    assert problems(city, pack) == ["extension ext0: images/locations/street.svg:1:1 another picture has this path already"]


def test_a_pack_has_no_start(city: City, pack: City):
    """Where a life begins is the game's own; what no code reads is named as in the game's folder."""
    pack.put("world.yaml", "location: attic\n")
    pack.put("item/dust.yaml", DUST)
    assert problems(city, pack) == [
        "extension ext0: item/dust.yaml:1:1 warning: nothing reads this file; did you mean 'items'?",
        "extension ext0: world.yaml:1:1 the game's own folder alone says where a life begins: leave this file out",
    ]


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        pytest.param("stret: {up: {to: attic}}", "ways.yaml:1:1 stret: no location 'stret'; did you mean 'street'?", id="unknown-location"),
        pytest.param("street: {up: {to: atic}}", "ways.yaml:1:19 street.up.to: no location 'atic'; did you mean 'attic'?", id="unknown-end"),
        pytest.param(
            "street: {north: {to: attic}}",
            "ways.yaml:1:10 street.north: 'street' has an exit north already, in locations/old_town/street.yaml",
            id="taken",
        ),
        pytest.param("street: {up: {to: attic, stamina: lots}}", "ways.yaml:1:35 street.up.stamina: expected a whole number, found the text 'lots'", id="type"),
        pytest.param("street: {sideways: {to: attic}}", "ways.yaml:1:10 street.sideways: unknown key 'sideways'; known are", id="direction"),
        pytest.param("street: [", "ways.yaml:2:1 this is no YAML", id="syntax"),
        pytest.param("clinic: {east: {to: attic}}", "ways.yaml:1:21 clinic.east.to: 'attic' at (5, 5) lies northeast of (0, 1), not east", id="map"),
        pytest.param("clinic: {up: {to: attic}}", "ways.yaml:1:19 clinic.up.to: no way back: 'attic' leads down to 'street'", id="no-way-back"),
    ],
)  # fmt: skip
def test_a_wrong_way_is_reported_in_the_extensions_file(city: City, pack: City, ways: str, said: str):
    """Also when the rule that it breaks is one of the whole city."""
    pack.put("ways.yaml", ways)
    found = problems(city, pack)
    assert any(one.startswith(f"extension ext0: {said}") for one in found), found


def test_the_games_own_folder_has_no_ways_file(city: City):
    """There an exit stands with its location."""
    city.put("ways.yaml", "street: {}")
    assert problems(city) == ["ways.yaml:1:1 warning: extensions alone have this file: write an exit into its location's file"]


def test_a_location_without_a_way_is_a_problem(city: City, pack: City):
    """A pack is part of the city that players can walk."""
    (pack.folder / "ways.yaml").unlink()
    assert any("extension ext0: locations/attic.yaml:1:1 no way leads here" in said for said in problems(city, pack))


def test_the_check_prints_the_problems_of_extensions(city: City, pack: City, capsys: pytest.CaptureFixture[str]):
    """A server would not start with them."""
    packs = [Pack("attic", pack.folder)]
    assert check(city.folder, packs=packs) == 0
    assert "4 locations, 3 items" in capsys.readouterr().out
    pack.put("items/dust.yaml", DUST.replace("dust:", "crowbar:"))
    assert check(city.folder, packs=packs) == 1
    assert "extension attic: items/dust.yaml:1:1 crowbar: the id 'crowbar' is already used" in capsys.readouterr().out
    with pytest.raises(ContentError, match="extension attic"):
        load(city.folder, packs)
