"""`echoes ops replace`, `drain`, `roll`, `fill`: orders to workers."""

import sys
import time
from typing import Any
from urllib.parse import quote

import rich_click as click

from echoes.cli.ops.calls import ask
from echoes.cli.ops.group import ops, reason, url
from echoes.cli.plainly import plainly

PAUSE = 0.5
"""Seconds between two looks at an order that the command waits for."""
TRIES = 20
"""Looks in a row that may fail."""
OPEN = {"waiting", "under way"}
worker = click.argument("worker")
wait = click.option("--wait", is_flag=True, help="Wait until it is over; the exit code is 1 when it was not done.")


@ops.command()
@worker
@wait
@reason
@url
@plainly
def replace(worker: str, *, wait: bool, reason: str, url: str | None) -> None:
    """Replace a worker: another one starts, then this one drains. WORKER is its id in `echoes ops nodes`."""
    _order(f"/{quote(worker, safe='')}/replace", reason, url, wait=wait)


@ops.command()
@worker
@wait
@reason
@url
@plainly
def drain(worker: str, *, wait: bool, reason: str, url: str | None) -> None:
    """Drain a worker. Its server has one worker less until `fill`, `roll` or a restart. WORKER is its id in `echoes ops nodes`."""
    _order(f"/{quote(worker, safe='')}/drain", reason, url, wait=wait)


@ops.command()
@wait
@reason
@url
@plainly
def roll(*, wait: bool, reason: str, url: str | None) -> None:
    """Replace all workers, one server after the other. The first server that fails ends it."""
    _order("/roll", reason, url, wait=wait)


@ops.command()
@wait
@reason
@url
@plainly
def fill(*, wait: bool, reason: str, url: str | None) -> None:
    """Start a worker in each slot whose worker was drained."""
    _order("/fill", reason, url, wait=wait)


def line_of(order: dict[str, Any]) -> str:
    """An order on one line, with the outcome on each server that was not done."""
    failed = [f"{step['server']}: {step['outcome']}" for step in order["steps"] if step["outcome"] not in {"", "done"}]
    head = f"order {order['number']}  {order['at']} UTC  {order['action']} {order['worker'] or 'all workers'}  by {order['operator']}"
    return "; ".join([f"{head}: {order['state']}", *failed])


def _orders(url: str | None) -> list[dict[str, Any]]:
    """The orders of the last hour, after a pause. The worker that is asked may be the one that drains: then another one answers soon."""
    for tries_left in range(TRIES, -1, -1):
        time.sleep(PAUSE)
        try:
            found: list[dict[str, Any]] = ask("GET", "/nodes", url)["orders"]
        except click.ClickException:
            if not tries_left:
                raise
        else:
            return found
    return []


def _order(path: str, reason: str, url: str | None, *, wait: bool) -> None:
    order = ask("POST", f"/nodes{path}", url, {"reason": reason})
    while wait and order["state"] in OPEN:
        order = next((one for one in _orders(url) if one["number"] == order["number"]), order)
    click.echo(line_of(order))
    if wait and order["state"] != "done":
        sys.exit(1)
