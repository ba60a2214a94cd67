"""The results of a run in numbers, and a timeline of it, in characters and as a picture."""

import math
import statistics
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from chaos.history import SignIns
from chaos.laws import delivered_again, overlaps, stale_reads
from chaos.telling import Command, Telling
from msgspec import Struct

IN_TIME = 5.0
"""Seconds within which a command is to be answered; the plan asks for that in 99.9 of 100."""
NO_ANSWER = {"unavailable", "conflict", "flood", "internal"}
BARS = " ▁▂▃▄▅▆▇█"


class Figures(Struct):
    """Of one run. Times in seconds."""

    seconds: float
    commands: int
    available: float
    """The share of commands that were answered in time, with success or with a refusal by the rules."""
    answer: dict[str, float]
    """p50, p95, p99 and the longest time to an answer."""
    quiet: dict[str, float]
    """That percentile for what was sent while nothing was broken, nor about to be, nor just repaired."""
    late: list[str]
    by_fault: dict[str, dict[str, float]]
    """Whole again, commands, missed, the longest: of all until the next fault. p95, refused at first, caught up: of what was sent until it was repaired."""
    events: int
    heard: int
    returns: int
    recovered: float
    """The share of returns after which what was missed followed."""
    snapshots: int
    away: dict[str, float]
    sent_again: int
    given_up: int
    """Commands whose player opened another tab before the server's time was over."""
    stale_reads: int
    delivered_again: int
    leases: int
    lease_overlaps: int
    refused_writes: int


def asked(telling: Telling) -> list[tuple[Command, float | None]]:
    """Each command that a player waited for, and how long it took; None when there was no answer. Without those that a player gave up
    in less time than the server may take.
    """
    found = []
    for key, command in telling.commands.items():
        if not command.late and key not in telling.given_up:
            done = next((answer for answer in command.answers if answer.code not in NO_ANSWER), None)
            found.append((command, None if done is None else max(0.0, done.t - command.born)))
    return found


def figures(telling: Telling) -> Figures:
    """All of them."""
    commands, spans = asked(telling), spans_of(telling)
    times = sorted(took for _, took in commands if took is not None)
    missed = [(command, took) for command, took in commands if took is None or took > IN_TIME]
    returns = [one for one in telling.connections.values() if one.resume and one.epoch]
    return Figures(
        seconds=telling.end,
        commands=len(commands),
        available=1 - len(missed) / max(1, len(commands)),
        answer=_spread(times),
        quiet=_spread(_quiet(commands, spans)),
        late=[_late(telling, command, took) for command, took in missed[:50]],
        by_fault=_by_fault(commands, spans),
        events=sum(map(len, telling.events.values())),
        heard=sum(len(segment.heard) for segments in telling.segments.values() for segment in segments),
        returns=len(returns),
        recovered=sum(one.recovered for one in returns) / max(1, len(returns)),
        snapshots=telling.snapshots,
        away=_spread(sorted(_away(telling))),
        sent_again=sum(len(command.sends) > 1 for command, _ in commands),
        given_up=len(telling.given_up),
        stale_reads=sum(1 for _ in stale_reads(telling)),
        delivered_again=sum(recognised for _, recognised in delivered_again(telling)),
        leases=len(telling.leases),
        lease_overlaps=len(overlaps(telling)),
        refused_writes=telling.fenced.refused if telling.fenced else 0,
    )


def _spread(times: Sequence[float]) -> dict[str, float]:
    if not times:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(times[min(len(times) - 1, math.ceil(share * len(times)) - 1)], 3) for name, share in at.items()}


def _late(telling: Telling, command: Command, took: float | None) -> str:
    who = telling.made[command.character].name
    how = "no answer" if took is None else f"{took:.1f} s"
    codes = ",".join(answer.code or "ok" for answer in command.answers)
    return f"{command.born:.1f} s {who} {command.verb}: {how}, sent {len(command.sends)} times {codes}".rstrip()


def _away(telling: Telling) -> list[float]:
    """Seconds from the loss of a connection to the welcome of the same client."""
    lost: dict[str, float] = {}
    away = []
    for connection in sorted(telling.connections.values(), key=lambda one: one.hello):
        if not connection.epoch:
            continue
        if connection.client in lost:
            away.append(max(0.0, connection.welcomed - lost[connection.client]))
        lost[connection.client] = connection.closed
    return [seconds for seconds in away if math.isfinite(seconds)]


@dataclass
class Span:
    """One fault, and how those fared who played while it lasted."""

    kind: str
    began: float
    ended: float
    """When it was repaired."""
    whole: float
    """When all played again."""
    took: list[float] = field(default_factory=list)
    """Times to the answers of what was sent meanwhile."""
    refused: int = 0
    """How much of it was refused at first."""
    caught_up: float = 0.0
    """Seconds after the repair until the last listener, who was there when a sentence was said, received it."""


