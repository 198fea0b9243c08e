"""From navigation to the first picture of the remote screen, in a Chromium that has cached nothing."""

from __future__ import annotations

from playwright.sync_api import Error

from bench.processes import NotStarted
from bench.report import Section, median, note, ratio
from bench.screen import world

ROUNDS = 4


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print; targets are interleaved."""
    rounds = 1 if quick else ROUNDS
    try:
        scene = world.shared()
    except NotStarted as error:
        section.missing(str(error))
        return
    for reason in scene.missing:
        section.missing(reason)
    times: dict[str, list[float]] = {target.name: [] for target in scene.targets}
    for number in range(rounds + 1):
        note(f"first frame: round {number} of {rounds}" if number else "first frame: warming the servers up")
        for target in scene.targets:
            try:
                with scene.page(target) as page:
                    spent = target.open(page)
            except (Error, NotStarted) as error:
                section.missing(f"{target.name}: {str(error).splitlines()[0]} {scene.trouble()}")
                continue
            if number:
                times[target.name].append(spent)
    middle = {name: median(values) for name, values in times.items() if values}
    section.say(f"Navigation → first picture, cold cache; medians of {rounds}. RDP: without the time to type.\n")
    section.table(
        ["", "ms", "slowest", "of the peer"],
        [
            (target.name, middle[target.name], max(times[target.name]), _ratio(middle, target.name, target.peer))
            for target in scene.targets
            if target.name in middle
        ],
    )
    section.data["ms"] = times


def _ratio(middle: dict[str, float], name: str, peer: str | None) -> str | None:
    return ratio(middle[name], middle.get(peer)) if peer else None
