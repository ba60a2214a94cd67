"""Which small faults the tests do not notice: `make mutants` (CONTRIBUTING.md).

Mutants are put, one at a time, into a copy of the tree; the tests that are named for the file are run there until the first fails. A mutant that no test
notices is a survivor, and is printed. A seed decides which mutants are tried, when there is not time for all.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mutants.judges import files_of
from mutants.mutations import mutants

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "plugins/memory_backend", "plugins/redis_backend", "tests")
PATIENCE = 3.0
"""A run that takes this multiple of its time without a fault (and 10 seconds) has noticed: it hangs."""


def copy(folder: Path) -> Path:
    """The files that Git knows, as they are now, in a folder of their own."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, target)
    return folder


def judged(tree: Path, tests: tuple[str, ...], patience: float) -> tuple[str, str]:
    """The verdict of the tests on a tree: `survived`, `noticed` or `hung`; and the end of their output."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(str(tree / name) for name in PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command, cwd=tree, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return "hung", output
    return ("survived" if process.returncode == 0 else "noticed"), output


def main() -> int:
    """Exit code 1 when a mutant survived, 2 when the tests fail without a fault."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("files", nargs="+", help="patterns of files, as in tests/mutants/judges.py")
    parser.add_argument("--seconds", type=float, default=600, help="how long to go on trying")
    parser.add_argument("--seed", type=int, default=1, help="decides the order in which mutants are tried")
    parser.add_argument("--most", type=int, default=1_000_000, help="mutants of each file, at most")
    given = parser.parse_args()
    chosen = files_of(ROOT, given.files)
    deadline, seen, made = time.monotonic() + given.seconds, Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="echoes-mutants-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103 - PostgreSQL's account reads there
        tree = copy(Path(name))
        for index, (file, tests) in enumerate(chosen.items()):
            began = time.monotonic()
            verdict, output = judged(tree, tests, 600)
            if verdict != "survived":
                print(f"{file}: its tests fail without a fault\n{output}", file=sys.stderr)
                return 2
            patience = PATIENCE * (time.monotonic() - began) + 10
            original = (tree / file).read_text(encoding="utf-8")
            found = mutants(original, Path(file).suffix)
            made += len(found)
            random.Random(given.seed).shuffle(found)
            share = time.monotonic() + max(0.0, deadline - time.monotonic()) / (len(chosen) - index)
            for mutant in found[: given.most]:
                if time.monotonic() > share:
                    break
                (tree / file).write_text(mutant.text, encoding="utf-8")
                verdict, _ = judged(tree, tests, patience)
                seen[verdict] += 1
                if verdict == "survived":
                    print(f"{file}, {mutant}", flush=True)
            (tree / file).write_text(original, encoding="utf-8")
    print(f"{made} mutants of {len(chosen)} files, {seen.total()} tried with seed {given.seed}: {seen['noticed']} noticed, {seen['hung']} hung, {seen['survived']} survived")  # fmt: skip
    return 1 if seen["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
