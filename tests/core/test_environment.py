"""Where settings come from: variables that were not set on purpose, `.env`, and URLs that mean something else than they seem to."""

from pathlib import Path

import pytest
from echoes import environment, settings
from echoes.cli.example import example
from echoes.errors import ConfigurationError
from echoes.prepare import select_backends
from echoes.urls import check_postgresql, checked, for_driver
from echoes_memory.settings import MemorySettings
from echoes_redis.endpoint import endpoint_of
from echoes_redis.settings import RedisSettings


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in list(settings.os.environ):
        if name.startswith(("ECHOES_", "REDIS_")) or name == "WORKERS":
            monkeypatch.delenv(name)


def dotenv(content):
    Path(".env").write_bytes(content if isinstance(content, bytes) else content.encode())


# ── variables that nobody set on purpose ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_every_empty_variable_counts_as_unset(value):
    """Compose passes them: each setting of the core and of the backends keeps its default, and `.env` counts."""
    names = [name for field in settings.Settings.model_fields for name in settings.variables_of(field)]
    names += [f"{name}_FILE" for name in names]
    assert settings.read(dict.fromkeys(names, value)) == settings.Settings()
    for kind in (RedisSettings, MemorySettings):
        assert kind.read(dict.fromkeys([f"{kind.model_config['env_prefix']}{name}".upper() for name in kind.model_fields], value)) == kind()
    dotenv("ECHOES_PORT=81\n")
    assert settings.read({"ECHOES_PORT": value}).port == 81


def test_the_example_with_every_line_uncommented_starts():
    """Every setting with its default is what there is without them."""
    lines = [line.removeprefix("# ") for line in example().splitlines() if line.startswith("# ") and "=" in line.split(" ")[1]]
    assert len(lines) > 40
    dotenv("\n".join(lines))
    assert settings.read({}) == settings.Settings()


INJECTED = {
    "ECHOES_PORT": "tcp://10.43.12.7:8000",
    "ECHOES_SERVICE_HOST": "10.43.12.7",
    "ECHOES_SERVICE_PORT": "8000",
    "ECHOES_SERVICE_PORT_HTTP": "8000",
    "ECHOES_PORT_8000_TCP": "tcp://10.43.12.7:8000",
    "ECHOES_PORT_8000_TCP_PROTO": "tcp",
    "ECHOES_PORT_8000_TCP_PORT": "8000",
    "ECHOES_PORT_8000_TCP_ADDR": "10.43.12.7",
    "ECHOES_REDIS_PORT": "tcp://10.43.12.8:6379",
    "ECHOES_REDIS_SERVICE_HOST": "10.43.12.8",
    "REDIS_PORT": "tcp://10.43.12.8:6379",
    "REDIS_SERVICE_PORT": "6379",
    "REDIS_PORT_6379_TCP": "tcp://10.43.12.8:6379",
}


def test_variables_that_kubernetes_injects_are_ignored_and_logged(monkeypatch):
    """A Service called `echoes`, `redis` or `echoes-redis` must not be a setting."""
    assert settings.read(INJECTED) == settings.Settings()
    assert environment.injected(INJECTED) == sorted(INJECTED)
    assert RedisSettings.read(settings.environment(INJECTED)).url == "redis://127.0.0.1:6379/0"
    assert settings.read({**INJECTED, "ECHOES_PORT": "81"}).port == 81
    for name, value in {**INJECTED, "ECHOES_BACKEND": "redis", "REDIS_HOST": "redis"}.items():
        monkeypatch.setenv(name, value)
    select_backends(settings.read())
    assert RedisSettings.read(settings.environment()).url == "redis://redis:6379/0"


def test_the_first_of_two_names_wins_and_lower_case_counts():
    assert settings.read({"WORKERS": "3", "ECHOES_WORKERS": "2"}).workers == 2
    assert settings.read({"ECHOES_WORKERS": "2", "WORKERS": "3"}).workers == 2
    assert settings.read({"echoes_workers": "4"}).workers == 4


@pytest.mark.parametrize("value", ['"0.0.0.0"', "'0.0.0.0'", "“0.0.0.0”"])
def test_quotation_marks_in_a_value_are_refused(value):
    """`docker --env-file` keeps them."""
    with pytest.raises(ConfigurationError, match="ECHOES_HOST has quotation marks"):
        settings.read({"ECHOES_HOST": value})


# ── .env ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [
        "ECHOES_PORT=81\n",
        b"\xef\xbb\xbfECHOES_PORT=81\n",
        "ECHOES_PORT=81\r\n",
        "export ECHOES_PORT=81",
        "ECHOES_PORT='81'\n",
        'ECHOES_PORT = "81" # the port\n',
        "# Gärten\n\nOTHER=ü\nECHOES_PORT=81",
    ],
)
def test_dot_env_as_editors_write_it(content):
    """With a byte order mark, with Windows' line ends, quoted, exported."""
    dotenv(content)
    assert settings.read({}).port == 81


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ECHOES_PORT=81\n".encode("utf-16"), "UTF-8"),
        ("ECHOES_PORT=81\n".encode("utf-16-le"), "UTF-8"),
        ("A=b\n# Gärten\nECHOES_PORT=81\n".encode("latin-1"), r"line 2.*UTF-8"),
        ("A=b\nECHOES_HOST='127.0.0.1\n", "line 2"),
        ("\n\nECHOES_PORT: 81\n", "line 3"),
        ("ECHOES_PORT\n", "line 1"),
        ("ECHOES_BACKEN=redis\n", "did you mean ECHOES_BACKEND"),
        ("ECHOES_PORT=http\n", "ECHOES_PORT"),
        ("ECHOES_HOST=“0.0.0.0”\n", "quotation marks"),
    ],
)
def test_dot_env_is_checked_as_strictly_as_the_environment(content, said):
    dotenv(content)
    with pytest.raises(ConfigurationError, match=said):
        settings.read({})


