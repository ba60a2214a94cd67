"""The operators' API as tests use it: requests with a token and a reason, operators with a second factor, players with a session."""

import asyncio
import time
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
import pyotp
from cluster import Someone
from echoes.channels import decode_envelope
from echoes.ops import second_factor
from echoes.storage import audit, operators
from echoes.storage.audit import Act
from player import a_name

SCRIPT = "5f0e1d2c3b4a59687f0e1d2c3b4a5968"
PASSWORD = "a long password"
BECAUSE = "a test asks for it"


class Playing(NamedTuple):
    """A player of a test."""

    account: int
    token: str
    one: Someone

    @property
    def id(self):
        """The character's id."""
        return self.one.id

    @property
    def name(self):
        return self.one.name

    async def type(self, line):
        """Type a line; answers the reply."""
        return await self.one.type(line)


class Api:
    """The operators' API, with the token for scripts unless another one is given."""

    def __init__(self, context, http) -> None:
        self.context, self.http = context, http

    async def __call__(self, method, path, body=None, *, token=SCRIPT, **query):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return await self.http.request(method, f"/api/ops{path}", json=body, params=query, headers=headers)

    async def get(self, path, *, token=SCRIPT, **query):
        """Look at something, with a reason."""
        return await self("GET", path, token=token, reason=BECAUSE, **query)

    async def post(self, path, *, token=SCRIPT, **body):
        """Do something, with a reason."""
        return await self("POST", path, {"reason": BECAUSE, **body}, token=token)

    async def register(self, name=None):
        """A new account: its username and its token."""
        name = name or a_name()
        made = await self.http.post("/api/auth/register", json={"username": name, "password": PASSWORD})
        return name, made.json()["access_token"]

    async def operator(self, role):
        """A new operator: username, id of the account, secret of the second factor."""
        name, token = await self.register()
        secret = second_factor.new_secret()
        await operators.grant(self.context.database, name.casefold(), role, secret=secret, renew=False, act=Act("test", "grant", "test"))
        return name, self.context.tokens.read("account", token).subject, secret

    async def sign_in(self, name, code, password=PASSWORD):
        """The answer to a sign-in."""
        return await self("POST", "/sign-in", {"username": name, "password": password, "code": code}, token="")

    async def token(self, role):
        """A token of a new operator."""
        name, _, secret = await self.operator(role)
        return (await self.sign_in(name, code_of(secret))).json()["access_token"]

    async def player(self, name=None):
        """A new player with a session, without a socket: the account's id, the account's token, the character."""
        username, token = await self.register(name)
        headers = {"authorization": f"Bearer {token}"}
        made = (await self.http.post("/api/characters", json={"name": username}, headers=headers)).json()
        one = Someone(self.context, SimpleNamespace(id=made["id"], name=made["name"]))
        await one.enter()
        return Playing(self.context.tokens.read("account", token).subject, token, one)

    async def entries(self, **wanted):
        """The entries of the audit log, newest first, that have these values."""
        found = await audit.newest(self.context.database, 10_000)
        return [one for one in found if all(getattr(one, name) == value for name, value in wanted.items())]


class Listening:
    """Collects the events of channels while a test runs."""

    def __init__(self, context, *channels) -> None:
        self.context, self.channels, self.events = context, channels, []

    async def __aenter__(self):
        self.subscriptions = [await self.context.facilities.broadcast.subscribe(one, self._receive) for one in self.channels]
        return self

    async def __aexit__(self, *_):
        for one in self.subscriptions:
            await one.close()

    def _receive(self, message):
        self.events.append(msgspec.json.decode(decode_envelope(message.payload).payload))

    async def sees(self, action):
        """The data of the first event with this action."""
        async with asyncio.timeout(5):
            while True:
                for one in self.events:
                    if one["data"].get("action") == action:
                        return one["data"]
                await asyncio.sleep(0.02)


def code_of(secret, steps=0):
    """The code of the present time step, or of one `steps` away."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def refused(answer):
    """Status and code of an answer."""
    return answer.status_code, answer.json()["code"]
