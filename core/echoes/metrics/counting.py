"""Count at the place of the work: one cheap line per count (docs/decisions.md has the numbers).

Metrics with labels look up their children at each call; here a child is looked up once and kept. The vocabularies are small and fixed.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, Literal, Protocol, Self, get_args

import structlog
from msgspec import Struct

from echoes import crashes, metrics
from echoes.errors import EchoesError, PlayerError
from echoes.steps import RECORDER, record
from echoes.wire import Close

log = structlog.get_logger()

CLASSES = {"game:broadcast": "global", "game:cache": "cache", "game:workers": "workers"}
FAMILIES = "echoes.game.commands."
OUTCOMES = {"unknown_command": "unknown", "conflict": "conflict", "unavailable": "unavailable", "internal": "internal"}
"""Outcomes of commands besides `ok`, `flood` and `unreadable`. Every other code is a refusal by the game: `refused`."""
REASONS = {code: name.lower() for name, code in vars(Close).items() if isinstance(code, int)} | {1002: "protocol", 1007: "protocol", 1011: "no_pong"}  # fmt: skip
"""Why a connection ended, by the close code that this side sent first. A client that closed first has `left`."""


@cache
def child(metric: Any, *values: str) -> Any:
    """Return a metric's child for some label values, looked up once."""
    return metric.labels(*values)


Place = Literal["request", "connection", "step", "content", "world_lock", "backend"]
"""Places of `crashed`: a request over HTTP, a connection, a step for a client, the content in force, the world lock, the work of a backend."""


def crashed(place: Place) -> None:
    """Count work that a bug ended. Commands and background tasks have an outcome of their own."""
    child(metrics.CRASHES, place).inc()


for _place in get_args(Place):
    child(metrics.CRASHES, _place)  # shown as 0: a rate sees an increase only after a first value
crashes.on_report(lambda: crashed("backend"))


def channel_class(channel: str) -> str:
    """Return the class of a channel: global, location, player, cache, workers; other for an extension's own."""
    head, colon, _ = channel.partition(":")
    return CLASSES.get(channel) or (head if colon and head in {"location", "player"} else "other")


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Ended(Protocol):
    """A connection, as far as the counts need it."""

    welcomed: bool

    @property
    def cause(self) -> int:
        """The close code that this side sent first, or 0."""
        ...


@contextmanager
def connection(wire: Ended) -> Iterator[None]:
    """Count a connection from its acceptance to its end."""
    open_now = child(metrics.CONNECTIONS, metrics.WORKER)
    metrics.OPENED.inc()
    open_now.inc()
    try:
        yield
    finally:
        open_now.dec()
        reason = REASONS.get(wire.cause, "left")
        child(metrics.CLOSED, reason).inc()
        if not wire.welcomed:
            child(metrics.FAILED, reason).inc()


def turned_away(reason: str) -> None:
    """Count a connection that was refused before it was served: `full`, `address`, `origin`, `upgrade`, `slow`, `large`."""
    child(metrics.TURNED_AWAY, reason).inc()


def sign_in(outcome: str) -> None:
    """Count a sign-in: `ok`, `wrong`, `throttled` or `full` (the queue was full; the password was not checked)."""
    child(metrics.SIGN_INS, outcome).inc()


def welcome(wire: Ended, *, resumed: bool, recovered: bool) -> None:
    """Count a player that was admitted, with a snapshot."""
    wire.welcomed = True
    metrics.WELCOMES.inc()
    child(metrics.SNAPSHOTS, "welcome").inc()
    if resumed:
        child(metrics.RECONNECTS, "yes" if recovered else "no").inc()


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def known_commands(names: Iterable[str]) -> None:
    """Set the internal errors of these commands to 0: a rate sees an increase only after a first value."""
    for name in ("unknown", *names):
        child(metrics.COMMANDS, name, "internal")


def unreadable(outcome: str) -> None:
    """Count an answered frame that never became a command: `flood` or `unreadable`."""
    child(metrics.COMMANDS, "unknown", outcome).inc()


@cache
def _family_of(module: str) -> str:
    return module.removeprefix(FAMILIES) if module.startswith(FAMILIES) else "extension"


class Command:
    """One command under way. Its name is `unknown` until the catalogue has resolved it."""

    __slots__ = ("_began", "_family", "name", "outcome")

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.name = self._family = "unknown"
        self.outcome = ""
        """Empty until it has ended."""

    def understood(self, name: str, handler: object) -> None:
        """Set the command's name. Its family is the module of `echoes.game.commands` that declares it, or `extension`."""
        self.name, self._family = name, _family_of(str(getattr(handler, "__module__", "")))

    def ended(self, error: PlayerError | str | None = None) -> None:
        """Count the command before its reply: ok, or the error, or an outcome of that name."""
        self.outcome = "ok" if error is None else error if isinstance(error, str) else OUTCOMES.get(error.code, "refused")
        child(metrics.COMMANDS, self.name, self.outcome).inc()
        child(metrics.COMMAND_SECONDS, self._family).observe(time.perf_counter() - self._began)


