"""Counting in place: the counts of a process are in its files at once, also when it is killed next."""

import os
import signal
import subprocess
import sys

from echoes.metrics import host
from prometheus_client.parser import text_string_to_metric_families

COUNTING = """
import os, signal
from echoes import metrics
metrics.WELCOMES.inc()
early = metrics.COMMANDS.labels("made_up_0", "ok")
early.inc()
for number in range(2_000):  # the file grows, several times
    metrics.COMMANDS.labels(f"made_up_{number}", "ok").inc()
metrics.WELCOMES.inc()
early.inc()
metrics.COMMAND_SECONDS.labels("talking").observe(0.003)
metrics.TIMERS_ARMED.labels("ash").set(7)
if (child := os.fork()) == 0:
    metrics.WELCOMES.inc(10)
    metrics.COMMAND_SECONDS.labels("talking").observe(0.003)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
metrics.WELCOMES.inc(100)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_counts_of_a_killed_process_and_of_its_fork_are_in_their_files(tmp_path):
    """Every count until the kill, also those from before a file grew; a forked child counts from 0 into files of its own."""
    folder = host.fresh_folder(tmp_path / "metrics")
    environ = {**os.environ, host.FOLDER: str(folder)}
    done = subprocess.run([sys.executable, "-c", COUNTING], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    shown = subprocess.run(
        [sys.executable, "-c", "from echoes.metrics import host; print(host.exposition('', everyone=True)[0].decode())"],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = {
        (one.name, tuple(one.labels.values())): one.value
        for family in text_string_to_metric_families(shown.stdout)
        for one in family.samples
    }
    assert found["echoes_welcomes_total", ()] == 112
    assert found["echoes_commands_total", ("made_up_0", "ok")] == 3
    assert found["echoes_commands_total", ("made_up_1999", "ok")] == 1
    assert found["echoes_command_seconds_count", ("talking",)] == 2
    assert found["echoes_command_seconds_bucket", ("talking", "0.005")] == 2
