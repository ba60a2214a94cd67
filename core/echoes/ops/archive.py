"""Game data that an operator uploads: the YAML files of a ZIP archive, bounded in number and size, in a folder that goes afterwards."""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from zlib import error as ZlibError  # noqa: N812 - the name that says it

from echoes.errors import Refused
from echoes.world.content import START_FILE

LARGEST = 2 * 1024 * 1024
"""Bytes of an archive."""
UNPACKED, FILES = 4 * 1024 * 1024, 2000
"""Bytes of all YAML files of an archive, and entries of an archive."""
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    ZlibError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    UnicodeError,
    ValueError,
    KeyError,
)
"""Errors of the library for an archive that it cannot read, an encrypted one included."""


class BadArchive(Refused):
    """The archive cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "bad_archive", message, "Send a ZIP archive of the folder of the game data: world.yaml, locations, items and so on."
        )


@contextmanager
def unpacked(archive: bytes) -> Iterator[Path]:
    """Unpack the YAML files of an archive into a temporary folder. Other files, such as pictures, are left out. Raises `BadArchive`."""
    if len(archive) > LARGEST:
        raise BadArchive(f"The archive is larger than {LARGEST // 1024} KiB.")
    with tempfile.TemporaryDirectory(prefix="echoes-upload-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(BytesIO(archive)) as opened:
                _unpack(opened, folder)
        except BROKEN as error:
            raise BadArchive(f"The archive cannot be read: {error or type(error).__name__}.") from error
        except OSError as error:
            raise BadArchive(f"The archive cannot be unpacked on the server: {error.strerror or error}.") from error
        yield folder


def _unpack(opened: zipfile.ZipFile, folder: Path) -> None:
    if len(opened.infolist()) > FILES:
        raise BadArchive(f"The archive has more than {FILES} entries.")
    entries = [(one, PurePosixPath(one.filename)) for one in opened.infolist() if one.filename.endswith((".yaml", ".yml"))]
    top = _top([path for _, path in entries])
    left = UNPACKED
    for one, path in entries:
        _refuse_odd(one.filename, path)
        target = folder / path.relative_to(top)
        if target.exists():
            raise BadArchive(f"The archive has {path.as_posix()} twice.")
        with opened.open(one) as stream:
            text = stream.read(left + 1)
        left -= len(text)
        if left < 0:
            raise BadArchive(f"The files of the archive are larger than {UNPACKED // 1024 // 1024} MiB together.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)


def _top(paths: Sequence[PurePosixPath]) -> str:
    """The folder that the archive has around the game data; `.` without one."""
    starts = sorted(path for path in paths if path.name == START_FILE and len(path.parts) <= 2)
    top = starts[0].parent if starts else PurePosixPath(".")
    return top.as_posix() if all(path.is_relative_to(top) for path in paths) else "."


def _refuse_odd(name: str, path: PurePosixPath) -> None:
    if path.is_absolute() or ".." in path.parts or "\\" in name or not name.isprintable():
        raise BadArchive(f"The archive has a file with the path {name[:100]!r}, which leads out of its folder or cannot be shown.")
