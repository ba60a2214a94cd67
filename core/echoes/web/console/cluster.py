"""Pages about the server as a whole: its workers and orders to them, the game, its health."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Template
from msgspec import Meta

from echoes.context import Context
from echoes.ops import health as ops_health
from echoes.ops import nodes as ops_nodes
from echoes.ops import ordering
from echoes.ops import words as ops_words
from echoes.ops import world as ops_world
from echoes.ops.acting import Operator
from echoes.web.console.pages import outcome, page, read_form
from echoes.web.ops.access import AskedReason, Reasoned
from echoes.web.ops.cluster import LONGEST_WORKER

DAYS, WORDS = 7, 50
"""The unknown words that are shown: of the last days, those with the most lines."""


@get("/nodes")
async def nodes(context: Context, operator: Operator) -> Template:
    """The workers; the page fetches its table again every few seconds."""
    return page("nodes.html", operator, cluster=await ops_nodes.nodes(context, operator))


@get("/nodes/table")
async def nodes_table(context: Context, operator: Operator) -> Template:
    """The table of the workers alone."""
    return page("nodes_table.html", operator, cluster=await ops_nodes.nodes(context, operator))


class WorkerForm(Reasoned, kw_only=True):
    """The worker that an order is for."""

    worker: Annotated[str, Meta(max_length=LONGEST_WORKER)]


@post("/nodes/{action:str}", status_code=200)
async def order(context: Context, request: "Request[Any, Any, Any]", operator: Operator, action: str) -> Template:
    """Order a worker to be replaced or to drain, or all workers to roll or to fill empty slots."""
    if (of_one := {"replace": ordering.replace, "drain": ordering.drain}.get(action)) is not None:
        form = await read_form(request, WorkerForm)
        given = await of_one(context, operator, form.reason, form.worker)
    elif (of_all := {"roll": ordering.roll, "fill": ordering.fill}.get(action)) is not None:
        given = await of_all(context, operator, (await read_form(request, Reasoned)).reason)
    else:
        raise NotFoundException("There is no such order.")
    return outcome(f"Ordered, number {given.number}. The list of orders shows how it goes.")


@get("/world")
async def world(context: Context, operator: Operator) -> Template:
    """Content, population, timers and unknown words; the sums come when the operator asks with a reason."""
    words = await ops_words.words(context, operator, DAYS, WORDS)
    return page("world.html", operator, world=await ops_world.world(context, operator), words=words)


@get("/world/economy")
async def economy(context: Context, operator: Operator, reason: AskedReason = "") -> Template:
    """The sums, as a part of the page."""
    items, quests = context.world.items, context.world.quests
    return page(
        "economy.html", operator, economy=await ops_world.economy(context, operator, reason), reason=reason,
        items={id_: one.name for id_, one in items.items()}, quests={id_: one.title for id_, one in quests.items()},
    )  # fmt: skip


@get("/health")
async def health(context: Context, operator: Operator) -> Template:
    """Readiness and its reasons, alerts, slow queries, errors by their kind."""
    return page("health.html", operator, health=await ops_health.health(context, operator))
