"""Requests about the content in force: history, differences, a push, the way back."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Controller, Request, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Reference, RequestBody, Schema
from litestar.params import QueryParameter
from msgspec import Meta

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops import contents
from echoes.ops.archive import LARGEST
from echoes.ops.contents import PAGE, Change, ContentView, DiffView, Page, PushView
from echoes.web.ops.access import Reasoned, operator_of
from echoes.web.ops.players import DONE, LOOKED
from echoes.web.problems import BEARER

BODY = 3 * 1024 * 1024
"""Bytes of the body of a push: an archive of `LARGEST` bytes in base64, and its fields."""
Version = Annotated[str, QueryParameter(max_length=100)]
Seen = Annotated[int, Meta(ge=0, le=2**62, description="Number of the content in force, as the operator saw it.")]
F = TypeVar("F")


class Push(Reasoned, kw_only=True):
    """Game data to bring into force."""

    archive: Annotated[bytes, Meta(max_length=LARGEST)]
    seen: Seen
    dry_run: bool = False
    kind: Annotated[str, Meta(max_length=100)] = ""
    change: Change | None = None
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Back(Reasoned, kw_only=True):
    """A former content to bring into force again."""

    version: Annotated[str, Meta(min_length=1, max_length=100)]
    seen: Seen
    dry_run: bool = False


@dataclass
class PushOperation(Operation):
    """Describes the body of a push, which is read once the operator is known: no other sender sends a large one."""

    def __post_init__(self) -> None:
        """Add the body to what is derived from the function."""
        text, flag = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.BOOLEAN)
        fields: dict[str, Reference | Schema] = {
            "archive": Schema(type=OpenAPIType.STRING, content_encoding="base64", description=f"ZIP archive of the folder, {LARGEST // 1024} KiB at most."),
            "seen": Schema(type=OpenAPIType.INTEGER, minimum=0, description="Number of the content in force, as the operator saw it."),
            "reason": Schema(type=OpenAPIType.STRING, max_length=500, description="Reason of the action, for the audit log."),
            "dry_run": flag, "kind": text, "change": Schema(type=OpenAPIType.STRING, enum=["added", "removed", "changed"]),
            "offset": Schema(type=OpenAPIType.INTEGER, minimum=0),
        }  # fmt: skip
        schema = Schema(type=OpenAPIType.OBJECT, properties=fields, required=["archive", "seen", "reason"])
        self.request_body = RequestBody(required=True, content={"application/json": OpenAPIMediaType(schema=schema)})


class ContentController(Controller):
    """The content in force, which viewers look at and admins change."""

    path = "/api/ops/content"
    tags = ("operators",)

    @get("/", responses=LOOKED, security=BEARER)
    async def shown(self, context: Context, request: "Request[Any, Any, Any]") -> ContentView:
        """The content in force and the newest 50 activations: since when, by which operator, why."""
        return await contents.content(context, await operator_of(context, request))

    @get("/diff", responses=LOOKED, security=BEARER)
    async def diff(
        self, context: Context, request: "Request[Any, Any, Any]", before: Version = "", after: Version = "", kind: Version = "",
        change: Change | None = None, offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
        count: Annotated[int, QueryParameter(ge=1, le=PAGE)] = PAGE,
    ) -> DiffView:  # fmt: skip
        """The differences between two contents of the history; without a version the one in force is meant."""
        operator = await operator_of(context, request)
        return await contents.diff(context, operator, before, after, Page(kind, change, offset, count))

    @post("/push", status_code=200, responses=DONE, security=BEARER, request_max_body_size=BODY, operation_class=PushOperation)
    async def push(self, context: Context, request: "Request[Any, Any, Any]") -> PushView:
        """Bring other game data into force, or with `dry_run` show how that would go. 409 when it is older, or other content came into force since the operator looked."""
        operator = await operator_of(context, request)
        data = read_json(await request.body(), Push)
        page = Page(data.kind, data.change, data.offset)
        return await contents.push(context, operator, data.reason, data.archive, data.seen, dry_run=data.dry_run, page=page)

    @post("/back", status_code=200, responses=DONE, security=BEARER)
    async def back(self, context: Context, request: "Request[Any, Any, Any]", data: Back) -> PushView:
        """Bring a former content of the history into force again, or with `dry_run` show how that would go."""
        operator = await operator_of(context, request)
        return await contents.back(context, operator, data.reason, data.version, data.seen, dry_run=data.dry_run)


def read_json(body: bytes, kind: type[F]) -> F:
    """Read a body by the rules of the API."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Refused("bad_request", f"The body cannot be read: {error}.", "The description of every request is at /schema.") from error
