"""The content in force over the API and in the console: history, differences, a push, the way back."""

import asyncio
import base64
import json
import zipfile
from io import BytesIO

import msgspec
import pytest
import pytest_asyncio
from cluster import QUIET
from console import OWN, Console, text_of
from echoes.ops import archive as archives
from echoes.settings import Settings, gamedata_of
from echoes.storage import contents
from echoes.storage.retention import Retention, rules
from echoes.world import content
from operating import BECAUSE, SCRIPT, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
SHIPPED = gamedata_of(Settings())
YARD = "locations/cinder_market/kiln_yard.yaml"
COUNT = iter(range(10**6))


def zipped(files):
    """An archive of these files."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return made.getvalue()


def shipped(name="The Kiln Yard", **more):
    """The files of the shipped game data, with this name for the yard."""
    files = {path.relative_to(SHIPPED).as_posix(): path.read_text(encoding="utf-8") for path in SHIPPED.rglob("*.yaml")}
    files[YARD] = files[YARD].replace("name: The Kiln Yard", f"name: {name}")
    return files | more


def new_name():
    """A name that no test has pushed."""
    return f"The Yard {'abcdefghijklmnopqrstuvwxyz'[next(COUNT)]}"


async def push(api, archive, *, seen=None, token=SCRIPT, **more):
    """Push an archive, on the content in force unless another number is given."""
    seen = (await api("GET", "/content")).json()["number"] if seen is None else seen
    return await api.post("/content/push", archive=base64.b64encode(archive).decode(), seen=seen, token=token, **more)


async def activated(context, world):
    """Bring a world into force as a server's command does; answers its number."""
    return (await contents.push(context.database, world)).number


def renamed(name):
    """The quiet city with another name for the yard."""
    yard = msgspec.structs.replace(QUIET.locations["kiln_yard"], name=name)
    return content.stamped(msgspec.structs.replace(QUIET, locations={**QUIET.locations, "kiln_yard": yard}))


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def quiet(context):
    """Each test begins with the quiet city in force on this worker."""
    if (await contents.active(context.database)).version != QUIET.version:
        await activated(context, QUIET)
    await context.contents.renew()


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_history_has_each_activation(api, context):
    """Newest first: version, time, source, operator and reason; also one of an older release, which writes no row of its own."""
    pushed = renamed(new_name())
    await activated(context, pushed)
    shown = (await api("GET", "/content")).json()
    first = shown["history"][0]
    assert (shown["version"], first["version"], first["number"], first["source"]) == (
        pushed.version,
        pushed.version,
        shown["number"],
        "push",
    )
    assert first["operator"]
    await context.database.rows("test", "update world set content_number = content_number + 1, content = $1", QUIET.version)
    shown = (await api("GET", "/content")).json()
    assert [one["version"] for one in shown["history"][:2]] == [QUIET.version, pushed.version]
    assert (shown["history"][0]["operator"], shown["history"][0]["kept"]) == ("", True)
    console = await Console.of(api, "viewer")
    assert pushed.version in text_of(await console.get("/content"))


async def test_the_difference_between_two_contents_has_pages(api, context):
    """In force and a former one, by kind and change, each page with the number of all."""
    pushed = content.stamped(
        msgspec.structs.replace(
            renamed(new_name()), items={key: msgspec.structs.replace(one, value=one.value + 1) for key, one in QUIET.items.items()}
        )
    )
    await activated(context, pushed)
    found = (await api("GET", "/content/diff", before=QUIET.version)).json()
    assert (found["before"], found["after"]) == (QUIET.version, pushed.version)
    assert (found["changed"], found["added"], found["removed"], found["total"]) == (len(QUIET.items) + 1, 0, 0, len(QUIET.items) + 1)
    (yard,) = (await api("GET", "/content/diff", before=QUIET.version, kind="location")).json()["lines"]
    assert (yard["change"], yard["id"], yard["fields"][0].startswith("name ")) == ("changed", "kiln_yard", True)
    page = (await api("GET", "/content/diff", before=QUIET.version, kind="item", count=2, offset=1)).json()
    assert ([one["id"] for one in page["lines"]], page["total"]) == (sorted(QUIET.items)[1:3], len(QUIET.items))
    assert (await api("GET", "/content/diff", before=QUIET.version, change="added")).json()["lines"] == []
    assert (await api("GET", "/content/diff", count=contents_page() + 1)).status_code == 400
    for bad in ("no-such-version", "\0"):
        assert (await api("GET", "/content/diff", before=bad)).status_code in {404, 422}
    console = await Console.of(api, "viewer")
    text = text_of(await console.get("/content/diff", before=QUIET.version, after=pushed.version, kind="location"))
    assert f"{len(QUIET.items) + 1} changed" in text
    assert "location kiln_yard : name" in text


