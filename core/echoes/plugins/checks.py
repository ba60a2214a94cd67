"""Checks at start-up, so that a plugin's error is named there and not found during play."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pluggy

from echoes import hookspecs
from echoes.errors import PluginError
from echoes.plugins.discovery import nearest

HOOKS = frozenset(name for name in vars(hookspecs) if name.startswith("echoes_"))
BACKENDS_ONLY = frozenset(
    {
        "echoes_session_store", "echoes_registry", "echoes_cache", "echoes_broadcast", "echoes_lock_manager",
        "echoes_max_workers",
    }
)  # fmt: skip
EXTENSIONS_ONLY = frozenset(
    {
        "echoes_commands", "echoes_timers", "echoes_behaviours", "echoes_effects", "echoes_observers", "echoes_gamedata", "echoes_routes", "echoes_migrations", "echoes_pages",
        "echoes_cached_kinds", "echoes_tools",
    }
)  # fmt: skip


def check_hooks(plugins: pluggy.PluginManager, label: str, *, forbidden: frozenset[str], rule: str) -> None:
    """Refuse misspelt, unmarked and asynchronous hooks, and those in `forbidden`. Raises `PluginError` that names the plugin and the hook."""
    for hook, function in _implementations(plugins):
        if hook not in HOOKS:
            raise PluginError(f"{label} implements the unknown hook {hook!r}{nearest(hook, HOOKS)}")
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise PluginError(
                f"{label} implements the hook {hook!r} as an async function; hooks are synchronous"
                " (return an object; a lifespan is made with contextlib.asynccontextmanager)"
            )
        if hook in forbidden:
            raise PluginError(f"{label} implements the hook {hook!r}, which {rule}")
    for plugin in plugins.get_plugins():
        for hook in HOOKS.intersection(dir(plugin)):
            if callable(getattr(plugin, hook)) and plugins.parse_hookimpl_opts(plugin, hook) is None:
                raise PluginError(f"{label} defines {hook!r} without marking it; put @echoes.hookimpl above it")


def check_seam(plugins: pluggy.PluginManager, label: str) -> None:
    """Refuse a plugin written for another seam, or that names none."""
    version = plugins.hook.echoes_seam_version()
    if version is None:
        raise PluginError(f"{label} does not name the version of the plugin seam that it needs; implement the hook 'echoes_seam_version'")
    if version not in range(hookspecs.OLDEST_SEAM_VERSION, hookspecs.SEAM_VERSION + 1):
        raise PluginError(
            f"{label} was written for version {version} of the plugin seam; this server works with versions {hookspecs.OLDEST_SEAM_VERSION}"
            f" to {hookspecs.SEAM_VERSION}; install a release of the plugin that fits"
        )


def check_facility(candidate: object, protocol: type, label: str, facility: str) -> None:
    """Refuse an object that cannot be called as `protocol` says. Raises `PluginError` that names the plugin, the facility and the method."""
    for name, promise in vars(protocol).items():
        if name.startswith("_") or not inspect.isfunction(promise):
            continue
        method = getattr(candidate, name, None)
        place = f"{label}: the {facility} {type(candidate).__name__!r}"
        if not callable(method):
            raise PluginError(f"{place} lacks the method {name!r}")
        wanted, offered = inspect.iscoroutinefunction(promise), inspect.iscoroutinefunction(method)
        if wanted != offered:
            kinds = ("an ordinary method", "an async method")
            raise PluginError(f"{place} has {kinds[offered]} {name!r} where {kinds[wanted]} is promised")
        problem = _misfit(promise, method)
        if problem:
            raise PluginError(f"{place}: the method {name!r} {problem}")


def _implementations(plugins: pluggy.PluginManager) -> Iterator[tuple[str, Callable[..., Any]]]:
    for plugin in plugins.get_plugins():
        for caller in plugins.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin and not implementation.optionalhook:
                    yield caller.name, implementation.function


def _misfit(promise: Callable[..., Any], method: Callable[..., Any]) -> str:
    """Return the reason for which `method` cannot be called in each way that `promise` allows; empty when it can."""
    wanted = list(inspect.signature(promise).parameters.values())[1:]
    try:
        offered = inspect.signature(method)
    except ValueError:
        return ""
    named = inspect.Parameter.KEYWORD_ONLY
    for parameters in (wanted, [one for one in wanted if one.default is one.empty]):
        positional = [one.name for one in parameters if one.kind is not named]
        keywords = [one.name for one in parameters if one.kind is named]
        for by_place, by_name in ((positional, keywords), ([], positional + keywords)):
            try:
                offered.bind(*by_place, **dict.fromkeys(by_name))
            except TypeError as error:
                missing = [one.name for one in wanted if one.name not in offered.parameters]
                return f"lacks the parameter {missing[0]!r}" if missing else f"cannot be called as promised: {error}"
    return ""
