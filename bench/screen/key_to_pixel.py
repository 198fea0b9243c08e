"""From a key pressed in the browser to its character drawn in the browser, through the office PC and back."""

from __future__ import annotations

from playwright.sync_api import Error, Page

from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio
from bench.screen import world
from bench.screen.targets import Target

ROUNDS, KEYS = 2, 12
DISPLAY_MS = 1000 / 60
"""What no program can beat on a 60 Hz screen: the frame in which the change is shown."""
_SETTLED_MS = 1000
_PAUSES_MS = (90, 140, 110, 170)
"""Between keys: not in step with a caret or a refresh."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print; targets are interleaved."""
    rounds, keys = (1, 3) if quick else (ROUNDS, KEYS)
    try:
        scene = world.shared()
    except NotStarted as error:
        section.missing(str(error))
        return
    for reason in scene.missing:
        section.missing(reason)
    times: dict[str, list[float]] = {target.name: [] for target in scene.targets}
    for number in range(rounds):
        note(f"key to pixel: round {number + 1} of {rounds}")
        for target in scene.targets:
            try:
                with scene.page(target) as page:
                    times[target.name] += _type(page, target, keys)
            except (Error, NotStarted) as error:
                section.missing(f"{target.name}: {str(error).splitlines()[0]} {scene.trouble()}")
    middle = {name: median(values) for name, values in times.items() if values}
    section.say(f"Key → character; {rounds} × {keys} keys. One frame of a 60 Hz screen: {DISPLAY_MS:.1f} ms.\n")
    section.table(
        ["", "median ms", "p95 ms", "of the peer", "of a frame"],
        [
            (
                target.name,
                middle[target.name],
                percentile(times[target.name], 0.95),
                ratio(middle[target.name], middle.get(target.peer)) if target.peer else None,
                ratio(middle[target.name], DISPLAY_MS),
            )
            for target in scene.targets
            if target.name in middle
        ],
    )
    section.data["ms"] = times


def _type(page: Page, target: Target, keys: int) -> list[float]:
    target.open(page)
    page.wait_for_timeout(_SETTLED_MS)
    target.focus(page)
    times = []
    for number in range(keys):
        page.wait_for_timeout(_PAUSES_MS[number % len(_PAUSES_MS)] + _SETTLED_MS * (number == 0))
        page.evaluate("region => parvisBench.arm(region)", list(target.region))
        page.keyboard.press("m")
        answer = (
            "Promise.race([parvisBench.answer, new Promise((_, fail) => setTimeout(() => fail('no change'), 5000))])"
        )
        times.append(float(page.evaluate(answer)))
    return times
