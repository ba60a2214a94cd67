"""Behind a proxy, with the files that ship: nothing is sticky, what is inside stays inside, and a server that left is passed over."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import certificates
import httpx
import pytest
import uvicorn
from fronts import DEPLOY, ROOT, front, program_of, traefik
from player import Player, a_name
from ports import free_port
from postgres import a_database
from prometheus_client.parser import text_string_to_metric_families
from server import Server, traversable_folder
from test_monitoring import OF_THE_PROXY
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake

SECRET = {"ECHOES_SECRET": "the same wherever a player may come back"}
INSIDE = [
    "/metrics", "/metrics/", "/metrics/worker", "//metrics", "/%6detrics", "/%2fmetrics", "/metrics%2fworker", "/metrics?all",
    "/health/ready", "//health/live", "/%68ealth/ready",
]  # fmt: skip


@pytest.fixture(scope="module", params=["haproxy", "nginx", "traefik"])
def behind(request, server):
    """A proxy with the running server and one that is not there behind it."""
    with front(request.param, [server.port]) as found:
        yield found


async def test_people_play_through_it(behind):
    """The page, the API and the WebSocket pass; a client that reconnects receives the missed messages."""
    mara, tomas = await Player.join(behind), await Player.join(behind)
    await mara.disconnect()
    await tomas.type("say are you there")
    welcome = await mara.connect(resume=True)
    assert welcome["recovered"]
    await mara.until(lambda: mara.heard("are you there"))


def test_the_policy_names_the_address_at_the_proxy(behind):
    """Of the WebSocket: where the page came from, not where the server is."""
    where = f"127.0.0.1:{behind.port}"
    assert f"connect-src 'self' ws://{where} wss://{where};" in httpx.get(behind.url).headers["content-security-policy"]


@pytest.mark.parametrize(("origin", "status"), [("http://127.0.0.1:{port}", 401), ("http://127.0.0.1:1", 403), ("http://elsewhere", 403)])
def test_the_console_knows_its_own_pages(behind, origin, status):
    """By the host that the proxy passes on: a form of the page is looked at, one of another origin is not."""
    headers = {"hx-request": "true", "origin": origin.format(port=behind.port)}
    form = {"username": a_name(), "password": "a long password", "code": "123456"}
    assert httpx.post(f"{behind.url}/ops/sign-in", data=form, headers=headers).status_code == status


def test_a_server_that_is_not_there_is_passed_over(behind):
    """No request fails."""
    assert "<title>" in httpx.get(behind.url).text
    assert [httpx.get(behind.url).status_code for _ in range(20)] == [200] * 20


async def test_a_kept_connection_that_breaks_takes_no_server_out():
    """A server closes an idle connection just as nginx uses it again: with no other server to ask, that request fails, and none after it."""
    connections = 0

    async def answer(reader, writer):
        nonlocal connections
        connections += 1
        first = connections == 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                if first:
                    await reader.readuntil(b"\r\n\r\n")
                    break
        writer.transport.abort()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as alone:
        with front("nginx", [alone.sockets[0].getsockname()[1]]) as behind:
            async with httpx.AsyncClient() as http:
                assert [(await http.get(behind.url)).status_code for _ in range(5)] == [200, 502, 200, 200, 200]
    assert connections == 2, "the first one broke, and the second was kept"


def test_nginx_lets_go_of_kept_connections_before_the_server_does():
    """Else a POST may meet one that is just being closed, and is not sent again."""
    [seconds] = re.findall(r"^ +keepalive_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"), re.MULTILINE)
    assert int(seconds) < uvicorn.Config("").timeout_keep_alive


@pytest.mark.parametrize("path", INSIDE)
def test_the_operators_pages_stay_inside(behind, server, path):
    """For every spelling of the path the answer is 404, without a word of the server."""
    assert said(server.port, path).startswith("HTTP/1.1 200")
    answer = said(behind.port, path)
    assert answer.startswith("HTTP/1.1 404")
    assert "echoes_" not in answer
    assert "worker_id" not in answer


@pytest.fixture(scope="module", params=["kept", "taken off"])
def below_a_path(request, postgres):
    """A proxy with the game below /game/, which it leaves in what it asks for, or takes off; answers where the page is."""
    program_of("nginx")
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, "ECHOES_BASE_PATH": "/game/"}) as server,
        front("nginx", [server.port], below="/game/", taken_off=request.param == "taken off") as found,
    ):
        yield found


async def test_people_play_below_a_path(below_a_path):
    """The API and the WebSocket."""
    mara, tomas = await Player.join(below_a_path), await Player.join(below_a_path)
    await tomas.type("say are you there")
    await mara.until(lambda: mara.heard("are you there"))


def test_the_page_is_below_the_path(below_a_path):
    """So are its pictures and the description; a client that leaves the slash out is shown the way."""
    page = httpx.get(below_a_path.url + "/")
    assert "<title>" in page.text
    assert f" ws://127.0.0.1:{below_a_path.port} " in page.headers["content-security-policy"]
    short = httpx.get(below_a_path.url)
    assert short.status_code in {301, 308}
    assert httpx.URL(short.headers["location"]).path == "/game/"
    assert httpx.get(f"{below_a_path.url}/images/locations/breakers_basin.svg").status_code == 200
    assert httpx.get(f"{below_a_path.url}/schema/openapi.json").json()["servers"] == [{"url": "/game"}]


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/metrics/worker", "//metrics"])
def test_the_operators_pages_are_not_below_the_path(below_a_path, path):
    assert httpx.get(f"{below_a_path.url}{path}").status_code == 404


@pytest.fixture
def two_servers(postgres):
    """Two servers on one world, and HAProxy in front of them; the first one plays, the second waits for the world."""
    program_of("haproxy")
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, **SECRET}) as first,
        Server({"ECHOES_DATABASE_URL": url, **SECRET}) as second,
        front("haproxy", [first.port, second.port]) as behind,
    ):
        yield behind, first, second


async def test_players_go_on_at_the_server_that_takes_over(two_servers):
    """HAProxy sends no client to a server that is not ready, and all clients to it once it is."""
    behind, first, second = two_servers
    await until(lambda: asks_only(behind, first), within=15)
    mara = await Player.join(behind)
    here = mara.welcome["worker_id"]
    assert [(await Player.join(behind)).welcome["worker_id"] for _ in range(3)] == [here] * 3
    assert (await mara.type("drop 1 bread"))["ok"]
    await asyncio.to_thread(first.stop)
    await until(lambda: httpx.get(f"{second.url}/health/ready").status_code == 200, within=20)
    await mara.disconnect()
    async with asyncio.timeout(20):
        while not await reached(mara):
            await asyncio.sleep(0.1)
    assert mara.welcome["worker_id"] != here
    assert (await mara.type("get 1 bread"))["ok"], "what was done before is there"


async def reached(player):
    """Try to come back; the welcome, or nothing when no server is there to give it."""
    try:
        return await player.connect()
    except (OSError, InvalidHandshake):
        return None


def test_haproxy_takes_the_file_as_it_is():
    """An operator changes addresses only."""
    checked = subprocess.run([program_of("haproxy"), "-c", "-f", str(DEPLOY / "haproxy.cfg")], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr.lower(), checked.stderr


@pytest.fixture
def behind_tls(server):
    """Traefik as `compose.yml` starts it, with three servers of which one runs; the port of HTTP and that of HTTPS. Its certificate is Traefik's own: no authority can be asked here."""
    program, http, https, nobody = program_of("traefik"), free_port(), free_port(), free_port()
    with traversable_folder() as folder:
        changed = {":80": f"127.0.0.1:{http}", ":443": f"127.0.0.1:{https}", "/acme/acme.json": str(folder / "acme.json")}
        command = traefik(program, folder, [nobody, server.port, nobody], [ROOT / "compose.yml"], changed)
        command = [word.replace("entryPoint.to=127.0.0.1:", "entryPoint.to=:") for word in command]
        command.append(f"--certificatesResolvers.acme.acme.caServer=https://127.0.0.1:{nobody}/directory")
        with subprocess.Popen(command, env=os.environ | {"DOMAIN": "localhost"}) as process:
            try:
                deadline = time.monotonic() + 20
                while _status(f"https://localhost:{https}/") != httpx.codes.OK:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                yield http, https
            finally:
                process.terminate()


