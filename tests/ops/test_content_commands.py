"""The content in force on the command line, on a server that is being played."""

import asyncio
import shutil
from pathlib import Path

from click.testing import CliRunner
from echoes.cli import main
from echoes.cli.ops.content import packed
from echoes.ops import archive as archives
from echoes.settings import Settings, gamedata_of
from operating import BECAUSE, SCRIPT
from player import Player

SHIPPED = gamedata_of(Settings())
YARD = "locations/cinder_market/kiln_yard.yaml"


async def test_each_action_has_a_command(live, tmp_path):
    """A push with a dry run and a confirmation, the history, a difference, the way back; players notice at once."""

    async def ops(*words, code=0, given=None):
        environ = {"ECHOES_OPS_URL": live.url, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_DATABASE_URL": live.database_url}
        done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", *map(str, words)], env=environ, input=given)
        assert done.exit_code == code, done.output
        return done.output

    mara = await Player.join(live)
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "gamedata"))
    yard = folder / YARD
    yard.write_text(yard.read_text(encoding="utf-8").replace("name: The Kiln Yard", "name: The Cold Yard"), encoding="utf-8")
    before = (await ops("content")).split()[1]
    why = ("--reason", BECAUSE)
    assert "dry run: nothing was changed" in (shown := await ops("content-push", folder, "--dry-run", *why))
    assert '~ location kiln_yard: name "The Kiln Yard" → "The Cold Yard"' in shown.replace("'", '"')
    await ops("content-push", folder, *why, code=1, given="n\n")
    assert (await ops("content")).split()[1] == before
    assert "in force: version" in await ops("content-push", folder, *why, given="y\n")
    await mara.sees("snapshot")
    shown = await ops("content")
    assert "by script" in shown
    after = shown.split()[1]
    assert "0 added, 0 removed, 1 changed" in await ops("content-diff", before, after)
    assert "in force already" in await ops("content-push", folder, "--yes", *why, code=1)
    assert "in force: version" in await ops("content-back", before, "--yes", *why)
    yard.write_text("name: [", encoding="utf-8")
    assert "The game data has problems" in await ops("content-push", folder, "--yes", *why, code=1)
    assert len(packed(SHIPPED)) < archives.LARGEST / 4, "there is room to grow"
