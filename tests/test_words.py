"""Texts for operators use plain words: no word that readers stumble over, short sentences, short cells of tables, and names of tests, modules and classes in the field's terms.

A document is read without its code: fenced blocks are left out, and what stands in backticks counts as one word.
"""

import ast
import inspect
import io
import json
import re
import tokenize
from pathlib import Path

import click
import echoes_redis.metrics
import pytest
import yaml
from echoes import cli, metrics
from echoes.settings import Settings
from echoes_memory.settings import MemorySettings
from echoes_redis.settings import RedisSettings
from prometheus_client.metrics import MetricWrapperBase

ROOT = Path(__file__).parents[1]
MOST_WORDS = 32
"""Of a sentence."""
MOST_CHARACTERS = 160
"""Of a cell of a table, addresses of links left out; also of a setting's description and of a metric's help."""
FOR_OPERATORS = [
    "SECURITY.md",
    "docs/deploying.md",
    "docs/errors.md",
    "docs/metrics.md",
    "docs/operations.md",
    "docs/runbook.md",
    "docs/performance.md",
    "docs/security.md",
]
COVERED = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "bench/README.md",
    "docs/balance.md",
    "docs/client.md",
    "docs/content.md",
    "docs/decisions.md",
    "docs/guarantees.md",
    "docs/plugins.md",
    "docs/redis.md",
    "CHANGELOG.md",
    *FOR_OPERATORS,
]
"""Documents that keep the rules. Those for operators do not use the words of `THE_GAME` either."""
BANNED = {
    r"whoever|whatever|whichever|whomever": "name the actor: the worker, the client, the cache",
    r"some(body|one)|any(body|one)|every(body|one)|nobody|no one": "name the actor: a player, an operator, a program",
    r"(of|to|for|from|by) whom": "name the person or the thing",
    r"he|him|his|she|her": "name the person: the operator, the player",
    r"told|untold": "events are sent, errors are reported",
    r"tells? (of|about|whether|who|when|where|why)": "a metric counts, a log event reports",
    r"said to be|says? (for )?whom|said (so )?once": "report, log",
    r"heard( of)?|unheard": "received, delivered",
    r"questions?": "query; request",
    r"that lives?|says? that it lives": "runs; sends a heartbeat",
    r"beats?|bury|buries|buried": "heartbeat; reap",
    r"(is|are|was|left|leaves?) alone for|left alone|leaves? \w+ alone": "makes no calls to",
    r"for a while": "name the time",
    r"the same for": "repeat what is measured",
    r"so (often|long|many|much|fast)(?! (that|data))": "name the number and the unit",
    r"mistakes? of ours|ours|our own": "a bug; of the server",
    r"unwell|sick": "has a problem, does not answer",
    r"(play|it|they|that) goes? on|goes on": "continues",
    r"lets? go of|letting go of": "drops",
    r"roster|outlet|custody|gatekeeper|the gate|the door": "the component's name",
    r"that does not succeed|likewise": "repeat what failed",
    r"anew": "again",
    r"mends?|mended": "repairs, corrects",
    r"oneself|one's|thereof|whereof|herewith|hence": "plain English",
}
"""Words that a reader stumbles over, and what to write."""
QUESTIONS = {"told", "tells", "what", "why", "who", "whom", "whose", "somebody", "nobody", "whoever"}
RIDDLES = {r"\A(?-i:What|Who|Whose|Whom)": "name the thing: a noun, or a verb in the imperative"}
"""How no docstring and no comment begins."""
THE_GAME = {r"city|cities": "the server, the game, the database"}
"""Words for the game's world, which texts for operators of the server do not use."""
ERRORS = {"ConfigurationError", "StorageError", "PluginError", "click.ClickException"}
"""Their first argument is for an operator."""
SAID = {"hint", "advice", "reason"}
"""Fields of log events that are prose."""
OLD_NAMES = {
    "City": "context", "Gate": "connection limits", "Door": "admission", "Outlet": "client writer", "Custody": "reconciler",
    "Roster": "membership", "Pulse": "world poll", "News": "invalidation", "Settling": "write-through", "Typed": "arguments",
    "Keeper": "reconnector", "Ears": "subscriber", "Greeting": "handshake", "Tally": "counters",
    "Link": "connection", "Bucket": "token bucket", "Throttle": "login throttle", "Deeds": "audit entries",
}  # fmt: skip
"""Former names of modules and classes, and what they are called now."""
VAGUE = re.compile(
    r"^test_who_|_(?:(?:who|what|which|whom)ever|(?:some|no|any|every)(?:body|one)s?|what|whom|told|untold|tells?|heard|news|said|anew|ours|ones_own)(?=_|$)"
)
"""In the name of a test: it names the subject (a player, the worker, the cache) and the promise."""
LONGEST_NAME = 90
"""Characters in the name of a test."""