def contents_page():
    """The differences of a page at most."""
    from echoes.ops.contents import PAGE  # noqa: PLC0415 - one test's

    return PAGE


async def test_viewers_look_and_admins_push(api):
    """Others are refused with an entry; a player's token opens nothing."""
    viewer, moderator = await api.token("viewer"), await api.token("moderator")
    assert (await api("GET", "/content", token=viewer)).status_code == 200
    assert (await api("GET", "/content/diff", token=viewer)).status_code == 200
    for token in (viewer, moderator):
        assert refused(await push(api, b"", token=token)) == (403, "not_allowed")
        assert refused(await api.post("/content/back", version="x", seen=1, token=token)) == (403, "not_allowed")
    _, player = await api.register()
    for path in ("/content", "/content/diff"):
        assert refused(await api("GET", path, token=player)) == (401, "not_authorized")
    assert refused(await push(api, b"", token=player)) == (401, "not_authorized")


# ── a push ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_push_comes_into_force_with_its_operator(api, context):
    """A dry run shows the differences and changes nothing; the push is audited and is in the history; the worker plays by it."""
    name, archive = new_name(), zipped(shipped(new_name()))
    archive = zipped(shipped(name))
    trial = await push(api, archive, dry_run=True, kind="location")
    assert (trial.status_code, trial.json()["number"], trial.json()["in_use"]) == (200, 0, [])
    assert (await contents.active(context.database)).version == QUIET.version
    made = (await push(api, archive)).json()
    shown = (await api("GET", "/content")).json()
    assert (shown["version"], shown["number"]) == (made["version"], made["number"])
    assert {key: shown["history"][0][key] for key in ("operator", "reason", "source")} == {
        "operator": "script",
        "reason": BECAUSE,
        "source": "push",
    }
    entry, *_ = await api.entries(action="content_push", operator="script", reason=BECAUSE)
    assert json.loads(entry.details) == {"version": made["version"], "number": made["number"], "before": QUIET.version}
    async with asyncio.timeout(10):
        while context.world.locations["kiln_yard"].name != name:
            await asyncio.sleep(0.05)


async def test_the_second_of_two_admins_reads_of_the_first(api, context):
    """Both looked at the same content: the push of the second is refused with operator, version and time, and changes nothing."""
    seen = (await api("GET", "/content")).json()["number"]
    first = await push(api, zipped(shipped(new_name())), seen=seen)
    assert first.status_code == 200
    second = await push(api, zipped(shipped(new_name())), seen=seen)
    assert refused(second) == (409, "content_changed")
    assert f"{first.json()['version']} (number {first.json()['number']}) by script at " in second.json()["message"]
    assert refused(await api.post("/content/back", version=QUIET.version, seen=seen)) == (409, "content_changed")
    assert (await contents.active(context.database)).version == first.json()["version"]


async def test_a_push_at_once_of_two_admins_is_one(api):
    """One is in force, the other one is refused."""
    seen = (await api("GET", "/content")).json()["number"]
    answers = await asyncio.gather(*(push(api, zipped(shipped(new_name())), seen=seen) for _ in range(2)))
    assert sorted(one.status_code for one in answers) in ([200, 409], [200, 503])


