"""The audit log and the operators, as operators look at them: over the API, on the command line and in the console."""

import json

import pytest
from click.testing import CliRunner
from console import Console, text_of
from echoes.cli import main
from operating import BECAUSE, SCRIPT, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


async def test_the_log_is_read_by_operator_and_action(api):
    """Newest first, also what concerns no account; the look has its own entry, with the filter."""
    moderator, viewer = await Console.of(api, "moderator"), await api.token("viewer")
    await api.post("/announcements", text="The river rises.", token=moderator.cookie)
    await api.post("/nodes/roll", token=moderator.cookie)
    name = f"{moderator.name}#{moderator.account}"
    found = (await api.get("/audit", token=viewer, operator=name)).json()
    assert [(one["operator"], one["action"]) for one in found] == [(name, "roll_workers"), (name, "announce"), (name, "sign_in")]
    assert (json.loads(found[0]["details"])["refused"], found[1]["reason"], found[0]["account_id"]) == ("not_allowed", BECAUSE, None)
    assert {one["action"] for one in (await api.get("/audit", token=viewer, action="announce")).json()} == {"announce"}
    assert len((await api.get("/audit", token=viewer, count=2)).json()) == 2
    assert (await api.get("/audit", token=viewer, operator=name, action="nosuch")).json() == []
    (entry, *_) = await api.entries(action="audit")
    assert json.loads(entry.details) == {"by": name, "of": "nosuch", "count": 50, "found": 0}


@pytest.mark.parametrize(
    ("query", "code"),
    [({"reason": ""}, (422, "no_reason")), ({"count": 0}, (400, "bad_request")), ({"operator": "a\0b"}, (422, "bad_text"))],
)
async def test_a_bad_look_at_the_log_is_refused(api, query, code):
    """A reason is asked for, and a filter is a text of one line."""
    assert refused(await api("GET", "/audit", **{"reason": BECAUSE, **query})) == code


async def test_the_operators_are_listed(api):
    """With their roles, the greatest first, and without their secrets."""
    name, account, secret = await api.operator("admin")
    answer = await api("GET", "/operators", token=await api.token("viewer"))
    assert secret not in answer.text
    assert {"account_id": account, "username": name, "role": "admin"}.items() <= next(
        one for one in answer.json() if one["account_id"] == account
    ).items()
    roles = [one["role"] for one in answer.json()]
    assert roles == sorted(roles)


async def test_the_log_has_a_page(api):
    """With the operators; the entries come with a reason, and their texts are shown as texts."""
    console = await Console.of(api, "viewer")
    await api("POST", "/announcements", {"reason": "<b>now</b>", "text": "The river rises."})
    shown = await console.get("/audit")
    assert (f"{console.name}#{console.account}" in text_of(shown), "announce" in text_of(shown)) == (True, False)
    entries = await console.look("/audit/entries", by="script", action="announce")
    assert ("<b>now" in entries.text, "<b>now</b>" in text_of(entries), "script" in text_of(entries)) == (False, True, True)
    assert "This needs a reason" in text_of(await console.get("/audit/entries", headers={"hx-request": "true"}))


def test_the_command_line_reads_the_log(live):
    """One entry a line, as `echoes audit` prints it, and without the database."""
    environ = {"ECHOES_OPS_URL": live.url, "ECHOES_OPS_TOKEN": SCRIPT}
    assert CliRunner().invoke(main, ["ops", "announce", "The river rises.", "--reason", "a flood"], env=environ).exit_code == 0
    done = CliRunner().invoke(main, ["ops", "audit", "--action", "announce", "--reason", BECAUSE], env=environ)
    assert (done.exit_code, "script  announce  " in done.output, "because: a flood" in done.output) == (0, True, True), done.output
    assert CliRunner().invoke(main, ["ops", "audit", "--operator", "script#0", "--reason", BECAUSE], env=environ).output == "no entries\n"
