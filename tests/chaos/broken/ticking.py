"""Timers of the server under test: subjects that tick every few seconds, so that the checker has occurrences to judge.

The core knows nothing of them. Each tick is a fact and an event in a location without players.
"""

from typing import Any

KIND = "chaos.tick"
SECONDS = 2.0
SUBJECTS = tuple(f"chaos:{number}" for number in range(40))


def add_ticks() -> None:
    """Give every worker the rule, and let the server arm the timers at its start."""
    from echoes import app, channels
    from echoes.game.facts import NpcArrived
    from echoes.game.timers import Happened, Rows, TimerSpec
    from echoes.wire import Happening

    former = app._timers

    def ticks(rows: Rows) -> Happened:
        event = channels.to_location(
            "chaos_tower", "location_update", Happening("chaos.ticked", f"{rows.timer.subject} {rows.timer.version}")
        )
        fact = NpcArrived(npc=rows.timer.subject, location_id=str(rows.timer.version))
        return Happened(events=[event], facts=[fact], after=SECONDS)

    def timers(backends: Any) -> list[TimerSpec]:
        return [*former(backends), TimerSpec(KIND, ticks, catch_up="each", most=1000, interval=SECONDS, starts=SUBJECTS)]

    app._timers = timers
