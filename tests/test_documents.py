"""The documents' statements are true: links lead somewhere, named things exist, and every table that repeats the code agrees with it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import statements
import tree
import yaml
from echoes import asyncapi, cli, page_types, wire_types
from echoes.settings import Settings, variable_of
from echoes.web import problems
from echoes.wire import Close
from echoes_memory.settings import MemorySettings
from echoes_redis.settings import RedisSettings
from jsonschema import Draft202012Validator
from player import Player

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("tests/*/*.md"))]
SOURCES = [*sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "plugins").rglob("*.py"))]
RENEW = "renew it with: make docs"
NOT_OVER_HTTP = "–"


def read(path):
    """A page's text."""
    return (ROOT / path).read_text(encoding="utf-8")


def section(page, title):
    """The text under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title!r}"
    return found.group(1)


def table(text):
    """The cells of a table's rows, without its head."""
    rows = [[cell.strip() for cell in row.split(" | ")] for row in re.findall(r"^\| ?(.*?) ?\|$", text, re.MULTILINE)]
    return [row for row in rows[1:] if not set("".join(row)) <= set("-:| ")]


def anchors(path):
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ── links and names ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_relative_links_lead_somewhere(page):
    """A file that exists, and in it a heading of that name."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("name", [*tree.pages(), *tree.sources()])
def test_every_name_in_a_document_exists(name):
    """Paths, modules, functions, classes, settings, metrics, hooks, log events, tests, error codes and commands."""
    assert statements.stale(tree.prose_of(name)) == []


@pytest.mark.parametrize(
    "said",
    [
        "`core/echoes/web/nowhere.py`",
        "see web/nowhere.py",
        "`web/hub.py::nothing`",
        "the folder `core/nowhere/`",
        "`echoes.web.nowhere`",
        "`echoes.web.hub.Nothing`",
        "`Hub.nothing_of_its`",
        "`a_function~_that_is_gone`",
        "`AClass~ThatIsGone`",
        "`A_CONSTANT~_THAT_IS_GONE`",
        "ECHOES~_NOTHING_OF_OURS",
        "the metric echoes~_nothing_total",
        "the hook `echoes~_nothing`",
        "the log event `redis.never~_logged`",
        "test~_that_is_gone_for_good",
        "the error EC~999",
        "`make nothing`",
        "`echoes nothing`",
        "as NOWHERE 7 says",
    ],
)
def test_a_name_that_does_not_exist_is_found(said):
    """One of each kind. A `~` keeps the name from being a word of the code here."""
    assert len(statements.stale(said.replace("~", ""))) == 1


def test_the_readme_lists_every_command_line():
    """An operator finds them all."""
    assert set(re.findall(r"`echoes (\w+)", read("README.md"))) == set(cli.main.commands)


def test_the_changelog_and_the_package_agree():
    """The version under way is named, under its own heading or as the next one."""
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert "## [Unreleased]" in read("CHANGELOG.md")
    assert f"## [{version}]" in read("CHANGELOG.md") or f"To be released as {version}" in read("CHANGELOG.md")


# ── docs/operations.md ───────────────────────────────────────────────────────────────────────────────────────────────


def shown(value):
    """A default as the table writes it."""
    return "empty" if value in {"", None} else f"`{str(value).lower() if isinstance(value, bool) else value}`"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Settings", {variable_of(name): info for name, info in Settings.model_fields.items()}),
        ("The memory backend", {f"ECHOES_MEMORY_{name.upper()}": info for name, info in MemorySettings.model_fields.items()}),
        ("The Redis backend", {f"ECHOES_REDIS_{name.upper()}": info for name, info in RedisSettings.model_fields.items()}),
    ],
)
def test_the_tables_of_settings_are_complete(title, expected):
    """Every setting in its order, with its default, and the words of its description; a link for more may follow."""
    rows = table(section("docs/operations.md", title))
    assert [(name, default) for name, default, _ in rows] == [(f"`{name}`", shown(info.default)) for name, info in expected.items()]
    plain = [re.sub(r" \(\[[^]]*\]\([^)]*\)\)$", "", meaning).replace("`", "") for _, _, meaning in rows]
    assert plain == [info.description for info in expected.values()]


def test_every_close_code_is_explained():
    """Number, name, whether a client comes back, and the meaning in the words of the message reference."""
    rows = table(section("docs/operations.md", "Close codes"))
    assert rows == [
        [f"`{one['code']}`", one["name"], "yes" if one["come_back"] else "no", one["meaning"]] for one in asyncapi.close_codes()
    ]
    assert len(rows) == len([code for code in vars(Close).values() if isinstance(code, int)])


def events_logged():
    """Every event that is logged, by level; what is logged for developers (debug) is left out."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(r"log\.(info|warning|error|exception)", ast.unparse(node.func)):
                found.add((node.args[0].value, node.func.attr.replace("exception", "error")))
    return found


