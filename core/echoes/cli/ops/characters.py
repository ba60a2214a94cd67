"""`echoes ops move`, `heal`, `give`, `take`, `rename`: changes of a character."""

from typing import Any

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.players import character_of, player
from echoes.cli.plainly import plainly

notice = click.option("--notice", default="", help="Words for the player.")
quantity = click.argument("quantity", type=click.IntRange(1, 1_000_000), default=1, required=False)


@ops.command()
@player
@click.argument("location")
@notice
@reason
@url
@plainly
def move(player: str, location: str, notice: str, reason: str, url: str | None) -> None:
    """Bring a character to another location. PLAYER is its name, LOCATION the id of a location."""
    _change("move", player, url, {"reason": reason, "location_id": location, "notice": notice})
    click.echo(f"{player} is at {location}")


@ops.command()
@player
@notice
@reason
@url
@plainly
def heal(player: str, notice: str, reason: str, url: str | None) -> None:
    """Give a character all its health and stamina, and end the effects that harm it. PLAYER is its name."""
    _change("heal", player, url, {"reason": reason, "notice": notice})
    click.echo(f"{player} is healed")


@ops.command()
@player
@click.argument("item")
@quantity
@notice
@reason
@url
@plainly
def give(player: str, item: str, quantity: int, notice: str, reason: str, url: str | None) -> None:
    """Give a character things, or scrap. PLAYER is its name, ITEM the id or the name of a kind of things."""
    done = _change("give", player, url, {"reason": reason, "item": item, "quantity": quantity, "notice": notice})
    click.echo(f"{player} gets {done['done']}")


@ops.command()
@player
@click.argument("item")
@quantity
@notice
@reason
@url
@plainly
def take(player: str, item: str, quantity: int, notice: str, reason: str, url: str | None) -> None:
    """Take things, or scrap, from a character out of the game. PLAYER is its name, ITEM the id or the name of a thing."""
    done = _change("take", player, url, {"reason": reason, "item": item, "quantity": quantity, "notice": notice})
    click.echo(f"{done['done']} taken from {player}")


@ops.command()
@player
@click.argument("name")
@reason
@url
@plainly
def rename(player: str, name: str, reason: str, url: str | None) -> None:
    """Give a character another name. PLAYER is its present one."""
    click.echo(_change("rename", player, url, {"reason": reason, "name": name})["done"])


def _change(action: str, player: str, url: str | None, body: dict[str, Any]) -> Any:
    return ask("POST", f"/characters/{character_of(player, url, body['reason'])}/{action}", url, body)
