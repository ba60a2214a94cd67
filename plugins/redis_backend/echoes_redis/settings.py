"""What an operator can set: `ECHOES_REDIS_*`, and the older names `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_PASSWORD`."""

from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

from echoes.environment import refuse_near_misses
from echoes.settings import with_password
from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

OLDER_NAMES = ("REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD")
OTHERS = ("REDIS_ENABLED", "REDIS_PASSWORD_FILE")
"""Names that the core reads."""


class RedisSettings(BaseSettings):
    """Where Redis is, how long it may take, and how much is remembered. Read once at boot; frozen. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="ECHOES_REDIS_", frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="`redis://`, `rediss://`, `redis+sentinel://`, `rediss+sentinel://` or `unix://`; `REDIS_HOST` and its like when it is not set.",
    )
    password: str = Field(default="", description="The password for these URLs where they have none.")
    cache_url: str = Field(default="", description="A second Redis for the cache alone, which may evict; empty is the first one.")
    prefix: str = Field(default="echoes:", description="What every key and channel begins with.")
    ca_file: str = Field(default="", description="Certificates to trust with `rediss://`; empty is the system's.")
    cert_file: str = Field(default="", description="Our own certificate, when Redis asks for one.")
    key_file: str = Field(default="", description="The key of that certificate.")
    check_hostname: bool = Field(default=True, description="`false` accepts a certificate for another name.")
    sentinel_username: str = Field(default="", description="The name for the Sentinels themselves.")
    sentinel_password: str = Field(default="", description="The password for the Sentinels themselves.")
    boot_timeout: float = Field(default=5.0, gt=0, description="How long the start waits for Redis; then it fails.")
    connect_timeout: float = Field(default=2.0, gt=0, description="The longest that one attempt to connect may take.")
    io_timeout: float = Field(default=3.0, gt=0, description="The longest wait for a reply; then the connection is cut.")
    wait: float = Field(default=0.5, ge=0, description="How long a call waits for a connection that is being made anew.")
    max_pending: int = Field(default=10_000, ge=1, description="Calls under way at most; more are refused at once.")
    history_messages: int = Field(default=256, ge=1, description="Messages that a channel keeps for recovery.")
    history_messages_player: int = Field(default=32, ge=1, description="The same for the channels `player:*`.")
    history_seconds: float = Field(default=300.0, gt=0, description="How long a message stays in history.")
    key_seconds: float = Field(default=300.0, gt=0, description="Within this, the same key publishes once.")
    tombstone_seconds: float = Field(default=600.0, gt=0, description="How long an invalidation or a removal is remembered.")
    probe_interval: float = Field(default=1.0, gt=0, description="Between two probes of delivery; a connection silent for two more is cut.")
    check_interval: float = Field(default=10.0, gt=0, description="Between two comparisons of all channels listened to with the store.")
    linger: float = Field(default=30.0, ge=0, description="How long a channel stays subscribed after its last listener.")
    journal_seconds: float = Field(
        default=30.0, ge=0, description="How long a worker remembers what it published, should Redis lose it; 0 remembers nothing."
    )
    journal_messages: int = Field(default=1024, ge=0, description="How many messages of one channel at most.")
    journal_bytes: int = Field(default=16_777_216, ge=0, description="How many bytes of all channels at most.")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Take them from `environ` alone. Raises pydantic's `ValidationError`, which names the field."""
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
        """Only what is handed in: the core reads the environment, once, for everybody."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def _url_of(environ: Mapping[str, str]) -> str:
    """The URL that the four older names mean."""
    host, port, db, password = (environ.get(name, "") for name in OLDER_NAMES)
    host = f"[{host}]" if ":" in host else host
    secret = f":{quote(password, safe='')}@" if password else ""
    return f"redis://{secret}{host or '127.0.0.1'}:{port or '6379'}/{db or '0'}"
