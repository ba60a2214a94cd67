"""The five facilities, measured: each call timed by facility and operation, each error counted by its kind.

A measured facility has the methods of its Protocol and nothing else. Its class is made once, at the start, from the Protocol, so a new
operation is measured without a line here. Every result and every error passes through unchanged.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any, TypeVar, cast

from echoes import metrics
from echoes.errors import FacilityUnavailable, LeaseLost, StaleEpoch
from echoes.facilities import Broadcast, Cache, CachedKind, Facilities, LockManager, Registry, SessionStore
from echoes.metrics.counting import channel_class, child
from echoes.steps import record

T = TypeVar("T")
Method = Callable[..., Any]
KINDS: dict[type[BaseException], str] = {FacilityUnavailable: "unavailable", StaleEpoch: "stale_epoch", LeaseLost: "lease_lost"}
CANCELLED = "cancelled"
"""The caller's deadline was over, or the caller was cancelled."""


def measured(facilities: Facilities) -> Facilities:
    """Wrap the five facilities with measurements."""
    return Facilities(
        _measured("session", SessionStore, facilities.sessions),
        _measured("registry", Registry, facilities.registry),
        _measured("cache", Cache, facilities.cache, write=_count_refusal),
        _measured("broadcast", Broadcast, facilities.broadcast, publish=_count_message),
        _measured("lock", LockManager, facilities.locks),
    )


def _measured(facility: str, protocol: type, inner: T, **counters: Callable[..., None]) -> T:
    """Make an object with `protocol`'s methods, each of which times that of `inner`. Counters get the answer and the arguments."""
    methods = {
        name: _timed(getattr(inner, name), facility, name, counters.get(name))
        for name, promise in vars(protocol).items()
        if inspect.iscoroutinefunction(promise) and not name.startswith("_")
    }
    kind = type(f"Measured{protocol.__name__}", (), {"__slots__": tuple(methods), "__doc__": f"A {facility} facility, measured."})
    made = kind()
    for name, method in methods.items():
        setattr(made, name, method)
    return cast("T", made)


def _timed(method: Method, facility: str, operation: str, count: Callable[..., None] | None) -> Method:
    step = f"{facility}.{operation}"

    @wraps(method)
    async def timed(*arguments: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            answer = await method(*arguments, **named)
        except BaseException as error:
            child(metrics.FACILITY_ERRORS, facility, _kind_of(error)).inc()
            raise
        finally:
            ended = perf_counter()
            child(metrics.FACILITY_SECONDS, facility, operation).observe(ended - began)
            record(step, began, ended)
        if count is not None:
            count(answer, *arguments, **named)
        return answer

    return timed


def _kind_of(error: BaseException) -> str:
    return KINDS.get(type(error), "other" if isinstance(error, Exception) else CANCELLED)


def _count_message(_: object, channel: str, *__: object, **___: object) -> None:
    child(metrics.PUBLISHED, channel_class(channel)).inc()


def _count_refusal(stored: object, kind: CachedKind, *_: object, **__: object) -> None:
    if not stored:
        child(metrics.CACHE_REFUSED, kind.name).inc()
