"""The rules of each action of an operator: a role that is great enough, a reason, and an entry in the audit log, also for a refused one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from echoes.errors import Conflict, Refused
from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.commits import NoCharacter
from echoes.storage.database import Database
from echoes.storage.roles import ROLES, Role
from echoes.world.names import bad_character


class Operator(Struct, frozen=True):
    """The operator of a request: its name in the audit log, its role, its account (0: the token for scripts)."""

    name: str
    role: Role
    account_id: int = 0


SCRIPT = Operator("script", "admin")
"""Acts with `ECHOES_OPS_TOKEN`."""


def named(username: str, account_id: int) -> str:
    """An operator's name in the audit log. The id sets it apart from `script`, and from the same name on another account."""
    return f"{username}#{account_id}"


class NoReason(Refused):
    """The request gives no reason."""

    def __init__(self) -> None:
        super().__init__("no_reason", "This needs a reason, for the audit log.", "Say why you do it; the player does not read it.")


class NoSuchCharacter(Refused):
    """An operator's action on a character that does not exist."""

    def __init__(self) -> None:
        super().__init__("no_character", "There is no such character.", "It may have been erased or removed; look for it again.")


@asynccontextmanager
async def acting(
    database: Database, operator: Operator, action: str, reason: str, *, least: Role = "moderator", account_id: int = 0, character_id: int = 0,
    **asked: object,
) -> AsyncIterator[Act]:  # fmt: skip
    """Let an operator do something. Yields what the action enters in the audit log, in its own transaction.

    A refusal, the one for a role that is too small included, gets an entry with its code here, and is raised.
    """
    act = Act(operator.name, action, reason.strip(), account_id, character_id)
    try:
        require_role(operator, least)
        if not act.reason:
            raise NoReason
        require_text(act.reason)
        yield act
    except (Refused, Conflict) as error:
        shown = msgspec.structs.replace(act, reason=_legible(act.reason))
        await audit.enter_alone(database, shown, refused=error.code, **{name: _legible(value) for name, value in asked.items()})
        if isinstance(error, NoCharacter):  # its words are for a player
            raise NoSuchCharacter from error
        raise


def _legible(value: Any) -> Any:
    """A text of a refused request as the audit log can keep it: PostgreSQL takes no NUL."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in value) if isinstance(value, str) else value


def require_role(operator: Operator, least: Role) -> None:
    """Refuse an operator with a smaller role."""
    if ROLES.index(operator.role) < ROLES.index(least):
        raise Refused("not_allowed", f"This needs the role {least}; yours is {operator.role}.", "Ask an admin: echoes ops grant.")


def require_text(text: str) -> None:
    """Refuse a text that no line can show."""
    if (found := bad_character(text)) is not None:
        raise Refused("bad_text", f"The text cannot contain {found}.", "Write plain text on one line.")
