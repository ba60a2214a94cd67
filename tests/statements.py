"""What documents, docstrings and comments name, and what of it the tree does not have."""

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

from echoes import cli
from echoes.settings import IN_A_FILE, Settings, variable_of
from echoes_memory.settings import MemorySettings
from echoes_redis.settings import OLDER_NAMES, RedisSettings

ROOT = Path(__file__).parents[1]
HISTORY = "CHANGELOG.md"
"""What it says under "Changed" names what was there before."""
CODE = {".py", ".sql", ".lua", ".js", ".css", ".html", ".yml", ".yaml", ".toml", ".json", ".example", ".conf", ".sh", ""}
DASHES = re.compile(r"--+ ?(.*)")
COMMENT = {".sql": DASHES, ".lua": DASHES, ".js": re.compile(r"(?<!:)//+ ?([^\n]*)|/\*(.*?)\*/", re.DOTALL)}
FILE = re.compile(r"(?<![\w./<{-])((?:[\w.-]+/)*[\w.-]+\.(?:py|sql|lua|js|md|yml|yaml|toml|css|html|webmanifest))\b(?!\.\w)(?:::(\w+))?")
QUOTED = re.compile(r"`([^`\n]+)`")
NAME = r"_?[a-z]+(?:_[a-z0-9]+)*_?|[A-Z]\w*[a-z]\w*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
PAGE_AND_NUMBER = re.compile(r"\b([A-Z]{4,}) \d+(?:\.\d+)*\b")
STANDARDS = {"HTTP", "YAML"}
EXAMPLES = re.compile(r"^```(?:yaml|text|json)?\n.*?^```$", re.MULTILINE | re.DOTALL)
AT_RUN_TIME = {"postgres/"}
"""Folders that a server makes."""
FOREIGN = {"REDIS_SERVICE_HOST", "after_request", "limit_concurrency", "Allow", "utils"}
"""Names that others use: Kubernetes, Litestar, uvicorn, HTTP."""


@cache
def tracked():
    """The repository's files, as paths below its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def pages():
    """The Markdown documents."""
    return sorted(name for name in tracked() if name.endswith(".md"))


def sources():
    """The files whose docstrings and comments are read."""
    return sorted(
        name for name in tracked() if Path(name).suffix in {".py", *COMMENT} and name.split("/")[0] in {"core", "plugins", "tests", "bench"}
    )


@cache
def text_of(name):
    """A file's text; empty where it is none."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def prose_of(name):
    """What a file says to a reader: a document as a whole, of a program its docstrings and comments."""
    if name.endswith(".md"):
        return EXAMPLES.sub("", text_of(name).split("\n### Changed")[0] if name == HISTORY else text_of(name))
    if name.endswith(".py"):
        return "\n".join([*_docstrings(name).values(), *_comments(name)])
    return "\n".join("".join(found) for found in COMMENT[Path(name).suffix].findall(text_of(name)))


@cache
def tree_of(name):
    """A module, parsed."""
    return ast.parse(text_of(name))


def _docstrings(name):
    """Docstrings by the line at which they begin: also those below an attribute."""
    return {
        node.value.lineno: node.value.value
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def _comments(name):
    tokens = tokenize.generate_tokens(io.StringIO(text_of(name)).readline)
    return [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]


@cache
def _words_of_code(name):
    """The words of a file that are no prose: names, keywords, and the words of strings."""
    if not name.endswith(".py"):
        text = text_of(name)
        return re.findall(r"\w+", re.sub(r"(?m)(?:--|//) .*$", "", text) if Path(name).suffix in COMMENT else text)
    docstrings, found = _docstrings(name), []
    for token in tokenize.generate_tokens(io.StringIO(text_of(name)).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.start[0] in docstrings):
            continue
        found += re.findall(r"\w+", token.string)
    return found


@cache
def code_words():
    """Every word that stands in the code, and the parts of the names of its files."""
    named = {part for name in tracked() for part in re.split(r"[/.]", name)}
    programs = (name for name in tracked() if Path(name).suffix in CODE and name != "tests/statements.py" and not name.startswith("docs/"))
    return frozenset(named.union(*(_words_of_code(name) for name in programs)))


@cache
def members():
    """What each class defines or sets on itself, by class; classes of one name are one."""
    found = {}
    for name in tracked():
        if name.endswith(".py"):
            for node in ast.walk(tree_of(name)):
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, set()).update(_defined_in(node))
    return found


def _defined_in(node):
    for one in ast.walk(node):
        match one:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield name


@cache
def places():
    """Each path below the root, and each ending of one that a reader may write."""
    parts = (name.split("/") for name in tracked())
    return frozenset("/".join(one[start:end]) for one in parts for start in range(len(one)) for end in range(start + 1, len(one) + 1))


@cache
def quoted_in_code():
    """Dotted names that a program keeps as a string: groups of entry points, keys in a browser's storage."""
    programs = (name for name in tracked() if Path(name).suffix in {".py", ".js", ".toml"})
    return frozenset(found for name in programs for found in re.findall(r"[\"']([a-z]\w*(?:\.\w+)+)[\"'.]", text_of(name)))


