"""Ways to a Redis: URLs, passwords, sockets, TLS, Sentinels; and what an operator reads when one is wrong."""

import asyncio
import contextlib
import os
import re
import socket
import threading
from pathlib import Path

import pytest
from certificates import make
from echoes.clock import SystemClock
from echoes.errors import ConfigurationError
from echoes.plugins import Selection, load
from echoes_redis.endpoint import Direct, Sentinels, endpoint_of
from echoes_redis.rights import commands, rule
from echoes_redis.settings import RedisSettings
from ports import free_port, silent_port
from pydantic import ValidationError
from redis_server import RedisServer, SentinelGroup
from redis_workers import at, broadcasting, serving

PLAIN = RedisSettings()
DOCUMENT = Path(__file__).parents[2] / "docs" / "redis.md"


def parts(url):
    found = endpoint_of(url, PLAIN)
    return (found.address, found.db, found.login)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://", ("127.0.0.1:6379", 0, ())),
        ("redis://cache.example:7000/2", ("cache.example:7000", 2, ())),
        ("redis://:pa%2Fss@h", ("h:6379", 0, ("pa/ss",))),
        ("redis://me:pa%40ss@h:1/3", ("h:1", 3, ("me", "pa@ss"))),
        ("redis://[::1]:7000", ("::1:7000", 0, ())),
        ("unix:///run/redis.sock?db=4", ("/run/redis.sock", 4, ())),
        ("redis+sentinel://a:1,b,c:3/main/5", ("a:1,b:26379,c:3/main", 5, ())),
        ("redis+sentinel://me:secret@a:1/main", ("a:1/main", 0, ("me", "secret"))),
    ],
)
def test_a_url_says_where_redis_is(url, expected):
    """Host, port, database, user and password."""
    assert parts(url) == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://h", "redis://"),
        ("h:6379", "redis://"),
        ("redis+cluster://h", "Cluster"),
        ("redis://h:port", "ECHOES_REDIS_URL"),
        ("redis://h/db", "ECHOES_REDIS_URL"),
        ("redis+sentinel://a:1", "service"),
        ("redis://:geheim/x@h:1", "percent-encode"),
    ],
)
def test_a_wrong_url_is_explained_without_its_password(url, said):
    """The setting is named, the secret is not."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        endpoint_of(url, PLAIN)
    assert "geheim" not in str(caught.value) + str(caught.value.__cause__)


def test_the_older_names_mean_the_same():
    """`REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_PASSWORD`; `ECHOES_REDIS_URL` wins over them."""
    older = {"REDIS_HOST": "h", "REDIS_PORT": "7", "REDIS_DB": "2", "REDIS_PASSWORD": "a/b@c"}
    assert parts(RedisSettings.read(older).url) == ("h:7", 2, ("a/b@c",))
    assert parts(RedisSettings.read({"REDIS_PASSWORD": "x"}).url) == ("127.0.0.1:6379", 0, ("x",))
    assert parts(RedisSettings.read(older | {"ECHOES_REDIS_URL": "redis://other"}).url) == ("other:6379", 0, ())
    assert RedisSettings.read({}) == PLAIN
    with pytest.raises(ValidationError, match="io_timeout"):
        RedisSettings.read({"ECHOES_REDIS_IO_TIMEOUT": "0"})


async def refusal(url, **settings):
    """The error that an operator reads."""
    with pytest.raises(ConfigurationError) as caught:
        async with serving(at(url, boot_timeout=0.3, io_timeout=0.3, **settings).driver()):
            pass
    assert "ECHOES_BACKEND=memory" in str(caught.value)
    return str(caught.value)


async def test_a_start_without_redis_fails_with_advice():
    """The port is closed: the error has the address, the setting, and how to start without Redis."""
    with silent_port() as port:
        said = await refusal(f"redis://:geheim@127.0.0.1:{port}")
    assert "ECHOES_REDIS_URL" in said
    assert "geheim" not in said


async def test_a_start_with_a_wrong_password_fails_with_advice():
    """None, or another: user and password are to be checked."""
    with RedisServer("--requirepass", "geheim") as server:
        for url in (server.url, server.url.replace("//", "//:falsch@"), server.url.replace("//", "//someone:falsch@")):
            said = await refusal(url)
            assert "password in ECHOES_REDIS_URL" in said
            assert "falsch" not in said
        async with serving(at(server.url.replace("//", "//:geheim@")).driver()) as (driver,):
            assert await driver.call("PING") == b"PONG"


async def test_a_start_with_a_replica_or_something_else_fails_with_advice():
    """A replica cannot be written to; another server is no Redis."""
    with RedisServer() as server, silent_port() as master:
        server.cli("REPLICAOF", "127.0.0.1", master)
        server.cli("CONFIG", "SET", "replica-serve-stale-data", "yes")
        assert "master" in await refusal(server.url)


async def test_a_start_without_any_sentinel_fails_with_advice():
    """Each Sentinel is asked; none knows the service."""
    with silent_port() as one, silent_port() as other:
        said = await refusal(f"redis+sentinel://127.0.0.1:{one},127.0.0.1:{other}/echoes")
    assert "no Sentinel names a master 'echoes'" in said


async def test_an_eviction_policy_is_warned_of(capsys):
    """Anything but noeviction loses sessions and locks under pressure; a Redis for the cache alone may have what it likes."""
    with RedisServer("--maxmemory-policy", "allkeys-lru") as server:
        async with serving(at(server.url).driver()):
            said = capsys.readouterr()
            assert "maxmemory-policy" in said.out + said.err


async def test_through_a_socket_of_the_file_system(tmp_path):
    """`unix://`, with a database of its own."""
    path = tmp_path / "redis.sock"
    with RedisServer("--unixsocket", str(path)) as server:
        backend = at(f"unix://{path}?db=3")
        async with serving(backend.driver()) as drivers, broadcasting(backend, *drivers) as (broadcast,):
            await broadcast.publish("a", b"x")
        assert server.info("db3") != "None"


async def test_a_dead_sentinel_does_not_matter():
    """Two of three are enough."""
    with SentinelGroup(replicas=0) as group:
        group.sentinels[0].kill()
        async with serving(at(group.url).driver()) as (driver,):
            assert driver.facts.address == f"127.0.0.1:{group.master.port}"
    assert isinstance(endpoint_of("redis+sentinel://a/x", PLAIN), Sentinels)
    assert isinstance(endpoint_of("redis://a", PLAIN), Direct)


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A certification authority that is valid for a minute, and what it signed for 127.0.0.1."""
    return make(tmp_path_factory.mktemp("tls"))


