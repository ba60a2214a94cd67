"""Real processes, really broken: half a minute of play that must keep every law, and servers without one of their promises that must not."""

import os
import signal

import pytest
from chaos.broken.switches import SWITCHES
from chaos.faults import ALL, LONG, schedule
from chaos.figures import figures, picture, report
from chaos.history import read
from chaos.laws import violations
from chaos.run import Plan, play
from chaos.telling import tell

BOTS = int(os.environ.get("ECHOES_TEST_CHAOS_BOTS", "48"))
SHORT = ("worker_killed", "worker_drained", "worker_cut_off", "redis_killed", "redis_link_stalled", "postgres_killed")


TAKEN_OVER = 15.0
"""Seconds that a timer may be late while its part moves to PostgreSQL: a lease, a look and a half."""

GUILTY = (
    ("fencing", ("redis_link_stalled",), "one_live_session"),
    ("recovery", ("worker_killed", "subscriptions_killed"), "in_order_without_a_gap"),
    ("deduplication", ("worker_killed",), "commands_apply_once"),
    ("invalidation", ("worker_killed",), "reads_are_never_older"),
    ("news", ("worker_killed",), "reads_are_never_older"),
    ("sweep", ("worker_killed",), "events_are_published"),
    ("bodies", ("worker_drained",), "one_location"),
    ("leases", ("worker_drained",), "leases_in_fencing_order"),
    ("timer_versions", ("worker_drained",), "timers_happen_once"),
    ("last_command", ("worker_drained",), "done_stays_done"),
    ("fight_seeds", ("worker_drained",), "fights_replay"),
    ("counting", ("worker_drained",), "commands_are_counted"),
    ("round_limits", ("worker_drained",), "no_fight_stuck"),
    ("quest_facts", ("worker_drained",), "quests_follow_facts"),
)
"""Switches of `broken/switches.py`, the faults that they are played with, and the law that they break."""


def found_in(path):
    """How a history breaks laws, a few lines of each."""
    return {law: lines[:5] for law, lines in violations(tell(read(path))).items()}


@pytest.mark.slow
def test_every_law_holds_while_workers_redis_and_postgresql_are_broken(tmp_path, capsys):
    """25 seconds of faults, always the same ones: none of the promises is broken."""
    path = tmp_path / "history.jsonl.gz"
    complaints = play(Plan(seed=3, seconds=25, bots=BOTS, workers=3, every=4, kinds=SHORT, crowded=BOTS // 3, litter=60), path)
    telling = tell(read(path))
    with capsys.disabled():
        print(f"\n{report(telling, figures(telling))}")  # noqa: T201 - figures for a person
    assert violations(telling) == {}
    assert complaints == []
    assert telling.final is not None
    assert len({fault.kind for fault in telling.faults}) >= 5


@pytest.mark.soak
@pytest.mark.parametrize(("broken", "kinds", "law"), GUILTY, ids=[broken for broken, _, _ in GUILTY])
def test_a_server_without_a_promise_is_found_out(tmp_path, broken, kinds, law):
    """The code that keeps a promise is taken out: the laws find it in less than a minute of play."""
    path = tmp_path / "history.jsonl.gz"
    play(Plan(seed=1, seconds=20, bots=BOTS, workers=2, every=3, broken=broken, kinds=kinds, tabs=0.1, pause=1.5), path)
    assert law in found_in(path)


def test_every_switch_is_tried():
    """None is there that the checker was not seen to find."""
    assert [broken for broken, _, _ in GUILTY] == list(SWITCHES)


def test_a_seed_makes_the_same_schedule_again():
    """And every kind comes once before any comes twice."""
    one, other = (schedule(7, 600, 10) for _ in range(2))
    assert one == other
    everything = ALL.keys() - LONG
    assert {planned.kind for planned in one[: len(everything)]} == everything
    assert schedule(8, 600, 10) != one


def test_a_timeline_is_drawn(tmp_path):
    """Also of a run in which nothing happened."""
    assert picture(tell([]), "nothing <yet>").startswith("<svg")


def test_switches_leave_other_programs_alone(monkeypatch):
    """Only a process of the server's is changed by the switches' folder."""
    former = signal.getsignal(signal.SIGUSR2)
    monkeypatch.setattr("sys.orig_argv", ["python", "-c", "pass"])
    exec(compile((__import__("pathlib").Path(__file__).parent / "broken" / "sitecustomize.py").read_text(), "switches", "exec"), {})  # noqa: S102
    assert signal.getsignal(signal.SIGUSR2) == former


@pytest.mark.soak
def test_a_minute_without_redis(tmp_path, capsys):
    """No command fails because of it, not even at first; the figures have its cost, and the time until all messages have arrived."""
    path = tmp_path / "history.jsonl.gz"
    complaints = play(Plan(seed=1, seconds=115, workers=4, every=80, kinds=("redis_gone",)), path)
    telling = tell(read(path))
    found = figures(telling)
    with capsys.disabled():
        print(f"\n{report(telling, found)}")  # noqa: T201 - figures for a person
    assert violations(telling) == {}
    assert complaints == []
    gone = found.by_fault["redis_gone"]
    assert (gone["refused"], gone["missed"]) == (0, 0)
    assert gone["times"] == 1
    assert gone["whole_max"] < 30
    (began,) = [one.t for one in telling.faults if one.kind == "redis_gone" and one.phase == "begins"]
    late = [at - due for _, _, due, at in telling.ticked.rows if began < at - telling.wall < began + 60]
    assert late
    assert max(late) < TAKEN_OVER, "timers go on under leases of PostgreSQL"
