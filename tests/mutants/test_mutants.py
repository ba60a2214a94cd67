"""The mutation run: its faults are faults, and it tells which of them no test notices."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mutants.__main__ import ROOT, copy, judged
from mutants.judges import JUDGES, files_of
from mutants.mutations import mutants

FILES = files_of(ROOT, ["*"])


@pytest.mark.parametrize(
    ("suffix", "text", "changes"),
    [
        (".py", "if a == b and not c:\n    log.info('a == b')\n    x.y = 1\n", {"==→!=", "and→or", "not→", "x.y = 1→pass", "1→2", "a == b and not c→False", "a == b and not c→True"}),
        (".lua", "-- a < b\nif a < 1 then\n  redis.call('SET', 'a == b', 2)\nend\n", {"<→<=", "1→2", "2→3", "redis.call('SET', 'a == b', 2)→"}),
        (".sql", "create function f() as $$\nbegin\n    update t set a = 'x = y' where b >= 1;\nend $$;", {"=→<>", ">=→>", "1→2", "update t set a = 'x = y' where b >= 1;→null;"}),
    ],
)  # fmt: skip
def test_the_faults_of_each_language(suffix, text, changes):
    """Each is one place of the code; comments, texts and what is logged stay."""
    found = {f"{' '.join(one.before.split())}→{' '.join(one.after.split())}" for one in mutants(text, suffix)}
    assert {change.replace("not→", "not→") for change in changes} == {change.replace("not→", "not→") for change in found}


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_faults_and_judges_that_are_there(file):
    """A file with tables only, or with next to no code, has none."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = mutants(text, Path(file).suffix)
    assert found or len(text.splitlines()) < 5 or (file.endswith(".py") and not re.search(r"^ *(?:async )?def ", text, re.MULTILINE))
    assert all(one.text != text for one in found)
    assert all((ROOT / test).is_file() for test in FILES[file])


def test_every_pattern_names_files():
    assert all(any((ROOT / name).match(pattern) for name in FILES) for pattern in JUDGES)
    with pytest.raises(ValueError, match="nowhere"):
        files_of(ROOT, ["nowhere.py"])


def test_a_fault_is_noticed_or_survives(tmp_path):
    """In a copy: what runs there is the copy's code, and the tree stays as it is."""
    tree = copy(tmp_path)
    (tree / "tests" / "world" / "test_one.py").write_text("from echoes.world import rules\n\ndef test_one():\n    assert rules.ONE == 1\n")
    rules = tree / "core" / "echoes" / "world" / "rules.py"
    sound = rules.read_text(encoding="utf-8")
    for number, verdict in ((1, "survived"), (2, "noticed")):
        rules.write_text(f"{sound}\nONE = {number}\n", encoding="utf-8")
        assert judged(tree, ("tests/world/test_one.py",), 60)[0] == verdict
    assert "ONE" not in (ROOT / "core" / "echoes" / "world" / "rules.py").read_text(encoding="utf-8")


def test_a_hanging_run_is_ended(tmp_path):
    """With its processes."""
    tree = copy(tmp_path)
    (tree / "tests" / "world" / "test_one.py").write_text("import time\n\ndef test_one():\n    time.sleep(600)\n")
    assert judged(tree, ("tests/world/test_one.py",), 3)[0] == "hung"


def test_a_call_without_arguments_prints_the_usage():
    done = subprocess.run([sys.executable, "-m", "mutants"], cwd=ROOT / "tests", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "files" in done.stderr