def spans_of(telling: Telling) -> list[Span]:
    """Every fault that was repaired and waited for, in order; each begins when the one before it is over."""
    spans: list[Span] = []
    began = ended = math.inf
    for fault in telling.faults:
        match fault.phase:
            case "begins":
                began = fault.t
            case "ends":
                ended = fault.t
            case _:
                spans.append(Span(fault.kind, began, ended, ended + fault.seconds if fault.seconds >= 0 else math.inf))
    for command, took in asked(telling):
        if (span := _last(spans, command.born)) is not None and command.born < span.ended:
            span.took += [] if took is None else [took]
            span.refused += any(answer.code in NO_ANSWER for answer in command.answers)
    _catching_up(telling, spans)
    return spans


def _last(spans: list[Span], t: float) -> Span | None:
    index = bisect_right(spans, t, key=lambda span: span.began)
    return spans[index - 1] if index else None


def _catching_up(telling: Telling, spans: list[Span]) -> None:
    sentences = {(command.character, command.text): command.sends[0][0] for command in telling.commands.values() if command.verb == "say"}
    for (_, channel), segments in telling.segments.items():
        known = set()
        for came, (t, connection, epoch, offset, _) in ((segment.t, heard) for segment in segments for heard in segment.heard):
            event = telling.events[channel, epoch][offset]
            said = sentences.get((event.who, event.text))
            if said is None or (event.who, event.text) in known:
                continue
            known.add((event.who, event.text))
            span = _last(spans, said)
            if span is not None and came <= said < span.ended < t and telling.connections[connection].welcomed <= span.ended:
                span.caught_up = max(span.caught_up, t - span.ended)


def _quiet(commands: list[tuple[Command, float | None]], spans: list[Span]) -> list[float]:
    times = []
    for command, took in commands:
        span = _last(spans, command.born + IN_TIME)
        if took is not None and (span is None or command.born > span.whole + 1):
            times.append(took)
    return sorted(times)


def _by_fault(commands: list[tuple[Command, float | None]], spans: list[Span]) -> dict[str, dict[str, float]]:
    missed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    longest: dict[str, float] = defaultdict(float)
    for command, took in commands:
        span = _last(spans, command.born + 2)
        kind = "before any" if span is None else span.kind
        total[kind] += 1
        missed[kind] += took is None or took > IN_TIME
        longest[kind] = max(longest[kind], took or 0.0)
    found = {}
    for kind in sorted(total):
        its = [span for span in spans if span.kind == kind]
        whole = [span.whole - span.ended for span in its]
        found[kind] = {
            "times": len(its), "whole_median": statistics.median(whole) if whole else 0.0, "whole_max": max(whole, default=0.0),
            "commands": total[kind], "missed": missed[kind], "longest": round(longest[kind], 2),
            "p95": _spread(sorted(took for span in its for took in span.took)).get("p95", 0.0),
            "refused": sum(span.refused for span in its), "caught_up": round(max((span.caught_up for span in its), default=0.0), 2),
        }  # fmt: skip
    return found


def _signed_in(telling: Telling, storm: SignIns) -> str:
    played = sorted(took for command, took in asked(telling) if took is not None and storm.began <= command.born <= storm.t)
    return (
        f"{len(storm.took)} of {storm.people} people signed in, who all came at {storm.began:.0f} s, in {storm.tries} tries: {_said(_spread(storm.took))}; "
        f"commands meanwhile: {_said(_spread(played))}"
    )


# ── in words and pictures ────────────────────────────────────────────────────────────────────────────────────────────


def report(telling: Telling, found: Figures) -> str:
    """Everything for a person."""
    lines = [
        *timeline(telling),
        "",
        f"{found.commands} commands in {found.seconds:.0f} s, {100 * found.available:.3f} % answered within {IN_TIME:g} s; time to answer {_said(found.answer)}",
        f"{found.returns} returns, {100 * found.recovered:.1f} % recovered, away {_said(found.away)}; {found.snapshots} snapshots in mid-play; {found.sent_again} commands sent again, {found.given_up} given up for another tab",
        f"{found.events} events, heard {found.heard} times; {found.delivered_again} heard again under another epoch over another connection; reads behind by less than 2 s: {found.stale_reads}",
        *(_signed_in(telling, one) for one in telling.storms),
        f"{found.leases} leases, {found.lease_overlaps} overlaps by holders' clocks, {found.refused_writes} writes of former holders refused",
        "",
        f"while nothing was broken: {_said(found.quiet)}",
        f"{'fault':26}{'times':>6}{'whole again':>18}{'commands':>10}{'missed':>8}{'longest':>9}{'p95':>9}{'refused':>9}{'caught up':>11}",
    ]
    for kind, one in found.by_fault.items():
        again = f"{one['whole_median']:.1f} ≤ {one['whole_max']:.1f} s" if one["times"] else ""
        lines.append(
            f"{kind:26}{one['times']:>6.0f}{again:>18}{one['commands']:>10.0f}{one['missed']:>8.0f}{one['longest']:>8.1f}s{one['p95']:>8.3f}s{one['refused']:>9.0f}{one['caught_up']:>10.1f}s"
        )
    lines += ["", *(f"late: {line}" for line in found.late[:10])]
    return "\n".join(lines)


