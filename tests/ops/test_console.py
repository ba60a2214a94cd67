"""The console: sign-ins with a cookie, requests from its own pages only, every action with a reason, and refusals in words."""

import contextlib
import hashlib
import importlib
import inspect
import json
import pkgutil
import re
from datetime import UTC, datetime, timedelta

import echoes.ops
import httpx
import pytest
from cluster import cluster
from console import OWN, Console, cookie_of, text_of
from echoes.app import create_app
from echoes.storage import samplings
from echoes.storage.bans import SPEECH
from echoes.storage.samplings import Sample, Step
from echoes.web.console.actions import ON_ACCOUNTS, ON_CHARACTERS
from echoes.web.console.pages import FOLDER
from echoes.web.tokens import Tokens
from operating import BECAUSE, code_of, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
PAGES = [
    "/players", "/players/7", "/accounts/7", "/reports", "/reports/7", "/announcements", "/addresses", "/nodes", "/world", "/content", "/health", "/facts",
    "/facts/next", "/audit", "/audit/entries",
]  # fmt: skip


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_sign_in_sets_a_cookie_that_no_script_and_no_other_site_gets(api):
    """It is for the console alone, and over TLS for TLS alone; the page that comes then greets the operator."""
    console = await Console.of(api, "moderator")
    answer = await console.sign_in(console.name, code_of(console.secret, 1), url="https://here")
    assert answer.headers["hx-redirect"] == "/ops/players"
    attributes = {one.strip().lower() for one in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/ops", "secure", "max-age=28800"} <= attributes
    shown = await console.get("/players")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert f"{console.name}#{console.account}, moderator" in text_of(shown)
    assert (await console.get("")).headers["location"] == "/ops/players"


async def test_without_tls_the_cookie_is_not_secure(api):
    """Else a browser at an address without TLS would drop it."""
    name, _, secret = await api.operator("viewer")
    answer = await Console(api).sign_in(name, code_of(secret))
    assert "secure" not in answer.headers["set-cookie"].lower()


async def test_a_wrong_code_is_answered_in_words(api):
    """The answer is a part of the page, and sets no cookie."""
    name, _, secret = await api.operator("viewer")
    answer = await Console(api).sign_in(name, code_of(secret, 9))
    assert (answer.status_code, cookie_of(answer), "hx-redirect" in answer.headers) == (401, "", False)
    assert text_of(answer) == "Username, password and code do not belong together. Check all three. A code is accepted once."


async def test_a_sign_in_is_always_a_new_one(api):
    """A cookie that was planted before has no effect: session fixation."""
    victim, planted = await api.operator("viewer"), await Console.of(api, "viewer")
    console = Console(api)
    console.cookie = planted.cookie
    await console.sign_in(victim[0], code_of(victim[2]))
    assert console.cookie != planted.cookie
    assert f"{victim[0]}#{victim[1]}" in text_of(await console.get("/players"))


@pytest.mark.parametrize("path", PAGES)
async def test_without_a_sign_in_the_front_page_comes(api, path):
    """A page leads to it, a part of a page as well; a player's token is none."""
    _, player = await api.register()
    console = Console(api)
    for token in ("", "nonsense", player):
        console.cookie = token
        answer = await console.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/ops"), answer.text
        part = await console.get(path, headers=OWN)
        assert (part.status_code, part.headers["hx-redirect"]) == (401, "/ops")
    assert "Operators' console" in text_of(await console.get(""))


async def test_a_sign_out_ends_the_sign_in_and_the_cookie(api):
    """The token is no longer valid, here and at the API."""
    console = await Console.of(api, "admin")
    answer = await console.post("/sign-out")
    assert answer.headers["hx-redirect"] == "/ops"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await console.get("/players")).status_code == 303
    assert refused(await api("GET", "/me", token=console.cookie)) == (401, "token_expired")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"hx-request": "true"},
        {"sec-fetch-site": "same-origin"},
        {"hx-request": "true", "sec-fetch-site": "cross-site"},
        {"hx-request": "true", "sec-fetch-site": "same-site"},
        {"hx-request": "true", "origin": "http://elsewhere"},
        {"hx-request": "true", "origin": "null"},
        {"hx-request": "true", "origin": "http://here:81"},
        {"hx-request": "true", "sec-fetch-site": "cross-site", "origin": "http://here"},
    ],
)
async def test_a_request_of_another_sites_page_changes_nothing(api, headers):
    """Neither an action nor a sign-in: without the header of htmx, or from another origin."""
    console, mara = await Console.of(api, "moderator"), await api.player()
    answer = await console.post(f"/accounts/{mara.account}/mute", headers=headers)
    assert (answer.status_code, "does not come from a page of the console" in text_of(answer)) == (403, True)
    assert (await mara.type("say hello"))["ok"]
    assert await api.entries(action="mute", account_id=mara.account) == []
    name, _, secret = await api.operator("viewer")
    assert (await Console(api).sign_in(name, code_of(secret), headers=headers)).status_code == 403


