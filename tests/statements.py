"""The names that documents, docstrings and comments use, and those of them that the tree does not have."""

import re

import tree
from echoes import cli

FILE = re.compile(r"(?<![\w./<{-])((?:[\w.-]+/)*[\w.-]+\.(?:py|sql|lua|js|md|yml|yaml|toml|css|html|webmanifest))\b(?!\.\w)(?:::(\w+))?")
QUOTED = re.compile(r"`([^`\n]+)`")
NAME = r"_?[a-z]+(?:_[a-z0-9]+)*_?|[A-Z]\w*[a-z]\w*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
PAGE_AND_NUMBER = re.compile(r"\b([A-Z]{4,}) \d+(?:\.\d+)*\b")
STANDARDS = {"HTTP", "YAML"}
AT_RUN_TIME = {"postgres/", ".echoes/", ".venv/", "tests/client/node_modules/"}
"""Folders that a server or `make` makes."""
FOREIGN = {"REDIS_SERVICE_HOST", "REDIS_SERVICE", "after_request", "limit_concurrency", "Allow", "utils", "deadlock_timeout"}
"""Names that others use: Kubernetes, Litestar, uvicorn, HTTP."""


def stale(prose):
    """The names in a text that the tree does not have."""
    return sorted({*_files(prose), *_names(prose), *_tests(prose), *_settings(prose), *_commands(prose), *_numbered_pages(prose)})


def _files(prose):
    for path, inside in FILE.findall(prose):
        if re.sub(r"^\.{1,2}/", "", path) not in tree.places() and "NNNN" not in path:
            yield path
        elif inside and not any(
            re.search(rf"\b(?:def|class|function|FUNCTION) {inside}\b|(?m:^{inside}\b.* = )", tree.text_of(one)) for one in _ending(path)
        ):
            yield f"{path}::{inside}"
    for folder in re.findall(r"`((?:[\w.-]+/)+)`", prose):
        if folder.rstrip("/") not in tree.places() and folder not in AT_RUN_TIME:
            yield folder


def _ending(path):
    return [one for one in tree.tracked() if one == path or one.endswith("/" + path)]


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
    named = {name, *(name.removesuffix(one) for one in ("_total", "_bucket", "_count", "_sum"))}
    return any(not known.isdisjoint(named) for known in (tree.code_words(), tree.settings(), FOREIGN))


def _known_dotted(name):
    first, *others = name.split(".")
    if name in tree.log_events() or name in tree.quoted_in_code():
        return True
    if first in {event.split(".")[0] for event in tree.log_events()} and first not in tree.code_modules():
        return False
    if first in tree.members():
        return others[0] in tree.members()[first]
    if first.startswith("echoes"):
        return any(_is_in(others, package) for package in _packages(first))
    return all(_known(part) for part in (first, *others))


def _packages(name):
    return [path.removesuffix("/__init__.py") for path in tree.tracked() if path.endswith(f"{name}/__init__.py")]


def _is_in(names, package):
    """Whether names lead from a package through its modules to something that the last module has."""
    for number, name in enumerate(names):
        if f"{package}/{name}.py" in tree.tracked():
            return all(one in tree.words_of_code(f"{package}/{name}.py") for one in names[number + 1 :])
        if f"{package}/{name}/__init__.py" not in tree.tracked():
            return all(one in tree.words_of_code(f"{package}/__init__.py") for one in names[number:])
        package = f"{package}/{name}"
    return True


def _tests(prose):
    return (name for name in re.findall(r"\btest_[a-z0-9_]*[a-z0-9]\b(?![*{])", prose) if name not in tree.code_words())


def _settings(prose):
    """Variables of the server; those of the tests are words of the code."""
    for name in re.findall(r"\bECHOES_[A-Z_]*[A-Z]\b(?![*{])|(?<=`)REDIS_[A-Z]+", prose):
        if name not in tree.settings() | FOREIGN and name not in tree.code_words():
            yield name


def _commands(prose):
    for target in re.findall(r"(?:^|`)make (?:\w+=\S+ )*([a-z]+)\b(?!=)", prose, re.MULTILINE):
        if target not in tree.make_targets():
            yield f"make {target}"
    for command in re.findall(r"(?:^|`|bin/)echoes ([a-z]+)", prose, re.MULTILINE):
        if command not in cli.main.commands:
            yield f"echoes {command}"


def _numbered_pages(prose):
    return (word for word in PAGE_AND_NUMBER.findall(prose) if f"{word}.md" not in tree.places() and word not in STANDARDS)
