"""Lua scripts: files in `lua/`, each of which begins with its KEYS and ARGV."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def _read(name: str) -> str:
    return files("echoes_redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


class Script:
    """`lua/<name>.lua` behind the prelude, and behind `library` where it shares functions, as Redis knows it: source and SHA-1.

    If it is `addressed`, its ARGV[1] is the `run_id` of the Redis that runs it. The driver adds it, since only the driver knows the server
    in the end.
    """

    __slots__ = ("_file", "_library", "addressed", "many", "name", "sha", "source")

    def __init__(
        self,
        name: str,
        prelude: str | None = None,
        *,
        library: str = "",
        addressed: bool = False,
        together: bool = False,
        several: bool = False,
    ) -> None:
        self.name = f"{name}, several" if several else name
        self.addressed = addressed
        self.many = Script(name, prelude, library=library, addressed=addressed, several=True) if together else None
        """The script that runs several calls of this one, each with its own KEYS and ARGV, if calls may be made together."""
        self._file = name
        self._library = library
        parts = [_read("prelude") if prelude is None else prelude, *([_read(library)] if library else ())]
        parts += ["local function once(KEYS, ARGV)", _read(name), "end", _read("many")] if several else [_read(name)]
        self.source = "\n".join(parts)
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def under(self, prelude: str) -> "Script":
        """Return the same script behind another prelude: tests set its clock so."""
        several = self.name != self._file
        return Script(self._file, prelude, library=self._library, addressed=self.addressed, together=self.many is not None, several=several)
