"""Workers of a test: drivers on one store, whose scripts read a clock that a test can turn."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from echoes.clock import Advance
from echoes_redis.broadcast import RedisBroadcast
from echoes_redis.driver import Driver
from echoes_redis.endpoint import Endpoint, endpoint_of
from echoes_redis.settings import RedisSettings

PRELUDE = """
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000 + tonumber(redis.call('GET', 'test:skew') or 0)
end
local redis = (function(real)
  local declared, keyless = {}, {TIME = true, PUBLISH = true}
  for _, key in ipairs(KEYS) do declared[key] = true end
  local function checked(call)
    return function(command, key, ...)
      if not (keyless[command] or declared[key]) then error(command .. ' touches a key that is not declared: ' .. tostring(key)) end
      return call(command, key, ...)
    end
  end
  return setmetatable({call = checked(real.call), pcall = checked(real.pcall)}, {__index = function(_, name) return real[name] end})
end)(redis)
"""
"""A clock that `advance` turns, and an error for every script that touches a key which it was not given."""
ADVANCE = """
redis.call('SET', 'test:skew', string.format('%.6f', tonumber(redis.call('GET', 'test:skew') or 0) + tonumber(ARGV[1])))
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then
    left = left - tonumber(ARGV[1]) * 1000
    if left <= 0 then
      redis.call('DEL', key)
    else
      redis.call('PEXPIRE', key, string.format('%.0f', left))
    end
  end
end
"""


@dataclass
class Backend:
    """Where the workers of a test connect to, and with which settings."""

    endpoint: Endpoint
    settings: RedisSettings

    def driver(self) -> Driver:
        """A worker's driver, not connected yet, whose scripts read a clock that `advance` turns."""
        return Driver(self.endpoint, self.settings, prelude=PRELUDE)


def at(url: str, **settings: object) -> Backend:
    """A backend at a URL, with settings of its own."""
    made = RedisSettings(url=url, **settings)
    return Backend(endpoint_of(url, made), made)


def advancing(driver: Driver) -> Advance:
    """Lets the store's seconds pass: its scripts' clock runs ahead, and what would have expired is gone."""

    async def later(seconds: float) -> None:
        await driver.call("EVAL", ADVANCE, 0, seconds)

    return later


@contextlib.asynccontextmanager
async def serving(*drivers: Driver) -> AsyncIterator[tuple[Driver, ...]]:
    """Connect several drivers."""
    async with contextlib.AsyncExitStack() as stack:
        for driver in drivers:
            await stack.enter_async_context(driver.serving())
        yield drivers


@contextlib.asynccontextmanager
async def broadcasting(backend: Backend, *drivers: Driver) -> AsyncIterator[tuple[RedisBroadcast, ...]]:
    """A broadcast over each of several connected drivers."""
    async with contextlib.AsyncExitStack() as stack:
        made = tuple(RedisBroadcast(driver, backend.endpoint, backend.settings) for driver in drivers)
        for one in made:
            await stack.enter_async_context(one.serving())
        yield made
