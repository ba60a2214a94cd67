"""Every hook there is. A plugin implements those that it needs, marked with `echoes.hookimpl`.

A backend is a module named in the entry point group `echoes.backends`; an extension is one in `echoes.plugins`. When an
application loads it, `echoes_configure` is called first: there it registers an instance of its own for this application.
The factory hooks are synchronous and asked once, at boot; what they return is called directly from then on.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pluggy
from msgspec import Struct

from echoes.clock import Clock
from echoes.facilities import Broadcast, Cache, CachedKind, LockManager, Registry, SessionStore

SEAM_VERSION = 9
"""The newest version of the seam. It rises with each hook or argument that is added: a plugin that needs one names the version that has it."""
OLDEST_SEAM_VERSION = 1
"""The oldest version whose plugins still work. It rises when a hook, an argument or a promise is taken away or changed."""

hookspec = pluggy.HookspecMarker("echoes")


class BackendContext(Struct, frozen=True):
    """The data that a plugin gets when an application loads it."""

    name: str
    """Its entry point's name: what an operator wrote into `ECHOES_BACKEND`."""
    environ: Mapping[str, str]
    """Where its settings come from; never `os.environ` itself."""
    clock: Clock
    production: bool


class BackendHealth(Struct, frozen=True):
    """The state of a backend, as an operator should see it."""

    name: str
    ok: bool
    detail: str = ""
    facts: Mapping[str, str] = {}


@hookspec(historic=True)
def echoes_configure(plugins: pluggy.PluginManager, context: BackendContext) -> None:
    """An application loads this plugin: register an instance for it with `plugins.register(...)`. Do no I/O here."""


@hookspec(firstresult=True)
def echoes_seam_version() -> int | None:
    """The `SEAM_VERSION` that this plugin was written for; required. One that is newer, or older than `OLDEST_SEAM_VERSION`, is refused at boot."""


@hookspec(firstresult=True)
def echoes_settings() -> type | None:
    """The plugin's own settings class (pydantic-settings, prefix `ECHOES_<ENTRY POINT>_`), listed by `echoes settings`."""


@hookspec(firstresult=True)
def echoes_session_store() -> SessionStore | None:
    """The session store, or None when this backend brings none."""


@hookspec(firstresult=True)
def echoes_registry() -> Registry | None:
    """The registry, or None when this backend brings none."""


@hookspec(firstresult=True)
def echoes_cache() -> Cache | None:
    """The cache, or None when this backend brings none."""


@hookspec(firstresult=True)
def echoes_broadcast() -> Broadcast | None:
    """The broadcast, or None when this backend brings none."""


@hookspec(firstresult=True)
def echoes_lock_manager() -> LockManager | None:
    """The lock manager, or None when this backend brings none."""


@hookspec(firstresult=True)
def echoes_max_workers() -> int | None:
    """How many workers may share this backend (memory: 1), or None for any number."""


@hookspec
def echoes_world(identity: str) -> None:
    """Which database this server plays: called before the lifespan. A backend whose store outlives the server refuses one that serves another."""


@hookspec
def echoes_lifespan() -> AbstractAsyncContextManager[None] | None:
    """Connect on entering, serve, close on leaving. Entered once, before the first call of a facility, and left in the same task."""


@hookspec(firstresult=True)
def echoes_lifespan_seconds() -> float | None:
    """How long entering `echoes_lifespan` may take, and how long leaving it; None is 5 seconds. Who takes longer has failed."""


@hookspec(firstresult=True)
def echoes_backend_health() -> BackendHealth | None:
    """Return the backend's state for operators. It answers at once from data that it already has, and does no I/O."""


@hookspec
def echoes_commands() -> Iterable[object] | None:
    """Extensions only: commands that players can use besides the built-in ones."""


@hookspec
def echoes_timers() -> Iterable[object] | None:
    """Extensions only: kinds of timers (`echoes.game.timers.TimerSpec`), besides those of the core. Each occurrence happens once in the whole cluster."""


@hookspec
def echoes_behaviours() -> Iterable[object] | None:
    """Extensions only: behaviours of NPCs (`echoes.game.behaviours.BehaviourSpec`), besides those of the core. Content names them `plugin.name`."""


@hookspec
def echoes_effects() -> Iterable[object] | None:
    """Extensions only: rules for what effects do at a tick (`echoes.game.effects.EffectSpec`), besides those of the core. Content names them `plugin.name`."""


@hookspec
def echoes_observers() -> Iterable[object] | None:
    """Extensions only: observers of facts (`echoes.game.observers.Observer`). Each fact reaches each of them at least once, after its commit."""


@hookspec(firstresult=True)
def echoes_gamedata() -> Path | None:
    """Extensions only: a folder of content, laid out as the game's own. It is merged with the game's content, and both are checked as one."""


@hookspec(firstresult=True)
def echoes_routes() -> Sequence[object] | None:
    """Extensions only: HTTP route handlers and controllers of Litestar. They are served under `/x/<entry point>/` and described at `/schema`."""


@hookspec(firstresult=True)
def echoes_migrations() -> Path | None:
    """Extensions only: a folder of `NNNN_name.sql` files. Each is applied once, in a transaction, in the PostgreSQL schema `x_<entry point>`."""


@hookspec(firstresult=True)
def echoes_pages() -> object | None:
    """Extensions only: a panel of the page (`echoes.web.panels.Panel`), whose script and style sheet are served under `/x/<entry point>/page/`."""


@hookspec(firstresult=True)
def echoes_cached_kinds() -> Sequence[CachedKind] | None:
    """Extensions only: cached kinds, besides those of the core. `cached` and `invalidate` of the tools read and outdate their values."""


@hookspec
def echoes_tools(tools: object) -> None:
    """Extensions only: called once a worker, before it takes players, with the `echoes.game.tools.Tools` that an extension may keep and use."""
