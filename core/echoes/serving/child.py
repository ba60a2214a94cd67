"""A worker process, as the supervisor starts it: `python -m echoes.serving.child SLOT LISTENER LIFELINE [LISTENERS [SERVER]]`.

LISTENER and LIFELINE are inherited file descriptors, and so are LISTENERS, those of all slots with commas between them. SERVER is
the supervisor's id. A supervisor of an older release gives neither. On the lifeline the worker reports that it is ready or leaves, answers health checks, and is asked to accept the
clients of other slots (`lifeline.py`). When the other end closes, the supervisor is gone, and the worker drains as on SIGTERM. Settings come
from the environment, as everywhere.
"""

import asyncio
import os
import random
import signal
import socket
import sys
from contextlib import suppress

import structlog

from echoes import log as log_
from echoes import settings as settings_
from echoes.app import load_world, migrate, select_backends
from echoes.error_text import refused_by_system
from echoes.errors import ConfigurationError, FacilityError
from echoes.event_loop import new_event_loop
from echoes.metrics import files
from echoes.serving.lifeline import ANSWER, ASK, BYTES, LEAVING, READY, order, outcomes, requests
from echoes.serving.worker import Worker
from echoes.serving.worker_process import MARGIN, START_SECONDS
from echoes.tasks.worker_orders import Supervision
from echoes.world.problem import ContentError

log = structlog.get_logger()


def main() -> int:
    """Serve until stopped. Returns 1, with an error for the operator, when this worker cannot start."""
    slot, listener, lifeline = (int(word) for word in sys.argv[1:4])
    listeners = [int(word) for word in sys.argv[4].split(",")] if len(sys.argv) > 4 else []
    server = sys.argv[5] if len(sys.argv) > 5 else ""
    random.seed()
    try:
        settings = settings_.read()
        log_.configure(production=settings.env == "production")
        structlog.contextvars.bind_contextvars(slot=slot)
        files.report()
        backends = select_backends(settings)
        world = load_world(settings, backends)
        worker = Worker(settings, settings.database_url, world, backends, slot=slot, listeners=listeners)
        with (
            socket.socket(fileno=listener) as knocking,
            socket.socket(fileno=lifeline) as supervisor,
            asyncio.Runner(loop_factory=new_event_loop) as runner,
        ):
            runner.run(migrate(settings.database_url, backends))
            seconds = START_SECONDS + 2 * settings.drain_seconds + 3 * MARGIN
            runner.run(_live(worker, knocking, supervisor, server, seconds))
    except (ConfigurationError, ContentError, FacilityError) as error:  # the last: a backend went away while this worker started
        log.error("worker.not_started", slot=slot, reason=str(error))  # noqa: TRY400 - an operator can mend it: words, no traceback
        return 1
    except OSError as error:
        log.error("worker.not_started", slot=slot, reason=refused_by_system(error))  # noqa: TRY400 - likewise
        return 1
    return 0


async def _live(worker: Worker, listener: socket.socket, supervisor: socket.socket, server: str, seconds: float) -> None:
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
    await worker.work(listener, lambda: report(READY), lambda: report(LEAVING), supervision)


if __name__ == "__main__":
    sys.exit(main())
