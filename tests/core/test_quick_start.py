"""Modules that the processes of a server import, and Python's garbage collector at their start and end: each in a process of its own."""

import re
import subprocess
import sys

import pytest

SUPERVISOR = "from echoes.quick_start import quick_imports\nwith quick_imports():\n    import echoes.cli, echoes.serving.start"
WORKER = "from echoes.quick_start import quick_imports\nwith quick_imports():\n    import echoes.serving.worker_main"
COUNTED = "import gc, echoes.quick_start\nruns = []\ngc.callbacks.append(lambda phase, info: runs.append(phase))\n"
EXIT = re.compile(r"gc: objects in each generation: ([\d ]+)")


def told(program):
    """The output of a program of Python, and its errors."""
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return ended.stdout.strip(), ended.stderr


@pytest.mark.parametrize(
    ("process", "needless"),
    [(SUPERVISOR, ("echoes.app", "litestar", "uvicorn", "jinja2", "httpx", "rich")), (WORKER, ("httpx", "rich", "rich_click"))],
    ids=["supervisor", "worker"],
)
def test_a_process_leaves_out_other_modules(process, needless):
    """Other modules would make each start slower."""
    found, _ = told(f"import sys\n{process}\nprint(*sys.modules)")
    assert "structlog" in found.split()
    assert not set(needless) & set(found.split())


def test_rich_is_there_for_those_who_ask():
    """The command line prints its help with it."""
    found, _ = told(f"{SUPERVISOR}\nimport rich.console\nprint(rich.console.Console)")
    assert "Console" in found


def test_the_garbage_collector_rests_while_modules_are_imported():
    """Not once does it run; then it is as before, and leaves out what was imported."""
    found, _ = told(f"{COUNTED}{WORKER}\nprint(len(runs), gc.isenabled(), gc.get_freeze_count() > 100_000)")
    assert found == "0 True True"


def test_a_collector_that_was_off_stays_off():
    """As a program may wish."""
    found, _ = told(f"import gc\ngc.disable()\n{WORKER}\nprint(gc.isenabled())")
    assert found == "False"


@pytest.mark.parametrize("program", ["echoes.__main__", "echoes.serving.child"])
def test_a_process_ends_without_looking_at_everything(program):
    """Each program of the server: however much lives, the last runs find nothing to look at."""
    begun = "import gc, sys\nsys.argv = ['echoes']\nalive = [[number] for number in range(100_000)]\n"
    run = f"import {program} as program\ntry:\n    program.main()\nexcept (SystemExit, Exception):\n    pass\n"
    _, said = told(f"{begun}{run}gc.unfreeze()\ngc.set_debug(gc.DEBUG_STATS)")
    looked_at = [sum(map(int, found.split())) for found in EXIT.findall(said)]
    assert looked_at
    assert max(looked_at) < 10_000