@cache
def log_events():
    """What is logged, at any level."""
    found = set()
    for name in tracked():
        if name.endswith(".py") and name.split("/")[0] in {"core", "plugins"}:
            found |= set(re.findall(r"\blog\.\w+\(\s*\"([\w.]+)\"", text_of(name)))
    return found


@cache
def code_modules():
    """The names of modules and packages."""
    return frozenset(part.removesuffix(".py") for name in tracked() if name.endswith(".py") for part in name.split("/"))


@cache
def settings():
    """Every environment variable that is read."""
    found = {variable_of(field) for field in Settings.model_fields} | {*OLDER_NAMES, "WORKERS"}
    found |= {f"ECHOES_MEMORY_{field.upper()}" for field in MemorySettings.model_fields}
    found |= {f"ECHOES_REDIS_{field.upper()}" for field in RedisSettings.model_fields}
    return frozenset(found | {f"{name}_FILE" for name in found if IN_A_FILE.fullmatch(f"{name}_FILE")})


@cache
def make_targets():
    """What `make` makes."""
    return frozenset(re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE))


def stale(prose):
    """What a text names that is not there."""
    return sorted({*_files(prose), *_names(prose), *_tests(prose), *_settings(prose), *_commands(prose), *_numbered_pages(prose)})


def _files(prose):
    for path, inside in FILE.findall(prose):
        if re.sub(r"^\.{1,2}/", "", path) not in places() and "NNNN" not in path:
            yield path
        elif inside and not any(
            re.search(rf"\b(?:def|class|function|FUNCTION) {inside}\b|(?m:^{inside}\b.* = )", text_of(one)) for one in _ending(path)
        ):
            yield f"{path}::{inside}"
    for folder in re.findall(r"`((?:[\w.-]+/)+)`", prose):
        if folder.rstrip("/") not in places() and folder not in AT_RUN_TIME:
            yield folder


def _ending(path):
    return [one for one in tracked() if one == path or one.endswith("/" + path)]


def _names(prose):
    """Quoted names: of a function, a class, a member of a class, a log event, a module."""
    for quoted in QUOTED.findall(prose):
        name = quoted.removesuffix("()")
        if re.fullmatch(r"\w+(?:\.\w+)+", name) and not FILE.fullmatch(name):
            if not _known_dotted(name):
                yield quoted
        elif re.fullmatch(NAME, name) and not _known(name):
            yield quoted
    for name in re.findall(r"\becho(?:es_[a-z_]*[a-z])\b(?!\*)|\bEC\d{3}\b", prose):
        if not _known(name):
            yield name


def _known(name):
    known = code_words() | settings() | FOREIGN
    return name in known or any(name.removesuffix(one) in known for one in ("_total", "_bucket", "_count", "_sum"))


def _known_dotted(name):
    first, *others = name.split(".")
    if name in log_events() or name in quoted_in_code():
        return True
    if first in {event.split(".")[0] for event in log_events()} and first not in code_modules():
        return False
    if first in members():
        return others[0] in members()[first]
    if first.startswith("echoes"):
        return any(_is_in(others, package) for package in _packages(first))
    return all(_known(part) for part in (first, *others))


def _packages(name):
    return [path.removesuffix("/__init__.py") for path in tracked() if path.endswith(f"{name}/__init__.py")]


def _is_in(names, package):
    """Whether names lead from a package through its modules to something that the last module has."""
    for number, name in enumerate(names):
        if f"{package}/{name}.py" in tracked():
            return all(one in _words_of_code(f"{package}/{name}.py") for one in names[number + 1 :])
        if f"{package}/{name}/__init__.py" not in tracked():
            return all(one in _words_of_code(f"{package}/__init__.py") for one in names[number:])
        package = f"{package}/{name}"
    return True


def _tests(prose):
    return (name for name in re.findall(r"\btest_[a-z0-9_]*[a-z0-9]\b(?![*{])", prose) if name not in code_words())


def _settings(prose):
    """Variables of the server; those of the tests are words of the code."""
    for name in re.findall(r"\bECHOES_[A-Z_]*[A-Z]\b(?![*{])|(?<=`)REDIS_[A-Z]+", prose):
        if name not in settings() and name not in code_words():
            yield name


def _commands(prose):
    for target in re.findall(r"(?:^|`)make (?:\w+=\S+ )*([a-z]+)\b(?!=)", prose, re.MULTILINE):
        if target not in make_targets():
            yield f"make {target}"
    for command in re.findall(r"(?:^|`|bin/)echoes ([a-z]+)", prose, re.MULTILINE):
        if command not in cli.main.commands:
            yield f"echoes {command}"


def _numbered_pages(prose):
    return (word for word in PAGE_AND_NUMBER.findall(prose) if f"{word}.md" not in places() and word not in STANDARDS)