async def test_an_older_upload_is_refused_and_the_way_back_brings_it(api, context):
    """It was in force before: the error names when, what came then, and the command that goes back."""
    older = zipped(shipped(new_name()))
    version = (await push(api, older)).json()["version"]
    assert refused(await push(api, older)) == (409, "done_already")
    newer = (await push(api, zipped(shipped(new_name())))).json()
    answer = await push(api, older)
    assert refused(answer) == (409, "older_content")
    assert f"{version} was in force from 20" in answer.json()["message"]
    assert f"then came {newer['version']} (number {newer['number']}) by script" in answer.json()["message"]
    assert f"content-back {version}" in answer.json()["hint"]
    trial = await api.post("/content/back", version=version, seen=newer["number"], dry_run=True)
    assert (trial.json()["number"], trial.json()["diff"]["changed"]) == (0, 1)
    made = await api.post("/content/back", version=version, seen=newer["number"])
    assert (made.status_code, made.json()["version"]) == (200, version)
    first = (await api("GET", "/content")).json()["history"][0]
    assert (first["source"], first["operator"], first["version"]) == ("back", "script", version)
    assert (await api.entries(action="content_back", operator="script"))[0].reason == BECAUSE
    assert refused(await api.post("/content/back", version="0" * 16, seen=first["number"])) == (404, "no_content")


async def test_a_push_without_content_in_use_is_refused(api, context):
    """A push without a location in which a character is: refused with the use, as the dry run shows."""
    archive, mara = zipped(shipped(new_name())), await api.player()
    hut = msgspec.structs.replace(QUIET.locations["kiln_yard"], exits={}, items=())
    await activated(context, content.stamped(msgspec.structs.replace(QUIET, locations={**QUIET.locations, "new_hut": hut})))
    await context.database.rows("test", "update characters set location_id = 'new_hut' where id = $1", mara.id)
    trial = await push(api, archive, dry_run=True)
    assert "location new_hut: characters that are there: 1" in trial.json()["in_use"]
    answer = await push(api, archive)
    assert (refused(answer), "location new_hut" in answer.json()["message"]) == ((422, "in_use"), True)
    console, seen = await Console.of(api, "admin"), (await contents.active(context.database)).number
    shown = await console.post("/content/back", version=QUIET.version, seen=str(seen), dry_run="true")
    assert "It would be refused, because these are in use: location new_hut" in text_of(shown)
    await context.database.rows("test", "update characters set location_id = 'kiln_yard' where id = $1", mara.id)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"world.yaml": "start: ["}, "world.yaml"),
        ({"locations/x.yaml": "name: Nowhere"}, "world.yaml"),
        ({}, "world.yaml"),
    ],
)
async def test_game_data_with_problems_are_refused(api, files, words):
    """As `echoes check` says them; the refusal is in the audit log, and nothing changes."""
    answer = await push(api, zipped(files))
    assert (refused(answer), words in answer.json()["message"]) == ((422, "bad_content"), True)
    entry, *_ = await api.entries(action="content_push", operator="script")
    assert json.loads(entry.details)["refused"] == "bad_content"


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"no archive", "cannot be read"),
        (b"", "cannot be read"),
        (zipped({"../world.yaml": "x"}), "leads out of its folder"),
        (zipped({"/etc/world.yaml": "x"}), "leads out of its folder"),
        (zipped({"a\\b.yaml": "x"}), "leads out of its folder"),
        (zipped({f"items/{one}.yaml": "" for one in range(archives.FILES + 1)}), "more than 2000 entries"),
        (zipped({"world.yaml": "x" * (archives.UNPACKED + 1)}), "larger than 4 MiB together"),
        (zipped({"items/x.yaml": "", "items/x.yaml/y.yaml": ""}), "cannot be unpacked"),
        (zipped({"world.yaml": "x"})[:-30], "cannot be read"),
    ],
    ids=["no archive", "empty", "dots", "absolute", "backslash", "many files", "a bomb", "a folder as a file", "cut off"],
)
async def test_a_bad_archive_is_refused(api, archive, words):
    """Before anything is read as game data; nothing is left behind."""
    answer = await push(api, archive)
    assert (refused(answer), words in answer.json()["message"]) == ((422, "bad_archive"), True), answer.text


