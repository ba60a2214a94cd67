"""Real browsers beside Chromium: Firefox, spoken to over WebDriver BiDi, and WebKit (Safari's engine), over WebDriver.

Neither needs a driver that is downloaded: Firefox listens by itself, and WebKitWebDriver is a package of Debian.
"""

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import prepare
import pytest
from ports import free_port
from server import traversable_folder
from websockets.asyncio.client import ClientConnection, connect

START_SECONDS = 60
PROGRAMS = {
    "firefox": (("firefox-esr", "firefox"),),
    "webkit": (("WebKitWebDriver",), ("Xvfb",)),
}
"""The programs of each engine; of those in one bracket any will do."""
PREFERENCES = {
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "ui.prefersReducedMotion": 1,
}
NARROW = "* { min-width: 0; padding: 0; margin: 0; font-size: 1px; -gtk-icon-transform: scale(0.1); } toolbar, toolbar * { border: 0; }"
"""MiniBrowser's toolbar, made so small that its window can be as narrow as a phone."""


class Driver(Protocol):
    """One window of a browser."""

    complaints: list[str]
    """Errors of its console, where the engine tells them."""

    async def go(self, url: str) -> None:
        """Load a page."""

    async def reload(self) -> None:
        """Load the page again."""

    async def resize(self, width: int, height: int) -> None:
        """Make the page so wide and high, in CSS pixels."""

    async def run(self, expression: str) -> Any:
        """Evaluate an expression in the page; its value passes as JSON."""

    async def act(self, actions: list[dict[str, Any]]) -> None:
        """Keys and pointer, as WebDriver has them."""

    async def picture(self) -> bytes:
        """The window as a PNG."""


class Firefox:
    """A window of its own, with a storage of its own, in a running Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._window = ""
        self.complaints: list[str] = []

    async def send(self, method: str, **params: object) -> dict[str, Any]:
        """One command, and its result."""
        self._number += 1
        await self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(await asyncio.wait_for(self._socket.recv(), START_SECONDS))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.complaints.append(str(message["params"]["text"]))
            if message.get("id") == self._number:
                assert message["type"] == "success", message
                return dict(message["result"])

    async def begin(self) -> None:
        """Open the window."""
        await self.send("session.new", capabilities={})
        await self.send("session.subscribe", events=["log.entryAdded"])
        user = (await self.send("browser.createUserContext"))["userContext"]
        self._window = (await self.send("browsingContext.create", type="window", userContext=user))["context"]

    async def end(self) -> None:
        """Close the window."""
        await self.send("browsingContext.close", context=self._window)
        await self.send("session.end")

    async def go(self, url: str) -> None:
        """Load a page."""
        await self.send("browsingContext.navigate", context=self._window, url=url, wait="complete")

    async def reload(self) -> None:
        """Load the page again."""
        await self.send("browsingContext.reload", context=self._window, wait="complete")

    async def resize(self, width: int, height: int) -> None:
        """Make the page so wide and high."""
        await self.send("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})

    async def run(self, expression: str) -> Any:
        """Evaluate."""
        target = {"context": self._window}
        answer = await self.send("script.evaluate", expression=f"JSON.stringify({expression})", target=target, awaitPromise=True)
        assert answer["type"] == "success", answer
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    async def act(self, actions: list[dict[str, Any]]) -> None:
        """Keys and pointer."""
        await self.send("input.performActions", context=self._window, actions=actions)

    async def picture(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode((await self.send("browsingContext.captureScreenshot", context=self._window))["data"])


class WebKit:
    """MiniBrowser, WebKitGTK's own, with a storage that ends with it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._session = ""
        self.complaints: list[str] = []

    async def send(self, method: str, path: str, **params: object) -> Any:
        """One command, and its value."""
        body = {"json": params} if method == "POST" else {}
        answer = await self._http.request(method, f"{self._session}{path}", **body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()["value"]

    async def begin(self) -> None:
        """Open the window."""
        session = await self.send("POST", "/session", capabilities={"alwaysMatch": {}})
        self._session = f"/session/{session['sessionId']}"

    async def end(self) -> None:
        """Close the window."""
        await self.send("DELETE", "")

    async def go(self, url: str) -> None:
        """Load a page."""
        await self.send("POST", "/url", url=url)

    async def reload(self) -> None:
        """Load the page again."""
        await self.send("POST", "/refresh")

    async def resize(self, width: int, height: int) -> None:
        """Make the page so wide and high: the window has a toolbar."""
        await self.send("POST", "/window/rect", width=width, height=height)
        inner = 0
        for _ in range(100):
            inner_width, inner = await self.run("[innerWidth, innerHeight]")
            if inner_width == width:
                break
            await asyncio.sleep(0.02)
        await self.send("POST", "/window/rect", width=width, height=2 * height - inner)

    async def run(self, expression: str) -> Any:
        """Evaluate."""
        return await self.send("POST", "/execute/sync", script=f"return {expression}", args=[])

    async def act(self, actions: list[dict[str, Any]]) -> None:
        """Keys and pointer."""
        await self.send("POST", "/actions", actions=actions)

    async def picture(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(await self.send("GET", "/screenshot"))


class Person:
    """A person with keyboard and mouse before such a window."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    async def until(self, expression: str, *, within: float = 20) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + within
        while not await self.driver.run(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"{expression}: {await self.driver.run('document.body.innerText')}"
            await asyncio.sleep(0.05)

    async def text(self, name: str) -> str:
        """The text that an element with this `data-testid` shows."""
        return " ".join(str(await self.driver.run(f"{element(name)}.innerText")).split())

    async def reads(self, name: str, text: str) -> None:
        """Wait until an element shows a text."""
        await self.until(f"{element(name)}?.innerText.replace(/\\s+/g, ' ').includes({json.dumps(text)})")

    async def online(self) -> None:
        """Wait until the page plays."""
        await self.until(f"{element('connection-state')}?.dataset.state === 'online'")

    async def click(self, name: str) -> None:
        """Click where an element with this `data-testid` is seen."""
        await self.until(f"{element(name)}?.getClientRects().length")
        script = f"(it => {{ it.scrollIntoView({{block: 'nearest'}}); const at = it.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }})({element(name)})"
        x, y = await self.driver.run(script)
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "origin": "viewport"}
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        await self.driver.act([{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move, *press]}])

    async def write(self, name: str, text: str, *, enter: bool = False) -> None:
        """Click into a field and type."""
        await self.click(name)
        keys = [{"type": kind, "value": letter} for letter in (*text, *(["\ue007"] if enter else [])) for kind in ("keyDown", "keyUp")]
        await self.driver.act([{"type": "key", "id": "keyboard", "actions": keys}])

    async def line(self, text: str) -> None:
        """Type a line of the game."""
        await self.write("command-input", text, enter=True)


def element(name: str) -> str:
    """The expression that finds an element by its `data-testid`."""
    return f"document.querySelector('[data-testid=\"{name}\"]')"


@contextlib.contextmanager
def engine(kind: str) -> Iterator[str]:
    """`firefox` or `webkit`, running: the address of its driver. Missing, its tests are skipped on a person's machine, and fail under CI=true."""
    for names in PROGRAMS[kind]:
        if prepare.find(*names) is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no {names[0]} found, and under CI=true nothing is skipped")
            pytest.skip(f"no {names[0]} (Debian: apt-get install {' '.join(prepare.NEEDED[names])})")
    with traversable_folder() as folder, _firefox(folder) if kind == "firefox" else _webkit(folder) as address:
        yield address


@contextlib.asynccontextmanager
async def person(address: str) -> AsyncIterator[Person]:
    """A person before a new window of the engine at this address."""
    async with contextlib.AsyncExitStack() as stack:
        driver: Firefox | WebKit
        if address.startswith("ws:"):
            driver = Firefox(await stack.enter_async_context(connect(f"{address}/session", max_size=None)))
        else:
            driver = WebKit(await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=START_SECONDS)))
        await driver.begin()
        stack.push_async_callback(driver.end)
        yield Person(driver)


