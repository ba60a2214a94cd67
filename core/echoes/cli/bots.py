"""`echoes bots`: bots that play over the same wire as people, and a summary of what they saw."""

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import rich_click as click

from echoes import event_loop
from echoes.testing.bot import Bot
from echoes.testing.http_client import HTTPRefusedError, sign_in

AT_ONCE = 4
"""Sign-ups at the same time. Each costs the server a password hash."""
TRIES, TRY_AGAIN = 40, 3.0
"""Tries of one sign-up that the server puts off, and the seconds between two of them."""
FAULTS_SHOWN = 20


def run(url: str, number: int, seconds: float, seed: int, pause: float) -> bool:
    """Sign the bots up, let them play, print the summary. True when no bot saw what cannot be."""
    bots = event_loop.run(_play(url.rstrip("/"), number, seconds, seed, pause))
    click.echo(summary(bots, seconds))
    return not any(bot.faults for bot in bots)


def socket_of(url: str) -> str:
    """The WebSocket address of the server at this URL."""
    address = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(address.scheme)
    if scheme is None or not address.netloc:
        raise click.ClickException(f"{url!r} is no address of a server; it looks like http://127.0.0.1:8000")
    return urlunsplit((scheme, address.netloc, f"{address.path.rstrip('/')}/ws/game", "", ""))


async def _play(url: str, number: int, seconds: float, seed: int, pause: float) -> list[Bot]:
    socket, run_ = socket_of(url), "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(6))
    gate = asyncio.Semaphore(AT_ONCE)
    with click.progressbar(length=number, label="signing up") as bar:

        async def one(index: int) -> Bot:
            async with gate:
                token = await _sign_up(url, f"Bot{run_}{''.join('abcdefghij'[int(digit)] for digit in str(index))}")
            bar.update(1)
            return Bot(socket, token, f"{seed}:{index}", pause)

        bots = list(await asyncio.gather(*(one(index) for index in range(number))))
    with click.progressbar(length=max(1, math.ceil(seconds)), label="playing   ") as bar:
        playing = asyncio.gather(*(bot.play(seconds) for bot in bots))
        began, shown = time.monotonic(), 0
        while not playing.done():
            await asyncio.wait([playing], timeout=1.0)
            passed = min(bar.length or 0, int(time.monotonic() - began))
            bar.update(passed - shown)
            shown = passed
        bar.update((bar.length or 0) - shown)
    await playing
    return bots


async def _sign_up(url: str, name: str) -> str:
    """Register like a person, with a password that is not kept. A server that is busy, or counts registrations, is asked again."""
    for number in range(TRIES):
        try:
            return (await sign_in(url, name, secrets.token_urlsafe(24))).token
        except HTTPRefusedError as error:
            if error.status not in {429, 503} or number == TRIES - 1:
                raise click.ClickException(
                    f"the server refused to sign up {name}: {error}; for many bots from one address raise ECHOES_ADDRESS_ATTEMPTS"
                ) from error
        await asyncio.sleep(TRY_AGAIN)
    raise AssertionError("the last try raises")


def summary(bots: Sequence[Bot], seconds: float) -> str:
    """Commands by kind with their latencies, what happened, refusals by code, and faults."""
    kinds = sorted({kind for bot in bots for kind in bot.latencies})
    lines = [f"{'command':<12} {'count':>8} {'per second':>11} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'max ms':>8}"]
    everything: list[float] = []
    for kind in kinds:
        found = sorted(one for bot in bots for one in bot.latencies[kind])
        everything += found
        lines.append(_row(kind, found, seconds))
    lines.append(_row("all", sorted(everything), seconds))
    refusals = Counter(code for bot in bots for code in bot.refusals.elements())
    faults = [f"{bot.client}: {one}" for bot in bots for one in bot.faults]
    lines += [
        "",
        (
            f"bots {len(bots)}, connections {sum(bot.welcomes for bot in bots)}, deaths {sum(bot.deaths for bot in bots)},"
            f" levels {sum(bot.levels for bot in bots)}, quests done {sum(bot.quests_done for bot in bots)}"
        ),
        "refusals: " + (", ".join(f"{code} {count}" for code, count in refusals.most_common()) or "none"),
        f"protocol errors: {len(faults) or 'none'}",
        *[f"  {one}" for one in faults[:FAULTS_SHOWN]],
    ]
    return "\n".join(lines)


def _row(kind: str, found: Sequence[float], seconds: float) -> str:
    cells = "".join(f" {1000 * percentile(found, share):>8.1f}" for share in (0.5, 0.95, 0.99, 1.0))
    return f"{kind:<12} {len(found):>8} {len(found) / seconds:>11.1f}{cells}"


def percentile(found: Sequence[float], share: float) -> float:
    """The smallest of sorted values that this share of them does not exceed; 0 without values."""
    return found[max(0, math.ceil(share * len(found)) - 1)] if found else 0.0