def test_a_bad_archive_leaves_nothing_outside_of_its_folder():
    """A path with dots in a file that is no YAML is left out."""
    with archives.unpacked(
        zipped({"../evil.txt": "x", "city/world.yaml": "a", "city/items/x.yaml": "b", "city/images/a.svg": "c"})
    ) as folder:
        assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == ["items", "items/x.yaml", "world.yaml"]
    assert not folder.exists()
    with pytest.raises(archives.BadArchive, match="larger than"), archives.unpacked(b"x" * (archives.LARGEST + 1)):
        pass


@pytest.mark.parametrize("body", [{}, {"archive": "%%%", "seen": 1}, {"archive": "", "seen": -1}, {"archive": "", "seen": 1, "odd": 1}])
async def test_a_bad_body_is_refused(api, body):
    """400 with the field."""
    assert refused(await api.post("/content/push", **body)) == (400, "bad_request")


async def test_a_body_that_is_too_large_is_refused(api):
    """413; without an operator's token it is not even read."""
    large = "A" * (3 * 1024 * 1024)
    assert (await api.post("/content/push", archive=large, seen=1)).status_code == 413
    assert refused(await api.post("/content/push", archive=large, seen=1, token="nonsense")) == (401, "not_authorized")


async def test_one_upload_is_checked_at_a_time(api, context):
    """Another one waits for its turn: 503 with a time to come back."""
    async with context.uploads:
        answer = await push(api, zipped({}))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_activations_are_kept_for_400_days(context):
    """The one in force for ever."""
    await activated(context, renamed(new_name()))
    number = await activated(context, QUIET)
    await context.database.rows("test", "update content_activations set at = now() - interval '401 days'")
    kept = [one for one in rules(silent=1, ledger_days=1, audit_days=1) if one.name == "content_activations"]
    await Retention(context.database, kept).turn()
    assert [row["number"] for row in await context.database.rows("test", "select number from content_activations")] == [number]


# ── the console ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_console_checks_pushes_and_goes_back(api, context):
    """A file in a form; the parts of the page show the differences, and what was done."""
    console, viewer = await Console.of(api, "admin"), await Console.of(api, "viewer")

    async def send(console, archive, **form):
        seen = (await contents.active(context.database)).number
        headers = console._with(OWN)
        form = {"reason": BECAUSE, "seen": str(seen), **form}
        answer = await console.http.post("/ops/content/push", data=form, files={"archive": ("city.zip", archive)}, headers=headers)
        console.http.cookies.clear()
        return answer

    archive = zipped(shipped(new_name()))
    assert "It may be pushed; nothing was changed yet." in text_of(await send(console, archive, dry_run="true"))
    assert "In force:" in text_of(await send(console, archive))
    assert "This content is in force already" in text_of(await send(console, archive))
    assert "This needs the role admin" in text_of(await send(viewer, archive))
    assert "The archive cannot be read" in text_of(await send(console, b"no archive"))
    assert "No file was chosen" in text_of(await console.post("/content/push", seen="1"))
    seen = str((await contents.active(context.database)).number)
    assert "1 removed" not in text_of(await console.post("/content/back", version=QUIET.version, seen=seen, dry_run="true"))
    assert "In force:" in text_of(await console.post("/content/back", version=QUIET.version, seen=seen))
    page = text_of(await console.get("/content"))
    assert f"brought back by {console.name}#{console.account}" in page
    assert "<fieldset disabled>" in (await viewer.get("/content")).text
