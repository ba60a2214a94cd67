from pathlib import Path

import pytest
from world.small_city import City, small_city


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Give a sound city in a temporary folder."""
    return small_city(tmp_path / "gamedata")
