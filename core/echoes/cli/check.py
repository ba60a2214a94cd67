"""`echoes check`: check whether game data can be served."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from echoes.clock import SystemClock
from echoes.plugins import Selection, load
from echoes.settings import environment
from echoes.world.content import Findings, examine
from echoes.world.kinds import KINDS
from echoes.world.model import World
from echoes.world.packs import Pack
from echoes.world.schema import schemas

FIT, UNFIT, MISUSED = 0, 1, 2


def installed_packs() -> Sequence[Pack]:
    """Return the content of the installed extensions. Raises `PluginError` for an extension that the server would refuse."""
    return load(Selection(), environ=environment(), clock=SystemClock()).packs


def check(folder: Path, write_schema: Path | None = None, packs: Sequence[Pack] = ()) -> int:
    """Check a content folder with the content of extensions, and print every problem, one per line, sorted by file and line; then one line of summary.

    With `write_schema`, first write one JSON Schema for each kind of file there, as `<kind>.schema.json`. Returns the process's exit code:
    0 when the server would start (warnings or not), 1 when it would not, 2 when there is no such folder or the schemas cannot be written.
    """
    if not folder.is_dir():
        click.echo(f"the folder {str(folder)!r} does not exist; name the folder of the game data, or set ECHOES_GAMEDATA to it", err=True)
        return MISUSED
    if write_schema is not None:
        try:
            _write_schemas(write_schema)
        except OSError as fault:
            click.echo(f"cannot write the schemas to {str(write_schema)!r}: {fault.strerror}", err=True)
            return MISUSED
    findings = examine(folder, packs)
    for problem in findings.problems:
        click.echo(str(problem))
    click.echo(summary(findings))
    return UNFIT if findings.world is None else FIT


def summary(findings: Findings) -> str:
    """Return one line that summarises the findings."""
    errors = [problem for problem in findings.problems if problem.severity == "error"]
    warnings = len(findings.problems) - len(errors)
    warned = f", {_count(warnings, 'warning')}" if warnings else ""
    if findings.world is None:
        return f"{_count(len(errors), 'problem')} in {_count(len({problem.file for problem in errors}), 'file')}{warned}"
    return f"{_contents(findings.world)}: all good (version {findings.world.version}){warned}"


def _contents(world: World) -> str:
    counts = {kind.name: len(getattr(world, kind.table)) for kind in KINDS}
    return ", ".join(_count(number, noun) for noun, number in counts.items() if number)


def _count(number: int, noun: str) -> str:
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else several}"


def _write_schemas(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas().items():
        (folder / f"{kind}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
        click.echo(f"wrote {folder / f'{kind}.schema.json'}")
