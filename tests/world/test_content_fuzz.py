"""Any bytes in the files: the loader answers with a world or with problems, never with a crash."""

from pathlib import Path

import msgspec
import pytest
import yaml
from echoes.world import model, yaml_source
from echoes.world.content import ContentError, load
from echoes.world.shape import Shaper, kind_of
from echoes.world.yaml_source import parse
from hypothesis import given, settings
from hypothesis import strategies as st
from world.small_city import FILES

LINES = sorted({line for text in FILES.values() for line in text.splitlines()})
SNIPPETS = [
    *LINES,
    "- ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "!!x ",
    "|",
    ">",
    '"',
    "'",
    "\t",
    "---",
    "...",
    "%YAML 1.1",
    "\\0",
    "~",
    "é",
    "🜂",
]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["street", "bandage", "rat", "north"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["exits", "north", "to", "name"]), inner)
    ),
    max_leaves=12,
)


@st.composite
def cities(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw a sound city with a few of its files damaged or replaced."""
    files = {file: text.encode() for file, text in FILES.items()}
    for file in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=3)):
        files[file] = draw(
            st.binary(max_size=200)
            | st.text(max_size=200).map(lambda text: text.encode(errors="replace"))
            | mutated(files[file])
            | st.just(b"")
        )
    return files


def mutated(raw: bytes) -> st.SearchStrategy[bytes]:
    """Draw the same bytes with a stretch cut out and something else put in its place."""
    piece = st.sampled_from(SNIPPETS).map(str.encode) | st.binary(max_size=8)
    cut = st.tuples(st.integers(0, len(raw)), st.integers(0, 30), piece)
    return st.lists(cut, min_size=1, max_size=4).map(lambda cuts: _apply(raw, cuts))


def _apply(raw: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for start, length, piece in cuts:
        raw = raw[:start] + piece + raw[start + length :]
    return raw


@settings(deadline=None, max_examples=200)
@given(files=cities())
def test_any_bytes_make_a_world_or_problems(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory):
    """Random bytes, random text, damaged YAML: `load` raises nothing but `ContentError`, and that one prints."""
    outcome = _load(_write(tmp_path_factory.mktemp("city"), files))
    if isinstance(outcome, ContentError):
        assert outcome.problems
        assert str(outcome).encode()
        assert all(problem.line >= 1 and problem.column >= 1 for problem in outcome.problems)
    else:
        assert outcome.start.location in outcome.locations


@settings(deadline=None, max_examples=150)
@given(file=st.sampled_from(sorted(FILES)), value=VALUES)
def test_any_value_makes_a_world_or_problems(file: str, value: object, tmp_path_factory: pytest.TempPathFactory):
    """Well-formed YAML that says anything at all does no more harm."""
    files = {name: text.encode() for name, text in FILES.items()}
    files[file] = yaml.safe_dump(value, allow_unicode=True).encode(errors="replace")
    assert str(_load(_write(tmp_path_factory.mktemp("city"), files))).encode()


@settings(deadline=None, max_examples=300)
@given(
    text=st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=5), max_size=12).map("\n".join)
    | st.lists(st.sampled_from(SNIPPETS), max_size=12).map("".join)
)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["python", "libyaml"])
def test_parsing_never_raises(text: str, loader: type[yaml.SafeLoader]):
    """With either of PyYAML's parsers, every text gives a source: readable, or with a problem that says why not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_source, "LOADER", loader)
        source = parse("x.yaml", text.encode(errors="replace"))
    assert source.readable or source.problems


@settings(deadline=None, max_examples=300)
@given(
    data=VALUES,
    struct=st.sampled_from([model.Start, model.Location, model.Item, model.Npc, model.Loot, model.Exit, model.Damage, model.Body]),
)
def test_the_checker_is_never_laxer_than_msgspec(data: object, struct: type[msgspec.Struct]):
    """A value that the checker accepts is one that msgspec decodes, to the same value."""
    shaper = Shaper(parse("x.yaml", b"a: 1"))
    value = shaper.shape((), data, kind_of(struct))
    if not shaper.faulty:
        assert value == msgspec.convert(data, struct)


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    for file, raw in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(raw)
    return folder


def _load(folder: Path) -> model.World | ContentError:
    try:
        return load(folder)
    except ContentError as error:
        return error
