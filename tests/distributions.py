"""Real distributions in a temporary folder: modules and the metadata that an installer would write."""

import shutil
import textwrap
import tomllib
from pathlib import Path

BACKENDS = "echoes.backends"
EXTENSIONS = "echoes.plugins"
EXAMPLE = Path(__file__).parent / "example_plugin"


class Site:
    """A folder on `sys.path` into which distributions are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = [str(folder)]

    def install(self, distribution: str, offers: dict[str, dict[str, str]], version: str = "1.0", **modules: str) -> None:
        """Install a distribution that offers `{group: {name: module}}` and brings `modules` (name=source)."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8")
        lines = [line for group, names in offers.items() for line in (f"[{group}]", *(f"{name} = {at}" for name, at in names.items()))]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")

    def backend(self, name: str, source: str, distribution: str = "") -> None:
        """Install a distribution with one backend, in a module of its own."""
        module = f"{name}_{distribution or 'dist'}".replace("-", "_")
        self.install(distribution or f"echoes-{name}", {BACKENDS: {name: module}}, **{module: HEAD + textwrap.dedent(source)})

    def extension(self, name: str, source: str, distribution: str = "") -> None:
        """Install a distribution with one extension."""
        module = f"{name}_{distribution or 'extension'}".replace("-", "_")
        self.install(distribution or f"echoes-{name}", {EXTENSIONS: {name: module}}, **{module: HEAD + textwrap.dedent(source)})


def install_example(folder: Path) -> None:
    """Install the example for plugin authors."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    Site(folder).install(project["name"], project["entry-points"], version=project["version"])
    shutil.copytree(EXAMPLE / "echoes_example", folder / "echoes_example", ignore=shutil.ignore_patterns("__pycache__"))


HEAD = """\
from echoes import hookimpl
from echoes.clock import SystemClock
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache

clock = SystemClock()

@hookimpl
def echoes_seam_version():
    return 1

"""
