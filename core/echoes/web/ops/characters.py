"""Requests that change a character: move, heal, give, take, rename; and announcements to all."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.ops import announcing, helping, renaming
from echoes.storage.announcements import Arranged
from echoes.web.ops.access import Reasoned, operator_of
from echoes.web.ops.players import DONE, LOOKED, Id, bounded
from echoes.web.problems import BEARER, refusals

LONGEST_ID = 100
"""Characters of an announcement's id that are looked at."""
CountdownMinutes = Annotated[float, Meta(gt=0, le=43_200)]
Words = Annotated[str, Meta(max_length=500, description="Words for the player; a sentence of the server's without them.")]


class Move(Reasoned, kw_only=True):
    """Where to."""

    location_id: Annotated[str, Meta(max_length=100)]
    notice: Words = ""


class Heal(Reasoned, kw_only=True):
    """Words for the player, besides the reason."""

    notice: Words = ""


class Things(Reasoned, kw_only=True):
    """Things by the id or the name of their kind, or `scrap`."""

    item: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    notice: Words = ""


class NewName(Reasoned, kw_only=True):
    """The name that the character shall have."""

    name: Annotated[str, Meta(max_length=100)]


class Announcement(Reasoned, kw_only=True):
    """A text for all players."""

    text: Annotated[str, Meta(max_length=1000)]


class Countdown(Announcement, kw_only=True):
    """A text for all players at a time, or some minutes from now: one of the two."""

    at: Annotated[datetime, Meta(tz=True, description="With its offset from UTC.")] | None = None
    minutes: CountdownMinutes | None = None


class DoneView(Struct):
    """The outcome, in words."""

    done: str


class CharactersController(Controller):
    """Help a character. In a fight it is left as it is."""

    path = "/api/ops/characters/{character_id:int}"
    tags = ("operators",)

    @post("/move", status_code=204, responses=DONE, security=BEARER)
    async def move(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Move) -> None:
        """Bring the character to another location."""
        operator = await operator_of(context, request)
        await helping.move(context, operator, data.reason, bounded(character_id), data.location_id, notice=data.notice)

    @post("/heal", status_code=204, responses=DONE, security=BEARER)
    async def heal(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Heal) -> None:
        """Give the character all its health and stamina, and end the effects that harm it."""
        await helping.heal(context, await operator_of(context, request), data.reason, bounded(character_id), notice=data.notice)

    @post("/give", status_code=200, responses=DONE, security=BEARER)
    async def give(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Things) -> DoneView:
        """Put things or scrap into the character's bag, through the ledger."""
        operator = await operator_of(context, request)
        return DoneView(
            await helping.give(context, operator, data.reason, bounded(character_id), data.item, data.quantity, notice=data.notice)
        )

    @post("/take", status_code=200, responses=DONE, security=BEARER)
    async def take(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Things) -> DoneView:
        """Take things or scrap from the character out of the world, through the ledger."""
        operator = await operator_of(context, request)
        return DoneView(
            await helping.take(context, operator, data.reason, bounded(character_id), data.item, data.quantity, notice=data.notice)
        )

    @post("/rename", status_code=200, responses=DONE, security=BEARER)
    async def rename(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: NewName) -> DoneView:
        """Give the character another name, by the rules for new characters. 409 when it is taken, or looks like another one."""
        former = await renaming.rename(context, await operator_of(context, request), data.reason, bounded(character_id), data.name)
        return DoneView(f"{former} is {data.name.strip()}")


class AnnouncementsController(Controller):
    """Announcements."""

    path = "/api/ops/announcements"
    tags = ("operators",)

    @post("/", status_code=204, responses=refusals(400, 401, 403, 413, 422, 429, 503), security=BEARER)
    async def announce(self, context: Context, request: "Request[Any, Any, Any]", data: Announcement) -> None:
        """Say something to all players now: an event of the type `announcement`."""
        await announcing.announce(context, await operator_of(context, request), data.reason, data.text)

    @get("/arranged", responses=LOOKED, security=BEARER)
    async def arranged(self, context: Context, request: "Request[Any, Any, Any]") -> list[Arranged]:
        """The announcements that are ahead, the next one first."""
        return await announcing.arranged(context, await operator_of(context, request))

    @post("/arranged", status_code=201, responses=DONE, security=BEARER)
    async def arrange(self, context: Context, request: "Request[Any, Any, Any]", data: Countdown) -> Arranged:
        """Say something for a time: at once, again as the time comes nearer, and when it has come."""
        operator = await operator_of(context, request)
        return await announcing.arrange(context, operator, data.reason, data.text, at=data.at, minutes=data.minutes)

    @post("/arranged/{announcement_id:str}/cancel", status_code=204, responses=DONE, security=BEARER)
    async def cancel(self, context: Context, request: "Request[Any, Any, Any]", announcement_id: str, data: Reasoned) -> None:
        """Cancel an announcement that is ahead; players read that it is cancelled."""
        await announcing.cancel(context, await operator_of(context, request), data.reason, announcement_id[:LONGEST_ID])
