"""The command: options, the run, the report."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

import uvloop

from parvis.gateway.registry import raise_descriptor_limit
from parvis.serve.load_test.measure import MOST_SECONDS, MOST_SESSIONS, Order, Result, measure
from parvis.ticket.claims import Protocol

LATE_MS = 50.0
"""Pretended people later than this: the machine is too small to play both sides, and the report says so."""


def run(arguments: Sequence[str]) -> int:
    """Measure and print; 0 if every screen opened and stayed open.

    Raises:
        ValueError: an address that is not loopback, a number out of bounds.
        OSError: something could not be started.
    """
    options = _parser().parse_args(list(arguments))
    order = Order(
        sessions=options.sessions, seconds=options.seconds, protocol=Protocol(options.protocol), host=options.host
    )
    raise_descriptor_limit()
    result = uvloop.run(measure(order))
    report = json.dumps(as_json(order, result), indent=2) if options.json else text(order, result)
    sys.stdout.write(report + "\n")
    return 0 if result.is_sound else 1


def as_json(order: Order, result: Result) -> dict[str, object]:
    """Order, figures, machine."""
    figures = {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(result).items()}
    return {"protocol": str(order.protocol), "cores": os.cpu_count(), "load": os.getloadavg()[0], **figures}


def text(order: Order, result: Result) -> str:
    """For people."""
    lines = [
        f"{result.opened} of {result.asked} screens opened ({order.protocol}), {result.lost} lost in "
        f"{result.seconds:.0f} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        f"  opening             {result.open_p50:8.0f} ms    99 %: {result.open_p99:.0f} ms",
        f"  screen to browser   {result.down_p50:8.2f} ms    99 %: {result.down_p99:.2f} ms",
        f"  key to PC           {result.up_p50:8.2f} ms    99 %: {result.up_p99:.2f} ms",
        f"  processor           {result.cpu_ms_per_session_minute:8.1f} ms a minute of screen, and "
        f"{result.own_cpu_ms_per_minute:.0f} ms a minute of the gateway itself: {result.cpu_percent:.0f} % of one core",
        f"  bandwidth           {result.kbps_per_session:8.0f} kbit/s a screen",
        f"  memory              {result.memory_kb_per_session:8.0f} kB a screen",
        f"  event loop          {result.gateway_lag_ms:8.1f} ms late at most",
        f"By processor alone a gateway on this machine carries about {result.carried_by_processor} screens"
        " at 70 % of one core. The fewer are open the dearer each looks: measure near the number you want.",
    ]
    if result.failure:
        lines.append(f"First screen that did not open: {result.failure}")
    if result.generator_late_ms > LATE_MS:
        lines.append(
            f"The pretended people were up to {result.generator_late_ms:.0f} ms late: this machine is too busy to play "
            "both sides. Delays are worse than a gateway alone would make them; measure again when it is quiet."
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parvis simulate-sessions",
        description="What a gateway of this machine carries: a real gateway, pretended PCs and browsers, loopback.",
    )
    parser.add_argument("--sessions", type=int, default=100, help=f"screens at once, 1 to {MOST_SESSIONS} (100)")
    parser.add_argument("--seconds", type=float, default=20.0, help=f"time at work, 1 to {MOST_SECONDS} (20)")
    parser.add_argument("--protocol", choices=[str(each) for each in Protocol], default="rdp", help="(rdp)")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (127.0.0.1); any other is refused")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
