"""Announcements at a time: a timer that says a text to all players at moments before it, and when it has come."""

from echoes import channels
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.wire import Happening

KIND = "countdown"
DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
MOMENTS = (7 * DAY, DAY, 12 * HOUR, 6 * HOUR, 3 * HOUR, HOUR, 30 * MINUTE, 15 * MINUTE, 10 * MINUTE, 5 * MINUTE, 2 * MINUTE, MINUTE, 0.0)
"""Seconds before the time at which the text is said again. It is also said at once when it is arranged."""
APART = 30.0
"""Seconds between two announcements of a text at least; the one at the time itself always comes."""
LATE = 300.0
"""Seconds after the time until which it is said. After a longer outage players read no more of it."""


def rule(rows: Rows) -> Happened:
    """Say the text with the time that is left, and be due again at the next moment."""
    left, text = rows.timer.payload["at"] - rows.now, rows.timer.payload["text"]
    if left < -LATE:
        return Happened()
    is_now = left < 1.0
    when = "now" if is_now else f"in {duration(left)}"
    event = channels.to_everybody("announcement", Happening("announced", f"Announcement, {when}: {text}"))
    return Happened(events=[event], after=None if is_now else left - next_moment(left))


def next_moment(left: float) -> float:
    """The next moment, in seconds before the time, when `left` seconds are left now."""
    return next((moment for moment in MOMENTS if moment <= left - APART), 0.0)


def duration(seconds: float) -> str:
    """A time span in words, rounded to minutes; of days and hours the rest of minutes is left out from a day on."""
    minutes = round(seconds / MINUTE)
    if minutes < 1:
        return "less than a minute"
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    return " ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, word in parts if number)


TIMERS = (TimerSpec(KIND, rule),)
