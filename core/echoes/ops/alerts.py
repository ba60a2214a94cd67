"""Alerts that fire or are pending, as a Prometheus with `deploy/alerts.yml` has them: bounded in size and time, one request at a time."""

import asyncio
import importlib
import time
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

SECONDS = 5.0
"""As old may alerts be that an operator sees."""
PATIENCE = 3.0
"""Seconds for one answer of Prometheus."""
LARGEST = 1024 * 1024
"""Bytes of an answer."""
SHOWN, LONGEST = 50, 300
"""Alerts that are shown, and characters of each of their texts."""
PREFIX = "Echoes"
"""Alerts of the server's rules begin with it; a Prometheus may have others."""
RUNBOOK = "docs/runbook.md"
UNSET = (
    "ECHOES_OPS_PROMETHEUS is not set, so no alerts are shown."
    " Set it to the URL of a Prometheus that has deploy/alerts.yml, such as http://127.0.0.1:9090."
)


class AlertView(Struct):
    """An alert: since when (as Prometheus says it), its labels, and its section of the runbook; `link` is empty unless that has an address."""

    name: str
    state: Literal["firing", "pending"]
    severity: str
    summary: str
    since: str
    labels: str
    runbook: str
    link: str


class AlertsView(Struct):
    """The alerts, those that fire first. `problem`: why there are none to show; empty: Prometheus has answered.

    `more` counts those beyond the ones that are shown.
    """

    alerts: list[AlertView] = []
    more: int = 0
    problem: str = ""


class _Alert(Struct):
    labels: dict[str, str]
    state: str
    annotations: dict[str, str] = {}
    activeAt: str = ""  # noqa: N815 - as Prometheus writes it


class _Data(Struct):
    alerts: list[_Alert]


class _Answer(Struct):
    status: str
    data: _Data | None = None


class _Odd(Exception):  # noqa: N818 - why an answer cannot be used
    """Prometheus answers, and not with alerts."""


_decode = msgspec.json.Decoder(_Answer).decode


@dataclass
class Alerts:
    """The alerts that this worker has read last. Only a look at the health reads them again."""

    url: str
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _shown: AlertsView = field(default_factory=AlertsView)
    _until: float = 0.0

    async def now(self) -> AlertsView:
        """Return the alerts, `SECONDS` old at most. What fails is a sentence in the view, never an error."""
        if not self.url:
            return AlertsView(problem=UNSET)
        async with self._lock:
            if time.monotonic() >= self._until:
                self._shown = await self._read()
                self._until = time.monotonic() + SECONDS
            return self._shown

    async def _read(self) -> AlertsView:
        httpx = await asyncio.to_thread(importlib.import_module, "httpx")  # a server that shows no alerts does not need it
        try:
            async with asyncio.timeout(PATIENCE):
                return _view(await self._asked(httpx))
        except TimeoutError:
            problem = f"it did not answer within {PATIENCE:g} seconds"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            problem = f"it cannot be reached: {str(error)[:LONGEST] or type(error).__name__}"
        except (_Odd, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problem = f"its answer is not that of a Prometheus: {str(error)[:LONGEST]}"
        return AlertsView(problem=f"The alerts of {self.url} cannot be shown, because {problem}. Check ECHOES_OPS_PROMETHEUS.")

    async def _asked(self, httpx: ModuleType) -> bytes:
        # The client reads certificates from files when it is made, and reads no settings of a proxy from the environment.
        client = await asyncio.to_thread(httpx.AsyncClient, trust_env=False, timeout=None)
        async with client, client.stream("GET", f"{self.url.rstrip('/')}/api/v1/alerts", headers={"accept-encoding": "identity"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise _Odd(f"it has the status {answer.status_code}")
            found = bytearray()
            async for chunk in answer.aiter_raw():
                found += chunk
                if len(found) > LARGEST:
                    raise _Odd(f"it is larger than {LARGEST // 1024} KiB")
        return bytes(found)


def _view(answer: bytes) -> AlertsView:
    decoded = _decode(answer)
    if decoded.data is None:
        raise _Odd(f"its status is {decoded.status[:LONGEST]!r}")
    ours = [one for one in decoded.data.alerts if one.labels.get("alertname", "").startswith(PREFIX) and one.state in {"firing", "pending"}]
    ours.sort(key=lambda one: (one.state != "firing", one.labels.get("severity") != "page", one.activeAt, one.labels["alertname"]))
    return AlertsView([_shown(one) for one in ours[:SHOWN]], max(0, len(ours) - SHOWN))


def _shown(one: _Alert) -> AlertView:
    name = one.labels["alertname"][:LONGEST]
    labels = ", ".join(f"{key} {value}" for key, value in sorted(one.labels.items()) if key not in {"alertname", "severity"})
    url = one.annotations.get("runbook_url", "")
    return AlertView(
        name, "firing" if one.state == "firing" else "pending", one.labels.get("severity", "")[:LONGEST],
        one.annotations.get("summary", "")[:LONGEST], one.activeAt[:19].replace("T", " "), labels[:LONGEST], f"{RUNBOOK}#{name.lower()}",
        url if len(url) <= LONGEST and _is_address(url) else "",
    )  # fmt: skip


def _is_address(url: str) -> bool:
    """Whether a browser may follow it: Prometheus' words are not trusted to be no script."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
