"""Requests about the server as a whole: its workers and orders to them, the game, its health."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from msgspec import Meta

from echoes.context import Context
from echoes.ops import health, nodes, ordering, tail, words, world
from echoes.ops.health import HealthView
from echoes.ops.nodes import NodesView
from echoes.ops.sums import Economy
from echoes.ops.tail import FactsView
from echoes.ops.words import WordsView
from echoes.ops.world import WorldView
from echoes.storage import unknown_words
from echoes.storage.worker_orders import WorkerOrder
from echoes.web.ops.access import AskedReason, Reasoned, operator_of
from echoes.web.ops.players import DONE, Id, bounded
from echoes.web.problems import BEARER, refusals

SHOWN = refusals(400, 401, 403, 422, 429, 503)
FOLLOWED = refusals(400, 401, 403, 404, 422, 429, 503)
LONGEST_WORKER = 300
"""Characters of a worker's id that are looked at."""
After = Annotated[
    str, QueryParameter(max_length=40, description="The field `after` of the answer before; without it the newest facts come.")
]
Kind = Annotated[str, Meta(max_length=100)]


class ClusterController(Controller):
    """Look at the server as a whole."""

    path = "/api/ops"
    tags = ("operators",)

    @get("/nodes", responses=SHOWN, security=BEARER)
    async def nodes(self, context: Context, request: "Request[Any, Any, Any]") -> NodesView:
        """The workers of the cluster as their heartbeats report them, the backend of each facility, and the breakers of the worker that answers."""
        return await nodes.nodes(context, await operator_of(context, request))

    @get("/world", responses=SHOWN, security=BEARER)
    async def world(self, context: Context, request: "Request[Any, Any, Any]") -> WorldView:
        """Content in force and the versions before, players by location, NPCs, timers and their parts."""
        return await world.world(context, await operator_of(context, request))

    @get("/world/words", responses=SHOWN, security=BEARER)
    async def words(
        self, context: Context, request: "Request[Any, Any, Any]",
        days: Annotated[int, QueryParameter(ge=1, le=unknown_words.DAYS)] = 7, count: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    ) -> WordsView:  # fmt: skip
        """The first words of typed lines that the game did not understand, with their numbers by day; at most a minute old."""
        return await words.words(context, await operator_of(context, request), days, count)

    @get("/economy", responses=SHOWN, security=BEARER)
    async def economy(self, context: Context, request: "Request[Any, Any, Any]", reason: AskedReason = "") -> Economy:
        """Scrap by day, the richest characters, the rarest things, quests by step; at most a minute old."""
        return await world.economy(context, await operator_of(context, request), reason)

    @get("/facts", responses=FOLLOWED, security=BEARER)
    async def facts(
        self, context: Context, request: "Request[Any, Any, Any]", reason: AskedReason = "", after: After = "",
        kind: Annotated[list[Kind] | None, QueryParameter(max_items=20, description="Kinds of facts, such as `died`; without any all.")] = None,
        character: Annotated[Id, QueryParameter(description="Id of a character; 0: all.")] = 0,
        count: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
    ) -> FactsView:  # fmt: skip
        """Domain events in their order, each once: ask again with `after`. Each answer looks at 5,000 facts at most."""
        operator = await operator_of(context, request)
        return await tail.facts(
            context, operator, reason, after=after, kinds=kind or (), character_id=bounded(character) if character else 0, count=count
        )

    @get("/health", responses=SHOWN, security=BEARER)
    async def health(self, context: Context, request: "Request[Any, Any, Any]") -> HealthView:
        """Readiness of the worker that answers with its reasons; alerts of Prometheus; slow queries and errors of all workers of its host."""
        return await health.health(context, await operator_of(context, request))


class OrdersController(Controller):
    """Orders to workers, for admins. `nodes` shows how an order goes; a worker takes it within about a second, or it expires after a minute."""

    path = "/api/ops/nodes"
    tags = ("operators",)

    @post("/{worker_id:str}/replace", status_code=202, responses=DONE, security=BEARER)
    async def replace(self, context: Context, request: "Request[Any, Any, Any]", worker_id: str, data: Reasoned) -> WorkerOrder:
        """Replace a worker: another one starts and serves, then this one drains; its players continue on others."""
        return await ordering.replace(context, await operator_of(context, request), data.reason, worker_id[:LONGEST_WORKER])

    @post("/{worker_id:str}/drain", status_code=202, responses=DONE, security=BEARER)
    async def drain(self, context: Context, request: "Request[Any, Any, Any]", worker_id: str, data: Reasoned) -> WorkerOrder:
        """Drain a worker; its server keeps one worker less until `fill`, `roll` or a restart. The last worker of a server is refused."""
        return await ordering.drain(context, await operator_of(context, request), data.reason, worker_id[:LONGEST_WORKER])

    @post("/roll", status_code=202, responses=DONE, security=BEARER)
    async def roll(self, context: Context, request: "Request[Any, Any, Any]", data: Reasoned) -> WorkerOrder:
        """Replace all workers, one server after the other, as SIGHUP does. The first server that fails ends it."""
        return await ordering.roll(context, await operator_of(context, request), data.reason)

    @post("/fill", status_code=202, responses=DONE, security=BEARER)
    async def fill(self, context: Context, request: "Request[Any, Any, Any]", data: Reasoned) -> WorkerOrder:
        """Start a worker in each slot whose worker was drained, one server after the other."""
        return await ordering.fill(context, await operator_of(context, request), data.reason)
