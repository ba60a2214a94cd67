"""`echoes audit`: show the operators' actions."""

import click

from echoes.cli.reach import with_database
from echoes.settings import Settings
from echoes.storage import audit


def show(settings: Settings, count: int) -> None:
    """Print the newest lines of the audit log."""
    for deed in with_database(settings, lambda database: audit.newest(database, count)):
        click.echo(f"{deed.at} UTC  {deed.operator}  {deed.action}  {deed.details}")
