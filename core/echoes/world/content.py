"""The game data from their folder: read, checked as a whole, and handed over as one frozen `World`.

    world.yaml              the start
    locations/**/<id>.yaml  one location each
    <folder>/*.yaml         id → thing, for every other kind (`echoes.world.kinds`)

Extensions bring folders of the same layout (`echoes.world.packs`), without a start. Every problem of every file is reported at once.
This module reads files; the rest of `echoes.world` never does.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, TypeVar

import msgspec

from .draft import Draft, DraftEntry, values
from .economy import check_economy
from .effects_check import check_effects
from .goods import check_goods, picture_of
from .graph import check_graph
from .kinds import BY_FOLDER, KINDS, LOCATION, ContentKind
from .model import Id, Start, World
from .nearest import did_you_mean
from .packs import WAYS_FILE, Pack, add_ways
from .problem import ContentError, Problem, quoted
from .quest_check import check_quests
from .shape import Shaper, key_fault, kind_of
from .talk_check import check_dialogues
from .yaml_source import MAX_BYTES, REFUSED, Source, parse, unreadable

__all__ = ["ContentError", "Findings", "Problem", "examine", "load", "picture_of", "stamped"]

T = TypeVar("T", bound=msgspec.Struct)

START_FILE: Final = "world.yaml"


class Findings(NamedTuple):
    """Result of an examination. There is a world exactly when no problem is an error."""

    world: World | None
    problems: tuple[Problem, ...]


def load(folder: Path, packs: Sequence[Pack] = ()) -> World:
    """Read the content folder and the packs. Raises `ContentError` with every problem when there is an error; warnings alone are passed over."""
    findings = examine(folder, packs)
    if findings.world is None:
        raise ContentError(findings.problems)
    return findings.world


def examine(folder: Path, packs: Sequence[Pack] = (), pictures: Path | None = None) -> Findings:
    """Read and check the content folder with the packs, and give the world (when there is no error) and all problems, sorted by file and line.

    `pictures`: another content folder, the pictures of which count in place of those in `folder`.
    """
    if not folder.is_dir():
        return Findings(
            None,
            (Problem(".", 1, 1, "", f"there is no content folder {str(folder)!r}; set ECHOES_GAMEDATA to the folder of the game data"),),
        )
    gathering = _Gathering()
    draft, problems = gathering.draft, gathering.problems
    files = list(_files(folder, problems))
    for file in files:
        if _belongs(file):
            gathering.add(_read(folder, file, _printable(file)), file)
        else:
            problems.append(_stray(file))
    if START_FILE not in files:
        problems.append(Problem(START_FILE, 1, 1, "", "this file is missing: it says where a life begins, and with what"))
    for pack in packs:
        gathering.add_pack(pack)
    for ways in gathering.ways:
        problems += add_ways(draft, ways)
    problems += check_graph(draft)
    problems += check_goods(draft, _pictures(pictures or folder, packs, problems))
    problems += check_dialogues(draft)
    problems += check_effects(draft)
    problems += check_economy(draft)
    problems += check_quests(draft)
    sound = all(problem.severity == "warning" for problem in problems)
    return Findings(_world(draft) if sound else None, tuple(sorted(set(problems))))


@dataclass(slots=True)
class _Gathering:
    """Turns sources into the draft."""

    draft: Draft = field(default_factory=Draft)
    problems: list[Problem] = field(default_factory=list)
    ways: list[Source] = field(default_factory=list)

    def add_pack(self, pack: Pack) -> None:
        """Put what an extension's folder defines into the draft. Its problems name the extension."""
        found: list[Problem] = []
        for file in _files(pack.folder, found):
            if file == START_FILE:
                found.append(Problem(file, 1, 1, "", "the game's own folder alone says where a life begins: leave this file out"))
            elif file == WAYS_FILE:
                self.ways.append(_read(pack.folder, file, pack.printed(file)))
            elif _belongs(file):
                self.add(_read(pack.folder, file, pack.printed(_printable(file))), file)
            else:
                found.append(_stray(file))
        self.problems += (msgspec.structs.replace(problem, file=pack.printed(problem.file)) for problem in found)

    def add(self, source: Source, file: str) -> None:
        """Put what a file defines into the draft. `file` is its path in its folder."""
        self.problems += source.problems
        usable = source.readable and source.data is not REFUSED
        self.draft.complete = self.draft.complete and usable
        path = PurePosixPath(file)
        if file == START_FILE:
            self.draft.start = self._entry("start", Start, source, ()) if usable else None
            return
        kind = BY_FOLDER[path.parts[0]]
        if not usable:
            self.draft.named[kind.name] |= {path.stem} if kind is LOCATION else source.named
        elif kind is LOCATION:
            self._define(kind, path.stem, source, ())
        elif isinstance(source.data, dict):
            for id_ in source.data:
                self._define(kind, id_, source, (id_,))
        else:
            self.problems.append(source.problem((), f"expected a mapping of ids, each with its {kind.name}"))

    def _define(self, kind: ContentKind, id_: str, source: Source, root: tuple[str, ...]) -> None:
        self._put(self.draft.tables[kind.name], self._entry(id_, kind.struct, source, root))

    def _put(self, table: dict[str, DraftEntry[T]], entry: DraftEntry[T]) -> None:
        if fault := key_fault(entry.id, kind_of(Id)):
            self.problems.append(entry.problem((), fault if entry.root else f"the file's name is the location's id: {fault}"))
        first = table.setdefault(entry.id, entry)
        if first is not entry:
            self.problems.append(entry.problem((), f"the id {quoted(entry.id)} is already used in {first.place()}"))

    def _entry(self, id_: str, struct: type[T], source: Source, root: tuple[str, ...]) -> DraftEntry[T]:
        """Shape the data. What shows no fault is decoded by msgspec itself as well, which has the last word."""
        data = source.data[root[0]] if root and isinstance(source.data, dict) else source.data
        shaper = Shaper(source)
        value = shaper.shape(root, data, kind_of(struct))
        if not shaper.faulty:
            try:
                value = msgspec.convert(data, struct)
            except msgspec.ValidationError as fault:
                shaper.fault(root, str(fault))
        self.problems += shaper.problems
        faulty = frozenset(trail[len(root) :] for trail in shaper.faulty)
        return DraftEntry(id_, struct, source, root, data, value if isinstance(value, struct) else None, faulty)