async def test_a_browser_that_names_the_origin_alone_is_answered(api):
    """At an address without TLS browsers send no `Sec-Fetch-Site`."""
    console, mara = await Console.of(api, "moderator"), await api.player()
    answer = await console.post(f"/accounts/{mara.account}/mute", headers={"hx-request": "true", "origin": "http://here"})
    assert answer.status_code == 200


# ── players ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_players_are_found_those_online_first(api):
    """By name, account and address, each look with its reason in the audit log; nothing is found without a reason."""
    console = await Console.of(api, "viewer")
    _, token = await api.register("Qxjwabe")
    away = (await api.http.post("/api/characters", json={"name": "Qxjwabe"}, headers={"authorization": f"Bearer {token}"})).json()["name"]
    here = await api.player("Qxjwbea")
    shown = text_of(await console.look("/players", by="name", word="qxjw"))
    assert shown.index(here.name) < shown.index(away)
    assert "2 found" in shown
    assert "There is no such player" in text_of(await console.look("/players", by="account", word="no-such-account"))
    newest, *_ = await api.entries(action="find", operator=f"{console.name}#{console.account}", reason=BECAUSE)
    assert json.loads(newest.details) == {"account": "no-such-account", "found": 0}
    assert "This needs a reason" in text_of(await console.get("/players", by="name", word="qxjw"))
    assert (await console.get("/players", by="anything", word="qxjw")).status_code == 400


async def test_a_players_page_shows_all_and_is_a_look_with_a_reason(api):
    """State, bag, sessions, notes; markup in a note is text. Without a reason the page asks for one and shows nothing."""
    console, mara = await Console.of(api, "moderator"), await api.player()
    await console.post(f"/accounts/{mara.account}/note", text="<script>alert(1)</script>")
    asked = await console.get(f"/players/{mara.id}")
    assert ("Reason of the look" in asked.text, mara.name in asked.text) == (True, False)
    assert await api.entries(action="show", character_id=mara.id) == []
    shown = await console.look(f"/players/{mara.id}")
    assert "<script>alert" not in shown.text
    text = text_of(shown)
    for words in (mara.name, "<script>alert(1)</script>", "Health", "Bag", "scrap", "step 1 of", f"({mara.account}, since 20"):
        assert words in text, words
    (entry,) = await api.entries(action="show", character_id=mara.id)
    assert (entry.operator, entry.reason) == (f"{console.name}#{console.account}", BECAUSE)
    assert mara.name in text_of(await console.look(f"/players/{mara.id}/card"))
    lost = await console.look("/players/999999999")
    assert (lost.status_code, "There is no such character. It may have been erased" in text_of(lost)) == (404, True)


