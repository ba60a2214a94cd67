"""Errors over HTTP: always `{"code", "message", "hint"}` with a fitting status, and `Retry-After` where waiting helps."""

import math
import re
from collections.abc import Mapping
from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.openapi import ResponseSpec

from echoes.errors import FacilityUnavailable, PlayerError
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting
from echoes.wire import ErrorView

log = structlog.get_logger()
AnyRequest = Request[Any, Any, Any]

STATUS = {
    "not_authorized": 401,
    "token_expired": 401,
    "wrong_password": 401,
    "banned": 403,
    "muted": 403,
    "ignored": 403,
    "not_allowed": 403,
    "not_yours": 403,
    "no_account": 404,
    "no_character": 404,
    "no_report": 404,
    "no_ban": 404,
    "no_worker": 404,
    "no_content": 404,
    "content_changed": 409,
    "older_content": 409,
    "no_announcement": 404,
    "username_taken": 409,
    "name_taken": 409,
    "too_many_characters": 409,
    "conflict": 409,
    "done_already": 409,
    "key_reused": 409,
    "bad_request": 400,
    "bad_command": 400,
    "unknown_command": 400,
    "flood": 429,
    "too_loud": 429,
    "too_many_attempts": 429,
    "too_many_made": 429,
    "too_many_connections": 429,
    "upgrade_required": 426,
    "full": 503,
    "unavailable": 503,
}
"""By code; every other refusal is 422."""
LENGTH = re.compile(r"Expected `str` of length (>=|<=) (\d+)")
"""msgspec's message about a text that is too short or too long."""
NO_BODY = ("data", repr("data"))
"""Litestar's key and message where there is no body at all."""
WORDS = {
    400: "bad_request",
    401: "not_authorized",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    431: "too_large",
    415: "bad_request",
}
REASONS = {
    400: "It cannot be read.",
    401: "No token, or one that is no longer good; or a wrong password.",
    403: "It is not yours, or not for your role; or an operator has banned or muted you.",
    404: "There is no such thing.",
    409: "Somebody was faster, or there are enough.",
    413: "The body is larger than 64 KiB.",
    415: "The body is no JSON.",
    422: "The rules do not allow it.",
    429: "Too fast, or too often; `Retry-After` says when again.",
    503: "PostgreSQL or a facility does not answer, or too many ask at a time.",
}
"""By status, for `/schema`."""


BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
"""The security requirement of requests with a token, for `/schema`."""


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The refusals of a request in `/schema`: all have the same form. Bugs (500) are not promised."""
    return {
        status: ResponseSpec(ErrorView, description=REASONS[status], generate_examples=False, media_type=MediaType.JSON)
        for status in statuses
    }


def status_of(code: str) -> int:
    """The status that goes with an error's code."""
    return STATUS.get(code, 422)


def headers_of(error: PlayerError) -> dict[str, str]:
    """When to try again (RFC 9110, section 10.2.3), how to sign in (section 11.6.1), what to upgrade to (section 15.5.22)."""
    if status_of(error.code) == 401:
        return {"www-authenticate": "Bearer"}
    if status_of(error.code) == 426:
        return {"upgrade": "websocket", "connection": "upgrade"}
    return {"retry-after": str(math.ceil(error.retry_after))} if error.retry_after else {}


def answer(
    code: str, message: str, hint: str = "", status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response[ErrorView]:
    """An error as a response."""
    return Response(ErrorView(code, message, hint), status_code=status or status_of(code), media_type=MediaType.JSON, headers=headers)


def on_player_error(_: AnyRequest, error: PlayerError) -> Response[ErrorView]:
    """Answer with the error's own code, message and hint: they are written for players."""
    return answer(error.code, error.message, error.hint, headers=headers_of(error))


def on_no_file(_: AnyRequest, error: Exception) -> Response[ErrorView]:
    """A path that the file system will not even look at (a NUL in it, too long, a file taken for a folder): there is no such file."""
    del error
    return answer("not_found", "There is no such page.", "The description of every request is at /schema.", 404)


def on_facility_unavailable(_: AnyRequest, error: FacilityUnavailable) -> Response[ErrorView]:
    """A facility that cannot be reached: not the player's fault."""
    if times := LOG_LIMIT.due("request.facility_failed"):
        log.warning("request.facility_failed", error=str(error), times=times)
    return answer("unavailable", "The city does not answer.", "Wait a moment, then try again.")


def on_http_error(_: AnyRequest, error: HTTPException) -> Response[ErrorView]:
    """Litestar's own refusals, in our form."""
    detail, hint = error.detail, "The description of every request is at /schema."
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        detail = (
            "; ".join(
                in_words(one.get("key", "body"), one.get("message", "")) if isinstance(one, dict) else str(one) for one in error.extra
            )
            or detail
        )
        hint = "" if all(isinstance(one, dict) and LENGTH.fullmatch(str(one.get("message"))) for one in error.extra) else hint
    return answer(WORDS.get(error.status_code, "bad_request"), detail, hint, error.status_code)


def in_words(key: str, message: str) -> str:
    """A validation error for the person who filled in a field: `The password has at least 8 characters.`; other errors as they are."""
    if (key, message) == NO_BODY:
        return "The request has no body."
    if (found := LENGTH.fullmatch(message)) is None:
        return f"{key}: {message}"
    bound, number = ("at least" if found[1] == ">=" else "at most"), int(found[2])
    return f"The {key.replace('_', ' ')} has {bound} {number} characters."


def on_depth(_: AnyRequest, error: RecursionError) -> Response[ErrorView]:
    """A body that is nested too deeply to be read."""
    del error
    return answer("bad_request", "The body is nested too deeply.", "The description of every request is at /schema.", 400)


def on_encoding(_: AnyRequest, error: UnicodeDecodeError) -> Response[ErrorView]:
    """A body that is not UTF-8."""
    del error
    return answer("bad_request", "The body is not UTF-8.", "The description of every request is at /schema.", 400)


def on_crash(request: AnyRequest, error: Exception) -> Response[ErrorView]:
    """A bug: logged with its traceback, answered with `internal`."""
    counting.crashed("request")
    log.error("request.crashed", path=request.url.path, exc_info=error)
    return answer("internal", "Something broke on our side.", "It has been written down; try again.", 500)


NO_FILE: dict[Any, Any] = dict.fromkeys((ValueError, InternalServerException), on_no_file)
"""For folders of files: a NUL in a path, and a path that is too long or leads through a file."""
HANDLERS: dict[Any, Any] = {
    PlayerError: on_player_error,
    FacilityUnavailable: on_facility_unavailable,
    HTTPException: on_http_error,
    RecursionError: on_depth,
    UnicodeDecodeError: on_encoding,
    Exception: on_crash,
}
