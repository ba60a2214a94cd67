"""The five facilities: what the core requires of a backend, and what it may rely on.

A facility is a `Protocol`. A backend is any object with these methods that keeps the promises written at each of them. `echoes.testing`
states every promise as a test that a backend can run. The same five nouns name a module here, a module in each plugin and a contract in
`echoes.testing`.

Rules that hold for all five:

- Bytes in, bytes out. A backend never keeps or returns a mutable object that its caller could change.
- A store that cannot be reached raises `FacilityUnavailable` (from the backend's own exception); no other error leaks.
- Deadlines belong to the caller (`asyncio.timeout`). A cancelled call leaves the store as before the call or as after it.
- Seconds are floats. Character ids are positive integers, location and worker ids are strings.
"""

from msgspec import Struct

from echoes.facilities.broadcast import Broadcast, Gap, History, Message, Position, Sink, Subscription
from echoes.facilities.cache import Cache, CachedKind, Entry
from echoes.facilities.lock import Lease, LockManager, hold
from echoes.facilities.registry import Body, ConnectionInfo, Crowd, Registry, WorkerInfo
from echoes.facilities.session import Claim, Field, Session, SessionStore


class Facilities(Struct, frozen=True):
    """The five, as one server uses them."""

    sessions: SessionStore
    registry: Registry
    cache: Cache
    broadcast: Broadcast
    locks: LockManager


__all__ = [
    "Body",
    "Broadcast",
    "Cache",
    "CachedKind",
    "Claim",
    "ConnectionInfo",
    "Crowd",
    "Entry",
    "Facilities",
    "Field",
    "Gap",
    "History",
    "Lease",
    "LockManager",
    "Message",
    "Position",
    "Registry",
    "Session",
    "SessionStore",
    "Sink",
    "Subscription",
    "WorkerInfo",
    "hold",
]
