"""A property: with any commands of several players, with repeats and broken connections, nothing is made or lost, and every player is in one place."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from player import OPEN, Player
from postgres import a_database, execute
from server import Server

PLAYERS = 3
WHO = st.integers(0, PLAYERS - 1)
THINGS = st.sampled_from(["bread", "bandage", "water", "poker", "coat", "lantern", "tile"])
LINES = st.one_of(
    st.builds("drop {}".format, THINGS),
    st.builds("drop 1 {}".format, THINGS),
    st.builds("get {}".format, THINGS),
    st.builds("get 1 {}".format, THINGS),
    st.builds("use {}".format, THINGS),
    st.builds("equip {}".format, THINGS),
    st.builds("sell {}".format, THINGS),
    st.builds("buy {}".format, THINGS),
    st.sampled_from(["talk marta", "1", "2", "3", "sell all bread", "buy 2 pie"]),
    st.builds("unequip {}".format, THINGS),
    st.sampled_from(["north", "south", "in", "out", "search", "search shelf", "rest", "look", "say hello"]),
    st.builds("give {} to <{}>".format, THINGS, WHO),
    st.builds("give 1 {} to <{}>".format, THINGS, WHO),
)


class City(RuleBasedStateMachine):
    """Players over real sockets; after every step PostgreSQL is asked."""

    server: Server
    runner: asyncio.Runner
    players: tuple[Player, ...] = ()

    @initialize()
    def gather(self):
        """The same people throughout: their things travel on from example to example."""
        if not City.players:
            City.players = tuple(self.run(Player.join(self.server)) for _ in range(PLAYERS))

    @rule(who=WHO, line=LINES)
    def one_acts(self, who, line):
        """A command is answered."""
        reply = self.run(self.players[who].type(self.named(line)))
        assert "ok" in reply, reply

    @rule(lines=st.lists(LINES, min_size=PLAYERS, max_size=PLAYERS))
    def all_act_at_once(self, lines):
        """No player waits for the others."""

        async def at_once():
            return await asyncio.gather(*(one.type(self.named(line)) for one, line in zip(self.players, lines, strict=True)))

        assert all("ok" in reply for reply in self.run(at_once()))

    @rule(who=WHO, lines=st.lists(LINES, min_size=1, max_size=5))
    def one_is_cut_off_in_the_middle(self, who, lines):
        """All that was sent and not answered is sent again after the return."""

        async def cut_off():
            one = self.players[who]
            for line in lines:
                await one.send(type="line", text=self.named(line))
            await one.disconnect()
            assert await one.connect(resume=True)
            await one.send_again()
            await one.until(lambda: not one.unanswered)

        self.run(cut_off())

    @rule(who=WHO, line=LINES)
    def one_repeats_itself(self, who, line):
        """A number sent twice over a new connection is answered as it was: an effect is not had twice."""

        async def repeat():
            one = self.players[who]
            first = await one.type(self.named(line))
            before = await self.holdings()
            await one.disconnect()
            await one.connect(resume=True)
            number = one.number
            one.replies.pop(number)
            one.unanswered[number] = {"type": "line", "id": number, "text": self.named(line)}
            await one.send_again()
            again = await one.until(lambda: one.replies.get(number))
            if first["ok"] and "you" in first["data"]:
                assert again == first
                assert await self.holdings() == before

        self.run(repeat())

    @invariant()
    def things_are_conserved(self):
        """For each template, and for scrap, what exists is what the ledger says came into the world and did not leave it."""
        if not self.players:
            return
        wrong = self.sql(
            "select template, sum(n) from (select template, quantity as n from items union all select 'scrap', scrap from characters"
            " union all select template, -quantity from ledger) t group by template having sum(n) <> 0"
        )
        assert not wrong, wrong
        assert not self.sql("select from equipment q join items i on i.id = q.item_id where i.owner <> 'character:' || q.character_id")

    @invariant()
    def every_player_is_in_one_place(self):
        """Players see each other exactly where PostgreSQL has them."""
        if not self.players:
            return
        where = {row["id"]: row["location_id"] for row in self.sql("select id, location_id from characters")}

        async def look():
            return [await one.do(type="look") for one in self.players]

        for one, reply in zip(self.players, self.run(look()), strict=True):
            view = reply["data"]["location"]
            assert view["id"] == where[one.id]
            seen = {other["id"] for other in view["players"]}
            assert seen == {other.id for other in self.players if other is not one and where[other.id] == where[one.id]}

    def named(self, line):
        """Names in place of numbers."""
        for index, one in enumerate(self.players):
            line = line.replace(f"<{index}>", one.name)
        return line

    async def holdings(self):
        """Every thing and whose it is."""
        return await execute(self.server.database_url, "select id, quantity, owner from items order by id")

    def sql(self, statement):
        return self.run(execute(self.server.database_url, statement))

    def run(self, work):
        return self.runner.run(work)


@pytest.mark.slow
def test_things_are_conserved_and_every_player_is_in_one_place(postgres):
    """Random play of three, step by step, against a real server and a real PostgreSQL."""
    speed = {"ECHOES_COMMANDS_PER_SECOND": "100000", "ECHOES_COMMANDS_BURST": "1000000"}
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **speed}) as server, asyncio.Runner() as runner:
        City.server, City.runner, City.players = server, runner, ()
        try:
            run_state_machine_as_test(
                City,
                settings=settings(
                    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
                ),
            )
        finally:
            for one in City.players:
                runner.run(one.disconnect())
            OPEN.clear()
