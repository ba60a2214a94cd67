"""Requests to the operators' API of a running server."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import rich_click as click

from echoes.cli.plainly import read_settings
from echoes.settings import Settings

LATER = {429, 502, 503, 504}
"""Statuses of answers after which the same request may succeed."""
TIMEOUT = 60.0
"""Seconds that one request may take."""


class NoAnswer(click.ClickException):
    """The server does not answer, or not now: asking again may succeed."""


def ask(method: str, path: str, url: str | None, body: dict[str, Any] | None = None, **query: object) -> Any:
    """Send a request with `ECHOES_OPS_TOKEN` and return the decoded answer. Fields that are None are left out.

    Raises `ClickException` with the server's own words where it refuses, and `NoAnswer` where it does not answer now.
    """
    settings = read_settings()
    if not settings.ops_token:
        raise click.ClickException(
            "ECHOES_OPS_TOKEN is empty; set it to the server's token for scripts, or to the token that `echoes ops sign-in NAME` prints"
        )
    return send(settings, method, path, url, settings.ops_token, body, **query)


def send(
    settings: Settings, method: str, path: str, url: str | None, token: str, body: dict[str, Any] | None = None, **query: object
) -> Any:
    """Send a request with this token, or without one."""
    base = (url or settings.ops_url or _here(settings)).rstrip("/")
    if urlsplit(base).scheme not in {"http", "https"}:
        raise click.ClickException(f"{base!r} is no address of a server; it looks like http://127.0.0.1:8000")
    asked = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
    data = None if body is None else json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = Request(f"{base}/api/ops{path}{'?' + asked if asked else ''}", data, headers, method=method)  # noqa: S310 - http or https, see above
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - likewise
            text = response.read()
    except HTTPError as error:
        kind = NoAnswer if error.code in LATER else click.ClickException
        raise kind(_words_of(error)) from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswer(f"the server at {base} does not answer ({reason}); check --url or ECHOES_OPS_URL") from error
    return json.loads(text) if text else None


def _here(settings: Settings) -> str:
    """The address of the server with these settings on this machine."""
    host, port = ("127.0.0.1", settings.port) if settings.ops_port is None else (settings.ops_host, settings.ops_port)
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where to ask, not where to listen
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}{settings.base_path}"


def _words_of(error: HTTPError) -> str:
    with error:
        try:
            answer = json.loads(error.read())
            return f"{answer['message']} {answer['hint']} ({answer['code']})".replace("  ", " ")
        except (ValueError, KeyError, TypeError):
            return f"the server answers {error.code}; check that the URL is that of the game, or of ECHOES_OPS_PORT where it is set, and that ECHOES_OPS is not false there"
