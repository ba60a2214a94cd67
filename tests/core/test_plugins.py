"""Loading: only what was chosen is imported, and every mistake is named at boot. All with real distributions on disk."""

import importlib
import sys
import tomllib
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from distributions import BACKENDS, EXTENSIONS, Site
from echoes.clock import ManualClock
from echoes.errors import PluginError
from echoes.hookspecs import OLDEST_SEAM_VERSION, SEAM_VERSION
from echoes.plugins import Backends, Selection, known_backends, load
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.settings import MemorySettings

FACILITIES = ("session", "registry", "cache", "broadcast", "lock")
BOMB = "raise RuntimeError('boom')\n"
BROADCAST = """
@hookimpl
def echoes_broadcast():
    return MemoryBroadcast(clock)
"""


def boot(site: Site, *, environ: dict[str, str] | None = None, **selection: object) -> Backends:
    importlib.invalidate_caches()
    return load(Selection(**selection), environ=environ or {}, clock=ManualClock(), path=site.path)


def refusal(site: Site, **selection: object) -> str:
    """The text with which the server refuses to start."""
    with pytest.raises(PluginError) as caught:
        boot(site, **selection)
    return str(caught.value)


# Choosing


def test_memory_is_the_default_for_all_five(site):
    """Without a choice everything is in memory, for one worker."""
    backends = boot(site)
    assert set(backends.names.values()) == {"memory"}
    assert isinstance(backends.facilities.broadcast, MemoryBroadcast)
    assert backends.max_workers == 1
    assert [(one.name, one.ok) for one in backends.health()] == [("memory", True)]


def test_an_unselected_backend_is_never_imported(site):
    """An unselected backend does not run a line of its code."""
    site.install("echoes-bomb", {BACKENDS: {"bomb": "bomb_module"}}, bomb_module=BOMB)
    boot(site)
    assert known_backends(site.path) == ["bomb", "memory"]
    assert "bomb_module" not in sys.modules


@pytest.mark.parametrize(
    ("target", "source"),
    [
        pytest.param("redis_module", BOMB, id="raises"),
        pytest.param("redis_module", "import a_driver_that_is_gone\n", id="lost-its-driver"),
        pytest.param("redis_module", "def echoes_cach(: oops\n", id="does-not-parse"),
        pytest.param("no_such_module", "", id="missing"),
        pytest.param("not a module at all!", "", id="nonsense"),
    ],
)
def test_a_broken_redis_cannot_stop_a_rollback_to_memory(site, target, source):
    """However the Redis plugin is broken, memory starts; choosing Redis is refused with its name, the cause and the way out."""
    site.install("echoes-redis", {BACKENDS: {"redis": target}}, redis_module=source)
    assert boot(site).names["cache"] == "memory"
    importlib.invalidate_caches()
    with pytest.raises(PluginError, match=r"backend 'redis' \(echoes-redis 1\.0\)") as caught:
        load(Selection.all("redis"), environ={}, clock=ManualClock(), path=site.path)
    assert "ECHOES_BACKEND=memory" in str(caught.value)
    assert caught.value.__cause__ is not None


def test_an_unknown_backend_is_named_with_the_known_ones(site):
    """A typing error is answered with what there is and what may have been meant."""
    site.backend("redis", "")
    text = refusal(site, broadcast="reddis")
    assert "unknown backend 'reddis'" in text
    assert "memory, redis" in text
    assert "Did you mean 'redis'?" in text
    assert "Did you mean" not in refusal(site, broadcast="zzz")


def test_two_distributions_that_offer_one_name_are_refused(site):
    """The server does not guess: the error names both."""
    site.backend("redis", BROADCAST, distribution="echoes-redis")
    site.backend("redis", BROADCAST, distribution="evil-redis")
    text = refusal(site, broadcast="redis")
    assert "'redis'" in text
    assert "echoes-redis 1.0" in text
    assert "evil-redis 1.0" in text