@pytest.fixture
def behind_its_certificate(server):
    """Traefik with a certificate of the operator: the folder of its files, the port of HTTPS, that of its own pages, and the process."""
    program, http, https, inside, nobody = program_of("traefik"), free_port(), free_port(), free_port(), free_port()
    with traversable_folder() as folder:
        certificates.make(folder)
        place(folder, "named")
        changed = {":80": f"127.0.0.1:{http}", ":443": f"127.0.0.1:{https}", "/acme/acme.json": str(folder / "acme.json")}
        command = traefik(program, folder, [nobody, server.port, nobody], [ROOT / "compose.yml"], changed, inside)
        command = [word.replace("entryPoint.to=127.0.0.1:", "entryPoint.to=:") for word in command]
        command.append(f"--certificatesResolvers.acme.acme.caServer=https://127.0.0.1:{nobody}/directory")
        with subprocess.Popen(command, env=os.environ | {"DOMAIN": "localhost", "CERTIFICATE_FOLDER": str(folder)}) as process:
            try:
                deadline = time.monotonic() + 20
                while _status(f"https://localhost:{https}/") != httpx.codes.OK:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                yield folder, https, inside, process
            finally:
                process.terminate()


def place(folder, name):
    """One of the certificates becomes the proxy's."""
    shutil.copy(folder / f"{name}.pem", folder / "fullchain.pem")
    shutil.copy(folder / f"{name}.key", folder / "privkey.pem")