def test_every_log_event_is_explained():
    """With its level, and none that is no longer logged."""
    rows = table(section("docs/operations.md", "Logs"))
    said = {(name.strip("`"), level) for name, level, _ in rows}
    assert said == events_logged() | {("setting.unknown", "warning"), ("settings.injected_ignored", "warning")}
    assert len(said) == len(rows)


# ── docs/errors.md ───────────────────────────────────────────────────────────────────────────────────────────────────


def words_in(node):
    """The string constants that an expression may be, as far as one can see."""
    match node:
        case ast.Constant(value=str() as value):
            return {value}
        case ast.IfExp():
            return words_in(node.body) | words_in(node.orelse)
        case _:
            return set()


def codes_raised():
    """Every code that a player or a client of the API can meet."""
    found = set(problems.WORDS.values())
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(bases=bases) if {ast.unparse(base) for base in bases} & {"PlayerError", "Refused"}:
                    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and ast.unparse(one.func) == "super().__init__"]
                    found |= {code for call in calls for argument in call.args[:1] for code in words_in(argument)}
                case ast.Call(func=ast.Name(id="Refused" | "answer" | "ErrorView"), args=[first, *_]):
                    found |= words_in(first)
                case ast.Call(func=ast.Name(id="_refusal"), args=[_, second, *_]):
                    found |= words_in(second)
                case ast.Call(keywords=[*_, ast.keyword(arg="code", value=value)]):
                    found |= words_in(value)
                case ast.FunctionDef(args=arguments):
                    defaults = dict(zip([one.arg for one in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
                    found |= words_in(defaults.get("code"))
    return found


def test_every_error_code_is_explained():
    """Each once, and none that the code does not raise."""
    said = [row[0].strip("`") for row in table(read("docs/errors.md"))]
    assert sorted(said) == sorted(codes_raised())


def test_statuses_are_those_of_the_code():
    """The status of an error over HTTP; a dash means that it is met on the WebSocket only."""
    ours = {word: {status for status, one in problems.WORDS.items() if one == word} for word in problems.WORDS.values()}
    for code, status, _ in table(read("docs/errors.md")):
        name = code.strip("`")
        if status != NOT_OVER_HTTP and name != "internal":
            said = {int(one) for one in status.split(", ")}
            assert said == ours.get(name, set()) | ({problems.status_of(name)} if name not in ours or name in problems.STATUS else set()), (
                name
            )


# ── docs/asyncapi.yaml ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("docs/asyncapi.yaml", asyncapi.rendered),
        ("core/echoes/web/client/wire.d.ts", wire_types.rendered),
        ("core/echoes/web/client/page.d.ts", page_types.rendered),
    ],
)
def test_generated_documents_are_current(path, made):
    """The file is the one that the code generates today."""
    assert read(path) == made(), RENEW


def test_the_message_reference_is_whole():
    """It can be read back, and each of its references leads somewhere."""
    document = yaml.safe_load(read("docs/asyncapi.yaml"))
    assert document == asyncapi.document()
    for path in set(re.findall(r"\$ref: '#/([^']+)'", read("docs/asyncapi.yaml"))):
        place = document
        for step in path.split("/"):
            place = place[step]


def message_schema(name):
    """A validator for a message, with every schema at hand."""
    document = asyncapi.document()
    return Draft202012Validator({"$ref": document["components"]["messages"][name]["payload"]["$ref"], "components": document["components"]})


async def test_a_real_server_speaks_as_the_reference_says(server):
    """Two players meet, walk, speak and give: each message to them is in the reference, and is valid by it."""
    mara, tomas = await Player.join(server), await Player.join(server)
    for line in (
        "look",
        "i",
        "who",
        "map",
        "help",
        "say hello",
        f"whisper {tomas.name} hello",
        f"give 1 bread to {tomas.name}",
        "fly",
        "n",
    ):
        await mara.type(line)
    await mara.sees("moved")
    await tomas.sees("item_received")
    await tomas.until(lambda: tomas.heard("hello") == 2)
    for player in (mara, tomas):
        for message in (player.welcome, *player.replies.values(), *player.events):
            message_schema(message["type"]).validate(message)
    assert {one["type"] for one in (*mara.events, *tomas.events)} == set(asyncapi.EVENTS) - {"announcement"}, "tests/ops/ has the last one"