def settings():
    """Every setting with its description."""
    return {
        f"{one.__name__}.{name}": info.description
        for one in (Settings, MemorySettings, RedisSettings)
        for name, info in one.model_fields.items()
    }


def helps():
    """Every metric with its help."""
    return {
        one._name: one._documentation
        for module in (metrics, echoes_redis.metrics)
        for one in vars(module).values()
        if isinstance(one, MetricWrapperBase)
    }


def annotations():
    """Every alert with what it says."""
    rules = [
        rule for group in yaml.safe_load((ROOT / "deploy/alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
    ]
    return {f"{rule['alert']}.{name}": re.sub(r"\{\{.*?\}\}", "X", text) for rule in rules for name, text in rule["annotations"].items()}


def commands(command=cli.main, path="echoes"):
    """Every command and every option with its help."""
    found = {path: command.help} | {
        f"{path} {one.opts[-1]}": one.help for one in command.params if isinstance(one, click.Option) and one.help
    }
    for name, child in getattr(command, "commands", {}).items():
        found |= commands(child, f"{path} {name}")
    return found


def titles():
    """Every panel of the dashboards with its title and description."""
    boards = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "deploy/dashboards").glob("*.json")}
    return {
        f"{name} {panel['id']} {part}": panel[part]
        for name, board in boards.items()
        for panel in board["panels"]
        for part in ("title", "description")
    }


def errors():
    """Every literal in an error that stops the start or a command, and in what a log event gives as hint, advice or reason, by its place."""
    found = {}
    for path in (*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func)
            texts = call.args[:1] if name in ERRORS else [one.value for one in call.keywords if name.startswith("log.") and one.arg in SAID]
            for text in texts:
                pieces = [one.value for one in ast.walk(text) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found[f"{path.relative_to(ROOT)}:{text.lineno}"] = re.sub(r"`[^`]*`", "X", " X ".join(pieces))
    return found


def prose(markdown):
    """The lines without fenced blocks, addresses of links and code."""
    text = re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r"`[^`\n]*`", "X", text).splitlines()


def cells(line):
    """The cells of a row of a table; a line that is none is one."""
    return [cell.strip() for cell in line.strip("| ").split(" | ")] if line.startswith("|") else [line]


def document(path):
    """Each line, or each cell, by its place."""
    lines = prose((ROOT / path).read_text(encoding="utf-8"))
    return {f"{path}:{number}:{column}": cell for number, line in enumerate(lines, 1) for column, cell in enumerate(cells(line), 1)}


def banned(text, words=BANNED):
    """Each banned word in a text, with what to write."""
    return [f"{found[0]!r}: {instead}" for word, instead in words.items() for found in re.finditer(rf"\b(?:{word})\b", text, re.IGNORECASE)]


def too_long(text):
    """The sentences with too many words."""
    return [one for one in re.split(r"(?<=[.!?:])\s+", text) if len(one.split()) > MOST_WORDS]


def problems(texts, words=BANNED):
    """The texts that break a rule, by place, each with the words and sentences that do."""
    found = {place: [*banned(text, words), *(f"too long: {one}" for one in too_long(text))] for place, text in texts.items()}
    return {place: wrong for place, wrong in found.items() if wrong}


@pytest.mark.parametrize("texts", [settings, helps, annotations, commands, titles, errors])
def test_texts_for_operators_are_plain(texts):
    """Descriptions of settings, helps of metrics, annotations of alerts, helps of the command line, errors, hints: also without the game's world."""
    assert len(texts()) > 10
    assert problems(texts(), BANNED | THE_GAME) == {}


@pytest.mark.parametrize("texts", [settings, helps, annotations])
def test_a_text_in_a_row_is_short_and_not_empty(texts):
    """A description, a help or an annotation fits a cell of a table."""
    assert {place: len(text) for place, text in texts().items() if not 0 < len(text) <= MOST_CHARACTERS} == {}


@pytest.mark.parametrize("path", COVERED)
def test_a_document_is_plain(path):
    """No banned word, no long sentence."""
    assert problems(document(path), BANNED | (THE_GAME if path in FOR_OPERATORS else {})) == {}


@pytest.mark.parametrize("path", COVERED)
def test_cells_are_short(path):
    """A longer text is a section below the table."""
    text = re.sub(r"\]\([^)]*\)", "]", (ROOT / path).read_text(encoding="utf-8"))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [cell for row in rows for cell in cells(row) if len(cell) > MOST_CHARACTERS] == []


@pytest.mark.parametrize("path", COVERED)
def test_a_line_of_a_paragraph_is_one_sentence(path):
    """Lists and tables aside: diffs and reviews read better."""
    paragraphs = [line for line in prose((ROOT / path).read_text(encoding="utf-8")) if line and not re.match(r"[|#]|\s*(?:-|\d+\.) ", line)]
    assert [line for line in paragraphs if re.search(r"[.!?] [A-Z]", line)] == []