def certificates_of(inside):
    """The certificates that Traefik shows to Prometheus: labels, and Unix time of the end."""
    text = httpx.get(f"http://127.0.0.1:{inside}/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [(sample.labels, sample.value) for sample in samples if sample.name == "traefik_tls_certs_not_after"]


def end_of(file):
    """Unix time of the end of a certificate."""
    shown = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", file], check=True, capture_output=True, text=True).stdout
    return ssl.cert_time_to_seconds(shown.strip().removeprefix("notAfter="))


async def test_the_proxy_serves_a_certificate_of_the_operator(behind_its_certificate):
    """Browsers that trust its authority accept the page; Prometheus sees its end; a renewed one is served after SIGHUP, without a restart."""
    folder, https, inside, process = behind_its_certificate
    trusting = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    async with httpx.AsyncClient(verify=trusting) as client:
        assert (await client.get(f"https://localhost:{https}/")).status_code == 200
    ((labels, end),) = certificates_of(inside)
    assert set(labels) == OF_THE_PROXY["traefik_tls_certs_not_after"]
    assert (labels["sans"], end) == ("localhost", end_of(folder / "fullchain.pem"))
    (folder / "again").mkdir()
    certificates.make(folder / "again")
    place(folder, "again/named")
    process.send_signal(signal.SIGHUP)
    renewed = ssl.create_default_context(cafile=str(folder / "again" / "ca.pem"))
    async with asyncio.timeout(20):
        while not await accepts(https, renewed):
            await asyncio.sleep(0.05)
    assert max(end for _, end in certificates_of(inside)) == end_of(folder / "fullchain.pem")
    assert process.poll() is None


async def accepts(https, trusting):
    """Whether a browser that trusts these authorities accepts the page."""
    try:
        async with httpx.AsyncClient(verify=trusting) as client:
            return (await client.get(f"https://localhost:{https}/")).is_success
    except httpx.TransportError:
        return False


def _status(url):
    try:
        return httpx.get(url, verify=False).status_code  # noqa: S501 - its own certificate
    except httpx.HTTPError:
        return None


async def test_people_play_through_compose_s_traefik_by_tls(behind_tls):
    """HTTP leads to HTTPS; page, API and WebSocket pass, and the page may open the WebSocket. Health and metrics stay inside, and so does any other host name."""
    http, https = behind_tls
    url = f"https://localhost:{https}"
    private = ssl.create_default_context()
    private.check_hostname, private.verify_mode = False, ssl.CERT_NONE
    async with httpx.AsyncClient(base_url=url, verify=private) as client:
        redirect = await client.get(f"http://localhost:{http}/here")
        assert (redirect.status_code, redirect.headers["location"]) == (301, f"{url}/here")
        page = await client.get("/")
        assert f"wss://localhost:{https}" in page.headers["content-security-policy"]
        assert "strict-transport-security" in page.headers
        assert [(await client.get(path)).status_code for path in ("/metrics", "/health/ready")] == [404] * 2
        assert (await client.get("/", headers={"Host": "elsewhere.example"})).status_code == 404
        name = a_name()
        account = await client.post("/api/auth/register", json={"username": name, "password": "a long password"})
        signed = {"authorization": f"Bearer {account.json()['access_token']}"}
        made = await client.post("/api/characters", json={"name": name}, headers=signed)
        token = (await client.post(f"/api/characters/{made.json()['id']}/token", headers=signed)).json()["access_token"]
    async with connect(f"wss://localhost:{https}/ws/game", ssl=private, origin=url) as socket:
        await socket.send(json.dumps({"type": "hello", "token": token, "client": "traefik-1"}))
        assert json.loads((await socket.recv()).split("\n")[0])["type"] == "welcome"


def said(port, path):
    """The whole answer to a GET of this very path, which no client library may tidy up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while some := connection.recv(65536):
            answer += some
    return answer.decode("latin-1")


def asks_only(behind, first):
    """Whether registering works through the proxy again and again: the other server would answer that it waits for the world."""
    before = sign_ins(first)
    for _ in range(4):
        httpx.post(f"{behind.url}/api/auth/login", json={"username": "nobody at all", "password": "no password"})
    return sign_ins(first) - before >= 4


def sign_ins(server):
    """How many sign-ins a server has counted, with any result."""
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("echoes_sign_ins_total{"))


async def until(condition, within):
    """Wait for it."""
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)
