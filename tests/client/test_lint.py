"""The page's sources use only what Safari, Firefox and Chromium of the last five years all have: ESLint and stylelint over MDN's and caniuse's data."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "core" / "echoes" / "web" / "client"
CONSOLE = PAGE.parent / "console" / "files"
NEWER = {
    "js": "export const a = [1].at(-1), b = structuredClone(a), c = AbortSignal.timeout(1), d = crypto.randomUUID(), e = Object.groupBy([], String);\n"
    'a.scrollIntoView(); [2].toSorted(); [1].findLast(Boolean); new BroadcastChannel("x"); navigator.wakeLock.request(); class A { static { b } }\n',
    "css": ".a:has(b) { translate: 1px; color: color-mix(in srgb, red, blue); }\n.b { .c { color: red; } }\n@container (width > 3px) { .a { color: oklch(1 2 3); } }\n",
}


def complaints(tools, kind, folder):
    """The linter's findings for this kind of file in a folder."""
    tool, config = {"js": ("eslint", "eslint.config.js"), "css": ("stylelint", "stylelint.config.js")}[kind]
    browsers = ",".join(json.loads((HERE / "package.json").read_text(encoding="utf-8"))["browserslist"])
    done = subprocess.run(
        [tools / tool, "--config", HERE / config, f"{folder}/**/*.{kind}"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "BROWSERSLIST": browsers},
    )  # fmt: skip
    assert done.returncode in {0, 1, 2}, done.stderr
    return (done.stdout + done.stderr) if done.returncode else ""


@pytest.mark.parametrize("kind", ["js", "css"])
def test_the_page_uses_features_of_browsers_of_the_last_five_years(tools, kind):
    """Features whose absence changes only the look are listed in stylelint.config.js."""
    assert list(PAGE.glob(f"*.{kind}"))
    assert not complaints(tools, kind, PAGE)


@pytest.mark.parametrize(("kind", "own"), [("js", ["rates.js", "tail.js"]), ("css", ["console.css"])])
def test_the_console_uses_features_of_browsers_of_the_last_five_years(tools, tmp_path, kind, own):
    """By the same rules. All other files are as their authors published them."""
    published = {file.name for file in CONSOLE.glob(f"*.{kind}") if file.name.endswith(f".min.{kind}")}
    assert {file.name for file in CONSOLE.glob(f"*.{kind}")} == {*own, *published}
    for name in own:
        shutil.copy(CONSOLE / name, tmp_path)
    assert not complaints(tools, kind, tmp_path)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("js", ["structuredClone", "AbortSignal.timeout", "randomUUID", "toSorted", "findLast", "groupBy", "BroadcastChannel", "scrollIntoView", "wakeLock", "static block", "Array.at"]),
        ("css", ["css-has", "transform", "css-nesting", "css-container-queries", "the colour itself", "css-lch-lab"]),
    ],
)  # fmt: skip
def test_the_linter_finds_newer_features(tools, tmp_path, kind, names):
    """A linter that finds nothing would be no use."""
    (tmp_path / f"newer.{kind}").write_text(NEWER[kind], encoding="utf-8")
    said = complaints(tools, kind, tmp_path)
    assert [name for name in names if name not in said] == [], said
