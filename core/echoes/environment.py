"""The variables that an operator has set: the environment over `.env`, without empty ones and those that an orchestrator injects."""

import difflib
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from echoes.errors import ConfigurationError

OURS = re.compile(r"(?:echoes|redis)_\w+|workers", re.IGNORECASE)
INJECTED = re.compile(r"\w+_SERVICE_(?:HOST|PORT(?:_\w+)?)|\w+_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?")
"""Names of the variables that Kubernetes sets in every container for every Service of the namespace."""
INJECTED_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://\S*")
"""The value of another one of them, `<SERVICE>_PORT`."""
DOTENV = ".env"
QUOTES = "\"'`“”‘’„«»"
SIMILAR = 0.88
"""How alike a name must be to that of a setting to be taken for a misspelling."""


def given(environ: Mapping[str, str]) -> dict[str, str]:
    """All variables that are set, by name: `environ` wins over `.env` in the working folder. The project's names may be in lower case.

    An empty value counts as unset, and an injected variable is left out (`injected` lists them). Raises `ConfigurationError` for a `.env`
    that cannot be read or understood, with the line number. No error contains a value.
    """
    found: dict[str, str] = {}
    for source in (_dotenv(), environ):
        for name, value in source.items():
            known = name.upper() if OURS.fullmatch(name) else name
            if value.strip() and not _is_injected(known, value):
                found[known] = value
    for name, value in found.items():
        if OURS.fullmatch(name) and value[0] in QUOTES and value[-1] in QUOTES:
            raise ConfigurationError(f"{name} has quotation marks in its value; remove them")
    return found


def injected(environ: Mapping[str, str]) -> list[str]:
    """The project's variables that an orchestrator has injected; the server ignores them."""
    return sorted(name for name, value in environ.items() if OURS.fullmatch(name) and _is_injected(name.upper(), value))


def refuse_near_misses(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise `ConfigurationError` for the first name that is not known but nearly: a misspelt setting must not be ignored."""
    expected = list(known)
    for name in sorted(set(names) - set(expected)):
        if near := difflib.get_close_matches(name, expected, n=1, cutoff=SIMILAR):
            raise ConfigurationError(f"{name} is not a setting; did you mean {near[0]}?")


def _is_injected(name: str, value: str) -> bool:
    return bool(INJECTED.fullmatch(name) or (name.endswith("_PORT") and INJECTED_ADDRESS.fullmatch(value)))


def _dotenv() -> dict[str, str]:
    """Read the variables of `.env`. Later lines win; `${NAME}` is replaced, `export` and quotes are understood."""
    try:
        content = Path(DOTENV).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(
            f"{DOTENV} in the working folder cannot be read ({error.strerror}); let the account that runs the server read it,"
            " or start the server in another folder"
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{DOTENV} is not UTF-8 text (line {line}): save it with the encoding UTF-8") from None
    if "\0" in text:
        raise ConfigurationError(f"{DOTENV} is not UTF-8 text (it has zero bytes, as UTF-16 has): save it with the encoding UTF-8")
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
            raise ConfigurationError(f"{DOTENV}, line {line}, is not valid; write NAME=value, a comment, or an empty line")
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None}
