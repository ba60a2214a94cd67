"""Every key in Redis. An id in a key is percent-encoded where it could be taken for a part of the key, so no two ids collide.

Keys that one script uses together share a hash tag: `{world}` for sessions and registry, the name for a lock and its token. Cache entries
are named by their kinds (`CachedKind.key`) and stand alone.
"""

from typing import Literal
from urllib.parse import quote, unquote

from echoes.facilities.cache import CachedKind
from msgspec import Struct

EMPTY = "%"
"""Stands for the empty id: a percent sign without its two digits."""


class Pattern(Struct, frozen=True):
    """A row of the key table in `docs/redis.md`."""

    key: str
    """Behind the prefix. `{id}` and `{name}` stand for a quoted id; all other braces are in the key itself, as its hash tag."""
    type: Literal["hash", "set", "sorted set", "string", "list", "stream"]
    expires: bool | None
    """Whether such a key has a TTL; None when it depends."""


DATABASE = Pattern("{world}:database", "string", False)
SESSION = Pattern("{world}:player:{id}:session", "hash", None)
CLOSED = Pattern("{world}:player:{id}:closed", "string", True)
EPOCH = Pattern("{world}:epoch", "string", False)
GRACE = Pattern("{world}:grace", "sorted set", False)
BODIES = Pattern("{world}:bodies", "hash", False)
PLAYERS = Pattern("{world}:location:{id}:players", "set", False)
NAMES = Pattern("{world}:names", "hash", False)
EVERYBODY = Pattern("{world}:people", "sorted set", False)
PEOPLE = Pattern("{world}:location:{id}:people", "sorted set", False)
REMOVED = Pattern("{world}:player:{id}:removed", "string", True)
WORKERS = Pattern("{world}:workers", "hash", False)
HEARTBEAT = Pattern("{world}:worker:{id}:heartbeat", "string", True)
CONNECTIONS = Pattern("{world}:worker:{id}:connections", "hash", False)
HOLDERS = Pattern("{world}:holders", "hash", False)
LOCK = Pattern("lock:{{name}}", "string", True)
TOKEN = Pattern("lock:{{name}}:token", "string", True)

PATTERNS = (
    DATABASE, SESSION, CLOSED, EPOCH, GRACE, BODIES, PLAYERS, NAMES, EVERYBODY, PEOPLE, REMOVED, WORKERS, HEARTBEAT, CONNECTIONS, HOLDERS, LOCK, TOKEN,
)  # fmt: skip


def quoted(name: str) -> str:
    """Quote any text as a part of a key: letters, digits and `-._~@+/` stay, the rest is percent-encoded UTF-8."""
    return quote(name, safe="-._~@+/") or EMPTY


def unquoted(part: str) -> str:
    """Return the text that `quoted` made this of."""
    return "" if part == EMPTY else unquote(part)


class Keys:
    """The keys of one server, all behind one prefix."""

    def __init__(self, prefix: str = "echoes:") -> None:
        self.prefix = prefix
        self.world = f"{prefix}{{world}}:"
        self.database = f"{self.world}database"
        self.epoch = f"{self.world}epoch"
        self.grace = f"{self.world}grace"
        self.bodies = f"{self.world}bodies"
        self.names = f"{self.world}names"
        self.everybody = f"{self.world}people"
        self.workers = f"{self.world}workers"
        self.holders = f"{self.world}holders"

    def session(self, character: int) -> str:
        """A character's session."""
        return f"{self.world}player:{character}:session"

    def closed(self, character: int) -> str:
        """The epoch of the session that was closed last."""
        return f"{self.world}player:{character}:closed"

    def removed(self, character: int) -> str:
        """The epoch with which the body was removed last."""
        return f"{self.world}player:{character}:removed"

    def players(self, location: str) -> str:
        """The players in a location."""
        return f"{self.world}location:{quoted(location)}:players"

    def people(self, location: str | None) -> str:
        """The bodies in a location by name; in the world for None."""
        return self.everybody if location is None else f"{self.world}location:{quoted(location)}:people"

    def heartbeat(self, worker: str) -> str:
        """A worker's lease."""
        return f"{self.world}worker:{quoted(worker)}:heartbeat"

    def connections(self, worker: str) -> str:
        """A worker's connections."""
        return f"{self.world}worker:{quoted(worker)}:connections"

    def lock(self, name: str) -> str:
        """A lease. Here the braces are in the key: they are its hash tag."""
        return f"{self.prefix}lock:{{{quoted(name)}}}"

    def token(self, name: str) -> str:
        """The last token of a lease."""
        return f"{self.lock(name)}:token"

    def cached(self, kind: CachedKind, id: str) -> str:  # noqa: A002
        """A cached value."""
        return self.prefix + kind.key.replace("{id}", quoted(id))
