"""Lua scripts: files in `lua/`, each opening with its KEYS and ARGV."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def _read(name: str) -> str:
    return files("echoes_redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


class Script:
    """`lua/<name>.lua` behind the prelude, and behind `library` where it shares functions, as Redis knows it: source and SHA-1."""

    __slots__ = ("_library", "name", "sha", "source")

    def __init__(self, name: str, prelude: str | None = None, *, library: str = "") -> None:
        self.name = name
        self._library = library
        parts = [_read("prelude") if prelude is None else prelude, *([_read(library)] if library else ()), _read(name)]
        self.source = "\n".join(parts)
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def under(self, prelude: str) -> "Script":
        """The same script behind another prelude: how tests turn its clock."""
        return Script(self.name, prelude, library=self._library)
