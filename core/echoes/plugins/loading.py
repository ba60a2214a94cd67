"""Load plugins: from names to working facilities."""

import math
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import pluggy
from msgspec import Struct
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from echoes import hookspecs
from echoes.clock import Clock
from echoes.errors import ConfigurationError, PluginError
from echoes.facilities import Broadcast, Cache, Facilities, LockManager, Registry, SessionStore
from echoes.hookspecs import BackendContext, BackendHealth
from echoes.plugins.checks import BACKENDS_ONLY, EXTENSIONS_ONLY, check_facility, check_hooks, check_seam
from echoes.plugins.discovery import BACKENDS, EXTENSIONS, Offer, choose, offers
from echoes.plugins.lifespans import SECONDS, Lifespan
from echoes.plugins.offered import Extension, cached_kinds_of, migrations_of, packs_of, routes_of
from echoes.settings import IN_A_FILE, problems

PROVIDERS: Mapping[str, tuple[str, type]] = MappingProxyType(
    {
        "session": ("echoes_session_store", SessionStore),
        "registry": ("echoes_registry", Registry),
        "cache": ("echoes_cache", Cache),
        "broadcast": ("echoes_broadcast", Broadcast),
        "lock": ("echoes_lock_manager", LockManager),
    }
)
"""The hook that returns a facility, and the Protocol that the returned object must fit."""


class Selection(Struct, frozen=True):
    """The backend of each facility, by entry point name."""

    session: str = "memory"
    registry: str = "memory"
    cache: str = "memory"
    broadcast: str = "memory"
    lock: str = "memory"
    extensions: bool = True

    @classmethod
    def all(cls, backend: str, *, extensions: bool = True) -> "Selection":
        """Select one backend for all five."""
        return cls(backend, backend, backend, backend, backend, extensions)


def variables_of(kind: type) -> list[str]:
    """Return the variables that a plugin's settings class reads, and those that name files with its secrets."""
    if not issubclass(kind, BaseSettings):
        return []
    names = [f"{kind.model_config.get('env_prefix', '')}{field}".upper() for field in kind.model_fields]
    return [*names, *(f"{name}_FILE" for name in names if IN_A_FILE.fullmatch(f"{name}_FILE"))]


class _Plugin(Struct, frozen=True):
    """One loaded plugin with its own manager: it shares nothing with another plugin or application."""

    name: str
    label: str
    """The plugin's name in errors."""
    rescue: str
    """The hint in errors: how to run without the plugin."""
    manager: pluggy.PluginManager