def test_two_providers_of_an_unselected_name_do_no_harm(site):
    """A start with the memory backend succeeds with them, too."""
    site.backend("redis", BROADCAST, distribution="echoes-redis")
    site.backend("redis", BROADCAST, distribution="evil-redis")
    assert boot(site).names["lock"] == "memory"


def test_a_distribution_that_is_found_twice_counts_once(site, tmp_path_factory):
    """The same distribution further back on the path (a checkout and its installation) is no rival of itself."""
    again = Site(tmp_path_factory.mktemp("again"))
    again.install("Echoes_Of.The-Ashes", {BACKENDS: {"memory": "echoes_memory.plugin"}}, version="0.9")
    backends = load(Selection(), environ={}, clock=ManualClock(), path=[*site.path, *again.path])
    assert backends.names["cache"] == "memory"


def test_a_newer_distribution_without_the_offer_hides_the_older_one(site, tmp_path_factory):
    """Further forward on the path, as for imports."""
    newer = Site(tmp_path_factory.mktemp("newer"))
    site.backend("drums", BROADCAST)
    newer.install("echoes-drums", {}, version="2.0")
    assert "drums" in known_backends(site.path)
    assert "drums" not in known_backends([*newer.path, *site.path])


def test_a_distribution_that_offers_nothing_costs_no_read_of_its_metadata(site, monkeypatch):
    """An environment may have hundreds of them, and every worker looks at each start."""
    for number in range(5):
        site.install(f"other-{number}", {})
    read = []
    metadata = PathDistribution.metadata.fget
    monkeypatch.setattr(PathDistribution, "metadata", property(lambda one: read.append(1) or metadata(one)))
    known = known_backends(site.path)
    assert 0 < len(read) <= 2 * len(known), "its name is read, and its version"


# Facilities


def test_one_facility_can_come_from_elsewhere(site):
    """The others stay where they were."""
    site.backend("drums", BROADCAST)
    backends = boot(site, broadcast="drums")
    assert backends.names == {"session": "memory", "registry": "memory", "cache": "memory", "broadcast": "drums", "lock": "memory"}
    assert [one.name for one in backends.health()] == ["memory", "drums"]
    assert type(backends.facilities.broadcast) is MemoryBroadcast


def test_a_facility_without_a_provider_is_named(site):
    """A backend with some facilities only is refused as the provider of all; the error names the missing ones and the remedy."""
    site.backend("drums", BROADCAST)
    text = refusal(site, **dict.fromkeys(FACILITIES, "drums"))
    assert "'session'" in text
    assert "backend 'drums' (echoes-drums 1.0)" in text
    assert "ECHOES_SESSION_BACKEND" in text


def test_an_override_that_does_not_provide_it_is_an_error(site):
    """An operator who chose a backend for one facility does not silently get another."""
    site.backend("drums", BROADCAST)
    text = refusal(site, cache="drums")
    assert "'cache'" in text
    assert "'drums'" in text


def test_within_a_plugin_none_asks_the_next(site):
    """A plugin may register several objects; the first that answers counts."""
    site.backend(
        "drums",
        """
        class Silent:
            @hookimpl
            def echoes_broadcast(self):
                return None

        @hookimpl
        def echoes_configure(plugins, context):
            plugins.register(Silent())
        """
        + BROADCAST.replace("\n", "\n        "),
    )
    assert isinstance(boot(site, broadcast="drums").facilities.broadcast, MemoryBroadcast)


MISFITS = [
    pytest.param("position = None", "lacks the method 'position'", id="no-method"),
    pytest.param("def position(self, channel): ...", "has an ordinary method 'position' where an async method", id="not-async"),
    pytest.param("async def history(self, channel): ...", "'history' lacks the parameter 'since'", id="no-parameter"),
    pytest.param("async def publish(self, channel, payload): ...", "'publish' lacks the parameter 'key'", id="no-keyword"),
    pytest.param("async def publish(self, channel, payload, *, key): ...", "'publish' cannot be called", id="no-default"),
    pytest.param("async def position(self, channel, epoch): ...", "'position' cannot be called", id="asks-for-more"),
    pytest.param("async def position(self, name): ...", "'position' lacks the parameter 'channel'", id="other-name"),
]


