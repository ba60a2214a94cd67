"""Folders of the servers that tests start: in memory where there is room, and what a killed run has left there goes."""

import fcntl
import os
import shutil
import time
from types import SimpleNamespace

import pytest
import server


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A folder in the place of the file system in memory."""
    monkeypatch.setattr(server, "MEMORY", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("free", "used"), [(server.ROOM, True), (server.ROOM - 1, False)])
def test_a_folder_is_in_memory_where_there_is_room(memory, monkeypatch, free, used):
    monkeypatch.setattr(server.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with server.traversable_folder() as folder:
        assert (folder.parent == memory) == used
        assert folder.stat().st_mode & 0o777 == 0o755
    assert not folder.exists()


def test_a_system_without_memory_to_write_has_its_own_place(memory):
    shutil.rmtree(memory)
    assert server.quick_place() is None


def test_only_the_folders_of_killed_runs_are_removed(memory):
    """Each of these is old but one; one is held, as by a run under way, and one has another name."""
    for name in ("echoes-test-left", "echoes-test-held", "echoes-test-young", "others"):
        (memory / name / "within").mkdir(parents=True)
        if name != "echoes-test-young":
            os.utime(memory / name, (time.time() - 2 * server.LEFT_BEHIND,) * 2)
    held = os.open(memory / "echoes-test-held", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    server.remove_leftovers(memory)
    os.close(held)
    assert sorted(one.name for one in memory.iterdir()) == ["echoes-test-held", "echoes-test-young", "others"]


def test_a_folder_in_use_is_held(memory, monkeypatch):
    """However old it is."""
    monkeypatch.setattr(server.shutil, "disk_usage", lambda _: SimpleNamespace(free=server.ROOM))
    with server.traversable_folder() as folder:
        os.utime(folder, (0, 0))
        server.remove_leftovers(memory)
        assert folder.exists()
