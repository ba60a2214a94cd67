import pytest
from echoes.clock import Advance, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Stands still until a test advances it."""
    return ManualClock()


@pytest.fixture
def advance(clock: ManualClock) -> Advance:
    """Lets seconds pass."""
    return clock.advance
