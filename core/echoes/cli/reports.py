"""`echoes reports`: show what players report of others."""

import click

from echoes.cli.reach import with_database
from echoes.settings import Settings
from echoes.storage import reports


def show(settings: Settings, count: int) -> None:
    """Print the newest reports, one a line."""
    found = with_database(settings, lambda database: reports.newest(database, count))
    for one in found:
        click.echo(f"{one.at} UTC  {one.reporter} reports {one.reported}  at {one.location_id}  {one.reason}")
    if not found:
        click.echo("no reports")
