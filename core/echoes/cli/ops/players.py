"""`echoes ops find`, `show`, `kick`, `ban`, `unban`, `mute`, `unmute`, `note`: players."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly
from echoes.cli.ranges import FiniteRange
from echoes.storage.bans import SPEECH

ACCOUNT = "account:"
"""Begins a PLAYER that is the username of an account."""
player = click.argument("player")
notice = click.option("--notice", default="", help="Words for the player; without them the player reads the reason.")
minutes = click.option("--minutes", type=FiniteRange(0, 5_256_000, min_open=True), help="For how long; without it for good.")


def found_with(player: str, url: str | None, reason: str) -> Mapping[str, Any]:
    """The player that is meant: by a character's whole name, or by `account:` and a username. Raises `ClickException` when there is no such player."""
    by, word = ("account", player.removeprefix(ACCOUNT)) if player.startswith(ACCOUNT) else ("name", player)
    field = "username" if by == "account" else "name"
    name, account = (word, None) if by == "name" else (None, word)
    found: list[dict[str, Any]] = ask("GET", "/players", url, reason=reason, name=name, account=account)
    exact = [one for one in found if str(one[field]).casefold() == word.casefold()]
    if not exact:
        near = ", ".join(str(one[field]) for one in found[:8])
        raise click.ClickException(
            f"there is no player {word!r}{f'; there is {near}' if near else ''}; `echoes ops find` looks for players"
        )
    return exact[0]


def character_of(player: str, url: str | None, reason: str) -> int:
    """The character that is meant. Raises `ClickException` for an account without one, too."""
    found = found_with(player, url, reason)
    if not found["character_id"]:
        raise click.ClickException(f"{player!r} has no character; name the character, not the account")
    return int(found["character_id"])


@ops.command()
@click.argument("name", required=False)
@click.option("--account", help="Beginning of a username.")
@click.option("--address", help="Address from which a session came.")
@reason
@url
@plainly
def find(name: str | None, account: str | None, address: str | None, reason: str, url: str | None) -> None:
    """Find players by the beginning of a character's name (or one that looks like it), by account or by address."""
    found = ask("GET", "/players", url, reason=reason, name=name, account=account, address=address)
    for one in found:
        state = [
            "online" if one["online"] else "", f"banned {one['banned']}" if one["banned"] else "", f"muted {one['muted']}" if one["muted"] else ""
        ]  # fmt: skip
        character = f"{one['name']} (character {one['character_id']}, level {one['level']}, at {one['location_id']})"
        parts = [character if one["character_id"] else "no character", f"account {one['account_id']} {one['username']}", *state]
        click.echo("  ".join(part for part in parts if part))
    if not found:
        click.echo("no player")


@ops.command()
@player
@reason
@url
@plainly
def show(player: str, reason: str, url: str | None) -> None:
    """Show one player as JSON: account, session, location, body, bag, effects, quests, notes, ban and mute. PLAYER is a character's name.

    With account: and a username it shows the account, with or without characters.
    """
    found = found_with(player, url, reason)
    if player.startswith(ACCOUNT):
        state = ask("GET", f"/accounts/{found['account_id']}", url, reason=reason)
        click.echo(json.dumps(state, indent=2, ensure_ascii=False))
        return
    state = ask("GET", f"/players/{found['character_id']}", url, reason=reason)
    if state["session"]:
        state["session"]["since"] = datetime.fromtimestamp(state["session"]["since"], UTC).isoformat(timespec="seconds")
    click.echo(json.dumps(state, indent=2, ensure_ascii=False))


@ops.command()
@player
@click.option("--notice", default="", help="Words for the player.")
@reason
@url
@plainly
def kick(player: str, notice: str, reason: str, url: str | None) -> None:
    """End a player's connections. The player may come back. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    ask("POST", f"/accounts/{account}/kick", url, {"reason": reason, "notice": notice})
    click.echo(f"the connections of account {account} end")


@ops.command()
@player
@notice
@minutes
@reason
@url
@plainly
def ban(player: str, notice: str, minutes: float | None, reason: str, url: str | None) -> None:
    """Ban a player's account: sign-ins and connections end. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    done = ask("POST", f"/accounts/{account}/ban", url, {"reason": reason, "notice": notice, "minutes": minutes})
    click.echo(f"account {account} is banned; the player reads: {done['shown']}")


@ops.command()
@player
@reason
@url
@plainly
def unban(player: str, reason: str, url: str | None) -> None:
    """End a ban. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    ask("POST", f"/accounts/{account}/unban", url, {"reason": reason})
    click.echo(f"account {account} is not banned any more")


@ops.command()
@player
@click.option(
    "--speech",
    multiple=True,
    type=click.Choice([*SPEECH, "all"]),
    default=["all"],
    show_default=True,
    help="What is refused; may be repeated. Emotes and gestures count as say.",
)
@notice
@minutes
@reason
@url
@plainly
def mute(player: str, speech: tuple[str, ...], notice: str, minutes: float | None, reason: str, url: str | None) -> None:
    """Mute a player: no character of the account may speak. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    kinds = [] if "all" in speech else list(speech)
    done = ask("POST", f"/accounts/{account}/mute", url, {"reason": reason, "notice": notice, "minutes": minutes, "speech": kinds})
    click.echo(f"account {account} is muted; the player reads: {done['shown']}")


@ops.command()
@player
@reason
@url
@plainly
def unmute(player: str, reason: str, url: str | None) -> None:
    """End a mute. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    ask("POST", f"/accounts/{account}/unmute", url, {"reason": reason})
    click.echo(f"account {account} is not muted any more")


@ops.command()
@player
@click.argument("text")
@reason
@url
@plainly
def note(player: str, text: str, reason: str, url: str | None) -> None:
    """Note something about a player's account, for operators. PLAYER is a character's name, or account: and a username."""
    account = found_with(player, url, reason)["account_id"]
    ask("POST", f"/accounts/{account}/notes", url, {"reason": reason, "text": text})
    click.echo(f"noted about account {account}")
