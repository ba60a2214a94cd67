"""Lighthouse finds nothing to better on the first screen, as a phone and as a desk see it. Its figures of speed are the machine's, and are left out."""

import asyncio
import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CATEGORIES = ("accessibility", "best-practices", "seo")


@pytest.mark.parametrize("preset", [(), ("--preset=desktop",)], ids=["phone", "desktop"])
async def test_lighthouse_finds_nothing(server, tools, chromium, tmp_path, preset):
    """Each category at its greatest score."""
    report = tmp_path / "report.json"
    process = await asyncio.create_subprocess_exec(
        tools / "lighthouse", server.url, f"--chrome-path={chromium}", "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
        f"--only-categories={','.join(CATEGORIES)}", "--output=json", f"--output-path={report}", "--quiet", "--no-enable-error-reporting",
        *preset, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-2000:]
    found = json.loads(report.read_text(encoding="utf-8"))
    worse = {
        audit["id"]: found["audits"][audit["id"]].get("title")
        for category in found["categories"].values()
        for audit in category["auditRefs"]
        if audit["weight"] and found["audits"][audit["id"]]["score"] not in {None, 1}
    }
    assert worse == {}
    assert {name: category["score"] for name, category in found["categories"].items()} == dict.fromkeys(CATEGORIES, 1)
