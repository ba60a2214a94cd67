"""Those who look on: they ask PostgreSQL and Redis directly, and take leases as workers do, while everything breaks."""

import asyncio
import contextlib
import json
import random
from collections import Counter

import asyncpg
import httpx
import redis as redis_
from chaos.broken.switches import release_anybodys
from chaos.broken.ticking import SECONDS
from chaos.city import City
from chaos.crowd import Crowd
from chaos.frames import digest_of, read_data, read_frame
from chaos.history import Counted, Fenced, Final, History, Leased, Person, Places, Rows, Sums, Ticked
from chaos.keeping import KEEP, kept, look
from echoes.clock import SystemClock
from echoes.errors import FacilityError, LeaseLost, StorageError, Unavailable
from echoes.facilities import Lease, LockManager
from echoes.game.quests import DONE
from echoes.resilience.breaker import Breaker
from echoes.resilience.guarded import guarded
from echoes.resilience.lock import ResilientLocks
from echoes.storage.database import Database, connect
from echoes_redis.driver import Driver
from echoes_redis.endpoint import endpoint_of
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.settings import RedisSettings
from prometheus_client.parser import text_string_to_metric_families

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
COMMANDS = """select character_id, client, number, reply, coalesce((reply::json -> 'data' -> 'you' ->> 'version')::bigint, 0) as version
  from {table} where character_id = any($1::bigint[])"""
SCRAP_BEFORE = "(select coalesce(sum(scrap), 0)::bigint from characters) - (select coalesce(sum(quantity), 0)::bigint from ledger where template = 'scrap')"
"""The scrap of all characters without what the ledger has of it: what they were made with."""
SUMS = f"""select
  (select json_object_agg(template, n) from (
     select template, sum(n) as n from (select template, quantity as n from items union all select template, -quantity from ledger) t
       where template <> 'scrap' group by template having sum(n) <> 0) w)::text as wrong,
  {SCRAP_BEFORE} as scrap,
  (select count(*) from equipment q join items i on i.id = q.item_id where i.owner <> 'character:' || q.character_id) as stolen"""  # noqa: S608 - a constant of this module
PLACES = """
local wrong, seen = {}, {}
local bodies = redis.call('HGETALL', ARGV[1] .. 'bodies')
local at = {}
for i = 1, #bodies, 2 do at[bodies[i]] = string.match(bodies[i + 1], '^%S+ %S+ (.*)$') end
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. 'location:*:players')) do
  local place = string.sub(key, #ARGV[1] + 10, -9)
  for _, character in ipairs(redis.call('SMEMBERS', key)) do
    if seen[character] then table.insert(wrong, character .. ' is in ' .. seen[character] .. ' and in ' .. place) end
    seen[character] = place
    if at[character] ~= place then table.insert(wrong, character .. ' is in ' .. place .. ', its body in ' .. tostring(at[character])) end
  end
end
for character, place in pairs(at) do
  if not seen[character] then table.insert(wrong, character .. ' has a body in ' .. place .. ' and is in no location') end
end
return wrong
"""
WORLD = "echoes:{world}:"
PEOPLE = "select id, version, epoch, location_id, quests, flags from characters where id = any($1::bigint[])"
UNPUBLISHED = """select (select count(*) from commands where not published)
  + (select count(*) from occurrences where not published and created < now() - interval '5 seconds')"""
LATE = 5.0
"""Seconds from which on a fight's round or a timer is written down as late."""
TRIES = 100
"""Last looks at most, a fifth of a second apart, until everything agrees."""


