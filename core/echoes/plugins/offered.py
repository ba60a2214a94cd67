"""The objects that extensions offer, checked at boot: each has the type that its hook promises, else the error names the extension."""

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from echoes.errors import PluginError
from echoes.facilities import CachedKind
from echoes.storage.extension_steps import ExtensionSteps, steps_in
from echoes.web.panels import Panel
from echoes.world.packs import Pack

PLAIN = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""A name that can be part of a path and of a schema's name."""
FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


class Extension(Struct, frozen=True):
    """One loaded extension, as far as its offers need it."""

    name: str
    label: str
    """Its name in errors."""
    ask: Callable[[str], object]
    """Call one of its hooks that answers one value."""


class Routes(Struct, frozen=True):
    """The HTTP handlers of one extension, and its panel of the page."""

    name: str
    label: str
    """Its name in errors."""
    handlers: tuple[object, ...]
    panel: Panel | None = None


def routes_of(extensions: Iterable[Extension]) -> tuple[Routes, ...]:
    """Return what the extensions serve over HTTP (`echoes_routes`, `echoes_pages`). An extension's name is part of the path, so it must fit."""
    found = []
    for extension in extensions:
        handlers, panel = extension.ask("echoes_routes"), extension.ask("echoes_pages")
        if handlers is None and panel is None:
            continue
        if not isinstance(handlers, list | tuple | None):
            raise PluginError(
                f"{extension.label} returns {handlers!r} from the hook 'echoes_routes'; it must be a list of Litestar handlers"
            )
        _require_plain_name(extension, "echoes_pages" if handlers is None else "echoes_routes")
        found.append(Routes(extension.name, extension.label, tuple(handlers or ()), _panel(extension, panel)))
    return tuple(found)


def _panel(extension: Extension, panel: object) -> Panel | None:
    if panel is None:
        return None
    if not isinstance(panel, Panel):
        raise PluginError(f"{extension.label} returns {panel!r} from the hook 'echoes_pages'; it must be a Panel (echoes.web.panels)")
    if not panel.title:
        raise PluginError(f"{extension.label} returns a panel without a title from the hook 'echoes_pages'")
    for name in (panel.script, *([panel.style] if panel.style else [])):
        if not FILE.fullmatch(name) or not (panel.folder / name).is_file():
            raise PluginError(
                f"{extension.label} returns a panel with the file {name!r} from the hook 'echoes_pages'; {str(panel.folder)!r} has none"
            )
    return panel


def _require_plain_name(extension: Extension, hook: str) -> None:
    if not PLAIN.fullmatch(extension.name):
        raise PluginError(
            f"{extension.label} implements the hook {hook!r}, so its entry point's name must be of lower-case letters, digits and underscores,"
            " a letter first"
        )


def cached_kinds_of(extensions: Iterable[Extension]) -> tuple[CachedKind, ...]:
    """Return the cached kinds of the extensions (`echoes_cached_kinds`). Names and keys begin with the extension's, so none is another's."""
    found: dict[str, CachedKind] = {}
    for extension in extensions:
        offered = extension.ask("echoes_cached_kinds")
        if offered is None:
            continue
        _require_plain_name(extension, "echoes_cached_kinds")
        if not isinstance(offered, list | tuple):
            raise PluginError(
                f"{extension.label} returns {offered!r} from the hook 'echoes_cached_kinds'; it must be a list of CachedKind objects"
            )
        for kind in offered:
            if fault := _kind_fault(extension.name, kind) or ("two kinds have this name" if kind.name in found else ""):
                raise PluginError(f"{extension.label} returns {kind!r} from the hook 'echoes_cached_kinds': {fault}")
            found[kind.name] = kind
    return tuple(found.values())


def _kind_fault(extension: str, kind: object) -> str:
    """Return what is wrong with a cached kind; empty when it can be used."""
    if not isinstance(kind, CachedKind):
        return "it must be a CachedKind (echoes.facilities)"
    own = kind.name.removeprefix(f"{extension}.")
    faults = {
        f"its name must be like {extension}.name": own == kind.name or not PLAIN.fullmatch(own),
        f"its key must be x:{extension}:{own}:{{id}}": kind.key != f"x:{extension}:{own}:{{id}}",
        "its ttl must be a number of seconds: nothing of an extension is kept for ever": kind.ttl is None or not 0 < kind.ttl < math.inf,
    }
    fault = next((fault for fault, applies in faults.items() if applies), "")
    if not fault:
        try:
            msgspec.json.Decoder(kind.struct)
        except TypeError as error:
            fault = f"its struct cannot be decoded: {error}"
    return fault


def packs_of(extensions: Iterable[Extension]) -> tuple[Pack, ...]:
    """Return the content folders of the extensions (`echoes_gamedata`), in their order."""
    return tuple(Pack(one.name, folder) for one in extensions if (folder := _folder(one, "echoes_gamedata")) is not None)


def migrations_of(extensions: Iterable[Extension]) -> tuple[ExtensionSteps, ...]:
    """Return the migrations of the extensions (`echoes_migrations`) that have any. Its name is part of the schema's name."""
    found = []
    for extension in extensions:
        folder = _folder(extension, "echoes_migrations")
        if folder is not None:
            _require_plain_name(extension, "echoes_migrations")
            found.append(ExtensionSteps(extension.name, extension.label, steps_in(folder, extension.label)))
    return tuple(found)


def _folder(extension: Extension, hook: str) -> Path | None:
    folder = extension.ask(hook)
    if folder is None:
        return None
    if not isinstance(folder, Path):
        raise PluginError(f"{extension.label} returns {folder!r} from the hook {hook!r}; it must be a pathlib.Path of a folder")
    if not folder.is_dir():
        raise PluginError(f"{extension.label} returns {str(folder)!r} from the hook {hook!r}; there is no such folder")
    return folder