@pytest.mark.parametrize(("method", "complaint"), MISFITS)
def test_an_object_that_does_not_fit_is_refused(site, method, complaint):
    """Plugin, facility, method and what is wrong with it, at boot."""
    site.backend(
        "drums",
        f"""
        class Drums(MemoryBroadcast):
            {method}

        @hookimpl
        def echoes_broadcast():
            return Drums(clock)
        """,
    )
    text = refusal(site, broadcast="drums")
    assert "backend 'drums' (echoes-drums 1.0): the broadcast 'Drums'" in text.replace(": the method", "")
    assert complaint in text


def test_an_object_may_be_able_to_do_more(site):
    """Further parameters with defaults, and catch-alls, fit."""
    site.backend(
        "drums",
        """
        class Drums(MemoryBroadcast):
            async def position(self, channel, loud=True): ...
            async def publish(self, *arguments, **options): ...

        @hookimpl
        def echoes_broadcast():
            return Drums(clock)
        """,
    )
    assert boot(site, broadcast="drums").names["broadcast"] == "drums"


def test_a_factory_that_fails_is_named(site):
    """An error of a plugin's hook is reported with the plugin's name and the hook's."""
    site.backend("drums", "@hookimpl\ndef echoes_broadcast():\n    raise OSError('no drums')\n")
    text = refusal(site, broadcast="drums")
    assert "'drums'" in text
    assert "'echoes_broadcast'" in text
    assert "no drums" in text


# Hooks

MISTAKES = [
    pytest.param("@hookimpl\ndef echoes_brodcast(): ...", "unknown hook 'echoes_brodcast'. Did you mean 'echoes_broadcast'?", id="misspelt"),
    pytest.param("@hookimpl\nasync def echoes_cache(): ...", "'echoes_cache' as an async function", id="async"),
    pytest.param("@hookimpl\nasync def echoes_lifespan():\n    yield", "contextlib.asynccontextmanager", id="bare-lifespan"),
    pytest.param("def echoes_cache(): ...", "defines 'echoes_cache' without marking it", id="unmarked"),
    pytest.param("@hookimpl\ndef echoes_cache(redis): ...", "redis", id="unknown-argument"),
    pytest.param("@hookimpl\ndef echoes_commands(): ...", "'echoes_commands', which is for extensions", id="extensions-only"),
    pytest.param("@hookimpl\ndef echoes_max_workers(): return 0", "'echoes_max_workers'", id="no-workers"),
    pytest.param("@hookimpl\ndef echoes_configure(context): raise ValueError('bad host')", "cannot be configured: ValueError: bad host", id="settings"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "complaint"), MISTAKES)
def test_a_plugins_mistake_is_named(site, source, complaint):
    """Misspelt, unmarked, asynchronous or misplaced hooks stop the boot with the plugin's name."""
    site.backend("drums", BROADCAST + source)
    text = refusal(site, broadcast="drums")
    assert "backend 'drums' (echoes-drums 1.0)" in text
    assert complaint in text


def test_an_optional_hook_may_be_unknown(site):
    """A plugin that serves newer servers as well marks such hooks as optional."""
    site.backend("drums", BROADCAST + "@hookimpl(optionalhook=True)\ndef echoes_of_tomorrow(): ...")
    assert boot(site, broadcast="drums").names["broadcast"] == "drums"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param(
            "@hookimpl\ndef echoes_seam_version():\n    return 99\n",
            f"version 99 of the plugin seam; this server works with versions {OLDEST_SEAM_VERSION} to {SEAM_VERSION}",
            id="newer",
        ),
        pytest.param("del echoes_seam_version\n", "does not name the version of the plugin seam", id="none"),
    ],
)
def test_a_plugin_for_another_seam_is_refused(site, source, complaint):
    """A plugin says for which seam it was written, and this server must still work with that one."""
    site.backend("drums", source + BROADCAST)
    text = refusal(site, broadcast="drums")
    assert "backend 'drums' (echoes-drums 1.0)" in text
    assert complaint in text


