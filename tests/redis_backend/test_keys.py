"""The key table in `docs/redis.md` is true: it agrees with the code, and with what is found in a Redis that was used."""

import itertools
import re
from pathlib import Path

import pytest
from echoes.facilities.cache import Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes.game.kinds import KINDS
from echoes.testing.collector import ODD_NAMES
from echoes_redis.cache import RedisCache
from echoes_redis.channel import PATTERNS as CHANNEL_PATTERNS
from echoes_redis.database_claim import Claim
from echoes_redis.keys import PATTERNS, Keys, Pattern, quoted
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions

PAGE = (Path(__file__).parents[2] / "docs" / "redis.md").read_text(encoding="utf-8")
CACHED = [Pattern(kind.key, kind.shape, kind.ttl is not None) for kind in KINDS.values()]
NAMES = [param.values[0] for param in ODD_NAMES] + [
    "session",
    "a:session",
    "%",
    "%25",
    "a%3Ab",
    "{world}",
    "tick",
    "tick:token",
    "x}:token",
]


def rows(title):
    """Key, type and whether there is a TTL (None: it depends), as the page has them under a heading."""
    text = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(key.strip("`"), kind, None if "; none" in ttl else ttl != "–") for key, kind, ttl, _ in cells]


def matching(key):
    """The patterns that a key fits."""
    return [
        pattern
        for pattern in (*PATTERNS, *CACHED)
        if re.fullmatch(re.sub(r"\\{(id|name)\\}", "[A-Za-z0-9%._~@+/-]+", re.escape(pattern.key)), key.removeprefix("echoes:"))
    ]


def test_the_table_has_every_pattern_and_no_other():
    """Key, type and TTL, in the same order."""
    assert rows("Keys") == [(pattern.key, pattern.type, pattern.expires) for pattern in PATTERNS]


def test_the_table_has_every_key_of_a_channel_and_no_other():
    """Key, type and TTL of the channels, in the same order."""
    assert rows("Channels") == [(pattern.key, pattern.type, pattern.expires) for pattern in CHANNEL_PATTERNS]


def test_the_table_has_every_cached_kind_and_no_other():
    """Key, type and TTL of the cached kinds, in the same order."""
    assert rows("Cached values") == [(pattern.key, pattern.type, pattern.expires) for pattern in CACHED]


def test_no_two_ids_meet():
    """For all ids, different things have different keys, and each key fits its own pattern alone."""
    keys = Keys()
    makers = [
        keys.players,
        keys.heartbeat,
        keys.connections,
        keys.lock,
        keys.token,
        *(lambda name, k=kind: keys.cached(k, name) for kind in KINDS.values()),
    ]
    made = [maker(name) for maker in makers for name in NAMES]
    made += [maker(number) for maker in (keys.session, keys.closed, keys.removed) for number in (1, 17, 2**53 - 1)]
    assert len(set(made)) == len(made)
    assert [key for key in made if len(matching(key)) != 1] == []
    assert len({quoted(name) for name in NAMES}) == len(NAMES)


def test_the_keys_of_one_script_are_in_one_slot():
    """A lock and its token share a hash tag for every name; all keys of the world share another."""
    keys = Keys()
    for name in NAMES:
        tags = {re.search(r"\{([^}]+)\}", key)[1] for key in (keys.lock(name), keys.token(name))}
        assert tags == {quoted(name)}
        assert {re.search(r"\{([^}]+)\}", key)[1] for key in (keys.players(name), keys.connections(name), keys.bodies)} == {"world"}


async def live(driver):
    """A day in a small world: enter, walk, lose the connection, come back, leave, crash."""
    keys = Keys()
    ours = Claim(keys)
    ours.identity = "this-database"
    await ours.look(driver, pytest.fail)
    sessions, registry, cache, locks = (make(driver, keys) for make in (RedisSessions, RedisRegistry, RedisCache, RedisLocks))
    for worker in ("w1", "w2", "odd:{one}"):
        await registry.heartbeat(WorkerInfo(worker_id=worker, started=0.0), 10)
    for character, worker in zip(range(1, 10), itertools.cycle(("w1", "w2", "odd:{one}", "unannounced")), strict=False):
        claim = await sessions.claim(character, worker=worker, connection="c", fields={"hp": 1}, ttl=1800)
        await registry.attach(worker, character, ConnectionInfo("c", claim.epoch, 0.0))
        await registry.place(character, f"l{character % 3}", version=1, epoch=claim.epoch)
        await registry.move(character, "a:b", version=2)
        if character > 3:
            await sessions.detach(character, claim.epoch, 60)
            await registry.detach(worker, character, epoch=claim.epoch)
            await sessions.write(character, claim.epoch, {"hp": 2, "version": 2}, 1800)
            await sessions.touch(character, claim.epoch, 1800)
        if character > 6:
            await registry.remove(character, epoch=claim.epoch)
            await sessions.close(character, claim.epoch)
        for kind in KINDS.values():
            await cache.write(kind, str(character), Entry(1, b"[1]" if kind.shape == "list" else b'{"a":1}'), generation=1)
            if kind.ttl is not None:  # what an invalidation leaves is a memory, which expires
                await cache.invalidate(kind, str(character), version=1 + character % 2, generation=1)
    await sessions.restore(99, 5, worker="w1", connection="c", fields={}, ttl=1800)
    await registry.retire("w2")
    for name in ("tick", "a:b", ""):
        await locks.acquire(name, ttl=10)


@pytest.mark.parametrize("backend", ["redis"], indirect=True)
async def test_every_key_in_redis_is_in_the_table(drivers):
    """Every key fits exactly one row, with its type and its TTL; and every row occurs."""
    await live(drivers[0])
    seen = set()
    for key in await drivers[0].call("KEYS", "*"):
        fitting = matching(key.decode())
        assert len(fitting) == 1, key
        kind = (await drivers[0].call("TYPE", key)).decode().replace("zset", "sorted set")
        expires = await drivers[0].call("PTTL", key) >= 0
        assert kind == fitting[0].type, key
        assert fitting[0].expires in {None, expires}, key
        seen.add(fitting[0])
    assert seen == {*PATTERNS, *CACHED}


async def test_after_all_players_have_left_only_the_lasting_keys_remain(drivers, advance):
    """A day after the last has gone and the dead were reaped, one number is left, the greatest epoch, and the content."""
    await live(drivers[0])
    sessions, registry = RedisSessions(drivers[1], Keys()), RedisRegistry(drivers[1], Keys())
    await advance(60 + 10)
    for worker in await registry.dead_workers():
        for character, info in (await registry.reap(worker)).items():
            await sessions.detach(character, info.epoch, 0)
    for session in await sessions.overdue():
        await registry.remove(session.character, epoch=session.epoch)
        await sessions.close(session.character, session.epoch)
    await advance(86_400)
    content = [kind for kind in KINDS.values() if kind.ttl is None]
    cached = {Keys().cached(kind, str(character)).encode() for kind in content for character in range(100)}
    assert set(await drivers[0].call("KEYS", "*")) - cached == {b"echoes:{world}:database", b"echoes:{world}:epoch", b"test:skew"}
