"""The extension of `timers.py`: a kind of timer that is due again and again. The benchmark loads it into the server that it starts."""

from echoes import channels, hookimpl
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.wire import Happening

KIND = "bench.tick"
PERIOD = 50.0
"""Seconds between two occurrences of one timer: 10,000 timers make 200 a second."""


@hookimpl
def echoes_seam_version() -> int:
    """The seam that this was written for."""
    return 2


def ticks(rows: Rows) -> Happened:
    """Be due again; with `"event": true` in the payload also publish an event in a location without players."""
    events = []
    if rows.timer.payload.get("event"):
        events.append(channels.to_location("bench_tower", "location_update", Happening("bench.ticked", rows.timer.subject)))
    return Happened(events=events, after=PERIOD)


@hookimpl
def echoes_timers() -> list[TimerSpec]:
    """One kind, which counts from when it was due."""
    return [TimerSpec(KIND, ticks, catch_up="each", most=1000, interval=PERIOD)]
