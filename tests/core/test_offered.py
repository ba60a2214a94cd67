"""The offers of extensions that are not of the promised type are refused at boot, with the extension's name and the hook."""

import importlib

import pytest
from distributions import EXTENSIONS, HEAD, Site
from echoes.clock import ManualClock
from echoes.errors import PluginError
from echoes.plugins import Backends, Selection, load

KIND = "from echoes.facilities import CachedKind; return [CachedKind"
PANEL = "from pathlib import Path; from echoes.web.panels import Panel"
MISTAKES = [
    pytest.param("echoes_gamedata", "return 'gamedata'", "it must be a pathlib.Path of a folder", id="content-is-text"),
    pytest.param("echoes_gamedata", "import pathlib; return pathlib.Path('/no/such')", "there is no such folder", id="content-is-missing"),
    pytest.param("echoes_migrations", "return 'sql'", "it must be a pathlib.Path of a folder", id="migrations-are-text"),
    pytest.param("echoes_pages", "return 'panel.js'", "it must be a Panel", id="panel-is-text"),
    pytest.param("echoes_pages", f"{PANEL}; return Panel('', Path(), 'a.js')", "without a title", id="panel-without-title"),
    pytest.param("echoes_pages", f"{PANEL}; return Panel('Balls', Path(), 'no.js')", "the file 'no.js'", id="panel-without-script"),
    pytest.param("echoes_pages", f"{PANEL}; return Panel('Balls', Path(), '../a.js')", "the file '../a.js'", id="panel-elsewhere"),
    pytest.param("echoes_cached_kinds", "return 7", "it must be a list of CachedKind objects", id="kinds-are-a-number"),
    pytest.param("echoes_cached_kinds", "return ['balls']", "it must be a CachedKind", id="kind-is-text"),
    pytest.param(
        "echoes_cached_kinds",
        f"{KIND}('balls', 'x:juggling:balls:{{id}}', 'string', 9.0, int)]",
        "its name must be like juggling.name",
        id="kind-name",
    ),
    pytest.param(
        "echoes_cached_kinds",
        f"{KIND}('juggling.balls', 'player:{{id}}', 'string', 9.0, int)]",
        "its key must be x:juggling:balls:{id}",
        id="kind-key",
    ),
    pytest.param(
        "echoes_cached_kinds", f"{KIND}('juggling.balls', 'x:juggling:balls:{{id}}', 'string', None, int)]", "its ttl", id="kind-for-ever"
    ),
    pytest.param(
        "echoes_cached_kinds",
        f"{KIND}('juggling.balls', 'x:juggling:balls:{{id}}', 'string', 9.0, 7)]",
        "cannot be decoded",
        id="kind-type",
    ),
    pytest.param(
        "echoes_cached_kinds",
        f"{KIND}('juggling.balls', 'x:juggling:balls:{{id}}', 'string', 9.0, int)] * 2",
        "two kinds have this name",
        id="kind-twice",
    ),
    pytest.param("echoes_routes", "return 7", "it must be a list of Litestar handlers", id="routes-are-a-number"),
]


def boot(site: Site) -> Backends:
    importlib.invalidate_caches()
    return load(Selection(), environ={}, clock=ManualClock(), path=site.path)


@pytest.mark.parametrize(("hook", "body", "said"), MISTAKES)
def test_a_wrong_offer_is_refused(site, hook, body, said):
    """The error is for the operator: extension, hook, and what it must be."""
    site.extension("juggling", f"@hookimpl\ndef {hook}():\n    {body}\n")
    with pytest.raises(PluginError) as caught:
        boot(site)
    assert "extension 'juggling' (echoes-juggling 1.0)" in str(caught.value)
    assert f"'{hook}'" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(("hook", "offer"), [("echoes_routes", "[]"), ("echoes_migrations", "pathlib.Path()"), ("echoes_pages", "7")])
def test_a_name_that_fits_into_no_path_is_refused(site, hook, offer):
    """Of an extension that needs its name there; others may have any name."""
    site.install(
        "echoes-odd", {EXTENSIONS: {"Odd one": "odd"}}, odd=f"import pathlib\n{HEAD}@hookimpl\ndef {hook}():\n    return {offer}\n"
    )
    with pytest.raises(PluginError, match=r"extension 'Odd one'.*entry point's name"):
        boot(site)


@pytest.mark.parametrize("hook", ["echoes_gamedata", "echoes_routes", "echoes_migrations", "echoes_pages", "echoes_cached_kinds"])
def test_an_offer_of_none_is_none(site, hook):
    """An extension may decide at boot that it brings nothing."""
    site.extension("juggling", f"@hookimpl\ndef {hook}():\n    return None\n")
    backends = boot(site)
    assert (backends.packs, backends.routes, backends.migrations, backends.cached_kinds) == ((), (), (), ())
