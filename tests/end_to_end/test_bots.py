"""`echoes bots` plays on a real server."""

import subprocess
import sys

from server import Server


def test_bots_play_without_a_protocol_error_and_the_summary_shows_it(database_url):
    """Three bots for three seconds, signed up like people: the exit code is 0, and several kinds of commands were answered."""
    with Server({"ECHOES_DATABASE_URL": database_url}) as server:
        done = subprocess.run(
            [sys.executable, "-m", "echoes", "bots", "--url", server.url, "--number", "3", "--seconds", "3", "--pause", "0.1"],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "protocol errors: none" in done.stdout
    assert "bots 3, connections 3" in done.stdout
    kinds = [line.split()[0] for line in done.stdout.splitlines() if len(line.split()) == 7 and line.split()[1].isdigit()]
    assert len(kinds) > 3
