"""The release of the page: what a returning browser compares, and what the page names for it."""

import base64
import hashlib
import json
import re
import shutil

import msgspec
import pytest
from echoes.app import CLIENT
from echoes.web.release import WORKER, release_of


def read(folder):
    return msgspec.json.decode(release_of(folder))


def test_each_file_has_its_digest():
    """Of every file that a visit needs, and of no other."""
    files = read(CLIENT)["files"]
    assert {"index.html", "app.js", "base.css", "alegreya.woff2", "favicon.svg"} < set(files)
    assert not [name for name in files if name == WORKER or name.endswith((".ts", ".png", ".txt"))]
    for name, digest in files.items():
        assert base64.b64decode(digest) == hashlib.sha256((CLIENT / name).read_bytes()).digest()


@pytest.mark.parametrize("change", ["changed", "added", "removed"])
def test_another_file_is_another_release(tmp_path, change):
    """The service worker keeps nothing of the former one; its own change is none of the page."""
    page = tmp_path / "page"
    shutil.copytree(CLIENT, page)
    before = read(page)["release"]
    (page / WORKER).write_text("// another", encoding="utf-8")
    assert read(page)["release"] == before == read(CLIENT)["release"]
    if change == "removed":
        (page / "words.js").unlink()
    else:
        with (page / ("words.js" if change == "changed" else "more.js")).open("a", encoding="utf-8") as file:
            file.write("\n")
    assert read(page)["release"] != before


def test_every_module_is_preloaded():
    """Else the browser finds it only after the module that imports it."""
    page = (CLIENT / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'<(?:link rel="modulepreload" href|script(?: type="module")? src)="([^"]+)"', page))
    assert named == {path.name for path in CLIENT.glob("*.js")} - {WORKER}


def test_the_manifest_names_files_that_exist():
    """All below the page's own path."""
    manifest = json.loads((CLIENT / "manifest.webmanifest").read_text(encoding="utf-8"))
    assert all((CLIENT / icon["src"]).is_file() for icon in manifest["icons"])
    assert {manifest["id"], manifest["start_url"], manifest["scope"]} == {"./"}