async def test_an_account_without_a_character_has_a_page(api):
    """Found by its name, with sanctions, notes, actions and ended sign-ins; each action on accounts works there, and a look needs a reason."""
    console = await Console.of(api, "admin")
    name, token = await api.register()
    account = api.context.tokens.read("account", token).subject
    found = await console.look("/players", by="account", word=name)
    assert f'href="/ops/accounts/{account}?reason=' in found.text
    asked = await console.get(f"/accounts/{account}")
    assert ("Reason of the look" in asked.text, name in asked.text) == (True, False)
    for action, form in (("ban", {"notice": "<b>Out.</b>"}), ("note", {"text": "never played"})):
        assert (await console.post(f"/accounts/{account}/{action}", **form)).status_code == 200
    shown = await console.look(f"/accounts/{account}")
    assert "<b>Out" not in shown.text
    text = text_of(shown)
    for words in (
        name,
        "Characters none",
        "banned for good",
        "“<b>Out.</b>”",
        "never played",
        f"ban 20{text.partition('ban 20')[2][:2]}",
        BECAUSE,
    ):
        assert words in text, words
    assert all(f'data-testid="do-{action}"' in shown.text for action in (*ON_ACCOUNTS, "export"))
    assert (await console.look(f"/accounts/{account}/card")).status_code == 200
    assert len(await api.entries(action="show_account", account_id=account, operator=f"{console.name}#{console.account}")) == 2
    answer = (await api.get(f"/accounts/{account}")).json()
    assert (answer["username"], answer["characters"], answer["ban"]["notice"], answer["ended"][0]["cause"]) == (
        name,
        [],
        "<b>Out.</b>",
        "ban",
    )
    assert {"ban", "note", "show_account"} <= {one["action"] for one in answer["actions"]}
    assert refused(await api("GET", f"/accounts/{account}")) == (422, "no_reason")
    assert refused(await api.get("/accounts/999999999")) == (404, "no_account")
    assert (await console.look("/accounts/999999999")).status_code == 404


async def test_each_action_does_the_same_as_the_api(api):
    """Every action of the page: its sentence, its entry in the audit log with the operator and the reason, and a page that fetches again."""
    console = await Console.of(api, "admin")
    mara = await api.player()
    item = next(id_ for id_, one in api.context.world.items.items() if one.stackable)
    place = next(id_ for id_ in api.context.world.locations if id_ != api.context.world.start.location)
    done = {}
    for name, form in (
        ("mute", {"minutes": "5", "notice": "a pause"}), ("unmute", {}), ("kick", {"notice": "back soon"}), ("note", {"text": "asked for help"}),
        ("ban", {"minutes": ""}), ("unban", {}),
    ):  # fmt: skip
        done[name] = await console.post(f"/accounts/{mara.account}/{name}", **form)
    for name, form in (
        ("move", {"location_id": place}), ("heal", {}), ("give", {"item": item, "quantity": "3"}), ("take", {"item": item, "quantity": "1"}),
        ("debug", {"minutes": "5"}), ("debug_end", {}), ("rename", {"name": f"{mara.name[:8]}ella"}),
    ):  # fmt: skip
        done[name] = await console.post(f"/characters/{mara.id}/{name}", **form)
    entries = await api.entries(operator=f"{console.name}#{console.account}", reason=BECAUSE, account_id=mara.account)
    done["erase"] = await console.post(f"/accounts/{mara.account}/erase")
    assert {name: text_of(one) for name, one in done.items() if one.status_code != 200} == {}
    assert done.keys() == ON_ACCOUNTS.keys() | ON_CHARACTERS.keys(), "all of them"
    assert [name for name, one in done.items() if one.headers.get("hx-trigger") != "changed"] == ["erase"]
    assert "may not speak until" in text_of(done["mute"])
    assert "You are banned for good." in text_of(done["ban"])
    assert f"is {mara.name[:8]}ella now" in text_of(done["rename"])
    assert {one.action for one in entries} == done.keys() - {"erase"}, "an erasure removes their texts"
    assert len(await api.entries(operator=f"{console.name}#{console.account}", action="erase", account_id=mara.account)) == 1


def test_the_console_has_each_function_of_the_api():
    """Each function of `echoes.ops` that acts for an operator is called by a page, too."""
    pages = "".join(one.read_text() for one in FOLDER.glob("*.py"))
    found = [
        name
        for module in pkgutil.iter_modules(echoes.ops.__path__, "echoes.ops.")
        for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.iscoroutinefunction)
        if one.__module__ == module.name and [*inspect.signature(one).parameters][:2] == ["context", "operator"]
    ]
    assert len(found) > 40
    own = {"meant", "_intervene", "_order"}  # parts of other functions
    assert [name for name in found if name not in own and not re.search(rf"\b{name}\b", pages)] == []


