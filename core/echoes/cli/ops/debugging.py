"""`echoes ops debug` and `samples`: why it is slow for a player."""

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.players import character_of, player
from echoes.cli.plainly import plainly
from echoes.cli.ranges import FiniteRange


@ops.command()
@player
@click.option(
    "--minutes", type=FiniteRange(0, 60, min_open=True), default=10.0, show_default=True, help="For how long the commands are sampled."
)
@click.option("--end", is_flag=True, help="End it now.")
@reason
@url
@plainly
def debug(player: str, minutes: float, *, end: bool, reason: str, url: str | None) -> None:
    """Sample the commands of a character with their steps and durations, for some minutes. PLAYER is its name."""
    character = character_of(player, url, reason)
    if end:
        ask("POST", f"/players/{character}/debug/end", url, {"reason": reason})
        click.echo(f"{player} is not sampled any more")
        return
    ask("POST", f"/players/{character}/debug", url, {"reason": reason, "minutes": minutes})
    click.echo(f"the commands of {player} are sampled for {minutes:g} minutes; `echoes ops samples` shows them")


@ops.command()
@player
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True, help="Number of the newest commands.")
@reason
@url
@plainly
def samples(player: str, count: int, reason: str, url: str | None) -> None:
    """Show the sampled commands of a character with their steps, oldest first; times in milliseconds. PLAYER is its name."""
    found = ask("GET", f"/players/{character_of(player, url, reason)}/samples", url, reason=reason, count=count)
    for one in found:
        click.echo(
            f"{one['at']} UTC  {one['command']}  {one['outcome']}  {one['seconds'] * 1000:.1f} ms  {one['worker']}  [{one['correlation_id']}]"
        )
        for step in one["steps"]:
            click.echo(f"    +{step['after'] * 1000:8.1f}  {step['seconds'] * 1000:8.1f} ms  {step['name']}")
    if not found:
        click.echo("no samples")
