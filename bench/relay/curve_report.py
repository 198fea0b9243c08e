"""The committed report: tables and plots made from the raw figures of one run, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plot import Line, chart
from bench.report import Section, median, ratio

_FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
REPORT = "relay-speed.md"
RAW = "relay-speed.json"
QUIET_CORES = 0.2
ADDED_LIMIT_MS = 20.0
TRANSPORTS = {"tcp": "VNC, plain to the PC", "tls": "RDP, TLS to the PC"}
_OURS = "Parvis"


def tell(section: Section, found: Mapping[str, Any]) -> None:
    """Print what the report will hold."""
    for transport, title in TRANSPORTS.items():
        section.say(f"{title}\n")
        headers, rows = table(found, transport)
        section.table(headers, rows)
    for line in _targets(found):
        section.say(f"  {line}")
    section.say()


def write(found: Mapping[str, Any], folder: Path = _FOLDER) -> None:
    """The report, its plots and the raw figures, in `folder`."""
    (folder / RAW).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, text in plots(found).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / REPORT).write_text(page(found), encoding="utf-8")


def is_quiet(found: Mapping[str, Any]) -> bool:
    """Whether latencies of this run mean anything."""
    return float(found["others_cores"]) <= QUIET_CORES


def plots(found: Mapping[str, Any]) -> dict[str, str]:
    """File name → SVG. Latency is drawn of a quiet machine only."""
    drawn = {}
    for transport, title in TRANSPORTS.items():
        peers = _peers(found, transport)
        cpu = [_series(found, name, lambda each: each["cpu_ms_per_session_minute"]) for name in peers]
        memory = [_series(found, name, lambda each: each["memory_kb"]) for name in peers if "websockify" not in name]
        for kind, lines, up in (
            ("cpu", cpu, "processor, ms per session-minute"),
            ("memory", memory, "memory, kB per session"),
        ):
            if any(line.points for line in lines):
                drawn[f"relay-speed-{transport}-{kind}.svg"] = chart(title, lines, across="sessions", up=up)
        if is_quiet(found):
            late = [_series(found, name, _worst_p99) for name in peers if "websockify" not in name]
            drawn[f"relay-speed-{transport}-p99.svg"] = chart(
                title, late, across="sessions", up="99th percentile of delay, ms", limit=("20 ms", ADDED_LIMIT_MS)
            )
    return drawn


def table(found: Mapping[str, Any], transport: str) -> tuple[list[str], list[list[object]]]:
    """Headers and a line per peer: bulk, then processor at each number of sessions, then memory at the largest."""
    sizes = _sizes(found)
    headers = ["", "MB/CPU-s ×1", "×4", *(f"CPU ms at {size:,}" for size in sizes), "kB/session"]
    rows: list[list[object]] = []
    for name in _peers(found, transport):
        by_size = {each["sessions"]: each for each in found["peers"][name]["sessions"]}
        costs = [by_size[size]["cpu_ms_per_session_minute"] if size in by_size else None for size in sizes]
        memory = by_size[max(by_size)]["memory_kb"] if by_size else None
        rows.append([_short(name), _bulk(found, name, 1), _bulk(found, name, 4), *costs, memory])
    return headers, rows


def page(found: Mapping[str, Any]) -> str:
    """The report in Markdown."""
    about, others = found["machine"], found["others_cores"]
    quiet = is_quiet(found)
    noise = f"Other programs used {others} of its cores meanwhile" + (
        ": quiet."
        if quiet
        else ": **busy**, so only processor and memory are shown, and ratios between peers of the"
        " same run are all that travels. Delays, and how many sessions one core carries, were not measured."
    )
    lines = [
        "# What relaying a screen costs, against the number of sessions",
        "",
        "Written by `python -m bench curve`, which renews this page, its plots and [the raw figures](relay-speed.json)."
        " How it is measured: [performance.md](performance.md). Do not edit: what is said here is computed.",
        "",
        f"{about['processor']}, {about['cores']} cores, Python {about['python']}. {noise}",
        f"Each peer alone and fresh on one core, {found['seconds']:g} s at each size; a session sends 20 messages of"
        " 12 bytes a second and receives 10 of 4 kB.",
        "",
    ]
    drawn = plots(found)
    for transport, title in TRANSPORTS.items():
        lines += [f"## {title}", "", *_markdown(*table(found, transport)), ""]
        for name in sorted(drawn):
            if f"-{transport}-" in name:
                lines += [f"![{title}: {name.rpartition('-')[2].removesuffix('.svg')} against sessions]({name})", ""]
    lines += ["## Against what was promised", "", *(f"* {line}" for line in _targets(found)), ""]
    return "\n".join(lines)


def _targets(found: Mapping[str, Any]) -> list[str]:
    """Each promise with what this run says of it."""
    said = []
    for transport, title in TRANSPORTS.items():
        ours = next((name for name in _peers(found, transport) if _OURS in name), None)
        nginx = next((name for name in _peers(found, transport) if "nginx WebSocket" in name), None)
        if ours is None or nginx is None:
            continue
        bulk = [ratio(_bulk(found, ours, streams), _bulk(found, nginx, streams)) for streams in (1, 4)]
        said.append(
            f"{title}: moving screens per CPU-second, {bulk[0]} and {bulk[1]} of nginx’s WebSocket proxy"
            " with 1 and 4 streams (promised: at least ×1)."
        )
        both = _common(found, ours, nginx)
        if both:
            ratios = ", ".join(f"{size:,}: {ratio(a, b)}" for size, a, b in both)
            said.append(
                f"{title}: processor of a session at work against nginx’s WebSocket proxy (promised: at most ×1.3):"
                f" {ratios}."
            )
        largest = max((each["sessions"] for each in found["peers"][ours]["sessions"]), default=None)
        if largest is not None:
            most = next(each for each in found["peers"][ours]["sessions"] if each["sessions"] == largest)
            used = most["cpu_ms_per_session_minute"] * largest / 600
            promised = 40 if transport == "tcp" else 80
            idle = f", {most['idle_kb']:.0f} kB an idle one" if most.get("idle_kb") is not None else ""
            said.append(
                f"{title}: {largest:,} sessions took {used:.0f} % of a core; {most['memory_kb']:.0f} kB a session"
                f" at work{idle} (promised: at most {promised} for an idle one)."
            )
        processes = next((name for name in _peers(found, transport) if "websockify" in name), None)
        if processes is not None and (same := _common(found, processes, ours)):
            size, theirs, own = same[-1]
            said.append(
                f"{title}: websockify takes {ratio(theirs, own)} our processor for a session, at {size:,} of them,"
                f" where it has {theirs * size / 600:.0f} % of a core (promised: four times its sessions a core)."
            )
        if is_quiet(found):
            promised = 2000 if transport == "tcp" else 1400
            said.append(
                f"{title}: 99th percentile of delay under 20 ms up to {_within(found, ours):,} sessions on one core"
                f" (promised: {promised:,}); nginx’s WebSocket proxy up to {_within(found, nginx):,}."
            )
    return said


def _within(found: Mapping[str, Any], name: str) -> int:
    """The most sessions measured before the slowest hundredth took too long."""
    most = 0
    for each in sorted(found["peers"][name]["sessions"], key=lambda each: int(each["sessions"])):
        if _worst_p99(each) >= ADDED_LIMIT_MS:
            break
        most = int(each["sessions"])
    return most


def _common(found: Mapping[str, Any], ours: str, other: str) -> list[tuple[int, float, float]]:
    costs = [
        {each["sessions"]: each["cpu_ms_per_session_minute"] for each in found["peers"][name]["sessions"]}
        for name in (ours, other)
    ]
    return [(size, costs[0][size], costs[1][size]) for size in sorted(costs[0]) if size in costs[1]]


def _peers(found: Mapping[str, Any], transport: str) -> list[str]:
    return [name for name in found["peers"] if name.startswith(f"{transport}:")]


def _sizes(found: Mapping[str, Any]) -> list[int]:
    return sorted({each["sessions"] for peer in found["peers"].values() for each in peer["sessions"]})


def _series(found: Mapping[str, Any], name: str, value: Callable[[Mapping[str, Any]], float]) -> Line:
    points = tuple((float(each["sessions"]), float(value(each))) for each in found["peers"][name]["sessions"])
    return Line(_short(name), points)


def _worst_p99(each: Mapping[str, Any]) -> float:
    return float(max(each["down_p99"], each["up_p99"])) / 1000


def _bulk(found: Mapping[str, Any], name: str, streams: int) -> float | None:
    values = [each["mb_per_cpu_second"] for each in found["peers"][name]["bulk"] if each["streams"] == streams]
    return median(values) if values else None


def _short(name: str) -> str:
    return name.partition(": ")[2]


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(headers) + " |", "|" + "---|" * len(headers)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return lines


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