async def test_a_mute_of_some_speech_is_a_choice_of_the_page(api):
    """Boxes for the kinds of speech; without any all of it is refused. The page shows which."""
    console, mara = await Console.of(api, "moderator"), await api.player()
    shown = await console.look(f"/players/{mara.id}")
    assert all(f'name="{one}"' in shown.text for one in SPEECH)
    answer = await console.post(f"/accounts/{mara.account}/mute", whisper="true", shout="true")
    assert "You may not shout or whisper" in text_of(answer)
    assert (await mara.type("say hello"))["ok"]
    assert (await mara.type("shout hello"))["error"]["code"] == "muted"
    assert "Mute of shout, whisper" in text_of(await console.look(f"/players/{mara.id}/card"))
    assert "Mute of shout, whisper" in text_of(await console.look(f"/accounts/{mara.account}/card"))


async def test_samples_are_shown_in_the_page(api):
    """Each sampled command with its steps; the look is in the audit log."""
    console, mara = await Console.of(api, "moderator"), await api.player()
    assert "Nothing is sampled" in text_of(await console.look(f"/players/{mara.id}/samples"))
    assert (await console.post(f"/characters/{mara.id}/debug", minutes="5")).status_code == 200
    sample = Sample(mara.id, "abc-1", "look", "ok", 0.25, "here", [Step("decide", 0.1, 0.125)], began=api.context.database.now())
    await samplings.keep(api.context.database, [sample])
    text = text_of(await console.look(f"/players/{mara.id}/samples"))
    assert all(one in text for one in ("look", "250.0 ms", "abc-1", "decide", "125.0 ms")), text
    assert await api.entries(action="samples", operator=f"{console.name}#{console.account}", character_id=mara.id)


@pytest.mark.parametrize(("group", "name"), [*(("accounts", one) for one in ON_ACCOUNTS), *(("characters", one) for one in ON_CHARACTERS)])
async def test_a_viewers_action_is_refused_in_words(api, group, name):
    """Each one: 403 with a sentence, an entry with the refusal, and nothing is done."""
    console, mara = await Console.of(api, "viewer"), await api.player()
    form = {"text": "x", "location_id": "kiln_yard", "item": "scrap", "quantity": "1"}
    form = {key: value for key, value in form.items() if key in ({**ON_ACCOUNTS, **ON_CHARACTERS}[name].form.__struct_fields__)}
    if name == "rename":
        form["name"] = "Another"
    answer = await console.post(f"/{group}/{mara.account if group == 'accounts' else mara.id}/{name}", **form)
    assert answer.status_code == 403
    assert text_of(answer).startswith("This needs the role ")
    assert text_of(answer).endswith("yours is viewer. Ask an admin: echoes ops grant.")
    entries = await api.entries(action=name, operator=f"{console.name}#{console.account}")
    assert [json.loads(one.details)["refused"] for one in entries] == ["not_allowed"]


async def test_a_viewers_page_says_that_actions_need_a_greater_role(api):
    """Its forms are there and cannot be used; a moderator's can, but for export and erasure."""
    mara = await api.player()
    viewer, moderator = await Console.of(api, "viewer"), await Console.of(api, "moderator")
    shown = await viewer.look(f"/players/{mara.id}")
    assert "some the role admin; yours is viewer" in text_of(shown)
    assert shown.text.count("<fieldset disabled>") == 2
    assert (await moderator.look(f"/players/{mara.id}")).text.count("<fieldset disabled>") == 1


@pytest.mark.parametrize(
    ("path", "form", "status", "words"),
    [
        ("accounts/{account}/mute", {"reason": ""}, 422, "This needs a reason"),
        ("accounts/{account}/mute", {"minutes": "-3"}, 400, "The form cannot be read"),
        ("accounts/{account}/mute", {"minutes": "soon"}, 400, "The form cannot be read"),
        ("accounts/{account}/mute", {"odd": "1"}, 400, "The form cannot be read"),
        ("accounts/{account}/note", {}, 400, "The form cannot be read"),
        ("accounts/{account}/note", {"text": "x" * 2001}, 400, "The form cannot be read"),
        ("accounts/{account}/nothing", {}, 404, "There is no such action"),
        ("accounts/999999999/kick", {}, 404, "There is no such account"),
        ("accounts/99999999999999999999/kick", {}, 404, "There is no such account"),
        ("characters/{id}/move", {"location_id": "nowhere"}, 422, "There is no location"),
        ("characters/{id}/give", {"item": "scrap", "quantity": "many"}, 400, "The form cannot be read"),
        ("characters/{id}/rename", {"name": "Marta\0"}, 422, ""),
    ],
)
async def test_bad_input_is_refused_in_words(api, path, form, status, words):
    """The part says what is wrong, and nothing is changed."""
    console, mara = await Console.of(api, "admin"), await api.player()
    answer = await console.post(f"/{path.format(account=mara.account, id=mara.id)}", **form)
    assert (answer.status_code, words in text_of(answer), 'class="trouble"' in answer.text) == (status, True, True), answer.text
    assert (await mara.type("say hello"))["ok"]