def test_a_folder_in_the_place_of_dot_env_is_named(tmp_path):
    """Docker makes one for a file that was not there."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigurationError, match=r"\.env in the working folder cannot be read .*directory"):
        settings.read({})


def test_backends_read_dot_env_and_refuse_a_misspelt_name_in_it(monkeypatch):
    """Else the default counts, which is some other Redis."""
    dotenv("ECHOES_BACKEND=redis\nECHOES_REDIS_URL=redis://ours:6379/3\n")
    assert RedisSettings.read(settings.environment()).url == "redis://ours:6379/3"
    select_backends(settings.read())
    for wrong in ("ECHOES_REDIS_ULR=redis://ours", "ECHOES_REDSI_URL=redis://ours", "ECHOES_REDIS_PASSWROD_FILE=x"):
        dotenv(f"ECHOES_BACKEND=redis\n{wrong}\n")
        with pytest.raises(ConfigurationError, match=r"did you mean ECHOES_REDIS_"):
            select_backends(settings.read())
    dotenv("ECHOES_BACKEND=redis\nREDIS_HSOT=ours\n")
    with pytest.raises(ConfigurationError, match="did you mean REDIS_HOST"):
        select_backends(settings.read())
    dotenv("ECHOES_BACKEND=redis\n")
    monkeypatch.setenv("ECHOES_REDIS_IO_TIMEOUT", "geheim")
    with pytest.raises(ConfigurationError, match="ECHOES_REDIS_IO_TIMEOUT: ") as caught:
        select_backends(settings.read())
    assert "geheim" not in str(caught.value)


# ── URLs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

SECRETS = ("Zebra7#qx", "Zebra7/qx", "Zebra7?qx", "Zebra7@qx", "Zebra7%qx", "Zebra7 qx", "#Zebra7qx", "4711/qx", "4711#qx", "4711?qx", "a?b=1@c", "Zebra7qx\n")  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "url", ["postgresql://echoes:{}@db:5432/echoes", "postgresql://:{}@db/echoes", "redis://:{}@redis", "rediss://me:{}@redis:6379/0"]
)
def test_a_password_that_is_not_percent_encoded_is_refused_and_never_shown(url, secret):
    """Each would be read as another host, another path or another password."""
    whole = url.format(secret)
    with pytest.raises(ConfigurationError, match=r"percent-encode|%20") as caught:
        if whole.startswith("postgresql"):
            settings.read({"ECHOES_DATABASE_URL": whole})
        else:
            endpoint_of(whole, RedisSettings())
    for piece in ("Zebra7", "qx", "4711"):
        assert piece not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    "url", ["postgresql://:geheim@/echoes", "postgresql:///echoes", "postgresql://echoes:geheim@:5432/echoes", "postgresql://a,,b/echoes"]
)
def test_a_database_without_a_host_is_refused(url):
    with pytest.raises(ConfigurationError, match="names no host") as caught:
        settings.read({"ECHOES_DATABASE_URL": url})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["redis://:geheim@", "redis://:geheim@/0", "redis://:6379", "redis+sentinel://a:1,:2/main", "unix://run/redis.sock", "unix://"]
)
def test_a_redis_without_a_host_is_refused(url):
    with pytest.raises(ConfigurationError, match=r"names no (host|socket)") as caught:
        endpoint_of(url, RedisSettings())
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["geheim", "geheim:7@db", "postgresql+asyncpg://u:geheim@db/e", "jdbc:postgresql://db/geheim", "http://geheim"]
)
def test_a_url_with_an_unknown_scheme_is_refused_and_not_shown(url):
    for read in (lambda: endpoint_of(url, RedisSettings()), lambda: settings.read({"ECHOES_DATABASE_URL": url})):
        with pytest.raises(ConfigurationError, match="does not begin with") as caught:
            read()
        assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://echoes:p%40%23%2F@db:5432/echoes?sslmode=require",
        "postgres://a:1,b:2,[::1]:3/echoes",
        "postgresql://echoes@/echoes?host=%2Ftmp%2Fx&port=5432",
        "postgresql:///echoes?host=/run/postgresql",
        "postgresql://u:pa:ss@db/e?application_name=x",
    ],
)
def test_urls_of_postgresql_that_are_well(url):
    check_postgresql(url)


def test_parameters_that_only_libpq_knows():
    """Those of comfort are left out, those of safety are refused: the driver cannot keep them."""
    url = "postgresql://u@db/e?sslmode=require&channel_binding=prefer&connect_timeout=3&keepalives=1&search_path=game"
    check_postgresql(url)
    assert for_driver(url) == "postgresql://u@db/e?sslmode=require&search_path=game"
    for wrong in ("channel_binding=require", "gssencmode=require", "require_auth=scram-sha-256", "requirepeer=postgres"):
        with pytest.raises(ConfigurationError, match=wrong.partition("=")[0]):
            check_postgresql(f"postgresql://u@db/e?{wrong}")


def test_a_parameter_of_redis_that_nothing_reads_is_refused():
    """`ssl_cert_reqs=none` and its like belong to other clients."""
    with pytest.raises(ConfigurationError, match="ECHOES_REDIS_CHECK_HOSTNAME"):
        endpoint_of("rediss://h?ssl_cert_reqs=none", RedisSettings())


@pytest.mark.parametrize("port", ["99999", "x", "-1", ""])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(ConfigurationError, match="port"):
        checked(f"redis://h:{port}", "ECHOES_REDIS_URL", ("redis",))