@contextlib.contextmanager
def _firefox(folder: Path) -> Iterator[str]:
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
    (folder / "user.js").write_text("".join(lines), encoding="utf-8")
    program = prepare.find(*PROGRAMS["firefox"][0])
    command = [str(program), "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with _running(command, folder, os.environ | {"HOME": str(folder)}) as process:
        listening = folder / "WebDriverBiDiServer.json"
        _wait(process, folder, listening.exists)
        found = json.loads(listening.read_text(encoding="utf-8"))
        yield f"ws://{found['ws_host']}:{found['ws_port']}"


@contextlib.contextmanager
def _webkit(folder: Path) -> Iterator[str]:
    (folder / "gtk-3.0").mkdir()
    (folder / "gtk-3.0" / "gtk.css").write_text(NARROW, encoding="utf-8")
    display, number = os.pipe()
    screen = [str(prepare.find("Xvfb")), "-displayfd", str(number), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with contextlib.ExitStack() as stack:
        stack.enter_context(_running(screen, folder, dict(os.environ), number))
        os.close(number)
        with os.fdopen(display) as reader:
            shown = f":{reader.readline().strip()}"
        port = free_port()
        environ = os.environ | {"DISPLAY": shown, "XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "GTK_A11Y": "none"}
        process = stack.enter_context(_running([str(prepare.find("WebKitWebDriver")), f"--port={port}"], folder, environ))
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{address}/status").is_success
            return False

        _wait(process, folder, answers)
        yield address


@contextlib.contextmanager
def _running(command: list[str], folder: Path, environ: dict[str, str], *kept: int) -> "Iterator[subprocess.Popen[bytes]]":
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environ, pass_fds=kept)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", folder: Path, ready: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} did not start:\n{(folder / 'said').read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.02)