def _said(spread: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f} s" for name, value in spread.items()) or "never"


def _series(telling: Telling, width: int) -> tuple[float, list[list[float]], list[tuple[int, str]]]:
    """Seconds a column; per column commands asked, time to answer (the slowest of 20), connections; faults by column."""
    step = max(1.0, telling.end / width)
    columns = max(1, math.ceil(telling.end / step))
    born: list[list[float]] = [[] for _ in range(columns)]
    for command, took in asked(telling):
        born[min(columns - 1, int(command.born / step))].append(IN_TIME * 2 if took is None else took)
    connected = [0.0] * columns
    for connection in telling.connections.values():
        if connection.epoch:
            until = min(connection.closed, telling.end)
            for column in range(int(connection.welcomed / step), min(columns, int(until / step) + 1)):
                connected[column] += max(0.0, min(until, (column + 1) * step) - max(connection.welcomed, column * step)) / step
    slow = [sorted(times)[min(len(times) - 1, int(0.95 * len(times)))] if times else 0.0 for times in born]
    marks = [(int(fault.t / step), fault.kind) for fault in telling.faults if fault.phase == "begins"]
    return step, [[len(times) / step for times in born], slow, connected], marks


def timeline(telling: Telling, width: int = 120) -> list[str]:
    """Three rows of bars, and where things were broken."""
    step, (rate, slow, connected), marks = _series(telling, width)
    names = sorted({kind for _, kind in marks})
    letters = {kind: chr(ord("a") + index) if index < 26 else chr(ord("A") + index - 26) for index, kind in enumerate(names)}
    below = [" "] * (len(rate) + 1)
    for column, kind in marks:
        below[column] = letters[kind]
    return [
        f"each column {step:.1f} s",
        f"{'commands/s':>12} {_bars(rate)} {max(rate):.0f}",
        f"{'p95 answer':>12} {_bars(slow)} {max(slow):.1f} s",
        f"{'connected':>12} {_bars(connected)} {max(connected):.0f}",
        f"{'faults':>12} {''.join(below).rstrip()}",
        *(f"{letters[kind]:>14} {kind}" for kind in names),
    ]


def _bars(values: list[float]) -> str:
    top = max(values, default=0.0) or 1.0
    return "".join(BARS[round(value / top * (len(BARS) - 1))] for value in values)


def picture(telling: Telling, title: str) -> str:
    """The timeline as SVG."""
    step, series, marks = _series(telling, 600)
    width, height, left = 1200, 110, 90
    scale = (width - left - 20) / max(1, len(series[0]))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {4 * height + 70}" font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="white"/><text x="{left}" y="20">{escape(title)}</text>',
    ]
    for row, (name, values) in enumerate(zip(("commands a second", "p95 to answer, s", "connected"), series, strict=True)):
        top, base = max(values) or 1.0, 40 + (row + 1) * height - 10
        points = " ".join(f"{left + index * scale:.1f},{base - value / top * (height - 25):.1f}" for index, value in enumerate(values))
        parts.append(f'<polyline fill="none" stroke="#b3541e" points="{points}"/><text x="4" y="{base - height + 30}">{top:.1f}</text>')
        parts.append(
            f'<text x="4" y="{base}">{name[:14]}</text><line x1="{left}" y1="{base}" x2="{width - 20}" y2="{base}" stroke="#999"/>'
        )
    for column, kind in marks:
        x = left + column * scale
        parts.append(f'<line x1="{x:.1f}" y1="40" x2="{x:.1f}" y2="{40 + 3 * height}" stroke="#ccc"/>')
        parts.append(f'<text font-size="8" transform="translate({x:.1f},{50 + 3 * height}) rotate(60)">{escape(kind)}</text>')
    parts.append(f'<text x="{left}" y="{4 * height + 66}">each point {step:.1f} s, {telling.end:.0f} s in all</text></svg>')
    return "\n".join(parts)
