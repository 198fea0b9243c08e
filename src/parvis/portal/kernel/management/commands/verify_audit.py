"""Check the audit trail: `parvis verify-audit`, `parvis manage verify_audit`."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parvis.portal.kernel import audit

_HEAD = re.compile(r"\A(\d+):([0-9a-f]{64})\Z")


class Command(BaseCommand):
    """Prints the head, to be kept elsewhere; fails if a record was edited, inserted or removed."""

    help = "Check that no record of the audit trail was changed or removed, and print its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--kept`: a head printed earlier."""
        parser.add_argument(
            "--kept",
            type=_head,
            metavar="ID:HASH",
            help="A head printed earlier, which must still be there: it shows a tail cut together with its head.",
        )

    def handle(self, *args: Any, kept: audit.Head | None = None, **options: Any) -> None:
        """Exit code 0: whole. 1: broken, with the first fault."""
        fault = audit.verify()
        if fault is not None:
            raise CommandError(f"The audit trail is broken at record {fault.id}: {fault.problem}.", returncode=1)
        if kept is not None and not audit.still_holds(kept):
            raise CommandError(f"The audit trail does not hold the kept head {kept.id} any more.", returncode=1)
        head = audit.head()
        self.stdout.write(f"The audit trail is whole. Head: {head.id}:{head.hash}")


def _head(text: str) -> audit.Head:
    match = _HEAD.match(text)
    if match is None:
        raise ArgumentTypeError("expected a number, a colon and 64 hexadecimal digits")
    return audit.Head(int(match[1]), match[2])
