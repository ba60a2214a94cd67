"""Pages about players: look for them, look at one, read the story, download everything."""

from typing import Any, Literal

import msgspec
from litestar import MediaType, Response, get
from litestar.response import Template

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops import looking, privacy, sampling
from echoes.ops.accounts import show_account
from echoes.ops.acting import Operator
from echoes.ops.story import of_character
from echoes.storage import audit
from echoes.web.console.pages import page
from echoes.web.ops.access import AskedReason
from echoes.web.ops.players import Hours, Id, Word, bounded

By = Literal["name", "account", "address"]
WORDS: dict[By, str] = {"name": "Name of a character", "account": "Username", "address": "Address of a session"}
SAMPLES = 50
"""Sampled commands that are shown."""


@get("/players")
async def find(
    context: Context, operator: Operator, by: By = "name", word: Word = "", reason: AskedReason = "",
) -> Template:  # fmt: skip
    """Look for players, those who are online first. Without a word the page shows the form alone."""
    found, trouble = None, ""
    if word.strip() or reason.strip():
        try:
            rows = await looking.find(context, operator, reason, **{by: word})
            found = sorted(rows, key=lambda one: not one.online)
        except Refused as error:
            trouble = f"{error.message} {error.hint}"
    names = {id_: place.name for id_, place in context.world.locations.items()}
    values = {"by": by, "word": word, "reason": reason, "kinds": WORDS, "found": found, "trouble": trouble, "places": names}
    return page("players.html", operator, **values)


@get("/players/{character_id:int}")
async def show(context: Context, operator: Operator, character_id: Id, reason: AskedReason = "") -> Template:
    """One player, with the actions. Without a reason the page asks for one."""
    if not reason.strip():
        return page("reason.html", operator, title="A player", name="player", id=character_id)
    seen = await audit.last_number(context.database)
    state = await looking.show(context, operator, reason, bounded(character_id))
    places = sorted((place.name, id_) for id_, place in context.world.locations.items())
    items = sorted((item.name, id_) for id_, item in context.world.items.items())
    return page("player.html", operator, player=state, reason=reason, places=places, items=items, seen=seen)


@get("/players/{character_id:int}/card")
async def card(context: Context, operator: Operator, character_id: Id, reason: AskedReason = "") -> Template:
    """The part of a player's page that an action changes."""
    return page("card.html", operator, player=await looking.show(context, operator, reason, bounded(character_id)), reason=reason)


@get("/players/{character_id:int}/story")
async def story(context: Context, operator: Operator, character_id: Id, reason: AskedReason = "", hours: Hours = 24.0) -> Template:
    """The story of a character, newest first, as a part of its page."""
    lines = await of_character(context, operator, reason, bounded(character_id), hours)
    return page("story.html", operator, lines=lines[::-1], hours=hours)


@get("/players/{character_id:int}/samples")
async def samples(context: Context, operator: Operator, character_id: Id, reason: AskedReason = "") -> Template:
    """The newest sampled commands of a character, newest first, as a part of its page."""
    found = await sampling.samples(context, operator, reason, bounded(character_id), SAMPLES)
    return page("samples.html", operator, found=found[::-1])


@get("/accounts/{account_id:int}")
async def account(context: Context, operator: Operator, account_id: Id, reason: AskedReason = "") -> Template:
    """One account, with the actions on it. Without a reason the page asks for one."""
    if not reason.strip():
        return page("reason.html", operator, title="An account", name="account", id=account_id)
    seen = await audit.last_number(context.database)
    state = await show_account(context, operator, reason, bounded(account_id))
    return page("account.html", operator, account=state, reason=reason, seen=seen)


@get("/accounts/{account_id:int}/card")
async def account_card(context: Context, operator: Operator, account_id: Id, reason: AskedReason = "") -> Template:
    """The part of an account's page that an action changes."""
    return page("account_card.html", operator, account=await show_account(context, operator, reason, bounded(account_id)), reason=reason)


@get("/accounts/{account_id:int}/export")
async def export(context: Context, operator: Operator, account_id: Id, reason: AskedReason = "") -> Response[bytes]:
    """Everything about an account as a file, for its player."""
    found: dict[str, Any] = await privacy.export(context, operator, reason, bounded(account_id))
    return Response(
        msgspec.json.format(msgspec.json.encode(found), indent=2), media_type=MediaType.JSON,
        headers={"content-disposition": f'attachment; filename="account-{account_id}.json"'},
    )  # fmt: skip
