"""Drain a worker: its clients are sent the time at which to reconnect, a few at a time."""

import asyncio
import math
from collections.abc import Callable

import structlog

from echoes import wire
from echoes.context import Context

log = structlog.get_logger()
BATCH, PAUSE = 25, 0.1
"""Clients that are sent away at once, and seconds between two such batches. With very many clients the batches grow."""
LATEST_RETURN_MS = 2000


async def drain(context: Context, *, deadline: float, impatient: Callable[[], bool]) -> None:
    """Admit no client any more, refuse the sign-ins that wait for a turn, let commands under way finish, and send the clients away, paced.

    Takes half of `deadline` seconds at most. `impatient` is called before each pause; True skips the pause.
    """
    context.reception.draining = True
    context.passwords.close()
    seats = list(context.hub.seats.values())
    batch_size = max(BATCH, math.ceil(len(seats) * PAUSE / (deadline / 2)))
    for start in range(0, len(seats), batch_size):
        batch = seats[start : start + batch_size]
        for index, seat in enumerate(batch):
            seat.receive(wire.encode(wire.Reconnect(after_ms=250 + index * (LATEST_RETURN_MS - 250) // batch_size)))
        await asyncio.sleep(0 if impatient() else PAUSE)
        for seat in batch:
            seat.end(wire.Close.RESTARTING, "restarting")
    log.info("worker.drained", clients=len(seats))
