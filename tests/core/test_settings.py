"""Settings: what an operator may set, and what a mistake is answered with."""

from urllib.parse import quote

import pytest
from echoes import settings
from echoes.errors import ConfigurationError
from echoes.settings import Settings
from echoes_memory.settings import MemorySettings
from echoes_redis.settings import RedisSettings
from pydantic import ValidationError


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in list(settings.os.environ):
        if name.startswith(("ECHOES_", "REDIS_")) or name == "WORKERS":
            monkeypatch.delenv(name)


def test_the_defaults_are_a_memory_server_on_this_machine():
    """Nothing needs to be set."""
    read = settings.read()
    assert (read.backend, read.workers, read.cache, read.host) == ("memory", 1, 100, "127.0.0.1")
    assert {read.backend_of(facility) for facility in settings.FACILITIES} == {"memory"}


def test_one_variable_chooses_the_backend(monkeypatch):
    """And one more a single facility; REDIS_ENABLED=false overrides both."""
    monkeypatch.setenv("ECHOES_BACKEND", "redis")
    monkeypatch.setenv("ECHOES_BROADCAST_BACKEND", "nats")
    read = settings.read()
    assert (read.backend_of("session"), read.backend_of("broadcast")) == ("redis", "nats")
    monkeypatch.setenv("REDIS_ENABLED", "false")
    assert {settings.read().backend_of(facility) for facility in settings.FACILITIES} == {"memory"}


def test_a_folder_may_begin_with_the_home_folder(monkeypatch, tmp_path):
    """A file of settings is read by no shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ECHOES_DATA_DIR", "~/data")
    monkeypatch.setenv("ECHOES_GAMEDATA", "~/game")
    read = settings.read()
    assert (read.data_dir, read.gamedata) == (tmp_path / "data", tmp_path / "game")


def test_a_forgotten_workers_variable_is_read(monkeypatch):
    """WORKERS is what runbooks say."""
    monkeypatch.setenv("WORKERS", "4")
    assert settings.read().workers == 4


@pytest.mark.parametrize(("value", "percent"), [("on", 100), ("off", 0), ("25", 25)])
def test_the_cache_may_be_rolled_out_gradually(monkeypatch, value, percent):
    """On, off, or a percentage."""
    monkeypatch.setenv("ECHOES_CACHE", value)
    assert settings.read().cache == percent


def test_all_errors_of_the_settings_are_in_one_message(monkeypatch):
    """Each on a line that begins with the variable's name."""
    monkeypatch.setenv("ECHOES_PORT", "http")
    monkeypatch.setenv("ECHOES_CACHE", "150")
    with pytest.raises(ConfigurationError) as caught:
        settings.read()
    assert {line.partition(":")[0] for line in str(caught.value).splitlines()} == {"ECHOES_PORT", "ECHOES_CACHE"}


def test_a_near_miss_is_an_error(monkeypatch):
    """A misspelt setting must not be silently ignored."""
    monkeypatch.setenv("ECHOES_BACKEN", "redis")
    with pytest.raises(ConfigurationError, match="did you mean ECHOES_BACKEND"):
        settings.read()


def test_an_unknown_setting_is_only_a_warning():
    """A rollback to an older release must not trip over a newer setting; a plugin's settings are its own."""
    assert settings.unknown({"ECHOES_MOON_PHASE": "full", "ECHOES_REDIS_URL": "x"}, ("ECHOES_REDIS_",)) == ["ECHOES_MOON_PHASE"]


def test_production_refuses_a_weak_secret(monkeypatch):
    """Tokens signed with it could be forged."""
    monkeypatch.setenv("ECHOES_ENV", "production")
    monkeypatch.setenv("ECHOES_SECRET", "hunter2")
    with pytest.raises(ConfigurationError, match="at least 32 characters"):
        settings.read()


def test_a_generated_secret_stays(tmp_path):
    """Tokens survive a restart in development; the file is its owner's alone."""
    read = settings.read(None, data_dir=tmp_path / "data")
    assert settings.secret_of(read) == settings.secret_of(read)
    assert len(settings.secret_of(read)) >= settings.WEAK_SECRET_LENGTH
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0


# ── secrets in files ─────────────────────────────────────────────────────────────────────────────────────────────────

STRONG = "a8f3e2d1c4b5968778695a4b3c2d1e0f-and-more"


@pytest.fixture
def in_a_file(monkeypatch, tmp_path):
    """Puts a secret into a file and its path into a variable."""

    def put(variable, content):
        path = tmp_path / variable.lower()
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setenv(variable, str(path))
        return path

    return put


