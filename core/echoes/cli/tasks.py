"""`echoes tasks`: show timers by kind, and the worker of each part."""

import click

from echoes.cli.reach import with_database
from echoes.settings import Settings
from echoes.storage import timers
from echoes.storage.database import Database


def show(settings: Settings) -> None:
    """Print a line for each kind of timer, then a line for each part."""
    kinds, parts = with_database(settings, _read)
    click.echo(f"{'kind':<20} {'armed':>7} {'due':>6} {'failing':>8} {'latest':>10}")
    for kind in kinds:
        click.echo(f"{kind.kind:<20} {kind.armed:>7} {kind.due:>6} {kind.failing:>8} {kind.latest:>8.1f} s")
    click.echo(f"\n{'part':<6} {'token':<18} {'since (UTC)':<20} worker")
    for part in parts:
        click.echo(f"{part.part:<6} {part.token:<18} {part.since:<20} {part.worker}")


async def _read(database: Database) -> tuple[list[timers.Kind], list[timers.Part]]:
    return await timers.kinds(database), await timers.parts(database)
