"""`echoes ops content`, `content-diff`, `content-push`, `content-back`: the content in force."""

import base64
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly

SIGN = {"added": "+", "removed": "-", "changed": "~"}
dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, and whether it may.")
sure = click.option("--yes", is_flag=True, help="Do not ask.")


@ops.command(name="content")
@url
@plainly
def content(url: str | None) -> None:
    """Show the content in force and its history: since when, by which operator, why."""
    found = ask("GET", "/content", url)
    for one in found["history"]:
        by = f"by {one['operator']}" if one["operator"] else ""
        state = "  in force" if one["number"] == found["number"] else "" if one["kept"] else "  its parts are gone"
        click.echo(
            f"{one['number']}  {one['version']}  {one['at']} UTC  {one['source'] or 'unknown'} {by}  {one['reason']}".rstrip() + state
        )


@ops.command(name="content-diff")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--kind", help="Differences of this kind alone, such as location.")
@click.option("--change", type=click.Choice([*SIGN]), help="Differences of this sort alone.")
@click.option("--offset", type=click.IntRange(0, 1_000_000), default=0, help="Differences to leave out at the beginning.")
@url
@plainly
def content_diff(before: str | None, after: str | None, kind: str | None, change: str | None, offset: int, url: str | None) -> None:
    """Show the differences between two contents of the history. BEFORE and AFTER are versions; the one in force without them."""
    _differences(ask("GET", "/content/diff", url, before=before, after=after, kind=kind, change=change, offset=offset))


@ops.command(name="content-push")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@dry_run
@sure
@reason
@url
@plainly
def content_push(folder: Path, *, dry_run: bool, yes: bool, reason: str, url: str | None) -> None:
    """Bring the game data of FOLDER into force while people play. The server checks them; pictures stay where they are."""
    body = {"reason": reason, "seen": ask("GET", "/content", url)["number"], "archive": base64.b64encode(packed(folder)).decode()}
    _change("/content/push", body, url, dry_run=dry_run, sure=yes)


@ops.command(name="content-back")
@click.argument("version")
@dry_run
@sure
@reason
@url
@plainly
def content_back(version: str, *, dry_run: bool, yes: bool, reason: str, url: str | None) -> None:
    """Bring a former content into force again. VERSION is one of `echoes ops content`."""
    body = {"reason": reason, "seen": ask("GET", "/content", url)["number"], "version": version}
    _change("/content/back", body, url, dry_run=dry_run, sure=yes)


def packed(folder: Path) -> bytes:
    """The YAML files of a folder as a ZIP archive."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in sorted(folder.rglob("*.y*ml")):
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts):
                opened.write(file, file.relative_to(folder).as_posix())
    return archive.getvalue()


def _change(path: str, body: dict[str, Any], url: str | None, *, dry_run: bool, sure: bool) -> None:
    """Show how it would go, ask, and do it: on the content that was shown, or not at all."""
    trial = ask("POST", path, url, {**body, "dry_run": True})
    _differences(trial["diff"])
    for one in trial["warnings"]:
        click.echo(f"warning: {one}")
    if trial["in_use"]:
        for one in trial["in_use"]:
            click.echo(f"in use: {one}", err=True)
        raise click.ClickException("what would be removed is in use; push first content that still has it")
    if dry_run:
        click.echo("dry run: nothing was changed")
        return
    if not sure:
        click.confirm("Bring it into force?", abort=True)
    made = ask("POST", path, url, body)
    click.echo(f"in force: version {made['version']} (number {made['number']}); workers play by it within about a second")


def _differences(diff: dict[str, Any]) -> None:
    for one in diff["lines"]:
        click.echo(f"  {SIGN[one['change']]} {one['kind']} {one['id']}{': ' + ', '.join(one['fields']) if one['fields'] else ''}")
    end = diff["offset"] + len(diff["lines"])
    if end < diff["total"]:
        click.echo(f"  … {diff['total'] - end} more; `--offset {end}` of content-diff shows the next ones")
    click.echo(f"{diff['added']} added, {diff['removed']} removed, {diff['changed']} changed, from {diff['before']} to {diff['after']}")
