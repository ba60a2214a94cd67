"""Announcements at a time: each line of the countdown once in the whole cluster, bounded, and cancelled by its id."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from echoes.game import countdowns
from echoes.game.countdowns import duration, next_moment
from echoes.storage import announcements
from operating import Listening, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
EARLIER = """update timers set due_at = due_at - $2,
  payload = jsonb_set(payload, '{at}', to_jsonb((payload ->> 'at')::double precision - $2)) where kind = 'countdown' and subject = 'countdown:' || $1"""


@pytest_asyncio.fixture(loop_scope="module")
async def arranged(api):
    """Arranges an announcement; those that are left are cancelled afterwards."""

    async def now(**body):
        return await api.post("/announcements/arranged", **body)

    yield now
    for one in (await api.get("/announcements/arranged")).json():
        await api.post(f"/announcements/arranged/{one['id']}/cancel")


def lines(heard):
    return [one["data"]["message"] for one in heard.events if one["type"] == "announcement"]


async def until(heard, number):
    """Return once `number` announcements have come."""
    async with asyncio.timeout(10):
        while len(lines(heard)) < number:
            await asyncio.sleep(0.02)


async def test_a_countdown_appears_once_on_two_workers(api, other, arranged):
    """At once with the time that is left, at each moment, and when it has come; then nothing is ahead."""
    async with asyncio.timeout(20):
        while not (api.context.clockwork.parts.held and other.clockwork.parts.held):
            await asyncio.sleep(0.05)
    async with Listening(api.context, "game:broadcast") as heard:
        made = (await arranged(text="The <b>server</b> restarts.", minutes=30)).json()
        for number, minutes in enumerate((0, 15, 5, 5, 3, 1, 1), 1):
            await api.context.database.rows("test", EARLIER, made["id"], 60.0 * minutes)
            await until(heard, number)
        async with asyncio.timeout(10):
            while (await api.get("/announcements/arranged")).json():
                await asyncio.sleep(0.05)
        said = ["in 30 minutes", "in 15 minutes", "in 10 minutes", "in 5 minutes", "in 2 minutes", "in 1 minute", "now"]
        assert lines(heard) == [f"Announcement, {when}: The <b>server</b> restarts." for when in said]
    assert refused(await api.post(f"/announcements/arranged/{made['id']}/cancel")) == (404, "no_announcement")
    (entry,) = await api.entries(action="arrange")
    assert json.loads(entry.details)["text"] == "The <b>server</b> restarts."


async def test_a_cancelled_announcement_says_so_and_comes_no_more(api, arranged):
    """By its id; the timer is gone."""
    async with Listening(api.context, "game:broadcast") as heard:
        at = datetime.now(UTC) + timedelta(hours=5)
        made = (await arranged(text="Maintenance.", at=at.isoformat())).json()
        assert made["at"] == f"{at:%Y-%m-%d %H:%M:%S}"
        await until(heard, 1)
        assert (await api.get("/announcements/arranged")).json() == [made]
        assert (await api.post(f"/announcements/arranged/{made['id']}/cancel")).status_code == 204
        await until(heard, 2)
    assert lines(heard) == ["Announcement, in 5 hours: Maintenance.", "Announcement, cancelled: Maintenance."]
    rows = await api.context.database.rows("test", "select from timers where kind = 'countdown'")
    assert not rows
    assert json.loads((await api.entries(action="cancel"))[0].details) == {"id": made["id"], "text": "Maintenance."}


async def test_after_an_outage_missed_lines_are_left_out(api, arranged, monkeypatch):
    """One line with the time that is left; a time that is long past brings none."""
    async with Listening(api.context, "game:broadcast") as heard:
        late = (await arranged(text="One.", minutes=60)).json()
        past = (await arranged(text="Two.", minutes=60)).json()
        await until(heard, 2)
        await api.context.database.rows("test", EARLIER, late["id"], 57 * 60.0)
        await api.context.database.rows("test", EARLIER, past["id"], 70 * 60.0)
        await until(heard, 3)
        async with asyncio.timeout(10):
            while [one["id"] for one in (await api.get("/announcements/arranged")).json()] != [late["id"]]:
                await asyncio.sleep(0.05)
    assert lines(heard)[2:] == ["Announcement, in 3 minutes: One."]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": " ", "minutes": 5}, "incomplete"),
        ({"text": "two\nlines", "minutes": 5}, "bad_text"),
        ({"text": "when?"}, "bad_time"),
        ({"text": "both", "minutes": 5, "at": "2126-01-01T00:00:00Z"}, "bad_time"),
        ({"text": "past", "at": "2026-01-01T00:00:00Z"}, "bad_time"),
        ({"text": "far", "at": "2126-01-01T00:00:00Z"}, "bad_time"),
    ],
)
async def test_an_unclear_announcement_is_refused(api, arranged, body, code):
    """Nothing is ahead, and the refusal is in the audit log."""
    assert refused(await arranged(**body)) == (422, code)
    assert json.loads((await api.entries(action="arrange"))[0].details)["refused"] == code
    assert (await api.get("/announcements/arranged")).json() == []


async def test_a_viewer_sees_announcements_ahead_and_changes_nothing(api, arranged):
    """Also by the URL of the cancellation."""
    viewer = await api.token("viewer")
    made = (await arranged(text="Maintenance.", minutes=60)).json()
    assert (await api.get("/announcements/arranged", token=viewer)).json() == [made]
    assert refused(await arranged(text="x", minutes=5, token=viewer)) == (403, "not_allowed")
    assert refused(await api.post(f"/announcements/arranged/{made['id']}/cancel", token=viewer)) == (403, "not_allowed")
    assert refused(await api.post("/announcements/arranged/nothing/cancel")) == (404, "no_announcement")


async def test_announcements_ahead_are_bounded(api, arranged, monkeypatch):
    """One more than can be is refused."""
    monkeypatch.setattr(announcements, "MOST", 2)
    for _ in range(2):
        assert (await arranged(text="Maintenance.", minutes=60)).status_code == 201
    assert refused(await arranged(text="Maintenance.", minutes=60)) == (422, "too_many")


def test_moments_come_nearer_to_the_time():
    """The next one is at least half a minute away; the last one is the time itself."""
    left, found = 7 * countdowns.HOUR, []
    while left > 0:
        left = next_moment(left)
        found.append(left / 60)
    assert found == [360, 180, 60, 30, 15, 10, 5, 2, 1, 0]
    assert next_moment(3620.0) == 1800.0
    assert next_moment(20.0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (59, "1 minute"),
        (930, "16 minutes"),
        (5400, "1 hour 30 minutes"),
        (90_061, "1 day 1 hour"),
        (172_800, "2 days"),
    ],
)
def test_a_time_span_is_put_into_words(seconds, words):
    """Rounded to minutes."""
    assert duration(seconds) == words
