"""`echoes audit`: show the operators' actions."""

import click

from echoes.cli.reach import with_database
from echoes.settings import Settings
from echoes.storage import audit
from echoes.storage.audit import AuditEntry


def show(settings: Settings, count: int) -> None:
    """Print the newest lines of the audit log."""
    for entry in with_database(settings, lambda database: audit.newest(database, count)):
        click.echo(line_of(entry))


def line_of(entry: AuditEntry) -> str:
    """An entry as one line: time, operator, action, the account and the character concerned, details, reason."""
    concerned = [f"{name} {id_}" for name, id_ in (("account", entry.account_id), ("character", entry.character_id)) if id_ is not None]
    parts = [f"{entry.at} UTC", entry.operator, entry.action, *concerned, entry.details, f"because: {entry.reason}" if entry.reason else ""]
    return "  ".join(part for part in parts if part)
