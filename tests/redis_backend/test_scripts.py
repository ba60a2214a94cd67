"""Scripts: what each file says of itself, and that each touches the keys that it was given and nothing else."""

import re
from importlib.resources import files

import pytest
from echoes.errors import FacilityUnavailable
from echoes_redis import cache, lock, registry, session
from echoes_redis.script import Script

OURS = [script.name for module in (session, registry, cache, lock) for script in module.SCRIPTS]
ALL = sorted(file.name.removesuffix(".lua") for file in files("echoes_redis").joinpath("lua").iterdir() if file.name != "prelude.lua")


class Careless(Script):
    """Touches a key that it does not declare."""

    __slots__ = ()

    def __init__(self, prelude=""):
        super().__init__("lock_renew", prelude)
        self.source = prelude + "return redis.call('GET', 'player:' .. ARGV[1])"
        self.sha = "0" * 40

    def under(self, prelude):
        return Careless(prelude)


def test_no_script_is_forgotten():
    """Every file named after a facility of these four is loaded by it."""
    mine = [name for name in ALL if name.split("_")[0] in {"session", "registry", "cache", "lock"}]
    assert sorted(OURS) == mine


@pytest.mark.parametrize("name", OURS)
def test_a_script_opens_with_its_keys_and_arguments(name):
    """A script's purpose, then each key and each argument that it uses, by number."""
    source = files("echoes_redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    opening = re.match(r"(?:--.*\n)+", source)
    assert opening is not None
    body = source[opening.end() :]
    for used in sorted(set(re.findall(r"(?:KEYS|ARGV)\[\d+\]", body))):
        array, number = used[:4], int(used[5:-1])
        said = [int(start) for start in re.findall(rf"{array}\[(\d+)(?:\.\.\.)?\]", opening[0])]
        rest = re.findall(rf"{array}\[(\d+)\.\.\.\]", opening[0])
        assert number in said or any(number >= int(start) for start in rest), used


@pytest.mark.parametrize("name", OURS)
def test_keys_are_never_built_in_lua(name):
    """The first argument of every command is one of KEYS: nothing is put together from parts."""
    source = files("echoes_redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    calls = re.findall(r"redis\.p?call\(((?:'[A-Z]+')|[^,]*), ([^,)]+)", source)
    assert calls
    assert {key for _, key in calls} <= {"key"} | {f"KEYS[{n}]" for n in (*range(1, 9), "i + 1")}


async def test_a_key_that_is_not_declared_is_noticed(drivers):
    """The tests' prelude refuses it, on every kind of store: so the contracts prove the scripts' declarations."""
    with pytest.raises(FacilityUnavailable, match="not declared"):
        await drivers[0].run(Careless(), ["echoes:one"], [17])
