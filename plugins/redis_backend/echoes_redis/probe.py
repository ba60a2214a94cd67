"""Check once a second that published messages are delivered, since a stalled connection looks like a quiet one."""

import asyncio
import secrets
from collections.abc import Callable

import structlog
from echoes import crashes
from echoes.errors import FacilityUnavailable

from echoes_redis import metrics
from echoes_redis.driver import Driver
from echoes_redis.settings import RedisSettings
from echoes_redis.subscriber import Subscriber

log = structlog.get_logger("echoes.redis")
UNHEARD = 3
"""Published probes that did not come, on a connection that brings other data, before it reconnects."""


class Probe:
    """Publishes to a channel of this worker's own. A connection without any data for two intervals is cut."""

    def __init__(self, driver: Driver, subscriber: Subscriber, settings: RedisSettings, tick: Callable[[], None]) -> None:
        self.channel = f"{settings.prefix}probe:{secrets.token_hex(8)}".encode()
        self.seconds: float | None = None
        """Seconds of the last probe; None before the first one, and while none comes."""
        self._driver = driver
        self._subscriber = subscriber
        self._interval = settings.probe_interval
        self._tick = tick
        self._number = 0
        self._unheard = 0
        self._silent = False
        self._echo: asyncio.Future[None] | None = None

    @property
    def silent(self) -> bool:
        """Whether published messages are not delivered at present."""
        return self._silent

    def heard(self, frame: bytes) -> None:
        """Handle a probe."""
        if frame == b"%d" % self._number and self._echo is not None and not self._echo.done():
            self._echo.set_result(None)

    async def run(self) -> None:
        """Probe until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._once()
                self._tick()
            except Exception:
                log.exception("broadcast.probe_crashed")
                crashes.report()
            await asyncio.sleep(max(0.0, began + self._interval - loop.time()))

    async def _once(self) -> None:
        loop = asyncio.get_running_loop()
        self._number += 1
        self._echo = loop.create_future()
        sent = loop.time()
        self._subscriber.ping()
        publishing = asyncio.create_task(self._publish(), name="broadcast:probe:publish")
        try:
            async with asyncio.timeout(2 * self._interval):
                await self._echo
        except TimeoutError:
            self._silent, self.seconds = True, None
            self._missed(sent, published=publishing.done() and publishing.result())
        else:
            self.seconds = loop.time() - sent
            self._silent, self._unheard = False, 0
            metrics.DELIVERY_SECONDS.observe(self.seconds)
        finally:
            publishing.cancel()  # and not awaited: a cancellation of this task at that moment would be lost

    async def _publish(self) -> bool:
        try:
            await self._driver.call("PUBLISH", self.channel, self._number)
        except FacilityUnavailable:
            return False
        return True

    def _missed(self, sent: float, *, published: bool) -> None:
        self._unheard += published
        if self._subscriber.heard <= sent:
            self._subscriber.drop("nothing came, not even the answer to a PING")
        elif self._unheard >= UNHEARD:
            self._unheard = 0
            self._subscriber.drop("probes were published and did not come")
