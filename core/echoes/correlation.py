"""The correlation id of a command: one text in its reply, its log lines and its record, so that they are found together."""

import secrets
from contextvars import ContextVar
from typing import Any

CORRELATION: ContextVar[str] = ContextVar("correlation", default="")
"""The id of the command that is being carried out; empty outside of one. Tasks that a command starts have it, too."""
FIELD = "correlation_id"
"""The field of a log line."""


def new_origin() -> str:
    """The first part of the ids of one connection, or of one worker's requests. The second part is a counter, so a command makes nothing random."""
    return secrets.token_hex(6)


def add_correlation(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor of structlog: add the id to a line of a command."""
    if correlation_id := CORRELATION.get():
        event.setdefault(FIELD, correlation_id)
    return event