class Backends:
    """The result of `load`: typed access to everything that was loaded for one application."""

    def __init__(self, facilities: Facilities, names: Mapping[str, str], backends: list[_Plugin], extensions: list[_Plugin]) -> None:
        self.facilities = facilities
        self.names: Mapping[str, str] = MappingProxyType(dict(names))
        self.extensions = tuple(plugin.name for plugin in extensions)
        self._backends = backends
        self._extensions = extensions
        self._plugins = backends + extensions
        self.max_workers = min((_max_workers(plugin) for plugin in backends), default=sys.maxsize)
        """The least of the selected backends' limits; `sys.maxsize` when none sets a limit."""
        self.settings: Mapping[str, type] = MappingProxyType(
            {plugin.name: found for plugin in self._plugins if (found := _called(plugin, "echoes_settings")) is not None}
        )
        """Settings classes by entry point name."""
        self.variables: tuple[str, ...] = tuple(name for kind in self.settings.values() for name in variables_of(kind))
        """The environment variables that the loaded plugins read."""
        self.commands: tuple[object, ...] = tuple(one for plugin in extensions for one in _offered(plugin, "echoes_commands"))
        self.timers: tuple[object, ...] = tuple(one for plugin in extensions for one in _offered(plugin, "echoes_timers"))
        self.behaviours: tuple[object, ...] = tuple(one for plugin in extensions for one in _offered(plugin, "echoes_behaviours"))
        self.effects: tuple[object, ...] = tuple(one for plugin in extensions for one in _offered(plugin, "echoes_effects"))
        self.observers: tuple[object, ...] = tuple(one for plugin in extensions for one in _offered(plugin, "echoes_observers"))
        offering = [Extension(plugin.name, plugin.label, partial(_called, plugin)) for plugin in extensions]
        self.packs = packs_of(offering)
        """The content of the extensions."""
        self.routes = routes_of(offering)
        """The HTTP handlers and panels of the extensions."""
        self.migrations = migrations_of(offering)
        """The migrations of the extensions."""
        self.cached_kinds = cached_kinds_of(offering)
        """The cached kinds of the extensions."""
        self._lifespans: dict[str, Lifespan] = {}

    @asynccontextmanager
    async def lifespan(self, world: str = "") -> AsyncIterator[None]:
        """Connect every plugin, the selected backends first; close them in reverse order, also when one fails to connect.

        `world` is the identity of the database that is served; empty without one.

        Raises `PluginError` that names the plugin that raises or takes too long, at the start or at the end.
        """
        async with AsyncExitStack() as stack:
            for plugin in self._plugins:
                if world:
                    _called(plugin, "echoes_world", identity=world)
                parts = partial(_lifespan_parts, plugin)
                span = self._lifespans[plugin.label] = Lifespan(plugin.label, parts, _lifespan_seconds(plugin), plugin.rescue)
                await stack.enter_async_context(span.running())
            yield

    def hand_tools(self, tools_for: Callable[[str], object]) -> None:
        """Give each extension the tools of this worker, made for its name."""
        for plugin in self._extensions:
            _called(plugin, "echoes_tools", tools=tools_for(plugin.name))

    def health(self) -> list[BackendHealth]:
        """Return one entry per backend.

        A backend that fails to report counts as unhealthy, as does any plugin with an ended lifespan. It never raises.
        """
        ended = [
            BackendHealth(plugin.name, ok=False, detail=self._lifespans[plugin.label].ended)
            for plugin in self._plugins
            if plugin.label in self._lifespans and self._lifespans[plugin.label].ended
        ]
        return [_health(plugin) for plugin in self._backends] + ended


def load(
    selection: Selection,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    production: bool = False,
    path: Sequence[str] | None = None,
) -> Backends:
    """Import the selected backends (no others) and the extensions, check them and get the five facilities.

    `path` is where distributions are searched (None: `sys.path`). Every call makes its own instances. Raises `PluginError` with the
    plugin's name.
    """
    offered = offers(BACKENDS, path)
    context = _Context(MappingProxyType(dict(environ)), clock, production)
    backends: dict[str, _Plugin] = {}
    found: dict[str, Any] = {}
    names = {facility: getattr(selection, facility) for facility in PROVIDERS}
    for name in dict.fromkeys(names.values()):
        offer = choose(name, offered, kind="backend")
        backends[name] = _plugin(
            offer,
            f"backend {name!r} ({offer.distribution})",
            context,
            forbidden=EXTENSIONS_ONLY,
            rule=f"is for extensions (entry point group {EXTENSIONS!r})",
            rescue="" if name == "memory" else "; to play on without it: ECHOES_BACKEND=memory",
        )
    for facility, name in names.items():
        found[facility] = _facility(backends[name], facility)
    extensions = _extensions(context, path) if selection.extensions else []
    facilities = Facilities(found["session"], found["registry"], found["cache"], found["broadcast"], found["lock"])
    return Backends(facilities, names, list(backends.values()), extensions)


class _Context(Struct, frozen=True):
    environ: Mapping[str, str]
    clock: Clock
    production: bool


def _extensions(context: _Context, path: Sequence[str] | None) -> list[_Plugin]:
    offered = offers(EXTENSIONS, path)
    loaded: list[_Plugin] = []
    for name in dict.fromkeys(offer.name for offer in offered):
        offer = choose(name, offered, kind="extension")
        label = f"extension {name!r} ({offer.distribution})"
        rule = f"is for backends (entry point group {BACKENDS!r})"
        rescue = "; to play on without it, uninstall it"
        loaded.append(_plugin(offer, label, context, forbidden=BACKENDS_ONLY, rule=rule, rescue=rescue))
    return loaded


