"""The command line: `echoes serve`, `check`, `gamedata`, `cache`, `ops`, `audit`, `reports`, `tasks`, `bots`, `migrate`, `restored`, `settings`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import rich_click as click
from pydantic_settings import BaseSettings

from echoes import __version__, environment
from echoes import settings as settings_
from echoes.cli.check import check as check_content
from echoes.cli.check import installed_packs
from echoes.cli.example import example as example_
from echoes.cli.ops import ops
from echoes.cli.plainly import plainly, read_settings
from echoes.cli.ranges import FiniteRange
from echoes.settings import Settings, gamedata_of


@click.group()
@click.version_option(__version__, prog_name="echoes")
def main() -> None:
    """Echoes of the Ashes: the server of a multiplayer text RPG."""


@main.command()
@click.option("--host", help="Address to listen on (ECHOES_HOST).")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one (ECHOES_PORT).")
@click.option("--workers", type=int, help="Worker processes (ECHOES_WORKERS).")
@plainly
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the game."""
    settings = read_settings(host=host, port=port, workers=workers)
    from echoes.serving.start import serve as serve_  # noqa: PLC0415 - the other commands need no server

    serve_(settings)


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--write-schema", type=click.Path(path_type=Path), help="Write JSON Schemas for editors into this folder.")
@plainly
def check(folder: Path | None, write_schema: Path | None) -> None:
    """Check game data, with that of the installed extensions, and list every problem with its place."""
    sys.exit(check_content(folder or gamedata_of(settings_.read()), write_schema, installed_packs()))


@main.group()
def gamedata() -> None:
    """Change the game data while people play."""


@gamedata.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the changes without making them.")
@click.option("--yes", is_flag=True, help="Bring it into force without asking.")
@plainly
def push(folder: Path | None, dry_run: bool, yes: bool) -> None:
    """Check other game data, compare it with the game data in force, and bring it into force. Refuses to remove what is in use."""
    from echoes.cli.gamedata import push as push_content  # noqa: PLC0415 - the other commands need no database

    settings = read_settings()
    sys.exit(push_content(settings, folder or gamedata_of(settings), dry_run=dry_run, sure=yes))


@main.group()
def cache() -> None:
    """List cached kinds, or drop a cached value."""


@cache.command()
@click.argument("kind")
@click.argument("id")
@plainly
def invalidate(kind: str, id: str) -> None:  # noqa: A002
    """Drop one cached value in every cache; the next reader reads PostgreSQL."""
    from echoes.cli.cache import invalidate as invalidate_value  # noqa: PLC0415 - likewise

    invalidate_value(read_settings(), kind, id)


@cache.command()
def kinds() -> None:
    """List the kinds of cached values."""
    from echoes.cli.cache import kinds as show_kinds  # noqa: PLC0415 - likewise

    show_kinds(read_settings())


@main.command()
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Number of the newest entries.")
@plainly
def audit(count: int) -> None:
    """Show the audit log: the operators' actions, newest first."""
    from echoes.cli.audit import show  # noqa: PLC0415 - the other commands need no database

    show(read_settings(), count)


@main.command()
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Number of the newest reports.")
@plainly
def reports(count: int) -> None:
    """Show what players report of others, newest first."""
    from echoes.cli.reports import show  # noqa: PLC0415 - the other commands need no database

    show(read_settings(), count)


@main.command()
@plainly
def tasks() -> None:
    """Show timers by kind (armed, due, failing, how late the latest is) and the worker of each part."""
    from echoes.cli.tasks import show  # noqa: PLC0415 - the other commands need no database

    show(read_settings())


