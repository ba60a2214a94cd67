"""The actions on a player's page: each is a form of the API, and a function of `echoes.ops`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple

from litestar import Request, post
from litestar.exceptions import NotFoundException
from litestar.response import Template
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.ops import auditing, helping, moderating, privacy, renaming, sampling
from echoes.ops.acting import Operator
from echoes.storage.bans import SPEECH
from echoes.web.console.pages import outcome, read_fields
from echoes.web.ops.access import Reasoned
from echoes.web.ops.characters import Heal, Move, NewName, Things
from echoes.web.ops.players import Debug, Id, Kick, Note, Sanction, bounded


class Action(NamedTuple):
    """An action: the fields of its form, and its function, which returns the outcome as a sentence."""

    form: type[Reasoned]
    run: Callable[[Context, Operator, int, Any], Awaitable[str]]
    changes: bool = True
    """Whether the page has something else to show of the player afterwards."""


class Seen(Struct):
    """The number of the newest entry of the audit log when the page was loaded; None without one."""

    seen: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class MuteForm(Sanction, kw_only=True):
    """A mute of the kinds of speech whose boxes are ticked; without any of all of it."""

    say: bool = False
    shout: bool = False
    whisper: bool = False


async def _kick(context: Context, operator: Operator, id_: int, data: Kick) -> str:
    await moderating.kick(context, operator, data.reason, id_, notice=data.notice)
    return "The player's connections end on every worker."


async def _mute(context: Context, operator: Operator, id_: int, data: MuteForm) -> str:
    speech = [kind for kind in SPEECH if getattr(data, kind)]
    muted = await moderating.mute(context, operator, data.reason, id_, notice=data.notice, minutes=data.minutes, speech=speech)
    return f"Muted. The player reads: {muted.message} {muted.hint}"


async def _unmute(context: Context, operator: Operator, id_: int, data: Reasoned) -> str:
    await moderating.unmute(context, operator, data.reason, id_)
    return "The player may speak again."


async def _ban(context: Context, operator: Operator, id_: int, data: Sanction) -> str:
    banned = await moderating.ban(context, operator, data.reason, id_, notice=data.notice, minutes=data.minutes)
    return f"Banned. The player reads: {banned.in_one_line}"


async def _unban(context: Context, operator: Operator, id_: int, data: Reasoned) -> str:
    await moderating.unban(context, operator, data.reason, id_)
    return "The player may sign in again."


async def _note(context: Context, operator: Operator, id_: int, data: Note) -> str:
    await moderating.note(context, operator, data.reason, id_, data.text)
    return "The note is kept."


async def _erase(context: Context, operator: Operator, id_: int, data: Reasoned) -> str:
    await privacy.erase(context, operator, data.reason, id_)
    return "The account is erased with its characters."


async def _move(context: Context, operator: Operator, id_: int, data: Move) -> str:
    await helping.move(context, operator, data.reason, id_, data.location_id, notice=data.notice)
    place = context.world.locations.get(data.location_id)
    return f"The character is at {place.name if place else data.location_id}."


async def _heal(context: Context, operator: Operator, id_: int, data: Heal) -> str:
    await helping.heal(context, operator, data.reason, id_, notice=data.notice)
    return "The character is healed."


async def _give(context: Context, operator: Operator, id_: int, data: Things) -> str:
    return f"Given: {await helping.give(context, operator, data.reason, id_, data.item, data.quantity, notice=data.notice)}."


async def _take(context: Context, operator: Operator, id_: int, data: Things) -> str:
    return f"Taken: {await helping.take(context, operator, data.reason, id_, data.item, data.quantity, notice=data.notice)}."


async def _rename(context: Context, operator: Operator, id_: int, data: NewName) -> str:
    return f"{await renaming.rename(context, operator, data.reason, id_, data.name)} is {data.name.strip()} now."


async def _debug(context: Context, operator: Operator, id_: int, data: Debug) -> str:
    await sampling.start(context, operator, data.reason, id_, data.minutes)
    return f"The character's commands are sampled for {data.minutes:g} minutes, on every worker."


async def _debug_end(context: Context, operator: Operator, id_: int, data: Reasoned) -> str:
    await sampling.end(context, operator, data.reason, id_)
    return "The character is not sampled any more."


ON_ACCOUNTS: Mapping[str, Action] = {
    "kick": Action(Kick, _kick),
    "mute": Action(MuteForm, _mute),
    "unmute": Action(Reasoned, _unmute),
    "ban": Action(Sanction, _ban),
    "unban": Action(Reasoned, _unban),
    "note": Action(Note, _note),
    "erase": Action(Reasoned, _erase, changes=False),
}
ON_CHARACTERS: Mapping[str, Action] = {
    "move": Action(Move, _move),
    "heal": Action(Heal, _heal),
    "give": Action(Things, _give),
    "take": Action(Things, _take),
    "rename": Action(NewName, _rename),
    "debug": Action(Debug, _debug),
    "debug_end": Action(Reasoned, _debug_end),
}


SURPRISING = [*ON_ACCOUNTS, *(name for name in ON_CHARACTERS if not name.startswith("debug"))]
"""Actions of another operator that a page from before them does not show."""


@post("/accounts/{account_id:int}/{action:str}", status_code=200)
async def on_account(context: Context, request: "Request[Any, Any, Any]", operator: Operator, account_id: Id, action: str) -> Template:
    """Act on an account, with all its characters."""
    return await _act(context, request, operator, action, ON_ACCOUNTS, account_id=bounded(account_id))


@post("/characters/{character_id:int}/{action:str}", status_code=200)
async def on_character(context: Context, request: "Request[Any, Any, Any]", operator: Operator, character_id: Id, action: str) -> Template:
    """Act on a character."""
    return await _act(context, request, operator, action, ON_CHARACTERS, character_id=bounded(character_id))


async def _act(
    context: Context, request: "Request[Any, Any, Any]", operator: Operator, name: str, actions: Mapping[str, Action], **subject: int
) -> Template:
    """Read the form, and act unless another operator did since its page was loaded."""
    action = actions.get(name)
    if action is None:
        raise NotFoundException("There is no such action.")
    form = dict((await request.form()).multi_items())
    seen = read_fields({"seen": form.pop("seen", "")}, Seen).seen
    data = read_fields(form, action.form)
    if seen is not None:
        await auditing.refuse_after_another(context, operator, data.reason, seen, name, SURPRISING, **subject)
    (id_,) = subject.values()
    return outcome(await action.run(context, operator, id_, data), changed=action.changes)
