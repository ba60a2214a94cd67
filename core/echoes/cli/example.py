"""`.env.example`: every setting with its meaning and default, made from the settings themselves."""

from echoes.settings import Settings, variable_of

HEAD = """\
# Settings of the server, all with their defaults: take the # away from what shall be different. docs/operations.md explains each.
# `cp .env.example .env`. The server reads .env in its working folder; `docker compose` reads it, too. Keep it to yourself: it holds secrets.
# Made by `echoes settings --example`; do not edit.

# ── for compose.yml only ──
# the address to which the certificate authority (Let's Encrypt) may write; empty: none
# ACME_EMAIL=
# the name under which players reach the city, for which a certificate is obtained; required
# DOMAIN=
# the port of this machine for HTTPS; the certificate authority asks at port 443 of DOMAIN
# HTTPS_PORT=443
# the port of this machine for plain HTTP, which redirects to HTTPS
# HTTP_PORT=80
# connections that PostgreSQL allows: containers * ECHOES_WORKERS * (ECHOES_DATABASE_POOL + 1) * 2, and some more
# POSTGRES_CONNECTIONS=300
# the password of the server's role in PostgreSQL, set when its volume is made; required: openssl rand -hex 16
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
