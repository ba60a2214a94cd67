"""A running worker, whole: everything that a request or a connection can reach."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from echoes.caching import Caching
from echoes.facilities import Facilities
from echoes.game.clockwork import Clockwork
from echoes.game.contents import Contents
from echoes.game.http_presence import HttpPresence
from echoes.game.naming import Naming
from echoes.game.observers import Observer
from echoes.game.outbox import Outbox
from echoes.game.service import CommandService
from echoes.game.snapshots import Snapshots
from echoes.ops.alerts import Alerts
from echoes.ops.looks import Looks
from echoes.ops.sums import Sums
from echoes.plugins import Backends
from echoes.resilience import Resilience
from echoes.settings import Settings
from echoes.storage.address_bans import AddressBans
from echoes.storage.database import Database
from echoes.storage.revocations import Revocations
from echoes.storage.world_lock import WorldLock
from echoes.tasks.membership import Membership
from echoes.tasks.worker_orders import WorkerOrders
from echoes.token_bucket import TokenBuckets
from echoes.web.addresses import Addresses
from echoes.web.hub import Hub
from echoes.web.login_throttle import LoginThrottle
from echoes.web.passwords import Passwords
from echoes.web.sampling import Sampler
from echoes.web.socket import Reception
from echoes.web.tokens import Tokens
from echoes.world.model import World


@dataclass(frozen=True)
class Context:
    """Put together by `echoes.app`, taken apart when the worker leaves."""

    settings: Settings
    worker_id: str
    contents: Contents
    database: Database
    caching: Caching
    backends: Backends
    resilience: Resilience
    facilities: Facilities
    world_lock: WorldLock
    service: CommandService
    outbox: Outbox
    naming: Naming
    clockwork: Clockwork
    observers: Sequence[Observer]
    snapshots: Snapshots
    hub: Hub
    http_presence: HttpPresence
    reception: Reception
    membership: Membership
    tokens: Tokens
    revocations: Revocations
    address_bans: AddressBans
    addresses: Addresses
    login_throttle: LoginThrottle
    passwords: Passwords
    token_buckets: TokenBuckets
    sampler: Sampler
    worker_orders: WorkerOrders
    sums: Sums = field(default_factory=Sums)
    looks: Looks = field(default_factory=Looks)
    alerts: Alerts = field(default_factory=lambda: Alerts(""))
    uploads: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while game data that an operator uploaded is checked: one at a time."""

    @property
    def world(self) -> World:
        """The content in force."""
        return self.contents.world
