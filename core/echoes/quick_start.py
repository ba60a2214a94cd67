"""A quick start and end of a process: without work that serves no purpose there.

A worker imports a thousand modules. Python's garbage collector would look at all new objects again and again meanwhile, though what was
imported stays. At the end it would look at everything twice more. And structlog would import rich for tracebacks in colours, where it is
installed: the log has plain ones.
"""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Make the imports of the body quick. What they bring is left out of all later runs of the garbage collector."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        _import_structlog()
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def quick_end() -> None:
    """Let this process end without a last run of the garbage collector: its memory goes with it. What must be closed is closed before."""
    atexit.register(gc.freeze)


def _import_structlog() -> None:
    """Import it as where rich is not installed, unless one of the two was imported before."""
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment] # Python's own sign that an import shall fail
    try:
        import structlog  # noqa: F401, PLC0415
    finally:
        del sys.modules["rich"]
