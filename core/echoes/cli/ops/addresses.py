"""`echoes ops ban-address`, `unban-address`, `address-bans`: bans of address ranges."""

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.players import minutes, notice
from echoes.cli.plainly import plainly


@ops.command(name="ban-address")
@click.argument("network")
@notice
@minutes
@reason
@url
@plainly
def ban_address(network: str, notice: str, minutes: float | None, reason: str, url: str | None) -> None:
    """Ban an address range: no player signs in or plays from there. NETWORK is an address or a range such as 192.0.2.0/24."""
    made = ask("POST", "/address-bans", url, {"reason": reason, "network": network, "notice": notice, "minutes": minutes})
    click.echo(f"{made['network']} is banned {made['until']} (ban {made['id']}); players read: {made['notice']}")


@ops.command(name="unban-address")
@click.argument("ban", type=click.IntRange(min=1))
@reason
@url
@plainly
def unban_address(ban: int, reason: str, url: str | None) -> None:
    """End the ban of an address range. BAN is its number in `address-bans`."""
    done = ask("POST", f"/address-bans/{ban}/end", url, {"reason": reason})
    click.echo(f"{done['network']} is not banned any more")


@ops.command(name="address-bans")
@url
@plainly
def address_bans(url: str | None) -> None:
    """List the bans of address ranges that are in force, newest first."""
    found = ask("GET", "/address-bans", url)
    for one in found:
        click.echo(f"{one['id']}  {one['network']}  {one['until']}  by {one['operator']} at {one['at']} UTC: {one['notice']}")
    if not found:
        click.echo("no address is banned")
