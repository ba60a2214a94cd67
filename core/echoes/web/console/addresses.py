"""The page about address ranges that are banned."""

from typing import Any

from litestar import Request, get, post
from litestar.response import Template

from echoes.context import Context
from echoes.ops import banning
from echoes.ops.acting import Operator
from echoes.web.console.pages import outcome, page, read_form
from echoes.web.ops.access import Reasoned
from echoes.web.ops.address_bans import RangeBan
from echoes.web.ops.players import Id, bounded


@get("/addresses")
async def addresses(context: Context, operator: Operator) -> Template:
    """The bans in force, and the form of another one."""
    return page("addresses.html", operator, bans=await banning.banned_addresses(context, operator))


@get("/addresses/list")
async def address_list(context: Context, operator: Operator) -> Template:
    """The list alone, after a change."""
    return page("addresses_list.html", operator, bans=await banning.banned_addresses(context, operator))


@post("/addresses", status_code=200)
async def ban(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Template:
    """Ban an address or a range."""
    data = await read_form(request, RangeBan)
    made = await banning.ban_address(context, operator, data.reason, data.network, notice=data.notice, minutes=data.minutes)
    return outcome(f"{made.network} is banned {made.until}. Players from there read: {made.notice}", changed=True)


@post("/addresses/{ban_id:int}/end", status_code=200)
async def end(context: Context, request: "Request[Any, Any, Any]", operator: Operator, ban_id: Id) -> Template:
    """End a ban."""
    data = await read_form(request, Reasoned)
    network = await banning.unban_address(context, operator, data.reason, bounded(ban_id))
    return outcome(f"{network} is not banned any more.", changed=True)
