"""The preparation of each process of a server: its backends, the checked content, the migrated database.

A supervisor needs no more, so the application (`echoes.app`) is not imported here.
"""

from echoes.clock import Clock, SystemClock
from echoes.environment import refuse_near_misses
from echoes.plugins import Backends, Selection, load
from echoes.settings import FACILITIES, Settings, environment, gamedata_of, known
from echoes.storage import extension_steps, migrations
from echoes.world import content
from echoes.world.model import World


def select_backends(settings: Settings, clock: Clock | None = None) -> Backends:
    """Load what the settings name; raises `PluginError`, or `ConfigurationError` for a variable that is nearly one of a loaded plugin's."""
    session, registry, cache, broadcast, lock = (settings.backend_of(facility) for facility in FACILITIES)
    selection = Selection(session, registry, cache, broadcast, lock)
    variables = environment()
    backends = load(selection, environ=variables, clock=clock or SystemClock(), production=settings.env == "production")
    refuse_near_misses((name for name in variables if name.startswith("ECHOES_")), [*known(), *backends.variables])
    return backends


def load_world(settings: Settings, backends: Backends) -> World:
    """The content of the game and of the extensions, checked; raises `ContentError` with every problem."""
    return content.load(gamedata_of(settings), backends.packs)


async def migrate(url: str, backends: Backends) -> None:
    """Apply the missing migrations of the core, then those of the extensions. Raises `StorageError`."""
    await migrations.up(url)
    await extension_steps.up(url, backends.migrations)
