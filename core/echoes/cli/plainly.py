"""Parts of every command: its settings, and errors that an operator can correct, without a traceback."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import rich_click as click
import structlog

from echoes import environment, log
from echoes import settings as settings_
from echoes.error_text import refused_by_system
from echoes.errors import ConfigurationError
from echoes.settings import Settings
from echoes.world.problem import ContentError


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print an error that an operator can correct in one message, without a traceback."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except ContentError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            raise click.ClickException(
                "the game data has the problems above, so the server cannot use it; correct them, or set ECHOES_GAMEDATA to another folder,"
                " and test with `echoes check`"
            ) from error
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(refused_by_system(error)) from error

    return wrapped


def read_settings(**overrides: str | int | None) -> Settings:
    """Read the settings of a command, configure the log, and warn of variables that no setting reads."""
    settings = settings_.read(None, **overrides)
    log.configure(production=settings.env == "production")
    for name in settings_.unknown(environment.given(os.environ), ("ECHOES_MEMORY_", "ECHOES_REDIS_")):
        structlog.get_logger().warning("setting.unknown", name=name)
    if ignored := environment.injected(os.environ):
        structlog.get_logger().warning(
            "settings.injected_ignored", names=ignored, reason="an orchestrator sets them for a service of this name"
        )
    return settings
