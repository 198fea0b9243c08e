"""The comparison as a text to read and as JSON to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from parvis.portal.rollout.simulation import wording
from parvis.portal.rollout.simulation.assumptions import Number, Unit
from parvis.portal.rollout.simulation.figures import DAYS, WORLDS, Comparison, Figure, Result

_WIDTH = 62
_COLUMN = 24
ONE_DECIMAL = frozenset({"minutes_each", "answer_slow", "wait_half", "wait_nine", "wait_all"})


def lines(found: Comparison) -> Iterator[str]:
    """The whole report, line by line."""
    given = found.given
    yield _("Simulation du déploiement\u202f: %(before)s agents déjà en télétravail, %(people)s à équiper") % {
        "before": number(given["before"]),
        "people": number(given["people"]),
    }
    yield _("%(draws)s tirages (graine %(seed)s)\u202f; moyenne, et entre parenthèses neuf tirages sur dix.") % {
        "draws": number(found.draws),
        "seed": found.seed,
    }
    yield ""
    yield from _table(
        [str(wording.WORLDS[name]) for name in WORLDS],
        ((str(title), [said(result, name) for result in found.results.values()]) for name, title in measures()),
    )
    yield _("Agents qui travaillent à la fin de chaque jour ouvré (avec ceux qui télétravaillaient déjà)")
    yield from _table(
        [str(wording.WORLDS[name]) for name in WORLDS],
        (
            (day_title(day), [working(result, day, given["before"]) for result in found.results.values()])
            for day in DAYS
        ),
    )
    yield _("Et si les hypothèses sont fausses\u202f? Minutes de technicien par agent\u202f; jour ouvré du dernier")
    yield from _table(
        [str(wording.WORLDS[name]) for name in WORLDS],
        (
            (str(wording.VARIANTS[name]), [both(each) for each in every.values()])
            for name, every in found.variants.items()
        ),
    )
    yield _("Ce qui entre dans le calcul")
    for name, each in given.numbers.items():
        yield f"  {wording.SAYS[name]!s:<{_WIDTH + 6}}{quantity(each):>12}  [{wording.SOURCES[each.source]}]"
    yield ""
    yield _("À savoir")
    for text in wording.LEFT_OUT:
        yield f"  • {text}"


def plain(found: Comparison) -> dict[str, Any]:
    """The same as plain values."""

    def results(every: Any) -> dict[str, Any]:
        return {
            world: {name: {"mean": each.mean, "low": each.low, "high": each.high} for name, each in one.figures.items()}
            for world, one in every.items()
        }

    return {
        "draws": found.draws,
        "seed": found.seed,
        "assumptions": {
            name: {
                "value": each.value,
                "unit": each.unit.value,
                "source": each.source.value,
                "says": str(wording.SAYS[name]),
            }
            for name, each in found.given.numbers.items()
        },
        "results": results(found.results),
        "variants": {name: results(every) for name, every in found.variants.items()},
        "left_out": [str(text) for text in wording.LEFT_OUT],
    }


def measures() -> Iterator[tuple[str, Any]]:
    """The measures of the first table, in order, with their titles."""
    yield from wording.MEASURES.items()


def said(result: Result, name: str) -> str:
    """A figure, with the span of nine draws in ten where it varies."""
    decimals = 1 if name in ONE_DECIMAL else 0
    return figure(result.figures[name], lambda value: number(value, decimals))


def both(result: Result) -> str:
    """What a variant changes most: minutes each, and the day of the last one."""
    minutes, day = result.figures["minutes_each"].mean, result.figures["last_day"].mean
    return f"{number(minutes, 1)} ; {number(day, 1)}"


def figure(each: Figure, show: Callable[[float], str]) -> str:
    """A mean and its span."""
    mean, low, high = show(each.mean), show(each.low), show(each.high)
    return mean if low == mean == high else f"{mean} ({low}–{high})"


def working(result: Result, day: int, before: float) -> str:
    """How many work at the end of a day."""
    each = result.figures[f"day_{day}"]
    return figure(each, lambda value: number(value + before))


def day_title(day: int) -> str:
    """« jour 5 »."""
    return _("jour %(day)s") % {"day": day}


def quantity(each: Number) -> str:
    """A number with its unit."""
    if each.unit == Unit.SHARE:
        return f"{number(100 * each.value)} %"
    text = number(each.value, 0 if each.value == int(each.value) else 1)
    unit = str(wording.UNITS[each.unit])
    return f"{text} {unit}" if unit else text


def number(value: float, decimals: int = 0) -> str:
    """As people write it."""
    return number_format(round(value, decimals), decimals, use_l10n=True)


def _table(heads: Sequence[str], rows: Any) -> Iterator[str]:
    yield " " * _WIDTH + "".join(f"{head:>{_COLUMN}}" for head in heads)
    for title, cells in rows:
        yield f"  {title:<{_WIDTH - 2}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)
    yield ""
