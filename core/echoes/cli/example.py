"""`.env.example`: every setting with its meaning and default, made from the settings themselves."""

from echoes.settings import Settings, variable_of

HEAD = """\
# Settings of the server, all with their defaults: take the # away from what shall be different. docs/operations.md explains each.
# `cp .env.example .env`. The server reads .env in its working folder; `docker compose` reads it, too. Keep it to yourself: it holds secrets.
# Made by `echoes settings --example`; do not edit.

# ── for compose.yml only ──
# the name under which players reach the city
# DOMAIN=localhost
# the port of this machine that players reach
# HTTP_PORT=80
# PostgreSQL's password; required: openssl rand -hex 16
# POSTGRES_PASSWORD=

# ── the server ──
"""


def example() -> str:
    """The file's text: all of it comments, so that a copy changes nothing."""
    return HEAD + "".join(
        f"# {info.description}\n# {variable_of(name)}={_as_written(info.default)}\n" for name, info in Settings.model_fields.items()
    )


def _as_written(default: object) -> str:
    return "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
