"""A plugin's lifespan in its own task: entered and left there, within a time limit, regardless of what it does to that task."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import structlog

from echoes.errors import ConfigurationError, PluginError

log = structlog.get_logger()
SECONDS = 5.0
"""Seconds for a lifespan to begin, and to end, unless its plugin answers otherwise (`echoes_lifespan_seconds`)."""
GIVEN_UP = 1.0
"""Seconds for a lifespan to end in order after its time limit."""
Parts = Callable[[], Sequence[AbstractAsyncContextManager[None]]]


class Lifespan:
    """One plugin's lifespan. `label` names the plugin in errors, `rescue` says how to run without it."""

    def __init__(self, label: str, parts: Parts, seconds: float, rescue: str) -> None:
        self.ended = ""
        """Why it has ended early; empty when it has not."""
        self._label = label
        self._parts = parts
        self._seconds = seconds
        self._rescue = rescue
        self._entered = asyncio.Event()
        self._leave = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Enter it, and leave it at the end. Raises `PluginError` when it raises or takes too long; its own `ConfigurationError` passes."""
        task = asyncio.create_task(self._live(), name=f"lifespan:{self._label}")
        entering = asyncio.create_task(self._entered.wait())
        try:
            await self._within(task, "start", {task, entering})
        except BaseException:
            task.cancel()
            raise
        finally:
            entering.cancel()
        task.add_done_callback(self._note_end)
        try:
            yield
        except BaseException as error:
            try:
                await self._end(task)
            except PluginError:  # it was logged; what happened first counts
                raise error from None
            raise
        await self._end(task)

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                for part in self._parts():
                    await stack.enter_async_context(part)
                self._entered.set()
                await self._leave.wait()
        except SystemExit as error:  # a task that lets this out ends the event loop
            raise RuntimeError(f"it would have ended the process ({error})") from error

    async def _end(self, task: "asyncio.Task[None]") -> None:
        self._leave.set()
        if not self.ended:
            await self._within(task, "stop", {task})

    async def _within(self, task: "asyncio.Task[None]", step: str, awaited: "set[asyncio.Task[None] | asyncio.Task[bool]]") -> None:
        """Wait for one of `awaited`, within the plugin's time limit. Raises the error of the plugin's own `task`."""
        watch = threading.Timer(self._seconds + GIVEN_UP, self._stuck, [step])  # for a plugin that blocks the event loop
        watch.daemon = True
        watch.start()
        try:
            done, _ = await asyncio.wait(awaited, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                watch.cancel()
                log.error("plugin.lifespan_hung", plugin=self._label, step=step, seconds=self._seconds)
                task.cancel()
                await asyncio.wait({task}, timeout=GIVEN_UP)
                raise PluginError(
                    f"{self._label} did not {step} within {self._seconds:g} s: its lifespan waits too long"
                    f" (a plugin that needs longer returns the seconds from the hook 'echoes_lifespan_seconds'){self._rescue}"
                )
        finally:
            watch.cancel()
        if task.done():
            error = _failure(task)
            if isinstance(error, ConfigurationError):
                raise error
            if error is not None or not self._leave.is_set():
                said = f"{type(error).__name__}: {error}" if error is not None else "its lifespan ended at once"
                log.error("plugin.lifespan_failed", plugin=self._label, step=step, error=said, exc_info=error)
                raise PluginError(f"{self._label} cannot {step}: {said}{self._rescue}") from error

    def _stuck(self, step: str) -> None:
        log.error("plugin.lifespan_blocks", plugin=self._label, step=step, seconds=self._seconds + GIVEN_UP)

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        if not self._leave.is_set():
            error = _failure(task)
            self.ended = f"its lifespan has ended: {type(error).__name__}: {error}" if error is not None else "its lifespan has ended"
            log.error("plugin.lifespan_ended", plugin=self._label, error=self.ended, exc_info=error)


def _failure(task: "asyncio.Task[None]") -> BaseException | None:
    return asyncio.CancelledError("it cancelled its own task") if task.cancelled() else task.exception()
