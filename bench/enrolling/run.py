"""All of them, some at a time, and the report."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from bench.enrolling import authority
from bench.enrolling.household import Household
from bench.enrolling.pages import Browser
from bench.report import Section, note
from deploy import demo_stack
from deploy.demo_stack import DemoStack
from parvis.serve.load_test.desktops import Vnc
from parvis.serve.load_test.traffic import Delays

MANY = 700
AT_ONCE = 10
"""People at their keyboard at the same moment: what two cores bear while they play both sides."""
WAITED_SECONDS = 600.0


@dataclass
class Report:
    """What happened. Seconds are this machine's; a person also reads and types."""

    people: int
    seconds: dict[str, float] = field(default_factory=dict)
    """Of each part, for all of them together."""
    stages: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Median and 95th percentile of one person's seconds in each stage."""
    errors: list[str] = field(default_factory=list)
    requests: int = 0
    cuts: int = 0
    """Screens that were cut and came back by themselves, as the viewer does."""
    counted: authority.Counted | None = None

    @property
    def technician_actions(self) -> dict[str, int]:
        """What people of the IT team did between the campaign and the end, by kind."""
        return dict(Counter(self.counted.team_actions if self.counted else []))

    def text(self) -> str:
        """For people."""
        counted = self.counted
        if counted is None:
            return "Nothing was counted."
        lines = [
            f"{counted.finished} of {self.people} enrolled to the end, {counted.sessions} real gateway sessions, "
            f"{len(self.errors)} errors, {self.requests} requests, {os.cpu_count()} cores, "
            f"load {os.getloadavg()[0]:.1f}",
            f"  technician actions for people: {len(counted.team_actions)} {self.technician_actions or ''}".rstrip(),
            f"  calls for help {counted.help_calls}, failed tries {counted.failed_tries}, refusals {counted.refusals}, "
            f"screens cut and back {self.cuts}",
        ]
        lines += [f"  {name:<24}{spent:9.1f} s for all" for name, spent in self.seconds.items()]
        lines += [f"  {name:<24}{mid:9.2f} s a person  95 %: {late:.2f} s" for name, (mid, late) in self.stages.items()]
        lines += [f"  error: {each}" for each in self.errors[:10]]
        return "\n".join(lines)


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    report = enrol(20 if quick else MANY, say=note)
    section.say(report.text())
    section.data.update(asdict(report))


def enrol(people: int = MANY, *, at_once: int = AT_ONCE, say: Callable[[str], None] = lambda _: None) -> Report:
    """From nothing to everybody at work: a demo of its own, loopback only.

    Raises:
        RuntimeError: the demo did not start, or its campaign found no plan.
    """
    with (
        pretended_screens() as port,
        demo_stack.running({"PARVIS_TRUSTED_PROXIES": "127.0.0.1"}, targets=[port]) as stack,
    ):
        return _enrol(stack, people, port, at_once, say)


def _enrol(stack: DemoStack, people: int, port: int, at_once: int, say: Callable[[str], None]) -> Report:
    report = Report(people)
    say(f"{people} agents, their accounts and office PCs")
    emails = authority.people(stack, people, port)
    homes = [
        Household(email, authority.PASSWORD, Browser(stack.url, _home_address(number)))
        for number, email in enumerate(emails)
    ]
    with _part(report, "asking", say):
        _all(homes, Household.ask, report, at_once, say)
    with _part(report, "approval by the head", say):
        _approve(stack)
    with _part(report, "campaign and plan", say):
        made = authority.campaign(stack)
        _wait(lambda: authority.planned(stack, made["plan"])[0] not in ("waiting", "solving"), "no plan")
        wave_state, served = authority.planned(stack, made["plan"])
        if served != people:
            raise RuntimeError(f"the plan serves {served} of {people} ({wave_state}): {made}")
    with _part(report, "the wave opens", say):
        authority.open_wave(stack, made["plan"])
        since = authority.count(stack).last
        _wait(lambda: authority.count(stack).invited >= people, "the wave does not open for everybody")
    with _part(report, "enrolling", say):
        _all(homes, Household.enrol, report, at_once, say)
    report.counted = authority.count(stack, since)
    report.requests = sum(home.browser.requests for home in homes)
    report.cuts = sum(home.cuts for home in homes)
    report.stages = _stages(homes)
    for home in homes:
        home.browser.close()
    return report