class TlsServer(RedisServer):
    """Speaks TLS on `tls_port`, and plainly on the other for the test itself."""

    def __init__(self, folder, name, clients):
        self.tls_port = free_port()
        super().__init__(
            "--tls-port", str(self.tls_port), "--tls-cert-file", str(folder / f"{name}.pem"), "--tls-key-file", str(folder / f"{name}.key"),
            "--tls-ca-cert-file", str(folder / "ca.pem"), "--tls-auth-clients", clients,
        )  # fmt: skip


@pytest.fixture
def tls_server(certificates):
    """Starts one with a certificate's name, and whether clients need one of their own."""
    with contextlib.ExitStack() as stack:

        def start(name="server", clients="no"):
            try:
                return stack.enter_context(TlsServer(certificates, name, clients))
            except AssertionError:
                if os.environ.get("CI") == "true":
                    raise
                return pytest.skip("this redis-server was built without TLS")

        yield start


async def test_through_tls(tls_server, certificates):
    """With the authority that signed Redis' certificate; also for the subscriber's connection."""
    server = tls_server()
    backend = at(f"rediss://127.0.0.1:{server.tls_port}", ca_file=str(certificates / "ca.pem"))
    async with serving(backend.driver()) as drivers, broadcasting(backend, *drivers) as (broadcast,):
        assert (await broadcast.publish("a", b"x")).offset == 1
    assert "certificate" in await refusal(f"rediss://127.0.0.1:{server.tls_port}")


async def test_through_tls_with_a_certificate_of_our_own(tls_server, certificates):
    """Redis may ask for one; without it the start fails."""
    server = tls_server(clients="yes")
    ours = {
        name: str(certificates / file) for name, file in (("ca_file", "ca.pem"), ("cert_file", "client.pem"), ("key_file", "client.key"))
    }
    async with serving(at(f"rediss://127.0.0.1:{server.tls_port}", **ours).driver()) as (driver,):
        assert await driver.call("PING") == b"PONG"
    await refusal(f"rediss://127.0.0.1:{server.tls_port}", ca_file=ours["ca_file"])


async def test_a_certificate_for_another_host_is_refused_unless_that_is_wanted(tls_server, certificates):
    """`ECHOES_REDIS_CHECK_HOSTNAME=false` takes it."""
    server = tls_server("elsewhere")
    url, authority = f"rediss://127.0.0.1:{server.tls_port}", str(certificates / "ca.pem")
    assert "certificate" in await refusal(url, ca_file=authority)
    async with serving(at(url, ca_file=authority, check_hostname=False).driver()) as (driver,):
        assert await driver.call("PING") == b"PONG"


def test_a_missing_certificate_is_named():
    """Its setting, at once."""
    with pytest.raises(ConfigurationError, match="ECHOES_REDIS_CA_FILE"):
        endpoint_of("rediss://h", RedisSettings(ca_file="/nowhere.pem"))


@pytest.mark.parametrize(
    ("name", "advice"), [("own", "ECHOES_REDIS_CA_FILE"), ("expired", "renew"), ("elsewhere", "ECHOES_REDIS_CHECK_HOSTNAME=false")]
)
async def test_the_error_of_an_untrusted_certificate_names_the_setting(tls_server, certificates, name, advice):
    """By the reason of the refusal."""
    server = tls_server(name)
    said = await refusal(f"rediss://127.0.0.1:{server.tls_port}", ca_file=str(certificates / "ca.pem"))
    assert advice in said
    assert "certificate" in said