# One application, and another


def test_two_applications_share_nothing(site):
    """Each load makes instances of its own; their worlds do not meet."""
    first, second = boot(site), boot(site)
    for one, another in zip(
        (getattr(first.facilities, name) for name in first.facilities.__struct_fields__),
        (getattr(second.facilities, name) for name in second.facilities.__struct_fields__),
        strict=True,
    ):
        assert one is not another


def test_a_backend_receives_its_name_environment_and_clock(site):
    """Name, environment and clock come from the server, not from the process."""
    site.backend(
        "drums",
        """
        class Drums(MemoryBroadcast):
            def __init__(self, context):
                super().__init__(context.clock)
                self.context = context

        class Instance:
            def __init__(self, context):
                self.context = context

            @hookimpl
            def echoes_broadcast(self):
                return Drums(self.context)

        @hookimpl
        def echoes_configure(plugins, context):
            plugins.register(Instance(context))
        """,
    )
    context = boot(site, broadcast="drums", environ={"ECHOES_DRUMS_LOUD": "yes"}).facilities.broadcast.context
    assert (context.name, dict(context.environ), context.production) == ("drums", {"ECHOES_DRUMS_LOUD": "yes"}, False)
    assert isinstance(context.clock, ManualClock)


def test_a_wrong_setting_is_refused_with_its_name(site):
    """The memory backend's own settings are checked at boot."""
    with pytest.raises(PluginError, match=r"(?s)backend 'memory'.*ECHOES_MEMORY_HISTORY_MESSAGES"):
        boot(site, environ={"ECHOES_MEMORY_HISTORY_MESSAGES": "none"})


def test_settings_classes_are_collected(site):
    """The settings that `echoes settings` prints for a plugin come from the plugin."""
    assert boot(site).settings == {"memory": MemorySettings}


def test_the_least_bound_on_workers_counts(site):
    """A backend for one worker makes a server of one worker, for any bounds of the others."""
    site.backend("drums", BROADCAST + "@hookimpl\ndef echoes_max_workers():\n    return 4\n")
    assert boot(site, broadcast="drums").max_workers == 1


def test_without_a_bound_there_is_none(site):
    """Backends that say nothing of workers take any number."""
    site.backend(
        "boundless",
        """
        from echoes_memory.plugin import MemoryBackend

        class Boundless(MemoryBackend):
            echoes_max_workers = None

        @hookimpl
        def echoes_configure(plugins, context):
            plugins.register(Boundless(context))
        """,
    )
    assert boot(site, **dict.fromkeys(FACILITIES, "boundless")).max_workers == sys.maxsize


LIFE = """
from contextlib import asynccontextmanager
events = []

@hookimpl
def echoes_lifespan():
    return life()

@asynccontextmanager
async def life():
    events.append("connect")
    try:
        yield
    finally:
        events.append("close")
"""


async def test_every_plugin_connects_once_and_closes(site):
    """A backend that provides two facilities is connected once, and closed at the end."""
    both = BROADCAST + "@hookimpl\ndef echoes_cache():\n    return MemoryCache(clock)\n"
    site.backend("drums", both + LIFE)
    backends = boot(site, broadcast="drums", cache="drums")
    events = sys.modules["drums_dist"].events
    async with backends.lifespan():
        assert events == ["connect"]
    assert events == ["connect", "close"]


async def test_a_plugin_that_cannot_connect_closes_the_others(site):
    """The backends that were connected before are closed; the error names the plugin."""
    site.backend("drums", BROADCAST + LIFE)
    site.extension(
        "late",
        """
        from contextlib import asynccontextmanager

        @hookimpl
        @asynccontextmanager
        async def echoes_lifespan():
            raise OSError("no way")
            yield
        """,
    )
    backends = boot(site, broadcast="drums")
    with pytest.raises(PluginError, match=r"extension 'late'.*no way"):
        async with backends.lifespan():
            pytest.fail("must not start")
    assert sys.modules["drums_dist"].events == ["connect", "close"]


