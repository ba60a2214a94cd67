"""Imported by every Python process of a server under test, before anything else: what the chaos tests need inside of it.

Some timers tick in it (`ticking.py`). `ECHOES_TEST_BREAK` names one of `switches.py`, which takes a promise's machinery out.
SIGUSR2 steps the process's wall clock an hour ahead; again, and it is back.
"""

import os
import signal
import sys
import time
from itertools import cycle

BREAK = os.environ.get("ECHOES_TEST_BREAK", "")


def step_on_signal() -> None:
    """The wall clock jumps whenever SIGUSR2 comes."""
    real, steps, ahead = time.time, cycle((3600.0, 0.0)), [0.0]

    def step(*_: object) -> None:
        ahead[0] = next(steps)

    time.time = lambda: real() + ahead[0]
    signal.signal(signal.SIGUSR2, step)


if "echoes" in " ".join(sys.orig_argv):
    step_on_signal()
    if os.environ.get("ECHOES_TEST_TICKS"):
        from ticking import add_ticks

        add_ticks()
    if BREAK:
        from switches import SWITCHES

        SWITCHES[BREAK]()
