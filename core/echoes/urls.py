"""URLs with secrets: refused when they mean something else than they seem to, and never shown."""

import re
from urllib.parse import parse_qsl, urlencode

from echoes.errors import ConfigurationError

ENCODE = "percent-encode such characters in user name and password (# is %23, / is %2F, ? is %3F, @ is %40, % is %25)"
_URL = re.compile(r"(?P<scheme>[a-z0-9+.-]+)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?", re.IGNORECASE)
_HOST = re.compile(r"(?:\[[0-9a-f:.]+(?:%25\w+)?\]|[^:\[\]]+)(?::[0-9]{1,5})?", re.IGNORECASE)
LARGEST_PORT = 65_535
IGNORED = frozenset({
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "client_encoding",
    "fallback_application_name", "gssencmode", "gssdelegation", "sslcompression", "sslsni", "sslcertmode", "load_balance_hosts", "channel_binding",
})  # fmt: skip
"""Parameters of libpq's in a provider's URL that the driver would pass on as PostgreSQL's own; the server has its own ways for them."""
NEVER = frozenset({"require_auth", "requirepeer", "sslcrldir", "replication"})
"""Those that ask for more safety, or for something else, than the driver can give."""


def checked(url: str, setting: str, schemes: tuple[str, ...], *, hostless: bool = False) -> None:
    """Raise `ConfigurationError` naming `setting` when a URL is none of these schemes or may be misread.

    `hostless`: it may come without a host (a socket of the file system). No piece of the URL is in the error.
    """
    choices = ", ".join(f"{one}://" for one in schemes)
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ConfigurationError(f"{setting} contains white space or a line break; remove it (in a password a space is %20)")
    if "#" in url:
        raise ConfigurationError(f"{setting} contains a #, which ends a URL; {ENCODE}")
    found = _URL.fullmatch(url)
    if found is None or found["scheme"].lower() not in schemes:
        raise ConfigurationError(f"{setting} does not begin with {choices}; give the whole URL")
    login, _, hosts = found["authority"].rpartition("@")
    after = found["path"] + (found["query"] or "")
    if "@" in login or "@" in after:
        raise ConfigurationError(f"{setting} has more than one @, or a / or ? before the @; {ENCODE}")
    if re.search(r"%(?![0-9a-f]{2})", url, re.IGNORECASE):
        raise ConfigurationError(f"{setting} has a % without two hexadecimal digits after it; {ENCODE}")
    if not hostless or hosts:
        _check_hosts(hosts, setting)
    if found["query"]:
        try:
            parse_qsl(found["query"], keep_blank_values=True, strict_parsing=True)
        except ValueError:
            raise ConfigurationError(f"{setting} has a parameter after the ? that is not name=value; {ENCODE}") from None


def check_postgresql(url: str, setting: str = "ECHOES_DATABASE_URL") -> None:
    """Raise `ConfigurationError` for a URL of PostgreSQL's that may be misread, names no host, or asks for what the driver cannot give."""
    checked(url, setting, ("postgresql", "postgres"), hostless=True)
    parameters = _parameters(url)
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
    if not authority.rpartition("@")[2] and not {"host", "service"} & parameters.keys():
        raise ConfigurationError(
            f"{setting} names no host; write postgresql://user:password@host:port/database, or ?host=/run/postgresql for a socket"
        )
    for name in sorted(NEVER & parameters.keys()):
        raise ConfigurationError(f"{setting} has the parameter {name}, which the driver does not support; remove it")
    for name in ("channel_binding", "gssencmode"):
        if parameters.get(name) == "require":
            raise ConfigurationError(
                f"{setting} has {name}=require, which the driver does not support; remove it and set sslmode=verify-full"
            )


def for_driver(url: str) -> str:
    """The URL without what only libpq knows."""
    base, _, query = url.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in IGNORED]
    return f"{base}?{urlencode(kept)}" if kept else base


def _parameters(url: str) -> dict[str, str]:
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))


def _check_hosts(hosts: str, setting: str) -> None:
    for one in hosts.split(","):
        if not one or one.startswith(":"):
            raise ConfigurationError(f"{setting} names no host (scheme://user:password@host:port/…); {ENCODE}")
        if not _HOST.fullmatch(one) or int(_port(one) or 0) > LARGEST_PORT:
            raise ConfigurationError(
                f"{setting} has a port that is not a number up to {LARGEST_PORT}, or no host before the port; {ENCODE}"
            )


def _port(host: str) -> str:
    return host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
