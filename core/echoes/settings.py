"""Settings: read once from the environment and `.env`, frozen, passed down. The only reader of the environment."""

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from echoes import urls
from echoes.environment import given, refuse_near_misses
from echoes.errors import ConfigurationError

FACILITIES = ("session", "registry", "cache", "broadcast", "lock")
WEAK_SECRET_LENGTH = 32
WEAK_SECRET_LETTERS = 10
"""A secret of fewer different characters than this is no random one."""
DEFAULT_PASSWORDS = {"postgres", "password", "secret", "changeme", "change-me", "echoes", "admin", "root", "test"}
SECRETS = ("secret", "secret_previous", "database_url", "database_password", "ops_token")
"""Settings that are not shown, and may be kept in a file."""
IN_A_FILE = re.compile(r"(?:ECHOES|REDIS)_(?:\w*_)?(?:URL|PASSWORD|SECRET|SECRET_PREVIOUS|TOKEN)_FILE")
"""Variables that name a file with a secret, the core's and any backend's."""
LARGEST_SECRET = 65_536
SLOT = "ECHOES_WORKER_SLOT"
"""No setting: in which of its places the supervisor has started this worker, from 0."""


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """Everything an operator can turn. Durations are seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True, allow_inf_nan=False)

    # fmt: off
    env: Literal["development", "production"] = Field("development", description="development or production. In production the server refuses weak secrets and default database passwords, and logs JSON.")
    backend: str = Field("memory", description="Backend that provides the five facilities: memory, redis, or another entry point of the group echoes.backends.")
    session_backend: str = Field("", description="Backend of the session store alone; empty uses ECHOES_BACKEND.")
    registry_backend: str = Field("", description="Backend of the registry alone; empty uses ECHOES_BACKEND.")
    cache_backend: str = Field("", description="Backend of the cache alone; empty uses ECHOES_BACKEND.")
    broadcast_backend: str = Field("", description="Backend of broadcast alone; empty uses ECHOES_BACKEND.")
    lock_backend: str = Field("", description="Backend of the lock manager alone; empty uses ECHOES_BACKEND.")
    redis_enabled: bool = Field(True, validation_alias=_named("REDIS_ENABLED"), description="false selects the memory backend for all five facilities, and overrides all other settings of backends.")
    cache: Annotated[int, NoDecode] = Field(100, ge=0, le=100, description="Percentage of characters whose reads go through the cache; also on or off. All other reads go to PostgreSQL.")

    database_url: str = Field("", description="URL of PostgreSQL (postgresql://…); empty starts a private PostgreSQL in ECHOES_DATA_DIR.")
    database_password: str = Field("", description="Password for ECHOES_DATABASE_URL, used when the URL has none. The server percent-encodes it.")
    database_pool: int = Field(10, ge=2, le=200, description="Maximum PostgreSQL connections of one worker. One more connection holds the world lock.")
    database_timeout: float = Field(5.0, gt=0, le=60, description="Seconds to wait for one SQL statement. After that the player gets the error unavailable.")
    slow_query_seconds: float = Field(0.1, gt=0, description="Seconds after which a query counts as slow: it is counted and logged as database.query_slow.")
    durable_moves: bool = Field(False, description="true makes moves wait for the disk, too. With false a crash of PostgreSQL may lose the last moments of walking.")
    data_dir: Path = Field(Path(".echoes"), description="Folder for the server's own files: private PostgreSQL, generated secret, sockets.")
    gamedata: Path | None = Field(None, description="Folder with the game data; empty uses the game data that ships with the server.")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port to listen on; 0 takes a free port and prints it.")
    base_path: str = Field("", description="URL path below which a proxy serves the game, such as /game; empty is the root.")
    workers: int = Field(1, ge=1, le=256, validation_alias=_named("ECHOES_WORKERS", "WORKERS"), description="Number of worker processes. If the backend allows fewer, fewer start and the server logs workers.bounded.")
    worker_ttl: float = Field(10.0, ge=1, le=300, description="Seconds for which a heartbeat keeps a worker's lease. Heartbeats are sent every third of this; a worker counts as dead half of this after its lease has run out.")
    drain_seconds: float = Field(20.0, ge=1, le=600, description="Seconds that a stopping worker may take to disconnect its clients. After twice this plus 5 seconds the supervisor kills it.")
    worker_silence: float = Field(10.0, ge=0, le=600, description="Seconds without an answer from a worker's event loop before the supervisor kills and replaces the worker; 0 disables this.")
    facility_patience: float = Field(1.0, gt=0, le=30, description="Seconds to wait for one backend call. After three failures in a row the circuit breaker opens until the backend answers again.")
    secret: str = Field("", description="Secret that signs tokens: at least 32 characters in production. In development it is generated into ECHOES_DATA_DIR.")
    secret_previous: str = Field("", description="Second secret whose tokens are accepted, for the time in which ECHOES_SECRET is changed.")

    token_hours: float = Field(12.0, gt=0, le=24 * 30, description="Hours after which a token expires.")
    sign_in_days: float = Field(30.0, gt=0, le=366, description="Days for which a sign-in can be refreshed. After that the player must enter the password again.")
    login_tries: int = Field(5, ge=1, description="Wrong passwords for one account from one address before the next try must wait: 2 seconds, then twice as long each time.")
    login_longest_wait: float = Field(900.0, gt=0, le=86_400, description="Longest wait in seconds after wrong passwords. An hour without a try resets the wait.")
    address_attempts: int = Field(100, ge=1, description="Failed sign-ins and registrations of one address in a row before ECHOES_ADDRESS_ATTEMPTS_PER_MINUTE applies.")
    address_attempts_per_minute: float = Field(20.0, gt=0, description="Failed sign-ins and registrations per minute of one address that has used up ECHOES_ADDRESS_ATTEMPTS.")
    accounts_per_address: int = Field(100, ge=1, description="Accounts that one address may create per day. An IPv6 address counts as its /64 network.")
    characters_per_address: int = Field(200, ge=1, description="Characters that one address may create per day. An IPv6 address counts as its /64 network.")
    personal_kit: bool = Field(True, description="true forbids dropping or giving away the things that a new character starts with.")
    unplayed_days: float = Field(30.0, ge=0, le=3650, description="Days after which a character that was never played (with its things) and an account without characters are deleted; 0 keeps them.")
    ledger_days: float = Field(90.0, ge=0, le=36500, description="Days after which entries of the ledger are rolled up into daily sums, and rows of transfers are deleted; 0 keeps every entry.")
    audit_days: float = Field(400.0, ge=0, le=36500, description="Days after which entries of the audit log are deleted; 0 keeps them for ever.")
    trusted_proxies: str = Field("127.0.0.1,::1", description="Addresses and networks of proxies, separated by commas. X-Forwarded-For and X-Forwarded-Proto of all others are ignored.")
    allowed_origins: str = Field("", description="Other origins (https://play.example.org) whose pages may open the WebSocket, separated by commas. The server's own always may.")
    connections: int = Field(8000, ge=1, description="Maximum open connections of one worker. Further ones are answered with 503, except for health and metrics.")
    connections_per_address: int = Field(200, ge=1, description="Maximum open connections of one address (IPv6: /64 network) to one worker. Further ones are answered with 429.")
    request_timeout: float = Field(15.0, gt=0, description="Seconds for a request to arrive and for the client to read some of the answer. After that the connection is cut.")
    session_ttl: float = Field(1800.0, ge=60, description="Seconds without activity after which a session expires.")
    grace: float = Field(60.0, ge=0, le=3600, description="Seconds that the body of a disconnected player stays in the world.")
    hello_timeout: float = Field(10.0, gt=0, description="Seconds for a new connection to send hello. After that the server closes it with code 4001.")
    ping_interval: float = Field(20.0, gt=0, description="Seconds between two WebSocket pings to a client.")
    ping_timeout: float = Field(20.0, gt=0, description="Seconds to wait for a client's pong. After that the server ends the connection.")
    outbox_bytes: int = Field(1024 * 1024, ge=16_384, description="Unsent bytes of one client above which the server closes its connection with code 4008.")
    commands_per_second: float = Field(20.0, gt=0, description="Sustained commands per second of one account on one worker. Some commands count as several. More are answered with flood.")
    commands_burst: int = Field(60, ge=1, description="Burst allowance of commands of one account, before ECHOES_COMMANDS_PER_SECOND applies.")
    speech_bytes: int = Field(400, ge=1, description="Bytes of speech per allowed command: the rate and burst of speech are those of commands times this. More is answered with too_loud.")
    room_bytes_per_second: float = Field(8_000_000, gt=0, description="Sustained bytes per second that speech in one location may send from one worker. Above it the loudest speakers get too_loud.")
    ops: bool = Field(True, description="false turns the operators' API (/api/ops) off: each of its paths answers 404.")
    ops_console: bool = Field(True, description="false turns the operators' console (/ops) off: each of its paths answers 404. Without the operators' API there is none.")
    ops_port: int | None = Field(None, ge=0, le=65535, description="TCP port of the operators' API and console alone: ECHOES_PORT then answers 404 for both. 0 takes a free port; empty has both at ECHOES_PORT.")
    ops_host: str = Field("127.0.0.1", description="Address to listen on at ECHOES_OPS_PORT.")
    ops_token: str = Field("", description="Token for scripts that use the operators' API as admin: random, at least 32 characters; empty turns it off. Also the token of echoes ops.")
    ops_hours: float = Field(8.0, gt=0, le=24 * 7, description="Hours after which an operator must sign in again.")
    ops_url: str = Field("", description="URL of the server that echoes ops calls; empty is this machine with ECHOES_OPS_PORT, or else ECHOES_PORT, and ECHOES_BASE_PATH.")
    ops_prometheus: str = Field("", description="URL of a Prometheus that has deploy/alerts.yml, such as http://127.0.0.1:9090; its alerts are shown with the health; empty shows none.")
    traces: bool = Field(False, description="true exports traces of commands by OpenTelemetry; the variables OTEL_* say where to. It needs the extra otel.")
    flood_strikes: int = Field(100, ge=1, description="Commands of one connection answered with flood before the server closes it with code 4009.")
    # fmt: on

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `environment` reads the variables, for the core and for every plugin."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("cache", mode="before")
    @classmethod
    def _percentage(cls, value: object) -> object:
        words = {"on": 100, "true": 100, "off": 0, "false": 0}
        return words.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in listed(value):
            ipaddress.ip_network(one, strict=False)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for one in listed(value):
            parts = urlsplit(one)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
                raise ValueError(f"{one!r} is not an origin; write it like https://play.example.org")
        return value

    @field_validator("ops_token")
    @classmethod
    def _hard_to_guess(cls, value: str) -> str:
        if value and (len(value) < WEAK_SECRET_LENGTH or len(set(value)) < WEAK_SECRET_LETTERS):
            raise ValueError(f"it must be random and have at least {WEAK_SECRET_LENGTH} characters (try: openssl rand -hex 32)")
        return value

    @field_validator("data_dir", "gamedata")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser()

    @field_validator("ops_prometheus", "ops_url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            found = urlsplit(value)
            usable = not value or (
                found.scheme in {"http", "https"} and bool(found.hostname) and "@" not in found.netloc and found.port != 0
            )
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("it is no URL without a password; write it like http://127.0.0.1:9090")
        return value.rstrip("/")

    @field_validator("base_path")
    @classmethod
    def _path(cls, value: str) -> str:
        path = value.rstrip("/")
        if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
            raise ValueError(f"{value!r} is not a path; write it like /game")
        return path

    @model_validator(mode="before")
    @classmethod
    def _password_in_url(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("database_password"):
            if not data.get("database_url"):
                raise ValueError("ECHOES_DATABASE_PASSWORD is set without ECHOES_DATABASE_URL; set both, or put the password into the URL")
            return {**data, "database_url": with_password(data["database_url"], data["database_password"])}
        return data

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if value:
            try:
                urls.check_postgresql(value)
            except ConfigurationError as error:
                raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _ports_differ(self) -> "Settings":
        if self.ops_port and self.ops_port == self.port:
            raise ValueError("ECHOES_OPS_PORT and ECHOES_PORT are the same; give the operators another port, or unset ECHOES_OPS_PORT")
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> "Settings":
        if self.env != "production":
            return self
        for name, secret in (("ECHOES_SECRET", self.secret), ("ECHOES_SECRET_PREVIOUS", self.secret_previous or self.secret)):
            if len(secret) < WEAK_SECRET_LENGTH or len(set(secret)) < WEAK_SECRET_LETTERS:
                raise ValueError(
                    f"{name} must be random and have at least {WEAK_SECRET_LENGTH} characters in production (try: openssl rand -hex 32)"
                )
        if (urlsplit(self.database_url).password or "").casefold() in DEFAULT_PASSWORDS:
            raise ValueError("the password in ECHOES_DATABASE_URL is a well-known default; give the PostgreSQL role another password")
        return self

    def backend_of(self, facility: str) -> str:
        """The entry point that shall provide a facility, all switches considered."""
        if not self.redis_enabled:
            return "memory"
        return getattr(self, f"{facility}_backend") or self.backend


def read(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings; raises `ConfigurationError` with one line for each thing that is wrong.

    `overrides` (the command line's flags) win over the environment, which wins over `.env`.
    """
    variables = environment(environ)
    refuse_near_misses(unknown(variables), known())
    found = {field: [variables[name] for name in variables_of(field) if name in variables] for field in Settings.model_fields}
    values = {field: values[0] for field, values in found.items() if values}
    try:
        return Settings(**{**values, **{name: value for name, value in overrides.items() if value is not None}})  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigurationError("\n".join(problems(error, variable_of))) from None


def environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """All variables that are set, from where a plugin's settings are read, too; see `environment.given`. A secret in a file stands under its own name, as well."""
    variables = given(os.environ if environ is None else environ)
    return {**variables, **read_files(variables)}


def problems(error: ValidationError, named: Callable[[str], str]) -> list[str]:
    """Return one line for each problem: the variable and its error. Values are left out: they may be secrets."""
    lines = []
    for problem in error.errors(include_input=False, include_context=False):
        words = problem["msg"].removeprefix("Value error, ")
        variable = named(str(problem["loc"][0])) if problem["loc"] else "settings"
        lines.append(words if words.startswith(f"{variable} ") else f"{variable}: {words}")
    return lines


def read_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Secrets that are kept in files: for `ECHOES_SECRET_FILE=/run/secrets/echoes` (or in `.env`) the content of that file as `ECHOES_SECRET`.

    A line break at its end is not a part of it. Raises `ConfigurationError` where a file cannot be read, is empty, or where the secret itself is set, too.
    """
    return {name.removesuffix("_FILE"): _content(name, variables) for name in variables if IN_A_FILE.fullmatch(name) and variables[name]}


def with_password(url: str, password: str) -> str:
    """The URL with this password, percent-encoded, unless it has one."""
    found = re.match(r"(\w[\w+.-]*://)(?:([^@/?#]*)@)?(.*)", url, re.DOTALL)
    if found is None or ":" in (found[2] or ""):
        return url
    return f"{found[1]}{found[2] or ''}:{quote(password, safe='')}@{found[3]}"


def _content(name: str, environ: Mapping[str, str]) -> str:
    secret, path = name.removesuffix("_FILE"), environ[name]
    if environ.get(secret):
        raise ConfigurationError(f"{name} and {secret} are both set; keep one of them")
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = file.read(LARGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeError) else getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{name}: {path} cannot be read ({reason}); check the path and the permissions of the file") from error
    content = content.removesuffix("\n").removesuffix("\r")
    if not content or len(content) > LARGEST_SECRET or "\n" in content:
        raise ConfigurationError(f"{name}: {path} holds no secret; write the secret into it as one line")
    return content


def listed(value: str) -> list[str]:
    """The parts of a setting that is a list."""
    return [part.strip() for part in value.split(",") if part.strip()]


def variable_of(field: str) -> str:
    """The environment variable that sets a field."""
    return variables_of(field)[0]


def variables_of(field: str) -> list[str]:
    """All of a field's variables; the first one wins."""
    info = Settings.model_fields.get(field)
    if info is not None and isinstance(info.validation_alias, AliasChoices):
        return [str(name) for name in info.validation_alias.choices]
    return [field if field.isupper() else f"ECHOES_{field.upper()}"]


def unknown(environ: Mapping[str, str], prefixes: tuple[str, ...] = ()) -> list[str]:
    """`ECHOES_*` variables that no setting knows; those of a plugin (`prefixes`) are its own business."""
    expected = {*known(), SLOT}
    return sorted(
        name for name in environ if name.startswith("ECHOES_") and name not in expected and not name.startswith(prefixes or ("\0",))
    )


def known() -> list[str]:
    """The variables that the core reads."""
    return [*(one for name in Settings.model_fields for one in variables_of(name)), *(f"{variable_of(name)}_FILE" for name in SECRETS)]


def secret_of(settings: Settings) -> str:
    """The signing secret: the configured one, or one generated once into the data folder (development only)."""
    if settings.secret:
        return settings.secret
    path = settings.data_dir / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass  # made by an earlier start: that one is read
    return path.read_text(encoding="ascii").strip()


def gamedata_of(settings: Settings) -> Path:
    """The content folder: the configured one, the checkout's, or the one inside the installed package."""
    if settings.gamedata is not None:
        return settings.gamedata
    here = Path(__file__).resolve().parent
    packaged = here / "_gamedata"
    return packaged if packaged.is_dir() else here.parent.parent / "gamedata"