async def test_tls_on_one_side_only_says_how_the_url_begins(tls_server):
    """Plain Redis behind `rediss://`, and Redis with TLS behind `redis://`."""
    server = tls_server()
    assert "with rediss://" in await refusal(f"redis://127.0.0.1:{server.tls_port}")
    assert "with redis://" in await refusal(f"rediss://127.0.0.1:{server.port}")


# Commands that a Redis refuses


@contextlib.contextmanager
def answering(reply):
    """Something on a port that answers everything with the same words."""

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(0.5)  # the client's end closes when its event loop runs again
                if reply:
                    connection.recv(4096)
                    connection.sendall(reply)
                    connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"redis://:geheim@127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (b"-ERR max number of clients reached\r\n", "maxclients"),
        (b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set\r\n", "requirepass"),
        (b"-ERR unknown command 'AUTH', with args beginning with: 'geheim' \r\n", "rename-command"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "ECHOES_REDIS_BOOT_TIMEOUT"),
        (b"-ERR AUTH <password> called without any password configured for the default user.\r\n", "user and password"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "master"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "host and port"),
        (b"", "host and port|closed by Redis|reset"),
    ],
)  # fmt: skip
async def test_a_refusal_by_redis_becomes_one_sentence_with_advice(reply, advice):
    """None contains the password, even where Redis repeats it."""
    with answering(reply) as url:
        said = await refusal(url)
    assert re.search(advice, said), said
    assert "geheim" not in said
    assert "\n" not in said


async def test_a_node_of_a_cluster_is_refused_by_name():
    """`redis://` reaches it, and most keys would be elsewhere."""
    with RedisServer("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as server:
        assert "Redis Cluster" in await refusal(server.url)


async def test_the_error_names_disabled_scripts():
    with RedisServer("--rename-command", "EVAL", "") as server:
        said = await refusal(server.url)
        assert "EVAL" in said.upper()
        assert "rename-command" in said


# Rights


def documented():
    """The rule of `docs/redis.md`."""
    line = next(line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("ACL SETUSER echoes "))
    return line.split()[3:]


def as_user(server, *rules):
    server.cli("ACL", "SETUSER", "echoes", "reset", "on", ">geheim", *rules)
    return server.url.replace("//", "//echoes:geheim@")


def test_the_documented_rights_are_those_that_the_scripts_need():
    """The list is generated from them; a new command in a script needs its entry there."""
    assert documented() == ["on", ">PASSWORD", *rule("echoes:", commands()).split()]


async def test_exactly_the_documented_rights_are_enough(redis_server):
    """For the start, a publish, and the probe of delivery of the whole backend."""
    url = as_user(redis_server, *documented()[2:])
    backends = load(Selection.all("redis", extensions=False), environ={"ECHOES_REDIS_URL": url}, clock=SystemClock())
    async with backends.lifespan():
        facilities = backends.facilities
        await facilities.broadcast.publish("a", b"x")
        async with asyncio.timeout(10):
            while not all(one.ok for one in backends.health()):
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (("-time",), "the command TIME;"),
        (("-time", "-xadd", "-script"), "the command SCRIPT LOAD, the command TIME, the command XADD;"),
        (("resetchannels",), "the channels echoes:*;"),
        (("resetkeys", "~other:*"), "the keys echoes:*;"),
        (("-eval",), "'eval'"),
        (("-@all",), "+time"),
    ],
)
async def test_rights_that_are_missing_are_named_all_at_once(redis_server, rules, named):
    """With the command that gives them; and it does."""
    url = as_user(redis_server, *documented()[2:], *rules)
    said = await refusal(url)
    assert named in said
    given = re.search(r"ACL SETUSER echoes ([^;]+)", said)[1].split()
    redis_server.cli("ACL", "SETUSER", "echoes", *given)
    async with serving(at(url).driver()) as (driver,):
        assert await driver.call("PING") == b"PONG"


# The plugin


async def test_the_plugin_brings_all_five(redis_server):
    """Found by its entry point, connected by its lifespan, well while Redis is; any number of workers."""
    backends = load(
        Selection.all("redis", extensions=False),
        environ={"ECHOES_REDIS_URL": redis_server.url, "ECHOES_REDIS_CACHE_URL": redis_server.url},
        clock=SystemClock(),
    )
    assert backends.max_workers > 1000
    assert [one.ok for one in backends.health()] == [False]
    async with backends.lifespan():
        (health,) = backends.health()
        assert (health.ok, health.detail, health.facts["run_id"]) == (True, "", redis_server.info("run_id"))
        assert health.facts["address"] == f"127.0.0.1:{redis_server.port}"
        await backends.facilities.broadcast.publish("a", b"x")
    assert [one.ok for one in backends.health()] == [False]


async def test_without_its_broadcast_there_is_no_subscriber():
    """One facility may come from elsewhere."""
    with RedisServer() as server:
        selection = Selection("redis", "redis", "redis", "memory", "redis", extensions=False)
        backends = load(selection, environ={"ECHOES_REDIS_URL": server.url}, clock=SystemClock())
        async with backends.lifespan():
            assert len(server.cli("CLIENT", "LIST", "TYPE", "pubsub")) == 0
            assert all(one.ok for one in backends.health())
