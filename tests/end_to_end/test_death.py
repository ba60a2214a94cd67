"""A newcomer dies on a phone, wakes in the refuge, walks back and takes what was carried out of the remains: with the page alone."""

import pytest
from pages import dies_and_takes_everything_back, enter, times, window

pytestmark = pytest.mark.browser


async def test_a_newcomer_dies_and_takes_everything_back(browser, deadly, artifacts):
    """The story says where it lies; the way back is a walk; the remains are empty afterwards. `test_first_quest.py` has it in a wide window."""
    async with window(browser, deadly.url, 360, 740) as page:
        await enter(page)
        await dies_and_takes_everything_back(page, lambda name: artifacts / f"{name}-360.png")
        assert await times(page, "You fall.") == 1
