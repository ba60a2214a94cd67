"""Ways to a Redis: URLs, passwords, sockets, TLS, Sentinels; and what an operator reads when one is wrong."""

import contextlib
import os
import subprocess

import pytest
from echoes.clock import SystemClock
from echoes.errors import ConfigurationError
from echoes.plugins import Selection, load
from echoes_redis.endpoint import Direct, Sentinels, endpoint_of
from echoes_redis.settings import RedisSettings
from ports import silent_port
from pydantic import ValidationError
from redis_server import RedisServer, SentinelGroup, free_port
from redis_workers import at, broadcasting, serving

PLAIN = RedisSettings()


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
    """What an operator reads."""
    with pytest.raises(ConfigurationError) as caught:
        async with serving(at(url, boot_timeout=0.3, io_timeout=0.3, **settings).driver()):
            pass
    assert "ECHOES_BACKEND=memory" in str(caught.value)
    return str(caught.value)


async def test_a_start_without_redis_fails_with_advice():
    """Nobody listens there: the address, the setting, and how to play on without."""
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
    """A replica cannot be written to; whatever else answers is no Redis."""
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
    """A certification authority that lives for a minute, and what it signed for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test",
            "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    for name, subject in (("server", "IP:127.0.0.1"), ("client", "DNS:client"), ("elsewhere", "DNS:elsewhere.example")):
        (folder / f"{name}.ext").write_text(f"subjectAltName={subject}\n", encoding="ascii")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                "-days", "2", "-extfile", f"{name}.ext")  # fmt: skip
    return folder


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
