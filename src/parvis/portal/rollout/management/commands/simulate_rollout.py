"""Play the interview's month and ours on the same people: `parvis simulate-rollout`."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parvis.portal.rollout.simulation import measured, report
from parvis.portal.rollout.simulation.assumptions import Assumptions, Source
from parvis.portal.rollout.simulation.figures import compare

_SHORT = ("people", "before", "per-week", "loans", "technicians")


class Command(BaseCommand):
    """Prints a report that says what it assumes; nothing is written to the database."""

    help = "Compare a rollout by hand with one by Parvis, on the same people, and say what is assumed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Numbers of the authority, how many draws, what to keep."""
        for name in _SHORT:
            parser.add_argument(f"--{name}", type=int, metavar="N")
        other = "Another number for one of the assumptions (the JSON has their names)."
        parser.add_argument("--set", type=_pair, action="append", default=[], metavar="NAME=VALUE", help=other)
        parser.add_argument("--runs", type=int, default=30, metavar="N", help="Draws to average (30).")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="The same seed gives the same report.")
        parser.add_argument("--assumed", action="store_true", help="Leave the measures of real enrolments aside.")
        parser.add_argument("--json", type=Path, metavar="FILE", help="Write all figures there too (- instead).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measures first, then what is given by hand."""
        given = Assumptions()
        try:
            if not options["assumed"]:
                given = given.but(measured.numbers(), Source.MEASURED)
            asked = {name.replace("-", "_"): options[name.replace("-", "_")] for name in _SHORT}
            given = given.but({name: value for name, value in asked.items() if value is not None})
            found = compare(given.but(dict(options["set"])), draws=options["runs"], seed=options["seed"])
        except ValueError as error:
            raise CommandError(f"Not a number that can be played: {error}.") from error
        text = json.dumps(report.plain(found), ensure_ascii=False, indent=1)
        if options["json"] == Path("-"):
            self.stdout.write(text)
            return
        for line in report.lines(found):
            self.stdout.write(line)
        if options["json"]:
            options["json"].write_text(text + "\n")


def _pair(text: str) -> tuple[str, float]:
    name, found, value = text.partition("=")
    try:
        return name.strip(), float(value if found else "")
    except ValueError:
        raise ArgumentTypeError("expected NAME=VALUE, the value a number") from None