def test_every_document_is_in_a_list():
    """A new one is held to the rules from its first line."""
    there = {str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md"))}
    assert sorted(COVERED) == sorted(there)


def test_no_module_and_no_class_has_an_old_name():
    """In the core and the bundled plugins."""
    names = set()
    for path in (*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")):
        names.add(path.stem)
        names |= {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)}
    assert len(names) > 100
    assert names & {*OLD_NAMES, *(name.lower() for name in OLD_NAMES)} == set()


def names_of_parts():
    """The name of each function, class, argument, variable and attribute of the core and the bundled plugins, after its place."""
    found = set()
    for path in (*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                    pass
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    pass
                case _:
                    continue
            found.add((f"{path.relative_to(ROOT)}:{node.lineno}", name))
    return found


def test_no_name_is_a_question():
    """A name says the thing: `reason` and not `why`, `kind` and not `what`. The command `who` is the game's."""
    names = names_of_parts()
    assert len(names) > 5000
    vague = {(place, name) for place, name in names if set(name.lower().strip("_").split("_")) & QUESTIONS}
    assert {
        (place, name)
        for place, name in vague
        if not (name.startswith("test_") or (name.lower() in {"who", "who_pages"} and "game" in place))
    } == set()


def names_of_tests():
    """The name of every test, the contract suites' included, by its place."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno}": node.name
        for folder in ("tests", "core/echoes/testing")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_the_name_of_a_test_has_a_subject_and_is_short():
    """Of every test in tests/ and in core/echoes/testing/."""
    names = names_of_tests()
    assert len(names) > 1000
    assert {place: name for place, name in names.items() if VAGUE.search(name)} == {}
    assert {place: name for place, name in names.items() if len(name) > LONGEST_NAME} == {}


@pytest.mark.parametrize(
    ("name", "is_vague"),
    [
        ("test_whoever_guesses_waits_and_the_owner_does_not", True),
        ("test_who_turns_pages", True),
        ("test_what_is_owed_is_told_here_once", True),
        ("test_one_address_may_not_try_everybody", True),
        ("test_a_cancelled_waiter_blocks_nobody", True),
        ("test_somebody_elses_character_is_not_yours", True),
        ("test_a_player_who_has_reconnected_is_not_reaped", False),
        ("test_a_full_queue_rejects_a_sign_in_without_counting_it", False),
    ],
)
def test_the_rule_on_names_finds_vague_names(name, is_vague):
    """Former names of tests, and present ones."""
    assert bool(VAGUE.search(name)) is is_vague


@pytest.mark.parametrize(
    "text",
    [
        "a worker that has not been heard of for so long is dead; it says three times in that time that it lives",
        "The same for the client for whom most is waiting.",
        "Questions that PostgreSQL did not answer in time.",
        "a backend is left alone for a while",
        "Connections that were refused before anybody looked at what they want.",
        " ".join(["word"] * (MOST_WORDS + 1)),
    ],
)
def test_the_rules_find_former_texts(text):
    """Texts of former releases."""
    assert problems({"here": text})


def test_the_rules_accept_plain_texts():
    """The texts that replaced them."""
    text = "Seconds without a heartbeat before a worker counts as dead. Heartbeats are sent every third of this."
    assert problems({"here": text, "there": "Unsent bytes of the slowest client."}) == {}


def spoken(path):
    """The docstrings and comments of a Python file, by place. What is indented or drawn is no sentence, and neither is an instruction to a tool."""
    text = path.read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(text)):
        for one in node.body if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                drawn = re.sub(r"^(?:  |.*[├└│]).*$", "X.", inspect.cleandoc(one.value.value), flags=re.MULTILINE)
                listed = re.sub(r"[:.]?\n(?=\d+\. |- )", ". ", drawn)
                found[f"{path.relative_to(ROOT)}:{one.lineno}"] = re.sub(r"`[^`]*`", "X", listed)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        comment = re.sub(r"\s*# noqa.*|`[^`]*`", "X", token.string.lstrip("# "))
        if token.type == tokenize.COMMENT and not re.match(r"noqa|fmt:|type:|──", comment):
            found[f"{path.relative_to(ROOT)}:{token.start[0]}"] = comment
    return found


@pytest.mark.parametrize("folder", ["core", "plugins", "tests", "bench"])
def test_docstrings_and_comments_are_plain(folder):
    """Of the core, the bundled plugins, the tests and the benchmarks."""
    found = {}
    for path in (ROOT / folder).rglob("*.py"):
        if "node_modules" not in path.parts:
            found |= spoken(path)
    assert len(found) > 10
    assert problems(found, BANNED | RIDDLES) == {}
