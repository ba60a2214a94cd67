"""The objects that extensions offer, checked at boot: each has the type that its hook promises, else the error names the extension."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from echoes.errors import PluginError
from echoes.world.packs import Pack


class Extension(Struct, frozen=True):
    """One loaded extension, as far as its offers need it."""

    name: str
    who: str
    """Its name in errors."""
    ask: Callable[[str], object]
    """Call one of its hooks that answers one value."""


def packs_of(extensions: Iterable[Extension]) -> tuple[Pack, ...]:
    """Return the content folders of the extensions (`echoes_gamedata`), in their order."""
    packs = []
    for extension in extensions:
        folder = extension.ask("echoes_gamedata")
        if folder is None:
            continue
        if not isinstance(folder, Path):
            raise PluginError(f"{extension.who} returns {folder!r} from the hook 'echoes_gamedata'; it must be a pathlib.Path of a folder")
        if not folder.is_dir():
            raise PluginError(f"{extension.who} returns {str(folder)!r} from the hook 'echoes_gamedata'; there is no such folder")
        packs.append(Pack(extension.name, folder))
    return tuple(packs)
