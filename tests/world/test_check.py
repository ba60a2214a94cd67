"""Output and files of `echoes check`; editors and authors get a description of every field."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from echoes.cli.check import check
from echoes.world import model
from echoes.world.content import load
from echoes.world.kinds import KINDS, LOCATION
from echoes.world.schema import field_docs, fields_of, refresh, schemas
from world.small_city import FILES, City

STRUCTS = [
    struct
    for struct in vars(model).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct is not msgspec.Struct
]
DESCRIBED = [struct for struct in STRUCTS if struct is not model.World]
PAGE = Path(__file__).parents[2] / "docs" / "content.md"
KIND_OF_FILE = {"world.yaml": "world", "locations": "location"} | {kind.folder: kind.folder for kind in KINDS if kind is not LOCATION}


def test_a_sound_city_is_summed_up(city: City, capsys: pytest.CaptureFixture[str]):
    """All good: one line, with the version, and exit code 0."""
    assert check(city.folder) == 0
    version = load(city.folder).version
    assert capsys.readouterr().out == f"3 locations, 2 items, 1 npc, 2 loot tables: all good (version {version})\n"


def test_problems_are_listed_and_counted(city: City, capsys: pytest.CaptureFixture[str]):
    """Every problem by file and line, then how many in how many files; exit code 1."""
    city.change("locations/old_town/street.yaml", "to: clinic", "to: clinc")
    city.change("items/weapons.yaml", "weight: 2", "weight: -2")
    city.change("items/weapons.yaml", "volume: 1", "volume: -1")
    assert check(city.folder) == 1
    assert capsys.readouterr().out.splitlines() == [
        "items/weapons.yaml:5:11 crowbar.weight: must be at least 0, is -2",
        "items/weapons.yaml:6:11 crowbar.volume: must be at least 0, is -1",
        "locations/old_town/street.yaml:7:15 exits.north.to: no location 'clinc'; did you mean 'clinic'?",
        "3 problems in 2 files",
    ]


def test_warnings_are_printed_and_do_not_fail_the_check(city: City, capsys: pytest.CaptureFixture[str]):
    """A warning is printed and counted, and the exit code stays 0."""
    city.change("loot/street.yaml", "{item: crowbar}, ", "")
    assert check(city.folder) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("), 1 warning")


def test_a_wrong_folder_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Exit code 2, and the message goes to standard error."""
    assert check(tmp_path / "nowhere") == 2
    assert "does not exist" in capsys.readouterr().err


def test_schemas_that_cannot_be_written_are_bad_usage(city: City, tmp_path: Path):
    """A file where the folder should be is not overwritten."""
    (tmp_path / "file").write_text("mine")
    assert check(city.folder, tmp_path / "file") == 2
    assert (tmp_path / "file").read_text() == "mine"


def test_schemas_are_written(city: City, tmp_path: Path):
    """One for each kind of file, also when the content has problems."""
    (city.folder / "world.yaml").unlink()
    assert check(city.folder, tmp_path / "schemas") == 1
    written = {path.name: json.loads(path.read_text()) for path in (tmp_path / "schemas").iterdir()}
    assert written == {f"{kind}.schema.json": json.loads(json.dumps(schema)) for kind, schema in schemas().items()}


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_sound_file_fits_its_schema(file: str):
    """The schemas that editors use accept what the loader accepts."""
    schema = schemas()[KIND_OF_FILE[file.split("/", maxsplit=1)[0]]]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(FILES[file]), schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("direction", ["norht", "forward"])
def test_the_schema_knows_the_directions(direction: str):
    """Editors underline a misspelt direction: msgspec's own schema would let it pass."""
    street = yaml.safe_load(FILES["locations/old_town/street.yaml"])
    street["exits"][direction] = {"to": "clinic"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(street, schemas()["location"], cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("struct", DESCRIBED, ids=lambda struct: struct.__name__)
def test_every_field_is_in_a_schema_with_its_docstring(struct: type[msgspec.Struct]):
    """Editors complete every field of the structs, and say what it means."""
    definitions = [schema["$defs"][struct.__name__] for schema in schemas().values() if struct.__name__ in schema["$defs"]]
    assert definitions
    for definition in definitions:
        assert definition["description"] == struct.__doc__
        described = {name: part.get("description") for name, part in definition["properties"].items()}
        assert described == {field.encode_name: field_docs()[struct.__name__].get(field.encode_name) for field in fields_of(struct)}
        assert all(described.values())


@pytest.mark.parametrize("struct", DESCRIBED, ids=lambda struct: struct.__name__)
def test_every_struct_has_its_table_in_the_manual(struct: type[msgspec.Struct]):
    """Authors find each kind of thing under its name."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"<!-- fields: {struct.__name__} -->\n" in page
    assert f"## {struct.__name__}\n" in page


def test_the_manual_lists_the_current_fields():
    """`docs/content.md` is current; its first comment says how to make it so."""
    page = PAGE.read_text(encoding="utf-8")
    assert refresh(page) == page


def test_the_manuals_example_is_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The files in the manual, put where it says, make a city that the checker calls good."""
    blocks = PAGE.read_text(encoding="utf-8").split("```yaml\n# gamedata/")[1:]
    assert blocks
    for block in blocks:
        file, _, text = block.split("```")[0].partition("\n")
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    assert check(tmp_path) == 0, capsys.readouterr().out
    assert "warning" not in capsys.readouterr().out
