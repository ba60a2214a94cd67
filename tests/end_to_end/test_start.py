"""Starting, and not starting: what an operator reads."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from postgres import a_database
from server import Server

GAMEDATA = Path(__file__).parents[2] / "gamedata"


def refused(tmp_path, port=0, **environ):
    """The output of an `echoes serve` that does not start."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    done = subprocess.run(
        [sys.executable, "-m", "echoes", "serve", "--port", str(port)], env=clean | environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.replace("│", " ").split())


def test_an_unreachable_database_is_one_line(tmp_path):
    """It says so and what to check."""
    said = refused(tmp_path, ECHOES_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert "PostgreSQL cannot be reached" in said
    assert "ECHOES_DATABASE_URL" in said


def test_bad_game_data_lists_every_problem(tmp_path):
    """With file, line and column; and the server does not start."""
    folder = tmp_path / "gamedata"
    shutil.copytree(GAMEDATA, folder)
    yard = folder / "locations" / "cinder_market" / "kiln_yard.yaml"
    yard.write_text(yard.read_text().replace("market_square", "markt_square").replace("danger_level: 0", "danger_level: nine"))
    said = refused(tmp_path, ECHOES_GAMEDATA=str(folder))
    assert "locations/cinder_market/kiln_yard.yaml:" in said
    assert "market_square" in said
    assert "danger_level" in said


@pytest.mark.parametrize("folder", ["nowhere", "empty", "file"])
def test_missing_game_data_names_the_setting(tmp_path, folder):
    """A folder that is not there, that is empty, that is none."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    said = refused(tmp_path, ECHOES_GAMEDATA=str(tmp_path / folder))
    assert "ECHOES_GAMEDATA" in said


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ECHOES_BACKEND": "memmory"}, "memory"),
        ({"ECHOES_GRACE": "many"}, "ECHOES_GRACE"),
        ({"ECHOES_ENV": "production"}, "ECHOES_SECRET"),
        ({"ECHOES_BAKEND": "memory"}, "did you mean ECHOES_BACKEND"),
    ],
)
def test_bad_settings_name_the_setting(tmp_path, environ, words):
    """And what would be right."""
    assert words in refused(tmp_path, **environ)


def test_more_workers_than_the_backend_allows_is_a_warning(postgres):
    """A rollback must not fail on a forgotten WORKERS=4."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "WORKERS": "4"}) as server:
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        assert "workers.bounded" in "".join(server.output)


def test_a_second_world_on_one_database_waits(postgres):
    """It is up but not ready, and names the holder of the lock; when the first has left, it is ready."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url}) as first, Server({"ECHOES_DATABASE_URL": url}) as second:
        waiting = httpx.get(f"{second.url}/health/ready")
        assert waiting.status_code == 503
        assert "waiting for the world" in waiting.json()["reasons"][0]
        first.stop()
        deadline = time.monotonic() + 20
        while httpx.get(f"{second.url}/health/ready").status_code != 200:
            assert time.monotonic() < deadline, "the second never took over"


def test_two_servers_on_one_data_folder_are_refused(tmp_path):
    """The second says why."""
    with Server({}) as first:
        said = refused(tmp_path, ECHOES_DATA_DIR=str(first.folder / "data"))
        assert "data" in said
        assert "another server" in said or "already" in said, said


def test_the_page_its_files_and_the_api_description_are_served(server):
    """With the headers that block foreign scripts."""
    with httpx.Client(base_url=server.url) as http:
        page = http.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert http.get("/images/locations/kiln_yard.svg").headers["content-type"] == "image/svg+xml"
        assert "/api/game/command" in http.get("/schema/openapi.json").json()["paths"]
        assert http.get("/health/live").json() == {"status": "live"}
        assert http.get("/../pyproject.toml").status_code == 404


@pytest.mark.parametrize("path", ["/", "/app.js", "/images/locations/kiln_yard.svg"])
def test_a_file_that_the_browser_has_is_not_sent_again(server, path):
    """304 without a body for the same ETag, the whole file for another; compressed where the browser accepts it."""
    with httpx.Client(base_url=server.url) as http:
        first = http.get(path)
        assert first.headers["cache-control"] == "no-cache"
        assert first.headers["content-encoding"] == "gzip"
        again = http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert http.get(path, headers={"if-none-match": '"another"'}).content == first.content


def test_one_very_worker_can_be_asked(server):
    """On a socket of its own in the data folder, which goes with it."""
    admin = server.folder / "data" / "run" / str(server.port) / "worker-0.sock"
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(admin)), base_url="http://worker") as http:
        assert http.get("/health/ready").json()["ready"] is True
        assert "echoes_players" in http.get("/metrics/worker").text


@pytest.mark.parametrize("backend", ["memory", "redis"])
def test_a_port_that_is_taken_is_refused(server, tmp_path, backend):
    """Also where several workers would share it with another program."""
    said = refused(tmp_path, server.port, ECHOES_DATABASE_URL=server.database_url, ECHOES_BACKEND=backend, WORKERS="2")
    assert f"cannot listen on 127.0.0.1:{server.port}" in said
