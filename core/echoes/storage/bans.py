"""Bans and mutes, as their players read them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, get_args

from echoes.errors import Refused

Speech = Literal["say", "shout", "whisper"]
"""Kinds of speech that a mute can refuse. An emote and a gesture count as `say`."""
SPEECH: tuple[Speech, ...] = get_args(Speech)
FOREVER = 253_402_300_799.0
"""Unix seconds of what has no end: the last second of the year 9999."""


def until_text(until: float) -> str:
    """The end of a ban or a mute, in words."""
    return "for good" if until >= FOREVER else f"until {datetime.fromtimestamp(until, UTC):%d %B %Y, %H:%M} UTC"


class Banned(Refused):
    """The account may not sign in or play, or no account may from this network."""

    def __init__(self, until: float, notice: str, subject: str = "You are") -> None:
        super().__init__("banned", f"{subject} banned {until_text(until)}.", notice)

    @property
    def in_one_line(self) -> str:
        """Message and notice, as the reason of a close."""
        return f"{self.message} {self.hint}".strip()


class Muted(Refused):
    """The character may not speak, or not in these ways."""

    def __init__(self, until: float, notice: str, speech: Sequence[str] = ()) -> None:
        words = " or ".join(speech) or "speak"
        super().__init__("muted", f"You may not {words} {until_text(until)}.", notice)