def _approve(stack: DemoStack) -> None:
    """The head of department: one list, everything ticked, one answer."""
    browser = Browser(stack.url, "198.51.100.1")
    page = browser.get("/compte/connexion/")
    found = re.search(rf'name="persona" value="(\d+)"(?:(?!<button).)*{authority.HEAD}', page.text, re.S)
    if found is None:
        raise RuntimeError("the head of department is not there")
    browser.submit(page, page.form("persona"), persona=found[1])
    page = browser.get("/teletravail/demandes/a-accorder/")
    form = page.form("action")
    if "all" in form.names:
        page = browser.submit(page, form, action="grant", all="1")
    else:
        form.names.add("pk")  # the boxes stand in the table, beside their form
        ticked = re.findall(r'name="pk" value="(\d+)"', page.text)
        page = browser.submit(page, form, action="grant", pk=ticked)
    page = browser.submit(page, page.form("confirmed"))
    if any("confirmed" in form.names for form in page.forms):
        raise RuntimeError(f"the approval was not taken: {page.heading}")
    browser.close()


@contextmanager
def pretended_screens() -> Iterator[int]:
    """Office screens (RFB, no password) on a loopback port that answer and paint, whoever comes; the port."""
    loop = asyncio.new_event_loop()
    screens = Vnc(Delays())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(screens.start("127.0.0.1"), loop).result(10)
    painting = asyncio.run_coroutine_threadsafe(_paint(screens), loop)
    try:
        yield port
    finally:
        painting.cancel()
        asyncio.run_coroutine_threadsafe(screens.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _paint(screens: Vnc) -> None:
    while True:
        for at in range(len(screens.writers)):
            screens.send(at)
        await asyncio.sleep(0.1)


def _all(
    homes: Sequence[Household],
    act: Callable[[Household], None],
    report: Report,
    at_once: int,
    say: Callable[[str], None],
) -> None:
    done = 0

    def one(home: Household) -> None:
        nonlocal done
        try:
            act(home)
        except Exception as problem:  # one person's trouble is counted; it does not stop the others
            report.errors.append(f"{home.email}: {type(problem).__name__}: {problem}")
        done += 1
        if done % 50 == 0:
            say(f"  {done} of {len(homes)}, {len(report.errors)} errors")

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, homes))


@contextmanager
def _part(report: Report, name: str, say: Callable[[str], None]) -> Iterator[None]:
    say(name)
    began = time.monotonic()
    yield
    report.seconds[name] = time.monotonic() - began


def _wait(condition: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + WAITED_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(problem)
        time.sleep(2)


def _stages(homes: Sequence[Household]) -> dict[str, tuple[float, float]]:
    names = dict.fromkeys(name for home in homes for name in home.seconds)
    figures = {}
    for name in names:
        values = sorted(home.seconds[name] for home in homes if name in home.seconds)
        figures[name] = (statistics.median(values), values[int(len(values) * 0.95) - 1])
    return figures


def _home_address(number: int) -> str:
    """A line of one's own for everybody (RFC 2544's block for benchmarks)."""
    return f"198.18.{number // 250}.{number % 250 + 1}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Enrol and print; 0 if everybody got through without anybody's help."""
    parser = argparse.ArgumentParser(prog="python -m bench enrolling", description=__doc__)
    parser.add_argument("--people", type=int, default=MANY)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = enrol(options.people, at_once=options.at_once, say=lambda line: print(f"▸ {line}", file=sys.stderr))
    print(json.dumps(asdict(report), indent=2) if options.json else report.text())
    return 0 if not report.errors and report.counted and report.counted.finished == options.people else 1


if __name__ == "__main__":
    sys.exit(main())
