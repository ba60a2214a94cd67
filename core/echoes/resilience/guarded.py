"""A backend's facilities as the core calls them. Only errors and values that a facility promises pass; each call runs behind its breaker.

A plugin's bug must not break the order of a command. An error that no facility raises, or a value that the Protocol does not promise,
becomes `FacilityUnavailable`, counts for the breaker, and is logged with backend, facility and method.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any, TypeVar, cast, get_type_hints

from echoes.errors import FacilityUnavailable, LeaseLost, StaleEpoch
from echoes.resilience.breaker import Breaker
from echoes.resilience.type_checks import test_of

T = TypeVar("T")
Method = Callable[..., Any]
MAY_RAISE: dict[str, type[Exception]] = {
    "session.write": StaleEpoch,
    "session.touch": StaleEpoch,
    "session.detach": StaleEpoch,
    "session.close": StaleEpoch,
    "lock.renew": LeaseLost,
}
"""Errors that a method may raise besides `FacilityUnavailable`."""


def trusted(facility: str, protocol: type, inner: T, breaker: Breaker) -> T:
    """Wrap `inner`: errors and values that no facility promises become `FacilityUnavailable`, and are noted at `breaker`.

    Calls do not pass through the breaker.
    """
    promised = {name: get_type_hints(promise)["return"] for name, promise in vars(protocol).items() if inspect.iscoroutinefunction(promise)}
    return _made(protocol, inner, lambda _, name: _trusted(inner, facility, name, promised[name], breaker))


def guarded(facility: str, protocol: type, inner: T, breaker: Breaker) -> T:
    """Wrap `inner` behind `breaker`."""
    return _made(protocol, inner, lambda method, name: _guarded(method, f"{facility}.{name}", breaker))


def _made(protocol: type, inner: T, method_of: Callable[[Method, str], Method]) -> T:
    """Make an object with `protocol`'s async methods from those of `inner`."""
    names = [name for name, promise in vars(protocol).items() if inspect.iscoroutinefunction(promise) and not name.startswith("_")]
    made = type(f"Guarded{protocol.__name__}", (), {"__slots__": tuple(names), "__doc__": protocol.__doc__})()
    for name in names:
        setattr(made, name, method_of(getattr(inner, name), name))
    return cast("T", made)


def _trusted(inner: object, facility: str, operation: str, promised: Any, breaker: Breaker) -> Method:
    name = f"{facility}.{operation}"
    fits, may_raise = test_of(promised), MAY_RAISE.get(name, FacilityUnavailable)

    def fault(problem: str, error: BaseException | None) -> FacilityUnavailable:
        breaker.faulty(facility, operation, f"{name} {problem}", error)
        return FacilityUnavailable(f"{breaker.name}: {name} {problem}")

    async def answered(*arguments: Any, **named: Any) -> Any:
        task = asyncio.current_task()
        cancelling = 0 if task is None else task.cancelling()
        try:
            answer = await getattr(inner, operation)(*arguments, **named)
        except (FacilityUnavailable, may_raise, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > cancelling:
                raise  # the caller was cancelled; else the backend cancelled itself
            raise fault(f"raised {type(error).__name__}: {error}", error) from error
        if inspect.isawaitable(answer) or (promised is not type(None) and not fits(answer)):
            if inspect.iscoroutine(answer):
                answer.close()
            promise = promised.__name__ if isinstance(promised, type) else str(promised)
            raise fault(f"answered with {type(answer).__name__}, where {promise} is promised", None)
        return answer

    return answered


def _guarded(method: Method, name: str, breaker: Breaker) -> Method:
    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Coroutine[Any, Any, Any]:
        return breaker.call(partial(method, *arguments, **named), operation=name, extra=named.get("wait", 0.0))

    return call
