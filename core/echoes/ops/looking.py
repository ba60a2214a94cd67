"""Look for players, and at one of them."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from echoes.context import Context
from echoes.errors import Refused
from echoes.game import questing, views
from echoes.ops.acting import Operator, acting, require_text
from echoes.storage import accounts, audit, commits, players
from echoes.storage.accounts import CharacterSummary
from echoes.storage.address_bans import single_of
from echoes.storage.audit import Act
from echoes.storage.bans import until_text
from echoes.storage.commits import NoCharacter
from echoes.storage.players import AccountRow, FoundRow, NoteRow, VisitRow
from echoes.storage.roles import Role
from echoes.web.addresses import UNREADABLE
from echoes.wire import InventoryView, QuestView, You
from echoes.world import names

VISITS = 10
"""Visits that are shown with a player."""


class FoundView(Struct):
    """An account, with one of its characters or without any (`character_id` 0)."""

    account_id: int
    username: str
    character_id: int = 0
    name: str = ""
    level: int = 0
    location_id: str = ""
    online: bool = False
    banned: str = ""
    """Until when, in words; empty: it is not banned."""
    muted: str = ""


class SessionState(Struct):
    """A character's session: the worker that holds it, and since when (Unix seconds). Link-dead: the body is there, the connection is gone."""

    worker: str
    since: float
    linkdead: bool = False


class SanctionView(Struct):
    """A ban or a mute: its end in words, the text that the player reads, the operator."""

    until: str
    notice: str
    operator: str
    speech: list[str] = []
    """The kinds of speech that a mute refuses; empty: all of them."""


class PlayerState(Struct):
    """Everything about one character and its account that operators need."""

    account_id: int
    username: str
    created: float
    """When the account was made, in Unix seconds."""
    you: You
    """The character, as its own player sees it."""
    location: str
    """The location's name."""
    inventory: InventoryView
    quests: list[QuestView]
    flags: list[str]
    characters: list[CharacterSummary]
    """All characters of the account."""
    visits: list[VisitRow]
    """From where the newest sessions came."""
    notes: list[NoteRow]
    session: SessionState | None = None
    """None: the character is not in the world."""
    role: Role | None = None
    ban: SanctionView | None = None
    mute: SanctionView | None = None


async def find(
    context: Context, operator: Operator, reason: str, *, name: str = "", account: str = "", address: str = ""
) -> list[FoundView]:
    """Find players by the beginning of a character's name or one that looks like it, by that of a username, or by the address of a session."""
    asked: dict[str, Any] = {
        key: text.strip() for key, text in (("name", name), ("account", account), ("address", address)) if text.strip()
    }
    async with acting(context.database, operator, "find", reason, least="viewer", **asked) as act:
        for text in asked.values():
            require_text(text)
        rows = await _rows(context, asked)
        await audit.enter_alone(context.database, act, **asked, found=len(rows))
    ids = [one.character_id for one in rows if one.character_id is not None]
    sessions = dict(zip(ids, await context.facilities.sessions.read_many(ids), strict=True)) if ids else {}
    now = context.database.now()
    return [
        FoundView(
            one.account_id, one.username, one.character_id or 0, one.name, one.level, one.location_id,
            online=(session := sessions.get(one.character_id or 0)) is not None and session.websocket_connected,
            banned=until_text(one.banned_until) if one.banned_until > now else "",
            muted=until_text(one.muted_until) if one.muted_until > now else "",
        )
        for one in rows
    ]  # fmt: skip


async def _rows(context: Context, asked: dict[str, Any]) -> Sequence[FoundRow]:
    for text in asked.values():
        require_text(text)
    if len(asked) != 1:
        raise Refused(
            "bad_request", "Ask for one of these: a name, an account, an address.", "The description of every request is at /schema."
        )
    if "name" in asked:
        return await players.by_name(context.database, names.skeleton(asked["name"]))
    if "account" in asked:
        return await players.by_account(context.database, names.fold(asked["account"]))
    address = asked["address"]
    return await players.by_address(context.database, address if address == UNREADABLE else single_of(address))


async def show(context: Context, operator: Operator, reason: str, character_id: int) -> PlayerState:
    """Show one character with its account, its session, its things, its notes. Raises `NoCharacter`."""
    async with acting(context.database, operator, "show", reason, least="viewer", character_id=character_id) as act:
        state = await _state(context, character_id)
        await audit.enter_alone(context.database, Act(act.operator, act.action, act.reason, state.account_id, character_id))
    return state


async def _state(context: Context, character_id: int) -> PlayerState:
    database = context.database
    found, (account_id, _) = await commits.load_whole(database, character_id), await account_with(context, character_id=character_id)
    account = await players.account_of(database, account_id)
    if found is None or account is None:
        raise NoCharacter
    me, things = found
    world, now = context.world, database.now()
    session = await context.facilities.sessions.read(character_id)
    location = world.locations.get(me.location_id)
    return PlayerState(
        account_id=account.id, username=account.username, created=account.created, role=account.role, you=views.you(me, now, world),
        location=location.name if location else me.location_id, inventory=views.inventory(things, world),
        quests=questing.views_of(me, world), flags=list(me.flags), characters=await accounts.characters_of(database, account.id),
        visits=list(await players.visits_of(database, me.id, VISITS)), notes=list(await players.notes_of(database, account.id)),
        session=None if session is None
        else SessionState(session.worker_id, session.epoch / 1_000_000, linkdead=not session.websocket_connected),
        ban=ban_of(account, now), mute=mute_of(account, now),
    )  # fmt: skip


def ban_of(account: AccountRow, now: float) -> SanctionView | None:
    """The ban of an account; None without one."""
    return SanctionView(until_text(account.banned_until), account.ban_notice, account.banned_by) if account.banned_until > now else None


def mute_of(account: AccountRow, now: float) -> SanctionView | None:
    """The mute of an account; None without one."""
    if account.muted_until <= now:
        return None
    return SanctionView(until_text(account.muted_until), account.mute_notice, account.muted_by, list(account.muted_speech))


async def account_with(context: Context, *, account_id: int = 0, character_id: int = 0) -> tuple[int, Role | None]:
    """An account by its id or by that of a character, and its role. Raises `NoSuchAccount` or `NoCharacter`."""
    found = await players.role_of(context.database, account_id, character_id)
    if found is None:
        raise NoCharacter if character_id else players.NoSuchAccount
    return found