class Observers:
    """`watch` runs until it is cancelled; `conclude` is called when all is quiet."""

    def __init__(self, city: City, crowd: Crowd, history: History) -> None:
        self._city = city
        self._crowd = crowd
        self._history = history
        self._characters: list[int] = []
        self._seen: set[tuple[str, int]] = set()

    async def prepare(self) -> None:
        """Before the bots come: from now on every change is kept. A command is seen, too, that leaves its record between two looks."""
        connection = await asyncpg.connect(self._city.direct, timeout=10)
        try:
            for part in KEEP.split("\n\n"):  # a transaction each, so that it locks one table of the game: the server plays already
                await connection.execute(part)
        finally:
            await connection.close(timeout=2)

    async def watch(self) -> None:
        """Everything at once."""
        self._characters = [bot.character for bot in self._crowd.bots]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_postgres())
            group.create_task(self._ask_redis())

    async def conclude(self) -> None:
        """The last look. Registry and sessions get some seconds to agree with PostgreSQL: the last fault may have ended just now.

        Fights go on meanwhile, so everything that is compared with the characters' rows is read in their transaction.
        """
        await self._once(everything=True)
        for last in range(TRIES, 0, -1):
            connection = await asyncpg.connect(self._city.direct, timeout=10)
            try:
                async with connection.transaction(isolation="repeatable_read"):
                    began = self._history.now
                    final = await self._final(connection)
                    final.read = round(began, 4)
                    seen = await look(connection, LATE, final=True)
                    people = final.people.values()
                    agreed = all(one.location == one.body and one.connected and one.session_epoch == one.epoch for one in people)
                    if last == 1 or (agreed and not final.unpublished and not seen.wrong and not seen.fights and not seen.timers):
                        async for record in kept(connection):
                            self._history.add(record)
                        break
            finally:
                await connection.close()
            await asyncio.sleep(0.2)
        self._history.add(seen)
        self._history.add(Places(wrong=await self._places()))
        self._history.add(await self._counted())
        self._history.add(await self._ticked())
        self._history.add(final)

    async def _counted(self) -> Counted:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{self._city.server.url}/metrics", timeout=30)
        found = Counter[str]()
        for family in text_string_to_metric_families(answer.raise_for_status().text):
            for sample in family.samples:
                if sample.name == "echoes_commands_total":
                    found[sample.labels["command"]] += int(sample.value)
        return Counted(commands=dict(found))

    async def _ask_postgres(self) -> None:
        while True:
            with contextlib.suppress(*LOST):
                await self._once(everything=False)
            await asyncio.sleep(3)

    async def _once(self, *, everything: bool) -> None:
        async with asyncio.timeout(180 if everything else 30):
            connection = await asyncpg.connect(self._city.direct, timeout=5)
            try:
                recent = "" if everything else " and created > now() - interval '20 seconds'"
                await self._note(connection, COMMANDS.format(table="chaos_commands") + recent, final=False)
                if everything:
                    await self._note(connection, COMMANDS.format(table="commands"), final=True)
                sums = await connection.fetchrow(SUMS)
                wrong = json.loads(sums["wrong"]) if sums["wrong"] else {}
                self._history.add(Sums(wrong=wrong, scrap=sums["scrap"], stolen=sums["stolen"]))
                self._history.add(await look(connection, LATE))
            finally:
                await connection.close(timeout=2)

    async def _note(self, connection: asyncpg.Connection, sql: str, *, final: bool) -> None:
        async with connection.transaction():
            found = []
            async for row in connection.cursor(sql, self._characters, prefetch=1000):
                if final or (row["client"], row["number"]) not in self._seen:
                    found.append(row)
                if len(found) == 1000:
                    self._add(found, final=final)
                    found = []
            self._add(found, final=final)

    def _add(self, found: list[asyncpg.Record], *, final: bool) -> None:
        rows = [(row["character_id"], row["client"], row["number"], digest_of(row["reply"]), row["version"]) for row in found]
        self._history.add(Rows(rows=rows, things=_changed(found), final=final))
        self._seen.update((row["client"], row["number"]) for row in found)  # not before: PostgreSQL may be killed during a look

    async def _ask_redis(self) -> None:
        while True:
            with contextlib.suppress(redis_.RedisError, OSError):
                self._history.add(Places(wrong=await self._places()))
            await asyncio.sleep(2)

    async def _places(self) -> list[str]:
        return [one.decode() for one in await asyncio.to_thread(self._city.redis.cli, "EVAL", PLACES, "0", WORLD)]

    async def _ticked(self) -> Ticked:
        connection = await asyncpg.connect(self._city.direct, timeout=10)
        try:
            rows = await connection.fetch("select subject, version, due_at, at from chaos_ticks order by at")
            facts = await connection.fetch(
                "select body ->> 'npc' as subject, (body ->> 'location_id')::bigint as version, count(*) as n from facts"
                " where body ->> 'npc' like 'chaos:%' group by 1, 2"
            )
        finally:
            await connection.close()
        return Ticked(rows=[tuple(row) for row in rows], facts=[tuple(row) for row in facts], interval=SECONDS)

    async def _final(self, connection: asyncpg.Connection) -> Final:
        rows = await connection.fetch(PEOPLE, self._characters)
        unpublished = await connection.fetchval(UNPUBLISHED)
        scrap = await connection.fetchval(f"select {SCRAP_BEFORE}")
        bodies = await asyncio.to_thread(self._city.redis.cli, "HGETALL", f"{WORLD}bodies")
        places = {int(one): body.decode().split(" ", 2)[2] for one, body in bodies.items()}
        people = {}
        for row in rows:
            session = await asyncio.to_thread(
                self._city.redis.cli, "HMGET", f"{WORLD}player:{row['id']}:session", "epoch", "websocket_connected"
            )
            people[row["id"]] = Person(
                row["version"], row["epoch"], row["location_id"], places.get(row["id"], ""), int(session[0] or 0), session[1] == b"1",
                json.loads(row["quests"]), [flag.removeprefix(DONE) for flag in row["flags"] if flag.startswith(DONE)],
            )  # fmt: skip
        return Final(people=people, unpublished=unpublished, scrap=scrap)


