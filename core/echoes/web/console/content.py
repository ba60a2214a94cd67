"""The page about the content in force: history, differences, a push, the way back."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.response import Template

from echoes.context import Context
from echoes.ops import contents
from echoes.ops.acting import Operator
from echoes.ops.archive import LARGEST, BadArchive
from echoes.ops.contents import Change, Page
from echoes.web.console.pages import page, read_fields, read_form
from echoes.web.ops.access import Reasoned
from echoes.web.ops.content import BODY, Back, Seen, Version


class Upload(Reasoned, kw_only=True):
    """The fields of a push beside its file."""

    seen: Seen
    dry_run: bool = False


@get("/content")
async def content(context: Context, operator: Operator) -> Template:
    """The content in force, its history, and the forms."""
    return page("content.html", operator, content=await contents.content(context, operator))


@get("/content/diff")
async def diff(
    context: Context, operator: Operator, before: Version = "", after: Version = "", kind: Version = "", change: Change | None = None,
    offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
) -> Template:  # fmt: skip
    """One page of differences, as a part of the page."""
    found = await contents.diff(context, operator, before, after, Page(kind, change, offset))
    return page("content_diff.html", operator, diff=found, kind=kind, change=change or "", paged=True)


@post("/content/push", status_code=200, request_max_body_size=BODY)
async def push(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Template:
    """Bring the game data of an archive into force, or show how that would go."""
    form = await request.form()
    upload = form.get("archive")
    if not isinstance(upload, UploadFile):
        raise BadArchive("No file was chosen.")
    data = read_fields({name: value for name, value in form.multi_items() if name != "archive"}, Upload)
    archive = await upload.read(LARGEST + 1)
    made = await contents.push(context, operator, data.reason, archive, data.seen, dry_run=data.dry_run)
    return page("content_push.html", operator, made=made, paged=False)


@post("/content/back", status_code=200)
async def back(context: Context, request: "Request[Any, Any, Any]", operator: Operator) -> Template:
    """Bring a former content into force again, or show how that would go."""
    data = await read_form(request, Back)
    made = await contents.back(context, operator, data.reason, data.version, data.seen, dry_run=data.dry_run)
    return page("content_push.html", operator, made=made, paged=False)
