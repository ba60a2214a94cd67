"""Clients that are turned away before they are let in: each is counted, and each cause is logged once a minute."""

import time

import structlog

from echoes.metrics import counting

log = structlog.get_logger()
PAUSE = 60.0
"""Seconds between two lines about one cause."""
LONGEST = 200
"""Characters of what a client said that are logged."""


class RejectionLog:
    """Says whether a cause may be logged now, and how often it came since it last was. Causes are a fixed, small set."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._since: dict[str, tuple[float, int]] = {}

    def count(self, cause: str) -> int:
        """How often it has come since the last line, this time included; 0 when it is too early for another line."""
        until, missed = self._since.get(cause, (0.0, 0))
        now = time.monotonic()
        if now < until:
            self._since[cause] = until, missed + 1
            return 0
        self._since[cause] = now + self._pause, 0
        return missed + 1


_sparing = RejectionLog()
HINTS = {
    "origin": "The page is not the server's own. If a proxy stands in front, it must pass Host on as the browser sent it, with its port"
    " (nginx: proxy_set_header Host $http_host), or name the page's origin in ECHOES_ALLOWED_ORIGINS.",
    "upgrade": "A request came to the WebSocket's address without an upgrade. If a proxy stands in front, it must pass upgrades"
    " (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade).",
    "address": "One address has reached ECHOES_CONNECTIONS_PER_ADDRESS. If it is your proxy's address, add it to ECHOES_TRUSTED_PROXIES.",
    "full": "The worker has reached ECHOES_CONNECTIONS. Raise it, or add workers.",
    "slow": "Requests did not arrive, or clients did not read the answers, within ECHOES_REQUEST_TIMEOUT. The server cut these connections.",
    "large": "The head of a request was too large.",
}


def turned_away(cause: str, **facts: object) -> None:
    """Count it, and log it if this cause has not been logged for a minute: `origin`, `upgrade`, `address`, `full`, `slow`, `large`."""
    counting.turned_away(cause)
    if times := _sparing.count(cause):
        said = {name: str(value)[:LONGEST] for name, value in facts.items()}
        log.warning("connection.turned_away", cause=cause, times=times, hint=HINTS[cause], **said)
