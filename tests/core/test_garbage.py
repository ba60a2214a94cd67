"""Runs of the garbage collector look at new objects only, and what they leave can be freed later."""

import gc
import weakref

import pytest
from echoes.garbage import YOUNG, count_pauses, short_pauses, thaw
from prometheus_client import REGISTRY


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def runs():
    """The generation of each run."""
    found = []

    def note(phase, info):
        if phase == "stop":
            found.append(info["generation"])

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def test_no_run_looks_at_everything(runs):
    """However much lives; each run is measured, and afterwards all is as it was."""
    former = gc.get_threshold()
    count_pauses()
    measured = REGISTRY.get_sample_value("echoes_garbage_seconds_count")
    with short_pauses():
        runs.clear()
        alive = [[number] for number in range(30 * YOUNG)]
        assert len(runs) >= 25
        assert set(runs) == {0}
        assert gc.get_freeze_count() > 20 * YOUNG
        assert sum(gc.get_count()) < 2 * YOUNG
        assert REGISTRY.get_sample_value("echoes_garbage_seconds_count") == measured, "a run may begin while a metric holds its lock"
    count_pauses()
    assert REGISTRY.get_sample_value("echoes_garbage_seconds_count") - measured >= 25
    assert gc.get_threshold() == former
    assert gc.get_freeze_count() == 0
    assert alive


def test_new_circles_are_freed():
    """A circle that was given up before the next run does not stay."""
    with short_pauses():
        gone = weakref.ref(Circle())
        alive = [[number] for number in range(2 * YOUNG)]
        assert gone() is None
    assert alive


def test_old_circles_are_freed_by_a_thaw():
    """A circle that was given up after it had survived a run stays until then."""
    with short_pauses():
        circle = Circle()
        alive = [[number] for number in range(2 * YOUNG)]
        gone = weakref.ref(circle)
        del circle
        alive += [[number] for number in range(2 * YOUNG)]
        assert gone() is not None
        thaw()
        assert gone() is None
        assert gc.get_freeze_count()
    assert alive


def test_a_thaw_elsewhere_does_nothing(runs):
    """In a process without `short_pauses`."""
    runs.clear()
    thaw()
    assert runs == []