def _plugin(offer: Offer, label: str, context: _Context, *, forbidden: frozenset[str], rule: str, rescue: str) -> _Plugin:
    """Import, register, configure and check one plugin."""
    try:
        module = offer.entry_point.load()
    except Exception as error:
        raise PluginError(f"{label} cannot be imported: {type(error).__name__}: {error}{rescue}") from error
    manager = pluggy.PluginManager("echoes")
    manager.add_hookspecs(hookspecs)
    backend_context = BackendContext(offer.name, context.environ, context.clock, context.production)
    manager.hook.echoes_configure.call_historic(kwargs={"plugins": manager, "context": backend_context})
    try:
        manager.register(module, name=offer.name)
    except ConfigurationError:
        raise
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{label} does not fit: {error}") from error
    except ValidationError as error:
        prefix = f"ECHOES_{offer.name.upper()}_"
        raise PluginError("\n".join(f"{label}: {line}" for line in problems(error, lambda field: f"{prefix}{field.upper()}"))) from None
    except Exception as error:
        raise PluginError(f"{label} cannot be configured: {type(error).__name__}: {error}{rescue}") from error
    check_hooks(manager, label, forbidden=forbidden, rule=rule)
    check_seam(manager, label)
    return _Plugin(offer.name, label, rescue, manager)


def _facility(plugin: _Plugin, facility: str) -> object:
    hook, protocol = PROVIDERS[facility]
    found = _called(plugin, hook)
    if found is None:
        raise PluginError(
            f"no backend provides the facility {facility!r}: {plugin.label} has none;"
            f" choose another with ECHOES_{facility.upper()}_BACKEND (memory provides all five)"
        )
    check_facility(found, protocol, plugin.label, facility)
    return found


def _called(plugin: _Plugin, hook: str, **named: object) -> Any:
    try:
        return getattr(plugin.manager.hook, hook)(**named)
    except ConfigurationError:
        raise
    except Exception as error:
        raise PluginError(f"{plugin.label} fails in the hook {hook!r}: {type(error).__name__}: {error}") from error


def _offered(plugin: _Plugin, hook: str) -> list[object]:
    """Return a plugin's objects for a hook that every extension may implement."""
    try:
        return [one for some in _called(plugin, hook) for one in some or ()]
    except ConfigurationError:
        raise
    except Exception as error:
        raise PluginError(f"{plugin.label} fails in the hook {hook!r}: {type(error).__name__}: {error}") from error


def _lifespan_parts(plugin: _Plugin) -> Sequence[AbstractAsyncContextManager[None]]:
    parts = list(reversed(_called(plugin, "echoes_lifespan")))
    for part in parts:
        if not (hasattr(part, "__aenter__") and hasattr(part, "__aexit__")):
            raise PluginError(f"{plugin.label} returns {part!r} from the hook 'echoes_lifespan'; it must be an async context manager")
    return parts


def _lifespan_seconds(plugin: _Plugin) -> float:
    seconds = _called(plugin, "echoes_lifespan_seconds")
    if seconds is None:
        return SECONDS
    if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise PluginError(f"{plugin.label} returns {seconds!r} from the hook 'echoes_lifespan_seconds'; it must be a number of seconds")
    return float(seconds)


def _max_workers(plugin: _Plugin) -> int:
    bound = _called(plugin, "echoes_max_workers")
    if bound is None:
        return sys.maxsize
    if not isinstance(bound, int) or bound < 1:
        raise PluginError(f"{plugin.label} returns {bound!r} from the hook 'echoes_max_workers'; it must be a number from 1 on")
    return bound


def _health(plugin: _Plugin) -> BackendHealth:
    try:
        said = plugin.manager.hook.echoes_backend_health()
    except Exception as error:  # noqa: BLE001 - an operator's question must not fail on the thing asked about
        return BackendHealth(plugin.name, ok=False, detail=f"{type(error).__name__}: {error}")
    return said if isinstance(said, BackendHealth) else BackendHealth(plugin.name, ok=True, detail="says nothing of itself")
