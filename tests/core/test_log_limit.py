"""Log lines of one cause are bounded."""

from echoes import log_limit, repeats
from echoes.log_limit import CAUSES, LogLimit


def test_a_cause_is_due_once_a_minute_with_its_count():
    """The first time at once; each cause has its own count."""
    now = 0.0
    repeats = LogLimit(clock=lambda: now)
    assert [repeats.due("away", "redis") for _ in range(100)] == [1, *[0] * 99]
    assert repeats.due("away", "cache") == 1
    now = 60.0
    assert repeats.due("away", "redis") == 100


def test_the_remembered_causes_are_bounded():
    """The next occurrence of a forgotten cause counts as the first."""
    repeats = LogLimit(clock=lambda: 0.0)
    for number in range(3 * CAUSES):
        assert repeats.due(str(number)) == 1
    assert len(repeats._seen) == CAUSES


def test_plugins_for_the_first_seam_find_it_under_its_former_name():
    """`echoes.repeats` is what seam version 1 promised."""
    assert repeats.REPEATS is log_limit.LOG_LIMIT
    assert repeats.Repeats is log_limit.LogLimit
