"""`echoes gamedata push`: bring other content into force while the game runs."""

from pathlib import Path

import click

from echoes.channels import CACHE, ContentActivated, encode
from echoes.cli.check import FIT, MISUSED, UNFIT, summary
from echoes.cli.reach import with_backends, with_database
from echoes.prepare import select_backends
from echoes.settings import Settings
from echoes.storage import contents
from echoes.storage.contents import Active, InUse
from echoes.storage.database import Database
from echoes.world.content import examine
from echoes.world.difference import Difference, differences
from echoes.world.model import World


def push(settings: Settings, folder: Path, *, dry_run: bool, sure: bool) -> int:
    """Check a folder, show its differences from the content in force, refuse to remove what is in use, bring it into force.

    Returns the process's exit code: 0 when it is in force (or would be, for a dry run), 1 when it is invalid, in use or not confirmed, 2
    when there is no such folder.
    """
    if not folder.is_dir():
        click.echo(f"the folder {str(folder)!r} does not exist", err=True)
        return MISUSED
    findings = examine(folder, select_backends(settings).packs)
    for problem in findings.problems:
        click.echo(str(problem))
    click.echo(summary(findings))
    if findings.world is None:
        return UNFIT
    return _push(settings, findings.world, dry_run=dry_run, sure=sure)


def _push(settings: Settings, world: World, *, dry_run: bool, sure: bool) -> int:
    now, found, reasons, alike = with_database(settings, lambda database: _looked_at(database, world))
    if now.version == world.version:
        click.echo(f"this game data is in force already (version {now.version})")
        return FIT
    for one in found:
        click.echo(f"  {one}")
    click.echo(_counted(found))
    for character, npc in alike:
        click.echo(
            f"warning: the character {character} has the name of the NPC {npc} and keeps it; another name of the NPC avoids confusion"
        )
    if reasons:
        return _refused(reasons)
    if dry_run:
        click.echo("dry run: nothing was changed")
        return FIT
    if not sure and not click.confirm("Bring it into force?"):
        return UNFIT
    try:
        active = with_database(settings, lambda database: _pushed(settings, database, world))
    except InUse as error:  # another session or push was faster
        return _refused(error.reasons)
    click.echo(f"in force: version {active.version} (number {active.number}); workers play by it within about a second")
    return FIT


async def _looked_at(database: Database, world: World) -> tuple[Active, list[Difference], tuple[str, ...], list[tuple[str, str]]]:
    now = await contents.active(database)
    alike = await contents.namesakes(database, world)
    found = differences(await contents.world_of(database, now.version), world)
    try:
        await contents.push(database, world, dry_run=True)
    except InUse as error:
        return now, found, error.reasons, alike
    return now, found, (), alike


async def _pushed(settings: Settings, database: Database, world: World) -> Active:
    active = await contents.push(database, world)
    backends = select_backends(settings)

    async def announce() -> None:
        await backends.facilities.broadcast.publish(CACHE, encode(ContentActivated(active.number, active.version)))

    await with_backends(backends, announce)
    return active


def _refused(reasons: tuple[str, ...]) -> int:
    click.echo("refused, because these are in use:", err=True)
    for reason in reasons:
        click.echo(f"  {reason}", err=True)
    return UNFIT


def _counted(found: list[Difference]) -> str:
    counts = {change: sum(one.change == change for one in found) for change in ("added", "removed", "changed")}
    return ", ".join(f"{number} {change}" for change, number in counts.items())