@main.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Address of the server.")
@click.option("--number", type=click.IntRange(1, 1000), default=10, show_default=True, help="Number of bots.")
@click.option("--minutes", type=FiniteRange(0, 1440), default=1.0, show_default=True, help="Minutes to play.")
@click.option("--seconds", type=FiniteRange(1, 86_400), help="Seconds to play, instead of --minutes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of what the bots decide.")
@click.option(
    "--pause", type=FiniteRange(0, 600), default=1.0, show_default=True, help="Seconds between two commands of a bot, on average."
)
@plainly
def bots(url: str, number: int, minutes: float, seconds: float | None, seed: int, pause: float) -> None:
    """Let bots play on a server, and show latencies, deaths, levels, refusals. Exits with 1 after a lost or doubled reply or event, or an unreadable frame."""
    from echoes.cli.bots import run  # noqa: PLC0415 - the other commands need no client

    sys.exit(0 if run(url, number, seconds or max(1.0, 60 * minutes), seed, pause) else 1)


@main.command()
@click.argument("way", type=click.Choice(["up", "down"]), default="up")
@click.option("--yes", is_flag=True, help="Take the migration back without asking.")
@plainly
def migrate(way: str, *, yes: bool) -> None:
    """Apply all migrations and those of extensions (up), or take the newest back (down), which drops what it created."""
    from echoes import event_loop  # noqa: PLC0415 - the other commands need no database
    from echoes.prepare import select_backends  # noqa: PLC0415 - likewise
    from echoes.storage import embedded, extension_steps, migrations  # noqa: PLC0415 - likewise

    settings = read_settings()
    extensions = select_backends(settings).migrations if way == "up" else ()

    def go(url: str) -> None:
        if way == "up":
            names = [f"{one.number:04} {one.name}" for one in event_loop.run(migrations.up(url))]
            names += [f"{extension} {one.number:04} {one.name}" for extension, one in event_loop.run(extension_steps.up(url, extensions))]
            click.echo(f"{len(names)} applied: {', '.join(names)}" if names else "nothing to apply")
        else:
            step = event_loop.run(migrations.newest(url))
            if step is not None and not yes:
                click.confirm(
                    f"Take back {step.number:04} {step.name}, and drop what it made with all that is in it? Back up first.", abort=True
                )
            back = event_loop.run(migrations.down(url))
            click.echo(f"taken back: {back.number:04} {back.name}" if back else "nothing to take back")

    if settings.database_url:
        go(settings.database_url)
    else:
        with embedded.running(settings.data_dir) as url:
            go(url)


@main.command()
@plainly
def restored() -> None:
    """Record that the database was restored from a backup: all sign-ins, cached values and positions end."""
    from echoes.cli.reach import restored as note_restored  # noqa: PLC0415 - the other commands need no database

    note_restored(read_settings())


@main.command(name="settings")
@click.option("--example", is_flag=True, help="Print .env.example instead: every setting with its default.")
@plainly
def showread_settings(*, example: bool) -> None:
    """Print each setting with its value, its source and its meaning. Secrets are masked."""
    if example:
        click.echo(example_(), nl=False)
        return
    from echoes.prepare import select_backends  # noqa: PLC0415 - the other commands need no backend

    settings, variables = settings_.read(), environment.given(os.environ)
    files = settings_.read_files(variables)
    for name, info in Settings.model_fields.items():
        variable = settings_.variable_of(name)
        value = getattr(settings, name)
        shown = "********" if value and name in settings_.SECRETS else value
        source = next(
            (_source(one, variables, files) for one in settings_.variables_of(name) if one in variables or one in files), "default"
        )
        _show(variable, shown, source, info.description)
    for kind in select_backends(settings).settings.values():
        if not issubclass(kind, BaseSettings):
            continue
        prefix = str(kind.model_config.get("env_prefix", ""))
        for name, info in kind.model_fields.items():
            variable = f"{prefix}{name}".upper()
            # A plugin's setting may be a secret: where it is set, its value is not printed.
            source = _source(variable, variables, files)
            _show(variable, info.default if source == "default" else "(set)", source, info.description)


def _source(variable: str, variables: Mapping[str, str], files: Mapping[str, str]) -> str:
    if variable in files:
        return "file"
    if variable not in variables:
        return "default"
    return "environment" if os.environ.get(variable) == variables[variable] else ".env"


def _show(variable: str, value: object, source: str, description: str | None) -> None:
    click.echo(f"{variable} = {'(empty)' if value in {'', None} else value}  [{source}]\n    {description or ''}")


main.add_command(ops)
