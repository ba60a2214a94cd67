"""`echoes ops nodes`, `world`, `words`, `economy`, `health`: the server as a whole."""

from datetime import UTC, datetime
from typing import Any

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.ops.workers import line_of
from echoes.cli.plainly import plainly


@ops.command()
@url
@plainly
def nodes(url: str | None) -> None:
    """Show the workers of the cluster, the backend of each facility, and the breakers of the worker that answers."""
    found = ask("GET", "/nodes", url)
    click.echo(
        f"{'worker':<34} {'release':<9} {'status':<9} {'players':>7} {'commands/s':>10} {'events/s':>9} {'loop delay':>10} {'heartbeat':>10}"
    )
    for one in found["nodes"]:
        status = "draining" if one["draining"] else one["status"] or "unknown"
        heartbeat = f"{max(0.0, found['now'] - one['heartbeat']):.1f} s" if one["heartbeat"] else "none"
        click.echo(
            f"{one['worker_id']:<34} {one['version'] or '-':<9} {status:<9} {one['connections']:>7} {one['commands']:>10.1f}"
            f" {one['deliveries']:>9.1f} {1000 * one['loop_delay']:>7.0f} ms {heartbeat:>10}"
        )
        for problem in one["problems"]:
            click.echo(f"  {problem}")
    if found["away"]:
        click.echo(found["away"])
    click.echo("\n" + "  ".join(f"{facility}: {backend}" for facility, backend in found["backends"].items()))
    for one in found["breakers"]:
        click.echo(f"breaker {one['backend']}: {one['state']}{': ' + one['reason'] if one['reason'] else ''}")
    for one in found["orders"]:
        click.echo(line_of(one))


@ops.command()
@url
@plainly
def world(url: str | None) -> None:
    """Show content, players by location, NPCs, timers and their parts."""
    found = ask("GET", "/world", url)
    click.echo(f"content {found['content']} (number {found['number']})")
    for one in found["versions"]:
        click.echo(f"  {one['version']}  from {one['source']}, first seen {one['seen']} UTC{'  in force' if one['in_force'] else ''}")
    click.echo(f"\nplayers in the game: {'unknown, the registry does not answer' if found['players'] is None else found['players']}")
    for one in found["places"]:
        click.echo(f"  {one['players']:>6}  {one['name']}")
    click.echo("\nabout: " + ", ".join(f"{one['rows']} {one['table']}" for one in found["totals"]))
    click.echo("NPCs: " + (", ".join(f"{one['number']} {one['spawn']}" for one in found["npcs"]) or "none"))
    click.echo("")
    for one in found["timers"]:
        click.echo(f"timers {one['kind']}: {one['armed']} armed, {one['due']} due, {one['failing']} failing, latest {one['latest']:.1f} s")
    for one in found["parts"]:
        click.echo(f"part {one['part']}: {one['worker']} since {one['since']} UTC")


@ops.command()
@click.option("--days", type=click.IntRange(1, 30), default=7, show_default=True, help="Number of days, today included.")
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True, help="Number of words.")
@url
@plainly
def words(days: int, count: int, url: str | None) -> None:
    """Show the first words of typed lines that the game did not understand, with their numbers by day (UTC)."""
    found = ask("GET", "/world/words", url, days=days, count=count)
    for one in found["words"]:
        by_day = ", ".join(f"{day}: {number}" for day, number in sorted(one["by_day"].items(), reverse=True))
        click.echo(f"{one['number']:>8}  {one['word']}  ({one['alone']} alone)  {by_day}")
    if not found["words"]:
        click.echo("no words")
    if found["others"]:
        click.echo(f"{found['others']} more lines began with a word that is not kept")


@ops.command()
@reason
@url
@plainly
def economy(reason: str, url: str | None) -> None:
    """Show scrap by day, the richest characters, the rarest things, and quests by step."""
    found = ask("GET", "/economy", url, reason=reason)
    click.echo(f"at {datetime.fromtimestamp(found['at'], UTC):%Y-%m-%d %H:%M:%S} UTC")
    _list("scrap by day", (f"{one['day']}  +{one['made']}  -{one['spent']}" for one in found["scrap"]))
    _list("the most scrap", (f"{one['scrap']:>8}  {one['name']} (character {one['character_id']})" for one in found["richest"]))
    _list("the rarest things", (f"{one['number']:>8}  {one['item']}" for one in found["rarest"]))
    _list("quests", (f"{one['characters']:>8}  {one['quest']}, step {one['step']}" for one in found["quests"]))


@ops.command()
@url
@plainly
def health(url: str | None) -> None:
    """Show readiness and its reasons, alerts, slow queries, and errors by their kind."""
    found = ask("GET", "/health", url)
    click.echo(f"{found['worker_id']}: {found['status']}")
    for one in found["reasons"]:
        click.echo(f"  {one}")
    alerts = found["alerts"]
    _list("alerts", [alerts["problem"]] if alerts["problem"] else map(_alert, alerts["alerts"]))
    if alerts["more"]:
        click.echo(f"  and {alerts['more']} more")
    _list(
        "slow queries",
        (f"{one['slow']:>8} of {one['number']}  {one['purpose']}, {1000 * one['mean']:.1f} ms on average" for one in found["slow"]),
    )
    _list("errors", (f"{one['number']:>8}  {one['kind']} {one['name']}" for one in found["errors"]))


def _alert(one: dict[str, str]) -> str:
    where = f" ({one['labels']})" if one["labels"] else ""
    return (
        f"{one['state']} {one['severity']} {one['name']} since {one['since']} UTC: {one['summary']}{where}; {one['link'] or one['runbook']}"
    )


def _list(title: str, lines: Any) -> None:
    click.echo(f"\n{title}")
    shown = [f"  {line}" for line in lines]
    click.echo("\n".join(shown or ["  none"]))
