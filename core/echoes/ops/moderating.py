"""Kick, ban, mute, and note: actions on an account, which hold on every worker within about a second (`echoes.world_poll`)."""

import secrets
from collections.abc import Sequence

import structlog

from echoes import channels
from echoes.context import Context
from echoes.errors import Refused
from echoes.game.kinds import CHARACTER, INVENTORY
from echoes.ops.acting import Operator, acting, require_text
from echoes.ops.looking import account_with
from echoes.storage import moderation
from echoes.storage.bans import SPEECH, Banned, Muted, Speech
from echoes.storage.moderation import Changed
from echoes.wire import Happening

log = structlog.get_logger()
KICKED = "An operator has ended your connection."


async def kick(context: Context, operator: Operator, reason: str, account_id: int, *, notice: str = "") -> None:
    """End an account's connections on every worker. Its players may come back at once."""
    async with acting(context.database, operator, "kick", reason, account_id=account_id, notice=notice) as act:
        await meant(context, operator, account_id=account_id)
        require_text(notice)
        made = await moderation.kick(context.database, account_id, notice.strip() or KICKED, act)
    context.revocations.carry_out(made)
    log.info("account.kicked", account_id=account_id, operator=operator.name)


async def ban(
    context: Context, operator: Operator, reason: str, account_id: int, *, notice: str = "", minutes: float | None = None
) -> Banned:
    """Ban an account, for good without `minutes`. Returns what its player reads: the notice, or else the reason."""
    async with acting(context.database, operator, "ban", reason, account_id=account_id, notice=notice, minutes=minutes) as act:
        await meant(context, operator, account_id=account_id)
        require_text(notice)
        made = await moderation.ban(context.database, account_id, _seconds(minutes), notice.strip() or act.reason, act)
    context.revocations.carry_out(made)
    log.info("account.banned", account_id=account_id, operator=operator.name)
    return Banned(made.until, made.notice)


async def unban(context: Context, operator: Operator, reason: str, account_id: int) -> None:
    """End a ban: the player may sign in again."""
    async with acting(context.database, operator, "unban", reason, account_id=account_id) as act:
        await meant(context, operator, account_id=account_id)
        made = await moderation.unban(context.database, account_id, act)
    context.revocations.carry_out(made)
    log.info("account.unbanned", account_id=account_id, operator=operator.name)


async def mute(
    context: Context, operator: Operator, reason: str, account_id: int, *, notice: str = "", minutes: float | None = None,
    speech: Sequence[Speech] = (),
) -> Muted:  # fmt: skip
    """Mute an account's characters, for good without `minutes`. Returns what their player reads: the notice, or else the reason.

    `speech`: what is refused; empty: all of it.
    """
    kinds = [one for one in SPEECH if one in speech]
    async with acting(
        context.database, operator, "mute", reason, account_id=account_id, notice=notice, minutes=minutes, speech=kinds
    ) as act:
        await meant(context, operator, account_id=account_id)
        require_text(notice)
        words = notice.strip() or act.reason
        until, changed = await moderation.mute(context.database, account_id, _seconds(minutes), words, act, kinds)
    muted = Muted(until, words, kinds)
    await let_know(context, changed, f"{muted.message} {muted.hint}")
    log.info("account.muted", account_id=account_id, operator=operator.name)
    return muted


async def unmute(context: Context, operator: Operator, reason: str, account_id: int) -> None:
    """End a mute."""
    async with acting(context.database, operator, "unmute", reason, account_id=account_id) as act:
        await meant(context, operator, account_id=account_id)
        changed = await moderation.unmute(context.database, account_id, act)
    await let_know(context, changed, "You may speak again.")
    log.info("account.unmuted", account_id=account_id, operator=operator.name)


async def note(context: Context, operator: Operator, reason: str, account_id: int, text: str) -> None:
    """Keep a text about an account. Players do not read it."""
    async with acting(context.database, operator, "note", reason, account_id=account_id) as act:
        require_text(text)
        if not text.strip():
            raise Refused("incomplete", "The note is empty.", "Write what the other operators should know.")
        await moderation.note(context.database, account_id, text.strip(), act)


async def meant(context: Context, operator: Operator, *, account_id: int = 0, character_id: int = 0) -> int:
    """The account of an action, by its id or by that of a character. Only an admin may act on the account of an operator."""
    found, role = await account_with(context, account_id=account_id, character_id=character_id)
    if role is not None and operator.role != "admin":
        raise Refused("not_allowed", f"That is the account of an operator ({role}).", "Ask an admin.")
    return found


async def let_know(context: Context, changed: Sequence[Changed], words: str = "") -> None:
    """After a commit that has changed rows of characters: no worker serves older copies, and each of their players reads the words.

    A worker that dies before this loses the words alone: the commit has ordered every worker to drop its copies.
    """
    for one in changed:
        for kind in (CHARACTER, INVENTORY):
            await context.caching.invalidate(kind, str(one.id), one.version)
        await context.service.invalidations.changed_elsewhere(one.id, one.version)
        if words:
            event = channels.to_player(one.id, "state_update", Happening("notified", words, version=one.version))
            await context.outbox.publish_message(event, f"notified:{secrets.token_hex(8)}")


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else 60 * minutes
