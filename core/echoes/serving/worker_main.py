"""A worker process, as the supervisor starts it: `python -m echoes.serving.child SLOT LISTENER LIFELINE [LISTENERS [SERVER [OPERATORS]]]`.

LISTENER and LIFELINE are inherited file descriptors. So are LISTENERS, those of all slots with commas between them, and OPERATORS, those of
the operators' own port. SERVER is the supervisor's id. A supervisor of an older release gives fewer of the last three.

On the lifeline the worker reports that it is ready or leaves, answers health checks, hands over orders of operators, and is asked to accept
the clients of other slots (`lifeline.py`). When the other end closes, the supervisor is gone, and the worker drains as on SIGTERM. Settings
come from the environment, as everywhere.
"""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import structlog

from echoes import log as log_
from echoes import settings as settings_
from echoes.error_text import refused_by_system
from echoes.errors import ConfigurationError, FacilityError
from echoes.event_loop import new_event_loop
from echoes.metrics import files
from echoes.prepare import load_world, migrate, select_backends
from echoes.serving.lifeline import ANSWER, ASK, BYTES, LEAVING, READY, order, outcomes, requests
from echoes.serving.worker import Worker
from echoes.serving.worker_process import MARGIN, START_SECONDS
from echoes.tasks.worker_orders import Supervision
from echoes.world.problem import ContentError

log = structlog.get_logger()


def main() -> int:
    """Serve until stopped. Returns 1, with an error for the operator, when this worker cannot start."""
    slot, listener, lifeline = (int(word) for word in sys.argv[1:4])
    listeners, operators = _files(4), _files(6)
    server = sys.argv[5] if len(sys.argv) > 5 else ""
    random.seed()
    try:
        settings = settings_.read()
        log_.configure(production=settings.env == "production")
        structlog.contextvars.bind_contextvars(slot=slot)
        files.report()
        backends = select_backends(settings)
        world = load_world(settings, backends)
        worker = Worker(settings, settings.database_url, world, backends, slot=slot, listeners=_of_slots(listeners, operators))
        with ExitStack() as stack:
            own = [listener, *operators[slot : slot + 1]]
            sockets = [stack.enter_context(socket.socket(fileno=one)) for one in own]
            supervisor = stack.enter_context(socket.socket(fileno=lifeline))
            runner = stack.enter_context(asyncio.Runner(loop_factory=new_event_loop))
            runner.run(migrate(settings.database_url, backends))
            seconds = START_SECONDS + 2 * settings.drain_seconds + 3 * MARGIN
            runner.run(_live(worker, sockets, supervisor, server, seconds))
    except (ConfigurationError, ContentError, FacilityError) as error:  # the last: a backend went away while this worker started
        log.error("worker.not_started", slot=slot, reason=str(error))  # noqa: TRY400 - an operator can mend it: words, no traceback
        return 1
    except OSError as error:
        log.error("worker.not_started", slot=slot, reason=refused_by_system(error))  # noqa: TRY400 - likewise
        return 1
    return 0


def _files(place: int) -> list[int]:
    """The file descriptors of an argument; none where the supervisor gives no such argument."""
    return [int(word) for word in sys.argv[place].split(",")] if len(sys.argv) > place else []


def _of_slots(listeners: Sequence[int], operators: Sequence[int]) -> list[list[int]]:
    """The file descriptors of each slot: the game's, and the operators' where they have a port of their own."""
    return [[one, *operators[slot : slot + 1]] for slot, one in enumerate(listeners)]


async def _live(worker: Worker, listeners: Sequence[socket.socket], supervisor: socket.socket, server: str, seconds: float) -> None:
    supervisor.setblocking(False)
    loop = asyncio.get_running_loop()

    def answer() -> None:
        try:
            asked = supervisor.recv(BYTES)
            for request, slot in requests(asked):
                if request == ASK:
                    with suppress(BlockingIOError):  # answers enough are waiting
                        supervisor.send(ANSWER)
                else:
                    worker.serve_slot(slot, serves=request == b"+")
            for number, word in outcomes(asked):
                worker.order_ended(number, word)
        except BlockingIOError:
            return
        except OSError:
            asked = b""
        if not asked:
            loop.remove_reader(supervisor.fileno())
            log.warning("worker.orphaned", pid=os.getpid())
            worker.stop()

    def report(state: bytes) -> None:
        with suppress(OSError):  # the supervisor is gone: `answer` is about to notice
            supervisor.send(state)

    loop.add_reader(supervisor.fileno(), answer)
    loop.add_signal_handler(signal.SIGTERM, worker.stop)  # until the server itself handles signals
    supervision = Supervision(server, lambda action, number: report(order(action, number)), seconds) if server else None
    await worker.work(listeners, lambda: report(READY), lambda: report(LEAVING), supervision)
