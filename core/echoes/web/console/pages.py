"""How the console answers: pages and parts of pages from templates, and errors in words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template import TemplateConfig

from echoes.errors import FacilityUnavailable, PlayerError, Refused
from echoes.ops.acting import Operator
from echoes.settings import Settings
from echoes.storage.roles import ROLES, Role
from echoes.web import problems
from echoes.wire import ErrorView

AnyRequest = Request[Any, Any, Any]
FOLDER = Path(__file__).parent
F = TypeVar("F")
SECTIONS = (
    ("players", "Players"),
    ("reports", "Reports"),
    ("announcements", "Announce"),
    ("addresses", "Addresses"),
    ("nodes", "Nodes"),
    ("world", "World"),
    ("content", "Content"),
    ("health", "Health"),
    ("facts", "Facts"),
    ("audit", "Audit"),
)
"""Sections of the console: the path and the name of each."""


def templates_of(settings: Settings) -> TemplateConfig[JinjaTemplateEngine]:
    """The templates. Each value is escaped, and a name that a template does not know is an error."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["utc"] = utc
    environment.globals.update(base=settings.base_path, sections=SECTIONS, may=may)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def utc(seconds: float) -> str:
    """Unix seconds as text."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def may(operator: Operator, least: Role) -> bool:
    """Whether an operator's role is great enough. The functions of `echoes.ops` refuse one that is too small; this is for the eye."""
    return ROLES.index(operator.role) >= ROLES.index(least)


def page(template: str, operator: Operator, **values: Any) -> Template:
    """A page of the console."""
    return Template(template, context={"operator": operator, **values}, media_type=MediaType.HTML)


def outcome(sentence: str, *, changed: bool = False) -> Template:
    """The outcome of an action, as a part of the page. `changed` lets the page fetch again what it shows of the player."""
    headers = {"hx-trigger": "changed"} if changed else {}
    return Template("outcome.html", context={"sentence": sentence}, media_type=MediaType.HTML, headers=headers)


async def read_form(request: AnyRequest, kind: type[F]) -> F:
    """Read the fields of a form by the rules of the API. A field that is left empty counts as left out."""
    return read_fields(dict((await request.form()).multi_items()), kind)


def read_fields(form: Mapping[str, Any], kind: type[F]) -> F:
    """Read the fields of a form that was received."""
    fields = {name: value for name, value in form.items() if value not in {"", None}}
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", f"The form cannot be read: {error}.", "Correct the field, and send the form again.") from error


def errors_around(settings: Settings) -> dict[Any, Any]:
    """How the application shows a path below the console's that has no route: as a page, not as JSON."""
    pages = handlers_of(settings)[HTTPException]

    def on_http_error(request: AnyRequest, error: HTTPException) -> Any:
        path = request.scope["path"]
        return (pages if path == "/ops" or path.startswith("/ops/") else problems.on_http_error)(request, error)

    return {HTTPException: on_http_error} if settings.ops and settings.ops_console else {}


def handlers_of(settings: Settings) -> dict[Any, Any]:
    """How the pages show an error: a sentence in the place of the part, or a page. Without a sign-in the front page comes instead."""

    def show(request: AnyRequest, error: ErrorView, status: int, headers: Mapping[str, str] | None = None) -> Template | Redirect:
        is_part, front = request.headers.get("hx-request") == "true", f"{settings.base_path}/ops"
        more = dict(headers or {})
        if error.code in {"not_authorized", "token_expired"}:
            if not is_part:
                return Redirect(front, status_code=303)
            more["hx-redirect"] = front
        values = {"message": error.message, "hint": error.hint, "operator": request.state.get("operator")}
        name = "refusal.html" if is_part else "error.html"
        return Template(name, context=values, media_type=MediaType.HTML, status_code=status, headers=more)

    def on_player_error(request: AnyRequest, error: PlayerError) -> Template | Redirect:
        answer = problems.on_player_error(request, error)
        return show(request, answer.content, problems.status_of(error.code), problems.headers_of(error))

    def on_facility_unavailable(request: AnyRequest, error: FacilityUnavailable) -> Template | Redirect:
        return show(request, problems.on_facility_unavailable(request, error).content, 503)

    def on_http_error(request: AnyRequest, error: HTTPException) -> Template | Redirect:
        return show(request, problems.on_http_error(request, error).content, error.status_code)

    def on_crash(request: AnyRequest, error: Exception) -> Template | Redirect:
        return show(request, problems.on_crash(request, error).content, 500)

    return {
        PlayerError: on_player_error, FacilityUnavailable: on_facility_unavailable, HTTPException: on_http_error, Exception: on_crash,
    }  # fmt: skip
