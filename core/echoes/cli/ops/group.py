"""The group `echoes ops`, and the options that its commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def ops() -> None:
    """Look after players and operators. All but grant, revoke and operators ask a running server (ECHOES_OPS_URL) with ECHOES_OPS_TOKEN."""


def reason(command: F) -> F:
    """The option that each command with an entry in the audit log has."""
    return click.option("--reason", required=True, help="Reason, for the audit log. Players do not read it.")(command)


def url(command: F) -> F:
    """The option that each command with a request to a server has."""
    return click.option("--url", help="URL of the server (ECHOES_OPS_URL).")(command)
