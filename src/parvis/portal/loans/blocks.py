"""Blocks of a loan's page: what is to be done at its stage. Each file of verbs adds its own, in `apps.ready`."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.template.loader import render_to_string

from parvis.portal.loans.models import Loan

Context = Callable[[HttpRequest, Loan], dict[str, object] | None]
"""What a block's template needs; None: nothing for this user, or at this stage."""

MAIN, SIDE = "main", "side"

_blocks: list[tuple[str, str, Context]] = []


def register(template: str, context: Context, where: str = MAIN) -> None:
    """Add a block at the end of a column (`MAIN` or `SIDE`); the same one twice is once."""
    if (where, template, context) not in _blocks:
        _blocks.append((where, template, context))


def shown(request: HttpRequest, loan: Loan, where: str) -> list[str]:
    """The blocks of a column, rendered. Each decides itself what the user may see and do."""
    found = [(template, context(request, loan)) for column, template, context in _blocks if column == where]
    return [render_to_string(template, {"loan": loan, **more}, request) for template, more in found if more is not None]