async def test_the_second_of_two_operators_reads_of_the_first(api):
    """409, with the name and the words of the first."""
    first, second, mara = await Console.of(api, "moderator"), await Console.of(api, "moderator"), await api.player()
    assert (await first.post(f"/accounts/{mara.account}/ban", notice="Enough.")).status_code == 200
    answer = await second.post(f"/accounts/{mara.account}/ban")
    assert answer.status_code == 409
    assert f"by {first.name}#{first.account}: Enough." in text_of(answer)


async def test_a_page_from_before_anothers_action_does_nothing(api):
    """Two moderators give the lost thing back: the second reads what the first did, and nothing is given twice. Own actions are no surprise."""
    first, second, mara = await Console.of(api, "moderator"), await Console.of(api, "moderator"), await api.player()
    pages = [await one.look(f"/players/{mara.id}") for one in (first, second)]
    seen = [re.search(r'name="seen" value="(\d+)"', one.text)[1] for one in pages]
    form = {"item": "scrap", "quantity": "50"}
    for _ in range(2):
        assert (await first.post(f"/characters/{mara.id}/give", **form, seen=seen[0])).status_code == 200
    for path, fields in (
        (f"/characters/{mara.id}/give", form), (f"/characters/{mara.id}/rename", {"name": "Ilona"}), (f"/accounts/{mara.account}/kick", {}),
    ):  # fmt: skip
        answer = await second.post(path, **fields, seen=seen[1])
        assert answer.status_code == 409
        assert f"{first.name}#{first.account} has done this since the page was loaded: give" in text_of(answer)
    again = await second.look(f"/accounts/{mara.account}")
    assert (
        await second.post(f"/accounts/{mara.account}/kick", seen=re.search(r'name="seen" value="(\d+)"', again.text)[1])
    ).status_code == 200
    entries = await api.entries(operator=f"{second.name}#{second.account}", account_id=mara.account)
    assert [json.loads(one.details).get("refused") for one in entries if not one.action.startswith("show")] == [None, *["done_already"] * 3]
    assert (await second.post(f"/characters/{mara.id}/heal", seen="soon")).status_code == 400


async def test_story_and_export(api):
    """The story as a part of the page, the export as a file that is not stored; each is in the audit log."""
    console, mara = await Console.of(api, "admin"), await api.player()
    await console.post(f"/characters/{mara.id}/heal")
    assert f"{console.name}#{console.account}: heal" in text_of(await console.look(f"/players/{mara.id}/story", hours=1))
    file = await console.look(f"/accounts/{mara.account}/export")
    assert file.headers["content-disposition"] == f'attachment; filename="account-{mara.account}.json"'
    assert (file.headers["cache-control"], file.json()["account"]["username"]) == ("no-store", mara.name)
    moderator = await Console.of(api, "moderator")
    refusal = await moderator.look(f"/accounts/{mara.account}/export")
    assert (refusal.status_code, "This needs the role admin; yours is moderator." in text_of(refusal)) == (403, True)
    assert {"story", "export"} <= {one.action for one in await api.entries(reason=BECAUSE, account_id=mara.account)}


# ── reports and announcements ────────────────────────────────────────────────────────────────────────────────────────