def _files(folder: Path, problems: list[Problem]) -> Iterator[str]:
    """Go over the YAML files, relative to the folder, in an order that does not depend on the disk. Hidden ones do not count."""

    def refused(fault: OSError) -> None:
        file = os.path.relpath(os.fspath(fault.filename), folder)
        problems.append(Problem(_printable(PurePosixPath(file).as_posix()), 1, 1, "", f"cannot be read: {fault.strerror}"))

    seen: set[str] = set()
    found: list[str] = []
    for where, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        real = os.path.realpath(where)
        folders[:] = [] if real in seen else [name for name in folders if not name.startswith(".")]
        if real not in seen:
            found += [Path(where, name).relative_to(folder).as_posix() for name in names if not name.startswith(".")]
        seen.add(real)
    yield from sorted(file for file in found if file.endswith((".yaml", ".yml")))


def _belongs(file: str) -> bool:
    parts = PurePosixPath(file).parts
    nested = len(parts) == 2 or (len(parts) > 2 and parts[0] == "locations")
    return file.endswith(".yaml") and (file == START_FILE or (nested and parts[0] in BY_FOLDER))


def _stray(file: str) -> Problem:
    top = PurePosixPath(file).parts[0]
    if file.endswith(".yml"):
        return Problem(_printable(file), 1, 1, "", "nothing reads this file: name it .yaml")
    if file == WAYS_FILE:
        return Problem(file, 1, 1, "", "extensions alone have this file: write an exit into its location's file", "warning")
    expected = {START_FILE, *BY_FOLDER}
    hint = "; only locations have subfolders" if top in BY_FOLDER else did_you_mean(top, expected)
    return Problem(_printable(file), 1, 1, "", f"nothing reads this file{hint}", "warning")


def _read(folder: Path, file: str, printed: str) -> Source:
    path = folder / file
    try:
        if not path.is_file():
            return unreadable(printed, "this is no file")
        with path.open("rb") as stream:
            return parse(printed, stream.read(MAX_BYTES + 1))
    except OSError as fault:
        return unreadable(printed, f"cannot be read: {fault.strerror}")


def _pictures(folder: Path, packs: Sequence[Pack], problems: list[Problem]) -> frozenset[str] | None:
    """Give the paths of all pictures, or None while the game's own folder has no folder for them. Two pictures of one path are a problem."""
    if not (folder / "images").is_dir():
        return None
    found = set(_pictures_in(folder))
    for pack in packs:
        own = set(_pictures_in(pack.folder))
        problems += (Problem(pack.printed(picture), 1, 1, "", "another picture has this path already") for picture in own & found)
        found |= own
    return frozenset(found)


def _pictures_in(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in (folder / "images").rglob("*.svg") if path.is_file())


def _world(draft: Draft) -> World:
    """Put the checked values together."""
    if draft.start is None or draft.start.value is None:
        raise ContentError([Problem(START_FILE, 1, 1, "", "there is no start")])  # examine() has said so before
    tables = {kind.table: _by_id(draft.tables[kind.name]) for kind in KINDS}
    return stamped(World(start=draft.start.value, version="", **tables))


def stamped(world: World) -> World:
    """The same with its version, which depends on what the content says, not on files, their order or their layout.

    Content that has been put together from its parts, wherever they came from, is what was checked exactly when it has the
    version that the check gave it.
    """
    canonical = msgspec.json.encode(msgspec.structs.replace(world, version=""), order="deterministic")
    return msgspec.structs.replace(world, version=hashlib.sha256(canonical).hexdigest()[:16])


def _by_id(table: dict[str, DraftEntry[T]]) -> dict[str, T]:
    return {entry.id: value for entry, value in sorted(values(table), key=lambda pair: pair[0].id)}


def _printable(file: str) -> str:
    """Spell a file's name so that any terminal and log can show it."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in os.fsdecode(file))
