"""`echoes ops announce`, `announcements`, `cancel`: texts for all players, now or at a time."""

from datetime import UTC, datetime
from urllib.parse import quote

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly
from echoes.cli.ranges import FiniteRange


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A time in ISO 8601, in UTC unless it has an offset."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time; it looks like 2026-11-30T03:00, in UTC, or 2026-11-30T03:00+01:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


@ops.command()
@click.argument("text")
@click.option("--in", "minutes", type=FiniteRange(0, 43_200, min_open=True), help="Minutes from now at which it happens.")
@click.option("--at", callback=_moment, help="Time at which it happens, in UTC: 2026-11-30T03:00.")
@reason
@url
@plainly
def announce(text: str, minutes: float | None, at: str | None, reason: str, url: str | None) -> None:
    """Say something to all players: now, or with --in or --at as a countdown to a time."""
    if minutes is None and at is None:
        ask("POST", "/announcements", url, {"reason": reason, "text": text})
        click.echo("announced")
        return
    made = ask("POST", "/announcements/arranged", url, {"reason": reason, "text": text, "minutes": minutes, "at": at})
    click.echo(f"announced for {made['at']} UTC; `echoes ops cancel {made['id']}` cancels it")


@ops.command()
@url
@plainly
def announcements(url: str | None) -> None:
    """List the announcements that are ahead, the next one first."""
    found = ask("GET", "/announcements/arranged", url)
    for one in found:
        click.echo(f"{one['id']}  {one['at']} UTC  {one['text']}")
    if not found:
        click.echo("no announcement is ahead")


@ops.command()
@click.argument("announcement")
@reason
@url
@plainly
def cancel(announcement: str, reason: str, url: str | None) -> None:
    """Cancel an announcement that is ahead. Players read it. ANNOUNCEMENT is its id in `announcements`."""
    ask("POST", f"/announcements/arranged/{quote(announcement, safe='')}/cancel", url, {"reason": reason})
    click.echo(f"announcement {announcement} is cancelled")
