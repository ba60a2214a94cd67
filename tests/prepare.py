"""Before the tests: Chromium and Redis. Under CI=true they are installed when they are missing; elsewhere their tests are skipped."""

import os
import shutil
import subprocess
import sys

WANTED = {
    ("chromium", "chromium-browser", "google-chrome"): ("chromium", "fonts-dejavu"),
    ("redis-server",): ("redis-server",),
}
"""Commands, any of which will do, and the Debian packages that bring one."""


def main() -> int:
    """Exit code 0 when the tests may begin."""
    missing = [package for names, packages in WANTED.items() if not any(map(shutil.which, names)) for package in packages]
    if not missing or os.environ.get("CI") != "true":
        return 0
    if shutil.which("apt-get") is None:
        print(f"CI=true, and there is no apt-get to install {' '.join(missing)}", file=sys.stderr)
        return 1
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=True, env=environ)
    subprocess.run([*sudo, "apt-get", "install", "-qy", *missing], check=True, env=environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
