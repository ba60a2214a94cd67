"""`echoes ops sign-in` and `sign-out`."""

import rich_click as click

from echoes.cli.ops.calls import ask, send
from echoes.cli.ops.group import ops, url
from echoes.cli.plainly import plainly, read_settings


@ops.command(name="sign-in")
@click.argument("account")
@click.option("--password", prompt=True, hide_input=True, help="Password of the account; asked for when it is missing.")
@click.option("--code", prompt=True, help="Code of the second factor; asked for when it is missing.")
@url
@plainly
def sign_in(account: str, password: str, code: str, url: str | None) -> None:
    """Sign in as an operator, and print a token. Use: export ECHOES_OPS_TOKEN=$(echoes ops sign-in NAME)."""
    body = {"username": account, "password": password, "code": code.strip()}
    click.echo(send(read_settings(), "POST", "/sign-in", url, "", body)["access_token"])


@ops.command(name="sign-out")
@url
@plainly
def sign_out(url: str | None) -> None:
    """End the sign-in whose token is in ECHOES_OPS_TOKEN."""
    ask("POST", "/sign-out", url)
    click.echo("signed out")
