"""`echoes ops tail`: follow the facts of the game."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import rich_click as click

from echoes.cli.ops.calls import NoAnswer, ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.players import character_of
from echoes.cli.plainly import plainly

SECONDS = 1.0
"""Between two requests while there is nothing more."""


@ops.command()
@click.option("--kind", "kinds", multiple=True, help="Kind of facts, such as died; may be repeated.")
@click.option("--character", help="Name of the character that acted.")
@click.option("--count", type=click.IntRange(1, 500), default=20, show_default=True, help="Number of the newest facts to begin with.")
@click.option("--once", is_flag=True, help="Show the newest facts, and end.")
@reason
@url
@plainly
def tail(kinds: tuple[str, ...], character: str | None, count: int, *, once: bool, reason: str, url: str | None) -> None:
    """Show the newest facts, then each one that comes, until Ctrl-C. It continues after the server was away."""
    character_id = character_of(character, url, reason) if character else None

    def facts(after: str | None, count: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = ask(
            "GET", "/facts", url, reason=reason, kind=kinds or None, character=character_id, after=after, count=count
        )
        return found

    with suppress(KeyboardInterrupt):
        page = _shown(facts(None, count))
        while not once:
            if not page["more"]:
                time.sleep(SECONDS)
            page = _shown(_patiently(lambda after=page["after"]: facts(after, 500)))  # type: ignore[misc] # the place of this turn


def _shown(page: Mapping[str, Any]) -> Mapping[str, Any]:
    for one in page["facts"]:
        actor = f"{one['name'] or 'gone'} ({one['character_id']})" if one["character_id"] else "-"
        click.echo(f"{one['at']}  {actor:<32}  {one['text']}")
    return page


def _patiently(request: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """The answer, once there is one. A failure is reported once."""
    said = ""
    while True:
        try:
            found = request()
        except NoAnswer as error:
            if not said:
                said = error.message
                click.echo(f"{said}; asking again", err=True)
            time.sleep(SECONDS)
        else:
            if said:
                click.echo("the server answers again", err=True)
            return found
