"""The first process of a container (PID 1) has two duties besides its own work; this does them, so that the server need not.

The kernel drops a signal that the first process has no handler for, so a SIGTERM during the start would be lost; and every orphan becomes
its child and must be reaped. So the first process only forwards signals and reaps, and the server runs as its child.
"""

import os
import signal

FORWARDED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}


def run_as_init() -> None:
    """Return in a child when this is process 1, and at once in any other process. Process 1 exits as that child does."""
    if os.getpid() != 1:
        return
    heeded = {*FORWARDED, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, heeded)  # from here on nothing is dropped: a blocked signal waits
    server = os.fork()
    if server == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
        return
    while True:
        number = signal.sigwait(heeded)
        if number != signal.SIGCHLD:
            os.kill(server, number)
        elif (code := _reap(server)) is not None:
            os._exit(code)


def _reap(server: int) -> int | None:
    """Reap every child that has ended; answers the server's exit code, as a shell would give it, once that is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == server:
            code = os.waitstatus_to_exitcode(status)
            found = code if code >= 0 else 128 - code
