"""Playing over HTTP: the same command service as behind the WebSocket, one request a command."""

import itertools
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import HeaderParameter
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.correlation import new_origin
from echoes.errors import Refused
from echoes.game.commands.walking import Move
from echoes.game.service import Actor
from echoes.metrics import counting
from echoes.web.accounts import bearer
from echoes.web.problems import BEARER, answer, refusals, status_of
from echoes.web.tokens import Claims
from echoes.wire import UNREADABLE, Command, ErrorView, InventoryView, Snapshot, You

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", max_length=64, min_length=1, required=False,
        description="makes a repeated request take effect once, within a day and the newest 1,000 keys of the character; the first answer under a"
        " key stays, a refusal, too (draft-ietf-httpapi-idempotency-key-header)",
    ),
]  # fmt: skip


TOO_FAST = 429
SNAPSHOT_COST = 3.0
"""Commands that a request for everything around a character counts as."""
LOOKED = refusals(401, 403, 404, 429, 503)
COMMANDED = refusals(400, 401, 403, 404, 409, 413, 422, 429, 503)


class Direction(Struct, forbid_unknown_fields=True):
    """Where to go."""

    direction: Annotated[str, Meta(min_length=1, max_length=40)]


NUMBERS = itertools.count(1)
"""Of requests without a key, in this process."""
ORIGIN, GIVEN = new_origin(), itertools.count()
"""The correlation ids of this process's requests."""
CORRELATION_HEADER = "Correlation-Id"


class _Answer(Struct):
    ok: bool
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: ErrorView | None = None
    correlation_id: str = ""


_decode_answer = msgspec.json.Decoder(_Answer).decode


class GameController(Controller):
    """With a character's token."""

    path = "/api/game"
    tags = ("game",)

    @get("/state", responses=LOOKED, security=BEARER)
    async def state(self, context: Context, request: "Request[Any, Any, Any]") -> Snapshot:
        """Everything about the character and where it is."""
        return await context.snapshots.of((await _allowed(context, request, SNAPSHOT_COST)).subject, fresh=False)

    @get("/profile", responses=LOOKED, security=BEARER)
    async def profile(self, context: Context, request: "Request[Any, Any, Any]") -> You:
        """The character."""
        return (await context.snapshots.of((await _allowed(context, request, SNAPSHOT_COST)).subject, fresh=False)).you

    @get("/inventory", responses=LOOKED, security=BEARER)
    async def inventory(self, context: Context, request: "Request[Any, Any, Any]") -> InventoryView:
        """The things that the character carries."""
        return (await context.snapshots.of((await _allowed(context, request, SNAPSHOT_COST)).subject, fresh=False)).inventory

    @post("/move", status_code=200, responses=COMMANDED, security=BEARER)
    async def move(self, context: Context, request: "Request[Any, Any, Any]", data: Direction, key: IdempotencyKey = None) -> Response[Any]:
        """Walk through an exit. Answers the outcome as in a reply's `data`."""
        return await _run(context, await _allowed(context, request), Move(direction=data.direction), key)

    @post("/command", status_code=200, responses=COMMANDED, security=BEARER)
    async def command(self, context: Context, request: "Request[Any, Any, Any]", key: IdempotencyKey = None) -> Response[Any]:
        """Any command of the WebSocket, as the same JSON object (its `id` is not needed)."""
        claims = await _allowed(context, request)
        body = await request.body()
        try:
            command = context.reception.decode(body)
        except UNREADABLE as error:
            counting.unreadable("unreadable")
            unknown = "Invalid value" in str(error) and "$.type" in str(error)
            raise Refused(
                "unknown_command" if unknown else "bad_command", f"That command cannot be read: {error}.", "See docs/asyncapi.yaml."
            ) from error
        return await _run(context, claims, command, key)


async def _allowed(context: Context, request: "Request[Any, Any, Any]", cost: float = 1.0) -> Claims:
    """Return the claims of the request's play token, after taking `cost` from the account's token bucket."""
    claims = context.tokens.read("play", bearer(request))
    if not context.token_buckets.spend(claims.payer, cost):
        counting.unreadable("flood")
        raise Refused("flood", "You are going too fast.", "Wait a second; this request was not carried out.", retry_after=1.0)
    context.address_bans.require(context.addresses.of(request.scope))
    await context.reception.token_subjects.require_player(claims)
    return claims


async def _run(context: Context, claims: Claims, command: Command, key: str | None) -> Response[Any]:
    if key is not None and not all("!" <= letter <= "~" for letter in key):
        raise Refused("bad_request", "An Idempotency-Key has visible ASCII characters only.", "Use a UUID.")
    body = await context.http_presence.ensure_body(claims.subject)
    # With a key, the request may be a repetition: number 1 of the client named by the key is looked up first. Without one it is never
    # looked up: all such requests to this worker are one client, of which only the newest commands are kept.
    client, number, seen = (f"http:{key}", 1, 1) if key is not None else (f"http!{context.worker_id}", next(NUMBERS), 0)
    command = msgspec.structs.replace(command, id=number)
    spend = partial(context.token_buckets.spend, claims.payer)
    actor = Actor(claims.subject, client, 0, seen, ORIGIN, next(GIVEN), body=body, recorded=key is not None, spend=spend)
    reply = _decode_answer(await context.service.run(actor, command))
    headers = {CORRELATION_HEADER: reply.correlation_id} if reply.correlation_id else {}
    if reply.error is not None:
        if status_of(reply.error.code) == TOO_FAST:
            headers["Retry-After"] = "1"
        return answer(reply.error.code, reply.error.message, reply.error.hint, headers=headers)
    return Response(bytes(reply.data), media_type=MediaType.JSON, headers=headers)
