"""A sign-in storm: many people give their right passwords at the same moment, each from an address of their own, while all others play."""

import asyncio
import random
import secrets

import asyncpg
import httpx
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from chaos.city import City
from chaos.history import History, SignIns

PATIENCE = 180.0
"""Seconds for which a person keeps trying."""
REST = 2.0
"""Seconds between two tries, where the server does not say how long to wait."""


class Storm:
    """`prepare` makes the accounts; `break_out` returns when all are signed in, or have been refused, or have given up."""

    def __init__(self, city: City, history: History, count: int) -> None:
        self._city = city
        self._history = history
        self._names = [f"storm{secrets.token_hex(4)}" for _ in range(count)]
        self._took: list[float] = []
        self._tries = 0
        self._wrong = 0

    async def prepare(self) -> None:
        """Their accounts, all with one password, whose hash is as dear to verify as any other."""
        if not self._names:
            return
        hashed = await asyncio.to_thread(PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash, "a right password")
        connection = await asyncpg.connect(self._city.direct)
        try:
            await connection.execute(
                "insert into accounts (username, username_key, password_hash) select name, name, $2 from unnest($1::text[]) name",
                self._names, hashed,
            )  # fmt: skip
        finally:
            await connection.close()

    async def break_out(self, after: float) -> None:
        """All at once, after this number of seconds."""
        if not self._names:
            return
        await asyncio.sleep(after)
        began = self._history.now
        async with asyncio.TaskGroup() as group:
            for index, name in enumerate(self._names):
                group.create_task(self._sign_in(name, f"127.{1 + index // 250}.0.{1 + index % 250}"))
        self._history.add(SignIns(
            began=round(began, 4), people=len(self._names), wrong=self._wrong, tries=self._tries, took=[round(one, 2) for one in sorted(self._took)],
        ))  # fmt: skip

    async def _sign_in(self, name: str, address: str) -> None:
        began = self._history.now
        transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
        async with httpx.AsyncClient(base_url=self._city.server.url, transport=transport, timeout=60) as http:
            while self._history.now - began < PATIENCE:
                self._tries += 1
                wait = REST
                try:
                    answer = await http.post("/api/auth/login", json={"username": name, "password": "a right password"})
                except httpx.HTTPError:
                    pass
                else:
                    if answer.status_code == 200:
                        self._took.append(self._history.now - began)
                        return
                    if answer.status_code not in {429, 503}:
                        self._wrong += 1
                        return
                    wait = float(answer.headers.get("Retry-After", REST))
                await asyncio.sleep(random.uniform(0.5, 1.0) * wait)
