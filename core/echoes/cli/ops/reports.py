"""`echoes ops reports`, `report`, `decide`: reports of players."""

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly

report_id = click.argument("report_id", metavar="REPORT", type=click.IntRange(min=1))


@ops.command()
@click.option("--decided", is_flag=True, help="List decided reports, too.")
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True, help="Number of the newest reports.")
@url
@plainly
def reports(*, decided: bool, count: int, url: str | None) -> None:
    """List open reports of players, newest first."""
    found = ask("GET", "/reports", url, decided=str(decided).lower(), count=count)
    for one in found:
        state = "  decided" if one["decided"] else ""
        click.echo(f"{one['id']}  {one['at']} UTC  {one['reported']} (character {one['reported_id']})  at {one['location_id']}{state}")
    if not found:
        click.echo("no reports")


@ops.command()
@report_id
@reason
@url
@plainly
def report(report_id: int, reason: str, url: str | None) -> None:
    """Show one report with its text, the lines that its author had got, and the decision."""
    one = ask("GET", f"/reports/{report_id}", url, reason=reason)
    click.echo(
        f"{one['at']} UTC  {one['reporter']} (account {one['account_id']}) reports {one['reported']}"
        f" (character {one['reported_id']}, account {one['reported_account']}), at {one['location_id']}"
    )
    click.echo(one["reason"])
    for line in one["heard"]:
        click.echo(f"  {line['at'][:19].replace('T', ' ')}  {line['kind']:<7}  {line['message']} (character {line['sender_id']})")
    click.echo(f"decided {one['decided_at']} UTC by {one['decided_by']}: {one['decision']}" if one["decision"] else "open")


@ops.command()
@report_id
@click.argument("decision")
@reason
@url
@plainly
def decide(report_id: int, decision: str, reason: str, url: str | None) -> None:
    """Decide a report, in words for the other operators."""
    ask("POST", f"/reports/{report_id}/decide", url, {"reason": reason, "decision": decision})
    click.echo(f"report {report_id} is decided")
