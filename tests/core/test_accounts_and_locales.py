"""The system that a server is started on: locales, folders that may not be used, accounts without a name."""

import errno
import os
import shutil
import subprocess
import sys

import pytest
from echoes.error_text import refused_by_system

FORBIDDEN = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write everywhere, and there is no setpriv"
)


def echoes(*arguments, cwd, **environ):
    """Run the command line with these variables alone; as root, without root's power over files."""
    power = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*power, sys.executable, "-m", "echoes", *arguments], env={"PATH": os.environ["PATH"], "HOME": "/", **environ}, cwd=cwd,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["settings"], ["settings", "--example"], ["check"], ["--help"], ["cache", "kinds"]])
@pytest.mark.parametrize("locale", ["POSIX", "en_US.ISO-8859-1"])
def test_the_command_line_speaks_in_every_locale(tmp_path, arguments, locale):
    """Also with Python's own helpers for it switched off."""
    done = echoes(*arguments, cwd=tmp_path, LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr


@FORBIDDEN
def test_a_data_folder_that_may_not_be_written_is_one_sentence(tmp_path):
    """It names the folder, why, and the user id."""
    tmp_path.chmod(0o555)
    try:
        done = echoes("serve", "--port", "0", cwd=tmp_path)
    finally:
        tmp_path.chmod(0o755)
    said = " ".join(done.stderr.decode().replace("│", " ").split())
    assert done.returncode == 1
    assert "Traceback" not in said
    assert "Permission denied" in said
    assert f"user id {os.geteuid()}" in said


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EDQUOT, errno.ENOENT]
)
def test_an_error_of_the_operating_system_has_advice(number):
    said = refused_by_system(OSError(number, os.strerror(number), "/data/secret"))
    assert said.startswith(f"/data/secret: {os.strerror(number)}; ")
