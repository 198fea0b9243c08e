"""Bytes on the line and processor of the gateway per session-minute of a scripted office desktop."""

from __future__ import annotations

from typing import Any

from bench.bandwidth import world
from bench.bandwidth.office import PHASES
from bench.bandwidth.world import ROWS, Row, World
from bench.processes import NotStarted, cpu_seconds
from bench.report import Section, note, ratio

SECONDS, QUICK_SECONDS = 24.0, 2.0
_SETTLED, _QUICK_SETTLED = 1500, 300
"""Milliseconds for what is on its way to arrive."""
_LATE = 1.2
"""A script that takes this much longer than it should was played too slowly to say anything."""
_PROMISED = 1 / 3
"""The light picture by RDP, of the fine one."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print: each protocol on each profile, the same script each time."""
    seconds = QUICK_SECONDS if quick else SECONDS
    found: dict[str, dict[str, Any]] = {}
    try:
        with world.running() as scene:
            for row in ROWS:
                note(f"bandwidth: {row.name}")
                try:
                    found[row.name] = _measure(scene, row, seconds, _QUICK_SETTLED if quick else _SETTLED)
                except NotStarted as error:
                    section.missing(f"{row.name}: {error}")
    except (NotStarted, RuntimeError) as error:
        section.missing(str(error))
        return
    section.data |= {"seconds_of_script": seconds, "per_session_minute": found}
    section.say(f"{', '.join(phase.name for phase in PHASES)}: {seconds:.0f} s of script, seeded; a minute of it:\n")
    _tables(section, found)
    fine, light = (found.get(name, {}).get("browser_mb") for name in ("RDP, fine", "RDP, light"))
    if fine and light:
        kept = light <= fine * _PROMISED
        section.data["a_third_is_kept"] = kept
        section.say(f"  RDP's light picture is at most a third of the fine one: {'yes' if kept else 'NO'}.\n")
    for name, figures in found.items():
        if figures["late"] > _LATE and not quick:
            section.missing(f"{name}: the script took {figures['late']:.1f} times its length, too busy a machine")


def _tables(section: Section, found: dict[str, dict[str, Any]]) -> None:
    section.table(
        [
            "",
            "MB to browser",
            "of the fine",
            "of RDP fine",
            "MB from PC",
            "kB from browser",
            "gateway CPU ms",
            "opening kB",
        ],
        [
            (
                row.name,
                figures["browser_mb"],
                ratio(figures["browser_mb"], found.get(row.fine, {}).get("browser_mb")),
                ratio(figures["browser_mb"], found.get(ROWS[0].name, {}).get("browser_mb")),
                figures["pc_mb"],
                figures["up_kb"],
                figures["cpu_ms"],
                figures["opening_kb"],
            )
            for row in ROWS
            if (figures := found.get(row.name))
        ],
    )
    section.say("  MB to the browser in a minute of nothing but:\n")
    section.table(
        ["", *(phase.name for phase in PHASES)],
        [(name, *(figures["phases_mb"][phase.name] for phase in PHASES)) for name, figures in found.items()],
    )


def _measure(scene: World, row: Row, seconds: float, settled: int) -> dict[str, Any]:
    way = scene.ways[row.protocol]
    before_opening = way.outer.down
    with scene.screen(row) as page:
        scene.office.prepare()
        page.wait_for_timeout(settled)
        down, pc, up, spent = way.outer.down, way.inner.down, way.outer.up, cpu_seconds(way.gateway)
        opening, played, phases, mark = down - before_opening, 0.0, {}, down
        box = page.locator(".pv-stage").bounding_box() or {"x": 0, "y": 0, "width": 1, "height": 1}

        def hand(x: float, y: float) -> None:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

        for name, took in scene.office.play(seconds, hand):
            played += took
            phases[name] = (way.outer.down - mark) / 1e6 / (took / 60)
            mark = way.outer.down
        page.wait_for_timeout(settled)  # what was drawn at the end arrives
        minutes = played / 60
        return {
            "browser_mb": (way.outer.down - down) / 1e6 / minutes,
            "pc_mb": (way.inner.down - pc) / 1e6 / minutes,
            "up_kb": (way.outer.up - up) / 1e3 / minutes,
            "cpu_ms": (cpu_seconds(way.gateway) - spent) * 1000 / minutes,
            "opening_kb": opening / 1e3,
            "phases_mb": phases,
            "late": played / seconds,
        }
