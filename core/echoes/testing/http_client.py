"""Sign in over HTTP, as a client of the game does: an account, its character, and a token to play it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT = 30.0
"""Seconds that one request may take."""


class HTTPRefusedError(Exception):
    """The server refused a request. `status` is the HTTP status, `code` the error code of the body ("" without one)."""

    def __init__(self, request: str, status: int, answer: Any) -> None:
        self.status = status
        self.code = answer.get("code", "") if isinstance(answer, dict) else ""
        super().__init__(f"{request}: {status} {answer}")


@dataclass(frozen=True)
class SignedIn:
    """A character that may be played. `account` and `token` are bearer tokens: of the account, and of the character for hello."""

    account: str
    character: int
    token: str


async def sign_in(base: str, name: str, password: str) -> SignedIn:
    """Register `name` with a character of the same name at the server `base`, such as `http://127.0.0.1:8000`.

    An account that exists is signed in with the password, and a character of that name that it has is taken.
    `HTTPRefusedError` when the server refuses; `OSError` when it cannot be reached.
    """
    user = {"username": name, "password": password}
    try:
        account = (await request(base, "POST", "/api/auth/register", user))["access_token"]
    except HTTPRefusedError as error:
        if error.code != "username_taken":
            raise
        account = (await request(base, "POST", "/api/auth/login", user))["access_token"]
    own = await request(base, "GET", "/api/characters", token=account)
    character = next((one["id"] for one in own if one["name"] == name), None)
    if character is None:
        character = (await request(base, "POST", "/api/characters", {"name": name}, token=account))["id"]
    return SignedIn(account, character, (await request(base, "POST", f"/api/characters/{character}/token", token=account))["access_token"])


async def request(base: str, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = "") -> Any:
    """Return the decoded JSON body of a successful answer (None when it is empty); `HTTPRefusedError` for any other answer.

    It runs in a thread, over a connection of its own.
    """
    return await asyncio.to_thread(_request, base, method, path, body, token)


def _request(base: str, method: str, path: str, body: Mapping[str, Any] | None, token: str) -> Any:
    address = urlsplit(base)
    connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = connect(address.netloc, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, address.path.rstrip("/") + quote(path), None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = text.decode(errors="replace")
        if response.status >= 300:
            raise HTTPRefusedError(f"{method} {path}", response.status, answer)
        return answer
    finally:
        connection.close()