async def test_reports_are_read_and_decided(api):
    """The queue has no texts; a report asks for a reason; the decision is kept, and a second one is refused."""
    console, mara, tomas = await Console.of(api, "moderator"), await api.player(), await api.player()
    await tomas.type(f"report {mara.name} shouts <b>loudly</b>")
    queue = await console.get("/reports")
    assert (mara.name in queue.text, "loudly" in queue.text) == (True, False)
    (line,) = [one for one in (await api("GET", "/reports")).json() if one["reported"] == mara.name]
    assert "shouts" not in (await console.get(f"/reports/{line['id']}")).text
    shown = await console.look(f"/reports/{line['id']}")
    assert "shouts &lt;b&gt;loudly&lt;/b&gt;" in shown.text
    assert text_of(await console.post(f"/reports/{line['id']}/decide", decision="a word with the player")) == "The report is decided."
    again = await console.post(f"/reports/{line['id']}/decide", decision="another")
    assert (again.status_code, "a word with the player" in text_of(again)) == (409, True)
    assert mara.name not in (await console.get("/reports")).text
    assert mara.name in (await console.get("/reports", decided="true")).text


async def test_an_announcement_is_sent(api):
    """With an entry in the audit log; an empty one is refused."""
    console = await Console.of(api, "moderator")
    assert "Announced" in text_of(await console.post("/announcements", text="The server restarts at ten."))
    (entry,) = await api.entries(action="announce", operator=f"{console.name}#{console.account}")
    assert entry.reason == BECAUSE
    assert (await console.post("/announcements", text=" ")).status_code == 422


@pytest.mark.parametrize(("field", "value"), [("minutes", "45"), ("at", "{:%Y-%m-%dT%H:%M}")])
async def test_an_announcement_for_a_time_is_listed_and_cancelled(api, field, value):
    """Some minutes from now, or at a time in UTC as a browser sends it; players read each, and a second cancellation is refused."""
    console = await Console.of(api, "moderator")
    answer = await console.post(
        "/announcements", text="<b>Maintenance.</b>", **{field: value.format(datetime.now(UTC) + timedelta(hours=2))}
    )
    assert (answer.status_code, answer.headers["hx-trigger"], "Announced for" in text_of(answer)) == (200, "changed", True)
    ahead = await console.get("/announcements/ahead")
    assert ("<b>Main" in ahead.text, "<b>Maintenance.</b>" in text_of(ahead)) == (False, True)
    (one,) = (await api.get("/announcements/arranged")).json()
    assert text_of(await console.post(f"/announcements/{one['id']}/cancel")) == "The announcement is cancelled; players read that."
    assert (await console.post(f"/announcements/{one['id']}/cancel")).status_code == 404
    assert "none" in text_of(await console.get("/announcements/ahead"))
    entries = await api.entries(operator=f"{console.name}#{console.account}")
    assert [one.action for one in entries if one.action != "sign_in"] == ["cancel", "cancel", "arrange"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"minutes": "5", "at": "2036-01-01T00:00"}, "not both"),
        ({"at": "2020-01-01T00:00"}, "is past"),
        ({"at": "soon"}, "That is no time"),
    ],
)
async def test_a_bad_time_of_an_announcement_is_refused_in_words(api, form, words):
    """Nothing is announced."""
    console = await Console.of(api, "moderator")
    answer = await console.post("/announcements", text="The server restarts.", **form)
    assert (answer.status_code, words in text_of(answer)) == (422, True), answer.text
    assert (await api.get("/announcements/arranged")).json() == []


async def test_address_ranges_are_banned_and_let_in_again(api):
    """The page lists the bans; a second one of the same range reads of the first; a viewer looks."""
    console, viewer = await Console.of(api, "moderator"), await Console.of(api, "viewer")
    answer = await console.post("/addresses", network="203.0.113.0/24", minutes="5", notice="<b>Quiet.</b>")
    assert (answer.status_code, answer.headers["hx-trigger"], "203.0.113.0/24 is banned until" in text_of(answer)) == (200, "changed", True)
    again = await console.post("/addresses", network="203.0.113.0/24")
    assert (again.status_code, f"by {console.name}#{console.account}: <b>Quiet.</b>" in text_of(again)) == (409, True)
    shown = await viewer.get("/addresses")
    assert ("203.0.113.0/24" in shown.text, "<b>Quiet" in shown.text, "yours is viewer" in text_of(shown)) == (True, False, True)
    (one,) = (await api.get("/address-bans")).json()
    assert (await viewer.post(f"/addresses/{one['id']}/end")).status_code == 403
    assert text_of(await console.post(f"/addresses/{one['id']}/end")) == "203.0.113.0/24 is not banned any more."
    assert "none" in text_of(await console.get("/addresses/list"))
    assert (await console.post(f"/addresses/{one['id']}/end")).status_code == 404
    entries = await api.entries(operator=f"{console.name}#{console.account}")
    assert {"ban_address", "unban_address"} < {one.action for one in entries}
    assert [one.action for one in await api.entries(operator=f"{viewer.name}#{viewer.account}")] == ["unban_address", "sign_in"]


