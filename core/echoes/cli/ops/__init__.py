"""`echoes ops`: what operators do. Roles are given in the database; everything else is a request to a running server."""

from echoes.cli.ops import (
    addresses,
    announcements,
    auditing,
    characters,
    cluster,
    content,
    debugging,
    players,
    records,
    reports,
    roles,
    signing_in,
    tailing,
    workers,
)
from echoes.cli.ops.group import ops

__all__ = [
    "addresses",
    "announcements",
    "auditing",
    "characters",
    "cluster",
    "content",
    "debugging",
    "ops",
    "players",
    "records",
    "reports",
    "roles",
    "signing_in",
    "tailing",
    "workers",
]
