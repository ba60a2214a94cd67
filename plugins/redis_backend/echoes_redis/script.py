"""Lua scripts: files in `lua/`, each opening with its KEYS and ARGV."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def _read(name: str) -> str:
    return files("echoes_redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


class Script:
    """`lua/<name>.lua` behind the prelude, as Redis knows it: its source and the SHA-1 of that."""

    __slots__ = ("name", "sha", "source")

    def __init__(self, name: str, prelude: str | None = None) -> None:
        self.name = name
        self.source = (_read("prelude") if prelude is None else prelude) + _read(name)
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def under(self, prelude: str) -> "Script":
        """The same script behind another prelude: how tests turn its clock."""
        return Script(self.name, prelude)
