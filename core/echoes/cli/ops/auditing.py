"""`echoes ops audit`: what operators did."""

import rich_click as click

from echoes.cli.audit import line_of
from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly
from echoes.storage.audit import AuditEntry


@ops.command()
@click.option("--operator", help="Name of an operator as entries have it, such as mara#7 or script.")
@click.option("--action", help="An action, such as ban or sign_in.")
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True, help="Number of the newest entries.")
@reason
@url
@plainly
def audit(operator: str | None, action: str | None, count: int, reason: str, url: str | None) -> None:
    """Show the newest entries of the audit log, newest first, without access to the database."""
    found = ask("GET", "/audit", url, reason=reason, operator=operator, action=action, count=count)
    for one in found:
        click.echo(line_of(AuditEntry(**one)))
    if not found:
        click.echo("no entries")