# ── the console as a whole ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("off", ["ops_console", "ops"])
async def test_the_console_can_be_switched_off(database_url, tmp_path, off):
    """Each path answers 404, its files as well."""
    async with contextlib.AsyncExitStack() as stack:
        (context,) = await stack.enter_async_context(cluster(database_url, tmp_path, **{off: False}))
        transport = httpx.ASGITransport(create_app(context))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://here"))
        for path in ("", *PAGES, "/files/htmx.min.js", "/files/console.css"):
            assert (await http.get(f"/ops{path}")).status_code == 404, path
        assert (await http.post("/ops/sign-in", headers=OWN)).status_code in {404, 405}
        assert (await http.get("/api/ops/me")).status_code == (404 if off == "ops" else 401)


async def test_below_a_path_each_address_begins_with_it(database_url, tmp_path):
    """Links, files, the cookie and redirects; nothing is loaded from elsewhere."""
    async with contextlib.AsyncExitStack() as stack:
        (context,) = await stack.enter_async_context(cluster(database_url, tmp_path, base_path="/game"))
        transport = httpx.ASGITransport(create_app(context))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://here"))
        front = (await http.get("/game/ops")).text
        assert (await http.get("/game/ops/players")).headers["location"] == "/game/ops"
        assert (await http.get("/game/ops/files/console.css")).headers["cache-control"] == "no-cache"
    found = [part.split('"')[0] for name in ('href="', 'src="', 'hx-post="', 'action="') for part in front.split(name)[1:]]
    assert [one for one in found if not one.startswith(("/game/", "#"))] == []


@pytest.mark.parametrize(("name", "files"), [("htmx", ["htmx.min.js"]), ("uPlot", ["uPlot.iife.min.js", "uPlot.min.css"])])
def test_files_of_others_are_the_release_that_their_licence_names(name, files):
    """They are as they were published."""
    folder = FOLDER / "files"
    named = (folder / f"{name}.LICENSE.txt").read_text(encoding="utf-8")
    assert re.match(rf"{name} (\S+),", named)[1].encode() in (folder / files[0]).read_bytes()
    assert re.findall(r"SHA-256: (\w+)", named) == [hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files]


async def test_a_sign_in_of_another_secret_is_none(api):
    """A cookie that another server has signed leads to the front page."""
    console = await Console.of(api, "admin")
    claims = api.context.tokens.read("operator", console.cookie)
    console.cookie = Tokens("another secret of another server", 1).sign("operator", claims.subject, session=claims.session)
    assert (await console.get("/players")).status_code == 303


@pytest.mark.parametrize("path", ["/nothing", "/players/abc", "/nodes/table/more", "/accounts"])
async def test_an_unknown_path_is_a_page(api, path):
    """With and without a sign-in; elsewhere errors stay JSON."""
    console = await Console.of(api, "viewer")
    for answer in (await console.get(path), await api.http.get(f"/ops{path}")):
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html"), answer.text
        assert 'data-testid="refusal"' in answer.text
    assert (await api.http.get("/opsx")).headers["content-type"].startswith("application/json")


async def test_long_lists_are_cut(api, monkeypatch):
    """A search shows 50 rows and says so; the queue shows the newest reports."""
    monkeypatch.setattr("echoes.web.console.reports.SHOWN", 1)
    console, mara, tomas = await Console.of(api, "viewer"), await api.player(), await api.player()
    for name in (mara.name, tomas.name):
        assert (await (tomas if name == mara.name else mara).type(f"report {name} shouts"))["ok"]
    shown = (await console.get("/reports")).text
    assert (tomas.name in shown, mara.name in shown) == (True, False)
    await api.context.database.rows(
        "test",
        "insert into accounts (username, username_key, password_hash) select 'crowd' || n, 'crowd' || n, '' from generate_series(1, 51) n",
    )
    answer = await console.look("/players", by="account", word="crowd")
    assert "50 found, the first 50" in text_of(answer)
