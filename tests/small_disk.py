"""File systems of a test's own: small ones, and ones that cannot be written."""

import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A file system of this number of bytes; skipped where mounting is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="echoes-disk-"))
    try:
        mount = shutil.which("mount")
        done = mount and subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], capture_output=True, check=False
        )
        if not done or done.returncode:
            pytest.skip("a small file system can be mounted by root only")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(folder: Path) -> None:
    """Leave not one byte."""
    with (folder / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with (folder / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        (folder / "one-more").write_bytes(b"x")
    (folder / "one-more").unlink(missing_ok=True)


def write_protect(folder: Path) -> None:
    """Mount a small file system again, so that nothing can be written."""
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