def _changed(rows: list[asyncpg.Record]) -> list[tuple[str, int, list[tuple[int, int]]]]:
    """The things that commands have changed, read from their replies."""
    found = []
    for row in rows:
        data = read_data(read_frame(row["reply"]).data)
        if data.items or data.ground:
            found.append((row["client"], row["number"], [(one.id, one.version) for one in (*data.items, *data.ground)]))
    return found


TTL = 2.0
STORE = (
    """create table if not exists chaos_fence (at bigint generated always as identity, token bigint not null, accepted boolean not null)"""
)
WRITE = """insert into chaos_fence (token, accepted)
  select $1, $1 >= coalesce((select max(token) from chaos_fence where accepted), 0) returning accepted"""


class AnybodysLocks(RedisLocks):
    """The locks of a server that does not check the owners of leases."""

    release = release_anybodys


class Contenders:
    """Clients that take one lease in turn, through the links, exactly as workers do, and write under its token to a store that checks it.

    Some write, and give the lease back, long after it has run out.
    """

    def __init__(self, city: City, history: History, seed: int, count: int = 3, *, broken: bool = False) -> None:
        self._locks = AnybodysLocks if broken else RedisLocks
        self._city = city
        self._history = history
        self._dice = random.Random(seed)
        self._count = count

    async def prepare(self) -> None:
        """Make the store."""
        await _done(self._city.direct, STORE)

    async def watch(self) -> None:
        """Contend until cancelled."""
        async with asyncio.TaskGroup() as group:
            for index in range(self._count):
                group.create_task(self._contend(f"contender-{index}"))

    async def conclude(self) -> None:
        """Record the tokens that the store accepted, in its order, and the number that it refused."""
        connection = await asyncpg.connect(self._city.direct, timeout=10)
        try:
            rows = await connection.fetch("select token, accepted from chaos_fence order by at")
        finally:
            await connection.close()
        self._history.add(
            Fenced(tokens=[row["token"] for row in rows if row["accepted"]], refused=sum(not row["accepted"] for row in rows))
        )

    async def _contend(self, who: str) -> None:
        while True:
            with contextlib.suppress(FacilityError, StorageError, *LOST):
                await self._live(who)
            await asyncio.sleep(0.5)

    async def _live(self, who: str) -> None:
        url = f"redis://127.0.0.1:{self._city.redis_link.port}/0"
        settings = RedisSettings(url=url)
        driver = Driver(endpoint_of(url, settings), settings)
        locks = self._locks(driver, Keys())
        async with (
            driver.serving(),
            connect(f"postgresql://echoes@127.0.0.1:{self._city.postgres_link.port}/echoes?sslmode=disable", pool=2, timeout=5) as database,
        ):
            breaker = Breaker(who, SystemClock(), failures=3, patience=1.0)
            resilient = ResilientLocks(guarded("lock", LockManager, locks, breaker), database)
            while True:
                with contextlib.suppress(FacilityError):
                    await breaker.try_again(lambda: locks.release(Lease("probe", 0)))
                await self._once(who, resilient, database)
                await asyncio.sleep(self._dice.uniform(0, 0.3))

    async def _once(self, who: str, locks: ResilientLocks, database: Database) -> None:
        asked = self._history.now
        try:
            lease = await locks.acquire("chaos", ttl=TTL, wait=1.0)
        except FacilityError:
            await asyncio.sleep(0.2)
            return
        if lease is None:
            return
        record = Leased(who=who, token=lease.token, asked=round(asked, 4), ttl=TTL)
        self._history.add(record)
        overstays = self._dice.random() < 0.15
        await asyncio.sleep(TTL * 1.3 if overstays else self._dice.uniform(0.05, 0.6))
        with contextlib.suppress(Unavailable, *LOST):
            await self._write(database, lease.token)
        if overstays or self._dice.random() < 0.8:
            gone = self._history.now
            with contextlib.suppress(FacilityError, LeaseLost):
                await locks.release(lease)
            self._history.add(Leased(who=who, token=lease.token, asked=round(asked, 4), ttl=TTL, gone=round(gone, 4)))

    async def _write(self, database: Database, token: int) -> None:
        async with database.transaction("chaos.write") as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtext('chaos_fence'))")
            await connection.execute(WRITE, token)


async def _done(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
