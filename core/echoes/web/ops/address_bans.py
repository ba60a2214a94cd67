"""Requests about bans of address ranges."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.ops import banning
from echoes.storage.address_bans import AddressBan
from echoes.web.ops.access import Reasoned, operator_of
from echoes.web.ops.players import DONE, LOOKED, Minutes, Notice, bounded
from echoes.web.problems import BEARER


class RangeBan(Reasoned, kw_only=True):
    """An address or a range, such as 192.0.2.0/24."""

    network: Annotated[str, Meta(min_length=1, max_length=100)]
    notice: Notice = ""
    minutes: Minutes | None = None


class EndedView(Struct):
    """The range that is no longer banned."""

    network: str


class AddressBansController(Controller):
    """Bans of address ranges: no sign-up, no sign-in and no play from there. Operators are not kept out."""

    path = "/api/ops/address-bans"
    tags = ("operators",)

    @get("/", responses=LOOKED, security=BEARER)
    async def lines(self, context: Context, request: "Request[Any, Any, Any]") -> list[AddressBan]:
        """The bans in force, newest first."""
        return await banning.banned_addresses(context, await operator_of(context, request))

    @post("/", status_code=201, responses=DONE, security=BEARER)
    async def ban(self, context: Context, request: "Request[Any, Any, Any]", data: RangeBan) -> AddressBan:
        """Ban a range: its connections end (4505) on every worker within a second. 409 while it is banned."""
        operator = await operator_of(context, request)
        return await banning.ban_address(context, operator, data.reason, data.network, notice=data.notice, minutes=data.minutes)

    @post("/{ban_id:int}/end", status_code=200, responses=DONE, security=BEARER)
    async def end(self, context: Context, request: "Request[Any, Any, Any]", ban_id: int, data: Reasoned) -> EndedView:
        """End a ban."""
        return EndedView(await banning.unban_address(context, await operator_of(context, request), data.reason, bounded(ban_id)))
