"""The links of a city to its Redis and its PostgreSQL: each is a proxy in a process of its own.

All that the workers read and write passes them: in the bots' own process the bots would wait for the links, and the links for the bots.
A process of a link does one order after the other, a JSON object on a line of its standard input, and answers each with a line.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from echoes.event_loop import new_event_loop
from proxy import Proxy, all_connections
from server import ports_of

TESTS = Path(__file__).parents[1]


class Link:
    """A proxy of `tests/proxy.py` to a port or a Unix socket, in a process of its own. Of a `pid` only that process's connections are meant."""

    def __init__(self, target: int | str) -> None:
        self._target = target
        self._turn = asyncio.Lock()
        self.port = 0

    async def __aenter__(self) -> "Link":
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chaos.links", json.dumps(self._target),
            cwd=TESTS, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.port = int(await self._process.stdout.readline())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.stdin.close()
        await self._process.wait()

    async def cut(self, pid: int = 0) -> None:
        """Break connections, without a goodbye."""
        await self._order("cut", pid)

    async def stall(self, pid: int = 0) -> None:
        """Nothing passes on these connections from now on, nor on new ones of them."""
        await self._order("stall", pid)

    async def flow(self) -> None:
        """Stop stalling: the data that waits is passed on."""
        await self._order("flow")

    async def close(self) -> None:
        """Refuse new connections until `open`."""
        await self._order("close")

    async def open(self) -> None:
        """Accept connections again."""
        await self._order("open")

    async def delay(self, seconds: float) -> None:
        """Each piece of data waits for that long."""
        await self._order("delay", seconds)

    async def _order(self, name: str, value: float = 0) -> None:
        async with self._turn:
            self._process.stdin.write(json.dumps([name, value]).encode() + b"\n")
            if not await self._process.stdout.readline():
                raise RuntimeError(f"the process of the link to {self._target} has ended")


def _of(pid: int) -> Callable[[int], bool]:
    """Picks the connections of a process, or all when there is no `pid`."""
    if not pid:
        return all_connections
    known: dict[int, bool] = {}

    def its(port: int) -> bool:
        if port not in known:
            try:
                known[port] = port in ports_of(pid)
            except OSError:
                return False
        return known[port]

    return its


async def _serve(target: int | str) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with Proxy(target) as proxy:
        _answer(proxy.port)
        while line := await lines.readline():
            name, value = json.loads(line)
            match name:
                case "cut":
                    proxy.cut(_of(value))
                case "stall":
                    proxy.stall(_of(value))
                case "flow":
                    await proxy.flow()
                case "close" | "open":
                    proxy.closed = name == "close"
                case "delay":
                    proxy.delay = value
            _answer(name)


def _answer(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(json.loads(sys.argv[1])))
