"""Settings: what an operator may set, and what a mistake is answered with."""

import pytest
from echoes import settings
from echoes.errors import ConfigurationError


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


def test_a_forgotten_workers_variable_is_read(monkeypatch):
    """WORKERS is what runbooks say."""
    monkeypatch.setenv("WORKERS", "4")
    assert settings.read().workers == 4


@pytest.mark.parametrize(("value", "percent"), [("on", 100), ("off", 0), ("25", 25)])
def test_the_cache_may_be_rolled_out_gradually(monkeypatch, value, percent):
    """On, off, or a percentage."""
    monkeypatch.setenv("ECHOES_CACHE", value)
    assert settings.read().cache == percent


def test_all_mistakes_are_told_at_once(monkeypatch):
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
