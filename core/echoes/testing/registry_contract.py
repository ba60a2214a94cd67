"""The registry's laws: who is where, and which worker holds whom."""

import asyncio
from typing import cast

import pytest

from echoes.clock import Advance
from echoes.facilities.people import folded
from echoes.facilities.registry import Body, ConnectionInfo, Registry, WorkerInfo
from echoes.testing.collector import ODD_NAMES, breathe

ASH, EMBER, CINDER = 1, 2, 2**53 - 1
LEASE = 10.0
TOMBSTONE_SECONDS = 600.0


def worker(name: str, **fields: object) -> WorkerInfo:
    """The data that a worker reports about itself."""
    return WorkerInfo(worker_id=name, started=5.0, **fields)  # type: ignore[arg-type]


def connection(epoch: int) -> ConnectionInfo:
    """A connection of this epoch."""
    return ConnectionInfo(connection=f"c{epoch}", epoch=epoch, since=7.5)


@pytest.mark.asyncio
class RegistryContract:
    """Override `store` and `advance`; `other` where there is one."""

    @pytest.fixture
    def store(self) -> Registry:
        """The first worker's view of an empty registry."""
        pytest.fail("override the fixture `store`")

    @pytest.fixture
    def other(self, store: Registry) -> Registry:
        """A second worker's view of the same world."""
        return store

    @pytest.fixture
    def advance(self) -> Advance:
        """Lets seconds pass for the store."""
        pytest.fail("override the fixture `advance`")

    # Bodies

    async def test_a_placed_body_is_found(self, store: Registry, other: Registry) -> None:
        """After `place` every query about the body has the same answer, on every worker."""
        assert await store.place(ASH, "overpass", version=1, epoch=1) is True
        assert await other.locate(ASH) == "overpass"
        assert await other.players_in("overpass") == {ASH}
        assert await other.everyone() == {ASH: "overpass"}
        assert await other.counts() == {"overpass": 1}

    async def test_reads_of_missing_entries_are_empty(self, store: Registry) -> None:
        """Reads of absent characters, locations and workers have empty answers."""
        assert await store.locate(ASH) is None
        assert await store.players_in("overpass") == frozenset()
        assert await store.everyone() == {}
        assert await store.counts() == {}

    async def test_a_move_leaves_one_place_for_another(self, store: Registry, other: Registry) -> None:
        """After a move the body is in the new location and in no other; an empty location is not counted."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        await store.place(EMBER, "subway", version=1, epoch=1)
        assert await other.move(ASH, "subway", version=2) is True
        assert await store.locate(ASH) == "subway"
        assert await store.players_in("overpass") == frozenset()
        assert await store.players_in("subway") == {ASH, EMBER}
        assert await store.counts() == {"subway": 2}

    async def test_a_late_move_changes_nothing(self, store: Registry, other: Registry) -> None:
        """A move with an older version than the one known is refused."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        await store.move(ASH, "subway", version=3)
        assert await other.move(ASH, "market", version=2) is False
        assert await store.locate(ASH) == "subway"
        assert await store.players_in("market") == frozenset()

    async def test_a_repeated_write_succeeds_and_changes_nothing(self, store: Registry) -> None:
        """Placing or moving a character to where the registry has it already succeeds and changes nothing."""
        for _ in range(2):
            assert await store.place(ASH, "overpass", version=1, epoch=1) is True
            assert await store.move(ASH, "overpass", version=1) is True
        assert await store.everyone() == {ASH: "overpass"}
        assert await store.counts() == {"overpass": 1}

    async def test_a_body_that_is_not_in_the_world_cannot_move(self, store: Registry) -> None:
        """A move does not bring a body into the world."""
        assert await store.move(ASH, "subway", version=9) is False
        assert await store.everyone() == {}

    async def test_a_newer_place_wins(self, store: Registry, other: Registry) -> None:
        """A placement with a newer version, or of a newer epoch, moves the body."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        assert await other.place(ASH, "subway", version=2, epoch=1) is True
        assert await store.everyone() == {ASH: "subway"}
        assert await other.place(ASH, "market", version=1, epoch=2) is True
        assert await store.everyone() == {ASH: "market"}
        assert await store.players_in("subway") == frozenset()

    async def test_an_older_place_loses(self, store: Registry, other: Registry) -> None:
        """A placement of an older epoch, or of the same with an older version, is refused."""
        await store.place(ASH, "overpass", version=5, epoch=2)
        assert await other.place(ASH, "subway", version=9, epoch=1) is False
        assert await other.place(ASH, "subway", version=4, epoch=2) is False
        assert await store.everyone() == {ASH: "overpass"}

    async def test_a_removed_body_is_gone(self, store: Registry, other: Registry) -> None:
        """After `remove` the body is nowhere; removing again is refused."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        assert await other.remove(ASH, epoch=1) is True
        assert await store.locate(ASH) is None
        assert await store.players_in("overpass") == frozenset()
        assert await store.counts() == {}
        assert await store.remove(ASH, epoch=1) is False

    async def test_an_older_epoch_cannot_remove(self, store: Registry) -> None:
        """A late removal for the old session leaves the body of the new one alone; a newer epoch's removal takes it."""
        await store.place(ASH, "overpass", version=1, epoch=2)
        assert await store.remove(ASH, epoch=1) is False
        assert await store.locate(ASH) == "overpass"
        assert await store.remove(ASH, epoch=3) is True

    async def test_a_late_placement_makes_no_ghost(self, store: Registry, other: Registry, advance: Advance) -> None:
        """A character that was removed with an epoch does not come back by a placement of that epoch or an older one."""
        await store.place(ASH, "overpass", version=1, epoch=2)
        await store.remove(ASH, epoch=2)
        await advance(TOMBSTONE_SECONDS / 2)
        assert await other.place(ASH, "overpass", version=9, epoch=2) is False
        assert await other.place(ASH, "overpass", version=9, epoch=1) is False
        assert await store.everyone() == {}
        assert await other.place(ASH, "subway", version=1, epoch=3) is True

    async def test_big_epochs_are_compared_exactly(self, store: Registry) -> None:
        """Epochs are microseconds since 1970: neighbours differ."""
        epoch = 1_800_000_000_000_001
        await store.place(ASH, "overpass", version=1, epoch=epoch)
        assert await store.place(ASH, "subway", version=1, epoch=epoch - 1) is False
        assert await store.remove(ASH, epoch=epoch - 1) is False
        assert await store.place(ASH, "subway", version=1, epoch=epoch + 1) is True

    @pytest.mark.parametrize("location", ODD_NAMES)
    async def test_a_location_may_have_any_name(self, store: Registry, location: str) -> None:
        """Location ids are any text, also one that looks like a key or a pattern."""
        await store.place(EMBER, "elsewhere", version=1, epoch=1)
        await store.place(ASH, location, version=1, epoch=1)
        assert await store.locate(ASH) == location
        assert await store.players_in(location) == {ASH}
        assert await store.counts() == {location: 1, "elsewhere": 1}
        await store.move(ASH, "elsewhere", version=2)
        assert await store.players_in(location) == frozenset()

    async def test_no_reader_sees_a_body_twice_or_not_at_all(self, store: Registry, other: Registry) -> None:
        """While bodies move, every snapshot holds each of them exactly once."""
        crowd = range(1, 21)
        for character in crowd:
            await store.place(character, "a", version=0, epoch=1)
        moving = True

        async def move(character: int) -> None:
            for version in range(1, 30):
                assert await (store, other)[version % 2].move(character, "ab"[version % 2], version=version)
                await asyncio.sleep(0)

        async def watch() -> None:
            while moving:
                assert set(await other.everyone()) == set(crowd)
                assert sum((await other.counts()).values()) == len(crowd)
                assert await other.locate(7) in {"a", "b"}
                await asyncio.sleep(0)

        watcher = asyncio.create_task(watch())
        await asyncio.gather(*(move(character) for character in crowd))
        moving = False
        await watcher
        assert await store.players_in("b") == set(crowd)
        assert await store.counts() == {"b": len(crowd)}

    async def test_racing_moves_end_at_the_newest(self, store: Registry, other: Registry) -> None:
        """However moves overtake one another, the newest version decides where the body is."""
        await store.place(ASH, "start", version=0, epoch=1)
        versions = [7, 30, 2, 29, 11, 5, 28]
        await asyncio.gather(*((store, other)[n % 2].move(ASH, f"room-{n}", version=n) for n in versions))
        assert await store.everyone() == {ASH: "room-30"}
        assert await store.counts() == {"room-30": 1}

    async def test_answers_are_copies(self, store: Registry) -> None:
        """Changing what was handed out, where that is possible at all, changes nothing in the registry."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        for answer in (await store.everyone(), await store.counts(), await store.connections("w1")):
            if hasattr(answer, "clear"):
                cast("dict[object, object]", answer).clear()
        (await store.workers()).clear()
        assert await store.everyone() == {ASH: "overpass"}
        assert await store.counts() == {"overpass": 1}
        assert await store.connections("w1") == {ASH: connection(1)}
        assert [info.worker_id for info in await store.workers()] == ["w1"]

    # Names

    async def test_a_crowd_is_listed_by_name_and_counted(self, store: Registry, other: Registry) -> None:
        """In the order of the folded names, at most a given number, after a given name; with the number of all."""
        names = ["Émile", "anna", "Zoë", "Old Tom", "Berta", "ＣＡＲＬ"]
        for character, name in enumerate(names, 1):
            await store.place(character, "overpass", version=1, epoch=1, name=name)
        await store.place(99, "subway", version=1, epoch=1, name="Dora")
        expected = sorted(names, key=folded)
        first = await other.crowd("overpass", limit=4)
        assert ([one.name for one in first.bodies], first.total) == (expected[:4], 6)
        rest = await other.crowd("overpass", limit=4, after=expected[3])
        assert ([one.name for one in rest.bodies], rest.total) == (expected[4:], 6)
        everywhere = await other.crowd(None, limit=99)
        assert ([one.name for one in everywhere.bodies], everywhere.total) == (sorted([*names, "Dora"], key=folded), 7)
        assert {one.name: one.location for one in everywhere.bodies}["Dora"] == "subway"
        empty = await other.crowd("market", limit=4)
        assert (list(empty.bodies), empty.total) == ([], 0)

    async def test_a_body_is_found_by_its_name(self, store: Registry, other: Registry) -> None:
        """By the whole name, its beginning, the beginning of a later word, or the id, in any case and width; the exact name first."""
        for character, name in ((11, "Anna"), (12, "Ann"), (13, "Old Ann Smith"), (14, "Zoë")):
            await store.place(character, "overpass", version=1, epoch=1, name=name)

        async def found(word: str, location: str | None = None, limit: int = 9) -> list[int]:
            return [one.character for one in await other.find(word, location=location, limit=limit)]

        assert await found("ANN") == [12, 11, 13]
        assert await found("ann", limit=2) == [12, 11]
        assert await found("ann  smi") == [13]
        assert await found("smith", "overpass") == [13]
        assert await found("ｚｏË") == [14]
        assert await found("zoe") == [14]
        assert await found("13", "overpass") == [13]
        assert await found("13", "subway") == await found("ann", "subway") == await found("nn") == await found("15") == []
        assert len(await found("")) == 4

    async def test_names_follow_their_bodies(self, store: Registry, other: Registry) -> None:
        """After a move, another name or a removal nothing is found where it was before."""
        await store.place(ASH, "overpass", version=1, epoch=1, name="Old Ash")
        assert list(await other.find("old", location="overpass", limit=9)) == [Body(ASH, "Old Ash", "overpass", connected=False)]
        await other.move(ASH, "subway", version=2)
        assert (await store.crowd("overpass", limit=9)).total == 0
        assert [one.location for one in await store.find("ash", limit=9)] == ["subway"]
        await store.place(ASH, "market", version=3, epoch=2, name="Ember")
        assert list(await other.find("ash", limit=9)) == []
        assert [one.name for one in await other.find("ember", location="market", limit=9)] == ["Ember"]
        assert (await other.crowd("subway", limit=9)).total == 0
        await other.remove(ASH, epoch=2)
        assert (await store.crowd(None, limit=9)).total == (await store.crowd("market", limit=9)).total == 0
        assert list(await store.find("ember", limit=9)) == list(await store.find(str(ASH), limit=9)) == []

    async def test_a_body_without_a_connection_is_link_dead(self, store: Registry, other: Registry, advance: Advance) -> None:
        """From the moment that its worker releases or loses it, until a worker holds it again."""
        await store.heartbeat(worker("w1"), LEASE)

        async def connected() -> list[bool]:
            return [one.connected for one in (await other.crowd("overpass", limit=9)).bodies] + [
                one.connected for one in await other.find("ash", limit=9)
            ]

        await store.attach("w1", ASH, connection(1))
        await store.place(ASH, "overpass", version=1, epoch=1, name="Ash")
        assert await connected() == [True, True]
        await store.detach("w1", ASH, epoch=1)
        assert await connected() == [False, False]
        await store.attach("w1", ASH, connection(2))
        assert await connected() == [True, True]
        await advance(LEASE + 1)
        await other.reap("w1")
        assert await connected() == [False, False]

    # Connections

    async def test_an_attached_connection_is_known(self, store: Registry, other: Registry) -> None:
        """Every worker can ask what a worker holds."""
        await store.attach("w1", ASH, connection(1))
        await store.attach("w1", CINDER, connection(1_800_000_000_000_001))
        assert await other.connections("w1") == {ASH: connection(1), CINDER: connection(1_800_000_000_000_001)}
        assert await other.connections("w2") == {}

    async def test_a_takeover_leaves_one_holder(self, store: Registry, other: Registry) -> None:
        """A newer connection replaces the older one, on any worker."""
        await store.attach("w1", ASH, connection(1))
        await other.attach("w2", ASH, connection(2))
        assert await store.connections("w1") == {}
        assert await store.connections("w2") == {ASH: connection(2)}
        await other.attach("w2", ASH, connection(3))
        assert await store.connections("w2") == {ASH: connection(3)}

    async def test_a_late_attach_changes_nothing(self, store: Registry, other: Registry) -> None:
        """An older epoch does not take the connection back."""
        await other.attach("w2", ASH, connection(2))
        await store.attach("w1", ASH, connection(1))
        await other.attach("w2", ASH, connection(1))
        assert await store.connections("w1") == {}
        assert await store.connections("w2") == {ASH: connection(2)}

    async def test_a_stale_detach_after_a_takeover_changes_nothing(self, store: Registry, other: Registry) -> None:
        """The old worker's late disconnect does not remove the new connection, on its own worker either."""
        await store.attach("w1", ASH, connection(1))
        await other.attach("w2", ASH, connection(2))
        assert await store.detach("w1", ASH, epoch=1) is False
        assert await store.detach("w2", ASH, epoch=1) is False
        assert await store.detach("w1", ASH, epoch=2) is False
        assert await store.connections("w2") == {ASH: connection(2)}

    async def test_a_detached_connection_is_gone(self, store: Registry, other: Registry) -> None:
        """`detach` forgets the connection, once."""
        await store.attach("w1", ASH, connection(1))
        assert await store.detach("w1", ASH, epoch=1) is True
        assert await other.connections("w1") == {}
        assert await store.detach("w1", ASH, epoch=1) is False

    async def test_connections_and_bodies_are_apart(self, store: Registry) -> None:
        """A lost connection leaves the body in the world."""
        await store.place(ASH, "overpass", version=1, epoch=1)
        await store.attach("w1", ASH, connection(1))
        await store.detach("w1", ASH, epoch=1)
        assert await store.locate(ASH) == "overpass"

    # Workers

    async def test_a_heartbeat_announces_a_worker(self, store: Registry, other: Registry, advance: Advance) -> None:
        """Workers are listed by id with what they said last; the store sets when."""
        await store.heartbeat(worker("w2", host="b", pid=7), LEASE)
        await other.heartbeat(worker("w1"), LEASE)
        before = (await store.workers())[1]
        await advance(2)
        figures = {"version": "1.2", "content": "c", "status": "degraded", "problems": ("full",), "commands": 2.5, "loop_delay": 0.25}
        await store.heartbeat(worker("w2", host="b", pid=7, connections=3, draining=True, **figures), LEASE)
        first, second = await other.workers()
        assert (first.worker_id, second.worker_id) == ("w1", "w2")
        assert (second.host, second.pid, second.connections, second.draining, second.started) == ("b", 7, 3, True, 5.0)
        assert {name: getattr(second, name) for name in figures} == figures
        assert 2 <= second.last_heartbeat - before.last_heartbeat < 60

    async def test_a_silent_worker_is_dead(self, store: Registry, other: Registry, advance: Advance) -> None:
        """A worker whose lease ran out is listed as dead until it is reaped, and not as alive."""
        await store.heartbeat(worker("w1"), LEASE)
        await advance(LEASE / 2)
        assert await other.dead_workers() == []
        await advance(LEASE / 2 + 1)
        assert await other.workers() == []
        assert await other.dead_workers() == ["w1"]
        await other.reap("w1")
        assert await other.dead_workers() == []

    async def test_a_heartbeat_renews_the_lease(self, store: Registry, advance: Advance) -> None:
        """The lease counts from the last heartbeat; a worker taken for dead heals with the next one."""
        for _ in range(3):
            await store.heartbeat(worker("w1"), LEASE)
            await advance(LEASE * 0.75)
        assert await store.dead_workers() == []
        await advance(LEASE)
        assert await store.dead_workers() == ["w1"]
        await store.reap("w1")
        await store.heartbeat(worker("w1"), LEASE)
        assert [info.worker_id for info in await store.workers()] == ["w1"]
        assert await store.dead_workers() == []

    async def test_connections_without_a_lease_are_found(self, store: Registry) -> None:
        """A worker that holds connections and has no lease (it was never announced) counts as dead."""
        await store.attach("w1", ASH, connection(1))
        assert await store.dead_workers() == ["w1"]
        assert await store.reap("w1") == {ASH: connection(1)}
        assert await store.dead_workers() == []

    async def test_the_living_cannot_be_reaped(self, store: Registry, other: Registry) -> None:
        """While a worker's lease is alive, reaping it answers nothing and changes nothing."""
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        assert await other.reap("w1") == {}
        assert await store.connections("w1") == {ASH: connection(1)}

    async def test_a_dead_workers_players_go_to_one_reaper(self, store: Registry, other: Registry, advance: Advance) -> None:
        """Of racing reapers exactly one gets the connections, all of them."""
        await store.heartbeat(worker("w1"), LEASE)
        held = {character: connection(character) for character in range(1, 51)}
        for character, info in held.items():
            await store.attach("w1", character, info)
        await advance(LEASE + 1)
        answers = await asyncio.gather(*((store, other)[n % 2].reap("w1") for n in range(10)))
        assert sorted(len(answer) for answer in answers) == [0] * 9 + [50]
        assert max(answers, key=len) == held
        assert await store.connections("w1") == {}

    async def test_a_reaped_connection_can_be_attached_again(self, store: Registry, advance: Advance) -> None:
        """A worker that was reaped by mistake registers its connections again."""
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        await advance(LEASE + 1)
        await store.reap("w1")
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        assert await store.connections("w1") == {ASH: connection(1)}

    async def test_reaping_skips_a_player_who_reconnected_to_another_worker(
        self, store: Registry, other: Registry, advance: Advance
    ) -> None:
        """A player who reconnected to another worker is not handed to the reaper of the old one."""
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        await store.attach("w1", EMBER, connection(1))
        await other.heartbeat(worker("w2"), 10 * LEASE)
        await other.attach("w2", ASH, connection(2))
        await advance(LEASE + 1)
        assert await other.reap("w1") == {EMBER: connection(1)}
        assert await store.connections("w2") == {ASH: connection(2)}

    async def test_a_retired_worker_is_gone_at_once(self, store: Registry, other: Registry) -> None:
        """`retire` ends the lease; what the worker still held waits for `reap`. A stranger may say goodbye too."""
        await store.heartbeat(worker("w1"), LEASE)
        await store.attach("w1", ASH, connection(1))
        await store.retire("w1")
        await store.retire("stranger")
        await breathe()
        assert await other.workers() == []
        assert await other.reap("w1") == {ASH: connection(1)}
        assert await other.dead_workers() == []

    @pytest.mark.parametrize("name", ODD_NAMES)
    async def test_a_worker_may_have_any_name(self, store: Registry, name: str, advance: Advance) -> None:
        """Worker ids are any text."""
        await store.heartbeat(worker(name), LEASE)
        await store.attach(name, ASH, connection(1))
        assert [info.worker_id for info in await store.workers()] == [name]
        await advance(LEASE + 1)
        assert await store.dead_workers() == [name]
        assert await store.reap(name) == {ASH: connection(1)}
