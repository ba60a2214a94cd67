"""Licences of the Python packages that this interpreter finds: `python licences.py FILE` writes their texts, and refuses a licence that is not allowed.

The Dockerfile runs it over the environment of the image, so an image with another licence is not built. It needs the standard library alone.
"""

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

ALLOWED = {
    "0BSD", "Apache Software License", "Apache-2.0", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "ISC License (ISCL)", "ISC", "MIT License", "MIT",
    "MIT-0", "PSF-2.0", "PostgreSQL", "Python Software Foundation License", "Unlicense",
}  # fmt: skip
"""As SPDX and PyPI's classifiers name them: licences that ask for their text and nothing else of those who pass the packages on."""
EXCEPTIONS = {"certifi": {"MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"}}
"""Packages with another licence, which are passed on unchanged: certifi is a list of certificates."""
LIBRARIES = {"libecpg": "PostgreSQL", "libpgtypes": "PostgreSQL", "libpq": "PostgreSQL"}
"""Libraries of other projects that wheels carry in a folder `*.libs`. Their texts are the files `*.txt` beside this one."""
TEXTS = re.compile(r"(licen[cs]e|copying|notice|copyright|authors)", re.IGNORECASE)
RULE = "─" * 120


def licences_of(one: Distribution) -> list[str]:
    """The licences of a distribution: of its expression, else of its classifiers, else of its field `License`."""
    said = one.metadata
    if expression := said.get("License-Expression"):
        return re.split(r"\s+(?:AND|OR|WITH)\s+", expression.replace("(", " ").replace(")", " ").strip())
    classified = [text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or () if text.startswith("License :: OSI Approved :: ")]
    return classified or [(said.get("License") or "none").strip().partition("\n")[0]]


def texts_of(one: Distribution) -> list[tuple[str, str]]:
    """The files of a distribution that hold licences and notices: name and text."""
    found = [path for path in one.files or () if TEXTS.search(PurePosixPath(path).name) or "licenses" in PurePosixPath(path).parts]
    inside = [path for path in found if any(part.endswith(".dist-info") for part in PurePosixPath(path).parts)]
    return [(str(path), path.locate().read_text(encoding="utf-8", errors="replace")) for path in inside if path.locate().is_file()]  # type: ignore[attr-defined]


def problems_of(one: Distribution) -> list[str]:
    """One sentence for each reason not to pass a distribution on."""
    name = one.metadata["Name"]
    found = [
        f"{name} {one.version} has the licence {licence!r}, which deploy/image/licences.py does not allow"
        for licence in licences_of(one)
        if licence not in ALLOWED | EXCEPTIONS.get(name, set())
    ]
    found += [
        f"{name} {one.version} carries {path.name}, which deploy/image/licences.py does not allow: its licence may ask for more"
        for path in one.files or ()
        if path.parts[0].endswith(".libs") and path.locate().is_file() and re.split(r"[-.]", path.name)[0] not in LIBRARIES  # type: ignore[attr-defined]
    ]
    if not texts_of(one):
        found.append(f"{name} {one.version} has no text of its licence")
    return found


def page(ones: Iterable[Distribution]) -> str:
    """All texts, a heading for each distribution."""
    parts = []
    for one in sorted(ones, key=lambda each: each.metadata["Name"].lower()):
        texts = "\n\n".join(f"{name}\n\n{text.strip()}" for name, text in texts_of(one))
        parts.append(f"{RULE}\n{one.metadata['Name']} {one.version}: {', '.join(licences_of(one))}\n{RULE}\n\n{texts}\n")
    parts += [f"{RULE}\n{file.stem}\n{RULE}\n\n{file.read_text(encoding='utf-8')}" for file in sorted(Path(__file__).parent.glob("*.txt"))]
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the texts; exit code 1 when a package may not be passed on."""
    ones = list(distributions())
    found = [sentence for one in ones for sentence in problems_of(one)]
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    if found or len(arguments) != 1:
        sys.stderr.write("" if found else "usage: python licences.py FILE\n")
        return 1
    Path(arguments[0]).write_text(page(ones), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