def committed(facts: Iterable[Struct], ledger: Iterable[Mapping[str, Any]], *, money: str) -> None:
    """Count what one commit recorded: facts by type, those of extensions together, and entries of the template `money` by direction."""
    for fact in facts:
        tag = str(fact.__struct_config__.tag)
        child(metrics.FACTS, "extension" if "." in tag else tag).inc()
    for entry in ledger:
        if entry["template"] == money:
            child(metrics.SCRAP, "in" if entry["quantity"] > 0 else "out").inc(abs(entry["quantity"]))


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Delivery:
    """The deliveries of one feed."""

    __slots__ = ("_delivered", "_seconds", "gaps", "recovered")

    def __init__(self, channel: str) -> None:
        sort = channel_class(channel)
        self._delivered, self._seconds = child(metrics.DELIVERED, sort), child(metrics.DELIVERY_SECONDS, sort)
        self.gaps, self.recovered = child(metrics.GAPS, sort), child(metrics.RECOVERED, sort)

    def done(self, recipients: int, payload: bytes) -> None:
        """Count one message delivered to `recipients` clients; `payload` ends with its time, as `echoes.channels` writes it."""
        if not recipients:
            return
        self._delivered.inc(recipients)
        try:
            made = datetime.fromisoformat(payload[-31:-2].decode()).timestamp()
        except ValueError:
            return  # an extension's message without a time
        self._seconds.observe(max(0.0, time.time() - made))


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Query:
    """One query to PostgreSQL, from the request for a connection on. Logs `database.query_slow` when it took longer than `slow` seconds."""

    __slots__ = ("_asked", "_connected", "_purpose", "_slow")

    def __init__(self, purpose: str, slow: float) -> None:
        self._purpose, self._slow = purpose, slow

    def __enter__(self) -> Self:
        self._asked = time.perf_counter()
        self._connected = 0.0
        return self

    def connected(self) -> None:
        """Note that the pool has given a connection."""
        self._connected = time.perf_counter()
        metrics.POOL_WAIT_SECONDS.observe(self._connected - self._asked)

    def failed(self) -> None:
        """Count a query that failed."""
        child(metrics.QUERY_FAILURES, self._purpose).inc()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._connected:
            return
        now = time.perf_counter()
        seconds = now - self._connected
        if RECORDER.get() is not None:
            record("pool", self._asked, self._connected)
            record(f"query {self._purpose}", self._connected, now)
        child(metrics.QUERY_SECONDS, self._purpose).observe(seconds)
        if seconds > self._slow:
            child(metrics.SLOW_QUERIES, self._purpose).inc()
            log.warning("database.query_slow", purpose=self._purpose, seconds=round(seconds, 4))


# ── background work ──────────────────────────────────────────────────────────────────────────────────────────────────


TAKEN = object()
"""The result of work when another worker has its lease."""


class Turns:
    """The turns of one background task."""

    def __init__(self, task: str, interval: float) -> None:
        self._task = task
        metrics.TASK_INTERVAL.labels(task).set(interval)
        child(metrics.TASK_RUNS, task, "crashed")  # shown as 0: a rate sees an increase only after a first value

    async def take(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do the work once; count and time it, also when it raises. Work that returns `TAKEN` was left to another worker."""
        began = time.perf_counter()
        try:
            answer = await work()
        except Exception as error:
            self._count("failed" if isinstance(error, EchoesError) else "crashed", began)
            raise
        self._count("taken" if answer is TAKEN else "done", began)
        if answer is not TAKEN:
            child(metrics.TASK_DONE, self._task).set(time.time())

    def _count(self, outcome: str, began: float) -> None:
        child(metrics.TASK_RUNS, self._task, outcome).inc()
        child(metrics.TASK_SECONDS, self._task).observe(time.perf_counter() - began)


def lease(task: str, *, held: bool) -> None:
    """Count a worker's attempt to get the lease of a task."""
    child(metrics.TASK_HOLDER, metrics.WORKER, task).set(held)


def snapshot(reason: str) -> None:
    """Count a snapshot that a client got during play."""
    child(metrics.SNAPSHOTS, reason).inc()


def moved() -> None:
    """Count a move that a client was sent."""
    child(metrics.DELIVERED, "player").inc()
