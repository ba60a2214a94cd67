"""Fixtures for tests of the core."""

import sys

import pytest
from distributions import Site
from echoes.plugins.discovery import BACKENDS


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An installation with the bundled memory backend in it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    site = Site(tmp_path)
    site.install("echoes-of-the-ashes", {BACKENDS: {"memory": "echoes_memory.plugin"}})
    before = set(sys.modules)
    yield site
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
