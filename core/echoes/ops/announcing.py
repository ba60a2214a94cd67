"""Say something to all players, on every worker: now, or at a time with a countdown."""

import secrets
from datetime import datetime

import structlog

from echoes import channels
from echoes.channels import decode_outgoing
from echoes.context import Context
from echoes.errors import Refused
from echoes.game import countdowns
from echoes.ops.acting import Operator, acting, require_role, require_text
from echoes.storage import announcements
from echoes.storage.announcements import Arranged
from echoes.wire import Happening

log = structlog.get_logger()


async def announce(context: Context, operator: Operator, reason: str, text: str) -> None:
    """Announce a text to all players now. It is published once also if this worker dies: PostgreSQL keeps it until then."""
    async with acting(context.database, operator, "announce", reason) as act:
        _require(text)
        subject, events = secrets.token_hex(8), _events(f"Announcement: {text.strip()}")
        await announcements.announce(context.database, subject, events, text.strip(), act)
    await _publish(context, subject, events)
    log.info("operator.announced", operator=operator.name)


async def arrange(
    context: Context, operator: Operator, reason: str, text: str, *, at: datetime | None = None, minutes: float | None = None
) -> Arranged:
    """Announce a text for a time, or for some minutes from now: at once, at moments before it, and when it has come, each time once."""
    async with acting(context.database, operator, "arrange", reason) as act:
        _require(text)
        if (at is None) == (minutes is None):
            raise Refused("bad_time", "Name a time, or minutes from now, and not both.", "The description of every request is at /schema.")
        made = await announcements.arrange(
            context.database, countdowns.KIND, secrets.token_hex(4), text.strip(), act,
            at=None if at is None else at.timestamp(), seconds=60 * (minutes or 0),
        )  # fmt: skip
    log.info("operator.arranged", operator=operator.name, announcement=made.id, at=made.at)
    return made


async def cancel(context: Context, operator: Operator, reason: str, announcement_id: str) -> None:
    """Cancel an announcement that is ahead. Players have read of it already, so they read that it is cancelled."""
    async with acting(context.database, operator, "cancel", reason, id=announcement_id) as act:
        require_text(announcement_id)
        subject = secrets.token_hex(8)
        events = await announcements.cancel(
            context.database, countdowns.KIND, announcement_id, act, subject=subject, events=lambda text: _events(f"Announcement, cancelled: {text}")
        )  # fmt: skip
    await _publish(context, subject, events)
    log.info("operator.cancelled", operator=operator.name, announcement=announcement_id)


async def arranged(context: Context, operator: Operator) -> list[Arranged]:
    """List the announcements that are ahead, the next one first."""
    require_role(operator, "viewer")
    return list(await announcements.arranged(context.database, countdowns.KIND))


def _require(text: str) -> None:
    require_text(text)
    if not text.strip():
        raise Refused("incomplete", "The announcement is empty.", "Write what all players should read.")


def _events(message: str) -> bytes:
    return channels.encode([channels.to_everybody("announcement", Happening("announced", message))])


async def _publish(context: Context, subject: str, events: bytes) -> None:
    await context.outbox.publish_recorded(0, f"{announcements.ANNOUNCEMENT}:{subject}", 1, decode_outgoing(events))
