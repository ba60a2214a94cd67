"""`echoes ops story`, `export`, `erase`: what is on record about a player."""

import json
import re

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.players import character_of, found_with, player
from echoes.cli.plainly import plainly

HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}
LONGEST = 90 * 24.0


def _hours(_: click.Context, __: click.Parameter, value: str) -> float:
    """A time span such as `90m`, `6h` or `3d`, in hours."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", value)
    if found is None or not 0 < float(found[1]) * HOURS[found[2]] <= LONGEST:
        raise click.BadParameter(f"{value!r} is no time span of up to 90 days; it looks like 90m, 6h or 3d")
    return float(found[1]) * HOURS[found[2]]


@ops.command()
@player
@click.option("--since", "hours", callback=_hours, default="1d", show_default=True, help="How far to look back: 90m, 6h, 3d.")
@reason
@url
@plainly
def story(player: str, hours: float, reason: str, url: str | None) -> None:
    """Show what happened to a character, oldest first: sessions, commands, facts, ledger, transfers of its things, operators' actions."""
    lines = ask("GET", f"/players/{character_of(player, url, reason)}/story", url, reason=reason, hours=hours)
    for line in lines:
        named = f"  [{line['correlation_id']}]" if line["correlation_id"] else ""
        click.echo(f"{line['at']}  {line['kind']:<8}  {line['text']}{named}")
    if not lines:
        click.echo("nothing is on record")


@ops.command()
@player
@reason
@url
@plainly
def export(player: str, reason: str, url: str | None) -> None:
    """Print everything about a player's account as JSON. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    click.echo(json.dumps(ask("GET", f"/accounts/{account}/export", url, reason=reason), indent=2, ensure_ascii=False))


@ops.command()
@player
@click.option("--yes", is_flag=True, help="Erase without asking.")
@reason
@url
@plainly
def erase(player: str, *, yes: bool, reason: str, url: str | None) -> None:
    """Erase a player's account with its characters. It cannot be undone. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    if not yes:
        click.confirm(f"Erase account {account} with all its characters and things?", abort=True)
    ask("POST", f"/accounts/{account}/erase", url, {"reason": reason})
    click.echo(f"account {account} is erased")