@pytest.mark.parametrize("field", settings.SECRETS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_every_secret_may_be_kept_in_a_file(in_a_file, field, end):
    """Its last line break is not a part of it; spaces are."""
    if field == "database_password":
        in_a_file("ECHOES_DATABASE_URL_FILE", "postgresql://echoes@db/echoes")
    secret = "postgresql://db/echoes" if field == "database_url" else f"{STRONG} "
    in_a_file(f"{settings.variable_of(field)}_FILE", f"{secret}{end}")
    if field == "database_password":
        assert settings.read().database_url == f"postgresql://echoes:{quote(secret)}@db/echoes"
    assert getattr(settings.read(), field) == secret


@pytest.mark.parametrize("variable", ["ECHOES_REDIS_URL", "ECHOES_REDIS_CACHE_URL", "ECHOES_REDIS_SENTINEL_PASSWORD", "ECHOES_REDIS_PASSWORD", "ECHOES_YOURS_SECRET", "REDIS_PASSWORD"])  # fmt: skip
def test_a_backends_secrets_may_be_kept_in_files_as_well(in_a_file, variable):
    """A backend finds them where it would find them without a file."""
    in_a_file(f"{variable}_FILE", STRONG)
    assert settings.read_files(settings.os.environ) == {variable: STRONG}


def test_files_that_are_no_secrets_are_none_of_it(in_a_file):
    """Certificates are read by TLS; and an empty variable names no file."""
    for variable in ("ECHOES_REDIS_CA_FILE", "ECHOES_REDIS_CERT_FILE", "ECHOES_REDIS_KEY_FILE"):
        in_a_file(variable, STRONG)
    assert settings.read_files({**settings.os.environ, "ECHOES_SECRET_FILE": ""}) == {}


def test_a_file_may_be_named_in_dot_env(tmp_path):
    (tmp_path / "secret").write_text(STRONG)
    (tmp_path / ".env").write_text(f"ECHOES_SECRET_FILE={tmp_path / 'secret'}\n")
    assert settings.read().secret == STRONG


@pytest.mark.parametrize(
    ("content", "said"), [("", "holds no secret"), ("\n", "holds no secret"), ("one\ntwo\n", "one line"), (b"\xff\xfe", "UTF-8"), ("x" * 70_000, "one line")]
)  # fmt: skip
def test_a_file_without_a_secret_is_refused(in_a_file, content, said):
    """The message names the variable and the path, and never the content."""
    path = in_a_file("ECHOES_SECRET_FILE", content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        settings.read()
    assert str(caught.value).startswith(f"ECHOES_SECRET_FILE: {path} ")


@pytest.mark.parametrize(("path", "said"), [("nowhere", "No such file"), (".", "directory"), ("a\0b", "null byte")])
def test_a_file_that_cannot_be_read_is_named(path, said):
    with pytest.raises(ConfigurationError, match=f"ECHOES_SECRET_FILE: .*{said}"):
        settings.read({"ECHOES_SECRET_FILE": path})


def test_a_secret_in_a_file_and_in_the_environment_is_ambiguous(in_a_file, monkeypatch):
    in_a_file("ECHOES_SECRET_FILE", STRONG)
    monkeypatch.setenv("ECHOES_SECRET", STRONG)
    with pytest.raises(ConfigurationError, match="ECHOES_SECRET_FILE and ECHOES_SECRET are both set"):
        settings.read()


def test_a_misspelt_name_of_a_file_is_an_error(monkeypatch):
    monkeypatch.setenv("ECHOES_SECRT_FILE", "/run/secrets/echoes")
    with pytest.raises(ConfigurationError, match="did you mean ECHOES_SECRET_FILE"):
        settings.read()


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("postgresql://echoes@db:5432/echoes?a=b@c", "postgresql://echoes:p%23w%2F%40@db:5432/echoes?a=b@c"),
        ("postgresql://db/echoes", "postgresql://:p%23w%2F%40@db/echoes"),
        ("redis+sentinel://one:26379,two:26379/main", "redis+sentinel://:p%23w%2F%40@one:26379,two:26379/main"),
        ("postgresql://echoes:its-own@db/echoes", "postgresql://echoes:its-own@db/echoes"),
        ("", ""),
    ],
)
def test_a_password_goes_into_a_url_that_has_none(url, whole):
    assert settings.with_password(url, "p#w/@") == whole


def test_a_database_password_without_a_url_is_a_mistake(monkeypatch):
    monkeypatch.setenv("ECHOES_DATABASE_PASSWORD", STRONG)
    with pytest.raises(ConfigurationError, match="is set without ECHOES_DATABASE_URL"):
        settings.read()


@pytest.mark.parametrize("variable", ["ECHOES_DATABASE_PASSWORD", "ECHOES_SECRET_PREVIOUS"])
def test_production_refuses_these_as_well_when_they_can_be_guessed(monkeypatch, variable):
    known = {
        "ECHOES_ENV": "production",
        "ECHOES_SECRET": STRONG,
        "ECHOES_DATABASE_URL": "postgresql://echoes@db/echoes",
        variable: "postgres",
    }
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"password|ECHOES_SECRET_PREVIOUS"):
        settings.read()


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "1e999"])
@pytest.mark.parametrize("kind", [Settings, MemorySettings, RedisSettings])
def test_a_number_without_an_end_is_refused(kind, value):
    """Of every setting that may have a fraction: as a number of milliseconds, infinity is an error at each call."""
    fractions = [name for name, field in kind.model_fields.items() if field.annotation is float]
    assert fractions
    for name in fractions:
        with pytest.raises(ValidationError):
            kind(**{name: value})


@pytest.mark.parametrize("field", ["history_seconds", "key_seconds", "tombstone_seconds", "journal_seconds"])
def test_seconds_that_redis_cannot_count_are_refused(field):
    """A year is enough."""
    assert RedisSettings(**{field: 366 * 86_400})
    with pytest.raises(ValidationError):
        RedisSettings(**{field: "1e300"})
