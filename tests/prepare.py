"""Before the tests: what a browser test needs. Under CI=true Chromium is installed when it is missing; elsewhere its tests are skipped."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Exit code 0 when the tests may begin."""
    if any(shutil.which(name) for name in NAMES) or os.environ.get("CI") != "true":
        return 0
    if shutil.which("apt-get") is None:
        print("CI=true, but there is neither Chromium nor apt-get to install it", file=sys.stderr)
        return 1
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=True, env=environ)
    subprocess.run([*sudo, "apt-get", "install", "-qy", "chromium", "fonts-dejavu"], check=True, env=environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
