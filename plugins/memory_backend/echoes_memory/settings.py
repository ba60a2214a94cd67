"""The operator's settings `ECHOES_MEMORY_*`."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class MemorySettings(BaseSettings):
    """Bounds of the memory backend. Read once at boot; frozen."""

    model_config = SettingsConfigDict(
        env_prefix="ECHOES_MEMORY_", frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )

    # fmt: off
    history_messages: int = Field(default=256, ge=1, description="Maximum messages in the history of a channel, except of channels player:*.")
    history_messages_player: int = Field(default=32, ge=1, description="Maximum messages in the history of a channel player:*.")
    history_seconds: float = Field(default=300.0, gt=0, description="Seconds that a message stays in the history of its channel.")
    key_seconds: float = Field(default=300.0, gt=0, description="Seconds in which a second publish with the same key has no effect.")
    tombstone_seconds: float = Field(default=600.0, gt=0, description="Seconds that an invalidated value or a removed entry is remembered, so that an older write cannot bring it back.")
    # fmt: on

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read them from `environ` alone. Raises pydantic's `ValidationError`, which names the field."""
        prefix = cls.model_config.get("env_prefix", "")
        names = {f"{prefix}{field}".upper(): field for field in cls.model_fields}
        return cls.model_validate({field: environ[name] for name, field in names.items() if environ.get(name, "").strip()})

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
