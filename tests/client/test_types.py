"""The page's modules agree with the messages, the elements and each other: `tsc` in strict mode, over types made from the code."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from player import Player

WEB = Path(__file__).parents[2] / "core" / "echoes" / "web"
FAULTS = {
    'import { $ } from "./dom.js"; $("comand").focus();': "comand",
    '/** @param {import("./wire.d.ts").You} you */ export const f = (you) => you.helth;': "helth",
    '/** @param {import("./state.js").Act} act */ export const f = (act) => act({ type: "yodel" }, "yodel");': "yodel",
    '/** @param {import("./state.js").Act} act */ export const f = (act) => act({ type: "move" }, "north");': "not assignable to parameter of type 'ClientCommand'",
    'document.querySelector("p").remove();': "possibly 'null'",
    "export const f = (value) => value;": "implicitly has an 'any' type",
}


def complaints(tools, folder):
    """The type checker's findings for a folder with a `jsconfig.json`."""
    done = subprocess.run([tools / "tsc", "-p", folder / "jsconfig.json"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 2}, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_no_type_errors(tools):
    """Every module, strictly."""
    assert complaints(tools, WEB) == ""


@pytest.fixture
def copy(tmp_path):
    """The page's folder, to be spoilt."""
    shutil.copytree(WEB / "client", tmp_path / "client")
    shutil.copy(WEB / "jsconfig.json", tmp_path)
    return tmp_path


def test_a_fault_is_found(tools, copy):
    """An id that the page lacks, a field or a command that the protocol lacks, what may be null, what has no type."""
    for number, source in enumerate(FAULTS):
        (copy / "client" / f"fault{number}.js").write_text(f"{source}\nexport {{}};\n", encoding="utf-8")
    said = complaints(tools, copy)
    assert [word for number, word in enumerate(FAULTS.values()) if not re.search(rf"fault{number}\.js.*{word}", said)] == [], said


def test_no_module_opts_out():
    """An unchecked module would be a hole without a name."""
    for path in WEB.glob("client/*.js"):
        assert not re.search(r"@ts-|[{<|&( ]any[}>|&)\[]|\{\*\}", path.read_text(encoding="utf-8")), path.name


async def test_a_real_server_speaks_as_the_declarations_say(tools, copy, server):
    """Each message is a ServerFrame: it has every field that is not optional, and none that is not declared."""
    mara, tomas = await Player.join(server), await Player.join(server)
    for line in (
        "look",
        "i",
        "who",
        "map",
        "help",
        "search",
        "talk marta",
        "1",
        "list",
        "say hello",
        f"give 1 bread to {tomas.name}",
        "fly",
        "n",
    ):
        await mara.type(line)
    await mara.sees("moved")
    await tomas.sees("item_received")
    frames = [one for player in (mara, tomas) for one in (player.welcome, *player.replies.values(), *player.events)]
    assert {one["type"] for one in frames} >= {"welcome", "reply", "chat", "location_update", "state_update"}
    declared = "".join(
        f"/** @type {{ServerFrame}} */\nexport const frame{number} = {json.dumps(one)};\n" for number, one in enumerate(frames)
    )
    (copy / "client" / "frames.js").write_text(f'/** @import {{ ServerFrame }} from "./wire.d.ts" */\n{declared}', encoding="utf-8")
    assert complaints(tools, copy) == ""
