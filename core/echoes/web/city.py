"""A running worker, whole: everything that a request or a connection can reach."""

from dataclasses import dataclass

from echoes.allowances import Allowances
from echoes.caching import Caching
from echoes.facilities import Facilities
from echoes.game.contents import Contents
from echoes.game.service import CommandService
from echoes.game.snapshots import Snapshots
from echoes.game.standing import Standing
from echoes.plugins import Backends
from echoes.resilience import Resilience
from echoes.settings import Settings
from echoes.storage.database import Database
from echoes.storage.revocations import Revocations
from echoes.storage.worldlock import WorldLock
from echoes.tasks.roster import Roster
from echoes.web.addresses import Addresses
from echoes.web.hub import Hub
from echoes.web.passwords import Passwords
from echoes.web.sampling import Sampler
from echoes.web.socket import Reception
from echoes.web.throttle import Throttle
from echoes.web.tokens import Tokens
from echoes.world.model import World


@dataclass(frozen=True)
class City:
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
    snapshots: Snapshots
    hub: Hub
    standing: Standing
    reception: Reception
    roster: Roster
    tokens: Tokens
    revocations: Revocations
    addresses: Addresses
    throttle: Throttle
    passwords: Passwords
    allowances: Allowances
    sampler: Sampler

    @property
    def world(self) -> World:
        """The content in force."""
        return self.contents.world
