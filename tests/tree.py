"""The repository as text: its files, their prose and their code, and the names that it defines."""

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

from echoes.settings import IN_A_FILE, Settings, variable_of
from echoes_memory.settings import MemorySettings
from echoes_redis.settings import OLDER_NAMES, RedisSettings

ROOT = Path(__file__).parents[1]
HISTORY = "CHANGELOG.md"
"""The changelog: its text under "Changed" names former things."""
CODE = {".py", ".sql", ".lua", ".js", ".css", ".html", ".yml", ".yaml", ".toml", ".json", ".example", ".conf", ".sh", ""}
DASHES = re.compile(r"--+ ?(.*)")
COMMENT = {".sql": DASHES, ".lua": DASHES, ".js": re.compile(r"(?<!:)//+ ?([^\n]*)|/\*(.*?)\*/", re.DOTALL)}
FENCED = re.compile(r"^```(\w*)\n.*?^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {"", "yaml", "text", "json"}


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
    """The prose of a file for a reader: a document as a whole, of a program its docstrings and comments."""
    if name.endswith(".md"):
        text = text_of(name).split("\n### Changed")[0] if name == HISTORY else text_of(name)
        return FENCED.sub(lambda found: "" if found[1] in EXAMPLES else found[0], text)
    if name.endswith(".py"):
        return "\n".join([*_docstrings(name).values(), *_comments(name)])
    return "\n".join("".join(found) for found in COMMENT[Path(name).suffix].findall(text_of(name)))


@cache
def tree_of(name):
    """A module, parsed."""
    return ast.parse(text_of(name))


@cache
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
def words_of_code(name):
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
    return frozenset(named.union(*(words_of_code(name) for name in programs)))


@cache
def members():
    """The names that each class defines or sets on itself, by class; classes of one name are one."""
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
    """The names of the log events, at any level."""
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
    """The targets of `make`."""
    return frozenset(re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE))