@pytest.mark.parametrize("answer", ["7", "[object()]"])
async def test_a_lifespan_that_is_none_is_named(site, answer):
    """Before anything of it is entered."""
    site.backend("drums", BROADCAST + f"@hookimpl\ndef echoes_lifespan():\n    return {answer}\n")
    with pytest.raises(PluginError, match=r"'drums'.*'echoes_lifespan'"):
        async with boot(site, broadcast="drums").lifespan():
            pytest.fail("must not start")


@pytest.mark.parametrize("answer", ["'soon'", "0", "float('inf')"])
async def test_the_seconds_of_a_lifespan_must_be_some(site, answer):
    """A plugin that says how long it may take says a number."""
    site.backend("drums", BROADCAST + f"@hookimpl\ndef echoes_lifespan_seconds():\n    return {answer}\n")
    with pytest.raises(PluginError, match=r"'drums'.*'echoes_lifespan_seconds'"):
        async with boot(site, broadcast="drums").lifespan():
            pytest.fail("must not start")


@pytest.mark.parametrize("body", ["    return 7", "    yield object()\n    raise OSError('half-way')", "    raise OSError('at once')"])
def test_an_extension_whose_commands_fail_to_load_is_named(site, body):
    """Also when it fails half-way."""
    site.extension("juggling", f"@hookimpl\ndef echoes_commands():\n{body}\n")
    with pytest.raises(PluginError, match=r"'juggling'.*'echoes_commands'"):
        boot(site)


def test_asking_for_health_never_fails(site):
    """A backend whose health check fails counts as degraded; one that returns nothing, too."""
    site.backend("drums", BROADCAST + "@hookimpl\ndef echoes_backend_health():\n    raise OSError('no pulse')\n")
    site.backend("silent", "@hookimpl\ndef echoes_cache():\n    return MemoryCache(clock)\n")
    memory, silent, drums = boot(site, broadcast="drums", cache="silent").health()
    assert (memory.ok, drums.ok, silent.ok) == (True, False, True)
    assert "no pulse" in drums.detail


# Extensions


def test_extensions_bring_commands(site):
    """Every installed extension is loaded, with any backend; its commands are collected."""
    site.extension("juggling", "@hookimpl\ndef echoes_commands():\n    return ['juggle', 'drop']\n")
    backends = boot(site)
    assert backends.extensions == ("juggling",)
    assert backends.commands == ("juggle", "drop")


def test_extensions_can_be_left_out(site):
    """Then not even a broken one is imported."""
    site.install("echoes-bomb", {EXTENSIONS: {"bomb": "bomb_module"}}, bomb_module=BOMB)
    assert boot(site, extensions=False).extensions == ()
    assert "bomb_module" not in sys.modules


def test_a_broken_extension_is_named(site):
    """It stops the boot: a server without what it was given would surprise."""
    site.install("echoes-bomb", {EXTENSIONS: {"bomb": "bomb_module"}}, bomb_module=BOMB)
    assert "extension 'bomb' (echoes-bomb 1.0) cannot be imported: RuntimeError: boom" in refusal(site)


def test_an_extension_brings_no_facility(site):
    """An operator selects a facility; the error of an extension that brings one names the right entry point group."""
    site.extension("drums", BROADCAST)
    text = refusal(site)
    assert "extension 'drums'" in text
    assert "echoes.backends" in text


def test_the_bundled_backend_is_registered_like_a_strangers(tmp_path):
    """`pyproject.toml` offers memory under the group that is open to every plugin; the server knows it by nothing else."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bundled = Site(tmp_path)
    bundled.install(project["name"], {BACKENDS: project["entry-points"][BACKENDS]})
    assert boot(bundled).names["session"] == "memory"
