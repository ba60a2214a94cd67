"""The operator's settings `ECHOES_REDIS_*`, and the older names `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_PASSWORD`."""

from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

from echoes.environment import refuse_near_misses
from echoes.settings import with_password
from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

LONGEST = 366 * 86_400.0
"""Seconds for which anything may be set to be kept: scripts get them in milliseconds, as whole numbers."""

OLDER_NAMES = ("REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD")
OTHERS = ("REDIS_ENABLED", "REDIS_PASSWORD_FILE")
"""Names that the core reads."""


class RedisSettings(BaseSettings):
    """The address of Redis, its timeouts, and the bounds of what is kept. Read once at boot; frozen. Durations are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="ECHOES_REDIS_", frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )

    # fmt: off
    url: str = Field(default="redis://127.0.0.1:6379/0", description="URL of Redis: redis://, rediss://, redis+sentinel://, rediss+sentinel:// or unix://. It wins over REDIS_HOST, REDIS_PORT, REDIS_DB.")
    password: str = Field(default="", description="Password for ECHOES_REDIS_URL and ECHOES_REDIS_CACHE_URL, used when a URL has none. The server percent-encodes it.")
    cache_url: str = Field(default="", description="URL of a second Redis for the cache alone, which may evict keys; empty uses ECHOES_REDIS_URL.")
    prefix: str = Field(default="echoes:", description="Prefix of every key and channel.")
    ca_file: str = Field(default="", description="File of CA certificates for rediss://; empty uses those of the system.")
    cert_file: str = Field(default="", description="File of the client certificate, when Redis asks for one.")
    key_file: str = Field(default="", description="File of the private key of ECHOES_REDIS_CERT_FILE.")
    check_hostname: bool = Field(default=True, description="false accepts a certificate of Redis for another host name.")
    sentinel_username: str = Field(default="", description="User name for the Sentinels.")
    sentinel_password: str = Field(default="", description="Password for the Sentinels.")
    boot_timeout: float = Field(default=5.0, gt=0, description="Seconds to wait for Redis at the start. After that the start fails.")
    connect_timeout: float = Field(default=2.0, gt=0, description="Seconds for one attempt to connect to Redis. After that the attempt fails.")
    io_timeout: float = Field(default=3.0, gt=0, description="Seconds to wait for a reply of Redis. After that the connection is cut.")
    wait: float = Field(default=0.5, ge=0, description="Seconds that a call waits while the connection to Redis is re-established. After that the call fails.")
    max_pending: int = Field(default=10_000, ge=1, description="Maximum calls under way on one connection. Further calls fail at once.")
    history_messages: int = Field(default=256, ge=1, description="Maximum messages in the history of a channel, except of channels player:*.")
    history_messages_player: int = Field(default=32, ge=1, description="Maximum messages in the history of a channel player:*.")
    history_seconds: float = Field(default=300.0, gt=0, le=LONGEST, description="Seconds that a message stays in the history of its channel.")
    key_seconds: float = Field(default=300.0, gt=0, le=LONGEST, description="Seconds in which a second publish with the same key has no effect.")
    tombstone_seconds: float = Field(default=600.0, gt=0, le=LONGEST, description="Seconds that an invalidated value or a removed entry is remembered, so that an older write cannot bring it back.")
    probe_interval: float = Field(default=1.0, gt=0, description="Seconds between two probes of delivery. A subscriber connection that stays silent for two more intervals is cut.")
    check_interval: float = Field(default=10.0, gt=0, description="Seconds between two checks that compare every subscribed channel with Redis, to find messages that pub/sub lost.")
    journal_seconds: float = Field(default=30.0, ge=0, le=LONGEST, description="Seconds that a worker remembers its own messages, to publish them again if Redis loses them; 0 remembers none.")
    journal_messages: int = Field(default=1024, ge=0, description="Maximum messages of one channel that a worker publishes again after a loss in Redis.")
    journal_bytes: int = Field(default=16_777_216, ge=0, description="Maximum bytes of messages that a worker remembers to publish them again. Above it the oldest are forgotten.")
    # fmt: on

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read them from `environ` alone. Raises pydantic's `ValidationError`, which names the field."""
        prefix = cls.model_config.get("env_prefix", "")
        names = {f"{prefix}{field}".upper(): field for field in cls.model_fields}
        found = {field: environ[name] for name, field in names.items() if environ.get(name, "").strip()}
        refuse_near_misses((name for name in environ if name.startswith("REDIS_") and name not in OTHERS), OLDER_NAMES)
        if "url" not in found and any(environ.get(name) for name in OLDER_NAMES):
            found["url"] = _url_of(environ)
        if password := found.get("password"):
            found |= {name: with_password(found.get(name) or cls.model_fields[name].default, password) for name in ("url", "cache_url")}
        return cls.model_validate(found)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only the given values: the core reads the environment, once, for all plugins."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def _url_of(environ: Mapping[str, str]) -> str:
    """Return the URL that the four older names mean."""
    host, port, db, password = (environ.get(name, "") for name in OLDER_NAMES)
    host = f"[{host}]" if ":" in host else host
    secret = f":{quote(password, safe='')}@" if password else ""
    return f"redis://{secret}{host or '127.0.0.1'}:{port or '6379'}/{db or '0'}"
