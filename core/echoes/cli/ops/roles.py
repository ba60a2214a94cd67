"""`echoes ops grant`, `revoke`, `operators`: roles, directly in the database. So the first operator is made, and no request can make one."""

import rich_click as click

from echoes.cli.ops.group import ops, reason
from echoes.cli.plainly import plainly, read_settings
from echoes.storage.roles import ROLES, Role
from echoes.world import names


@ops.command()
@click.argument("account")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--renew", is_flag=True, help="Make a new second factor: the former one and all sign-ins of the operator end.")
@reason
@plainly
def grant(account: str, role: Role, *, renew: bool, reason: str) -> None:
    """Give an account a role: a viewer looks, a moderator also acts, an admin does everything. Prints the second factor once."""
    from echoes.cli.reach import with_database  # noqa: PLC0415 - the other commands need no database
    from echoes.ops import second_factor  # noqa: PLC0415 - likewise
    from echoes.storage import audit, operators  # noqa: PLC0415 - likewise

    secret = second_factor.new_secret()
    act = audit.Act(audit.operator(), "grant", _checked(reason))
    granted = with_database(
        read_settings(), lambda database: operators.grant(database, names.fold(account), role, secret=secret, renew=renew, act=act)
    )
    if granted is None:
        raise click.ClickException(f"there is no account {account!r}; the player registers it first, and ROLE is given to the username")
    click.echo(f"{granted.username} is {role} now")
    if granted.is_new_secret:
        click.echo("second factor, shown this once; add it to an app for codes:")
        click.echo(second_factor.address_of(secret, granted.username))


@ops.command()
@click.argument("account")
@reason
@plainly
def revoke(account: str, *, reason: str) -> None:
    """Take an account's role away. Its sign-ins as an operator end at once."""
    from echoes.cli.reach import with_database  # noqa: PLC0415 - the other commands need no database
    from echoes.storage import audit, operators  # noqa: PLC0415 - likewise

    act = audit.Act(audit.operator(), "revoke", _checked(reason))
    if not with_database(read_settings(), lambda database: operators.revoke(database, names.fold(account), act)):
        raise click.ClickException(f"the account {account!r} has no role; `echoes ops operators` lists those that have one")
    click.echo(f"{account} has no role any more")


@ops.command(name="operators")
@plainly
def list_operators() -> None:
    """List the accounts with a role."""
    from echoes.cli.reach import with_database  # noqa: PLC0415 - the other commands need no database
    from echoes.storage import operators  # noqa: PLC0415 - likewise

    found = with_database(read_settings(), operators.all_of_them)
    for one in found:
        click.echo(f"{one.role:<10} {one.username}  (account {one.account_id}, since {one.since} UTC)")
    if not found:
        click.echo("no operators; `echoes ops grant NAME admin --reason …` makes the first one")


def _checked(reason: str) -> str:
    if not reason.strip() or names.bad_character(reason) is not None:
        raise click.ClickException("the reason is empty or has a control character; write it as plain text on one line")
    return reason.strip()
