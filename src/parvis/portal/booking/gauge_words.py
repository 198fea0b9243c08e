"""The gauge in sentences a buyer can act on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from parvis.portal.booking.gauge import FEWEST_WEEKS, FEWEST_WISHES, LOSS, refused_if_merged
from parvis.portal.booking.gauge_reading import Measured
from parvis.portal.booking.models import Pool
from parvis.portal.ui import formats


def advice(measured: Measured) -> tuple[str, str, str]:
    """What to do: a sentence, its colour, its icon."""
    found, rented = measured.gauge, measured.pool.kind != Pool.Kind.ROOM
    if not found.is_enough:
        return (
            _("Trop peu de données pour conseiller\u202f: il faut au moins %(weeks)d semaines et %(n)d demandes.")
            % {"weeks": FEWEST_WEEKS, "n": FEWEST_WISHES},
            "secondary",
            "help-circle",
        )
    if found.missing:
        words = (
            ngettext(
                "Pour refuser moins de 1\u00a0%%, louez %(n)d salle de plus.",
                "Pour refuser moins de 1\u00a0%%, louez %(n)d salles de plus.",
                found.missing,
            )
            if rented
            else ngettext(
                "Pour refuser moins de 1\u00a0%%, il manque %(n)d salle.",
                "Pour refuser moins de 1\u00a0%%, il manque %(n)d salles.",
                found.missing,
            )
        )
        return words % {"n": found.missing} + _cost(measured, found.missing, more=True), "red", "alert-triangle"
    if found.spare:
        words = (
            ngettext(
                "Jamais plus de %(most)d salles en même temps\u202f: vous pouvez en rendre %(n)d.",
                "Jamais plus de %(most)d salles en même temps\u202f: vous pouvez en rendre %(n)d.",
                found.spare,
            )
            if rented
            else ngettext(
                "Jamais plus de %(most)d salles en même temps\u202f: %(n)d pourrait servir à autre chose.",
                "Jamais plus de %(most)d salles en même temps\u202f: %(n)d pourraient servir à autre chose.",
                found.spare,
            )
        )
        said = words % {"most": found.most, "n": found.spare}
        return said + _cost(measured, found.spare, more=False), "green", "coin-euro"
    if found.loss > LOSS:
        return (
            _("Des demandes sont refusées alors que les salles suffisent\u202f: regardez la durée et l’équipement."),
            "orange",
            "alert-circle",
        )
    return _("Le nombre de salles est juste."), "green", "circle-check"


def _cost(measured: Measured, count: int, *, more: bool) -> str:
    if not measured.each_costs:
        return ""
    total = (measured.each_costs * count).quantize(Decimal(1))
    words = _(" Environ %(cost)s de plus par an.") if more else _(" Environ %(cost)s de moins par an.")
    return words % {"cost": formats.euros(total)}


def merging(measured: Sequence[Measured]) -> list[str]:
    """What pools of the same kind and entity would refuse as one, where that is fewer."""
    alike: dict[tuple[int, str], list[Measured]] = defaultdict(list)
    for each in measured:
        if each.gauge.is_enough:
            alike[each.pool.entity_id, each.pool.kind].append(each)
    said = []
    for group in alike.values():
        now, then = sum(each.gauge.refused for each in group), refused_if_merged([each.gauge for each in group])
        if len(group) > 1 and then < now:
            names = ", ".join(f"«\u202f{each.pool}\u202f»" for each in group)
            words = (
                _("Réunis en un seul groupe, %(pools)s auraient refusé %(then)d demandes au lieu de %(now)d.")
                if then
                else _("Réunis en un seul groupe, %(pools)s n’auraient rien refusé, au lieu de %(now)d demandes.")
            )
            said.append(words % {"pools": names, "then": then, "now": now})
    return said


def reasons(measured: Measured) -> list[str]:
    """Where the advice comes from."""
    found = measured.gauge
    said = [
        ngettext("%(n)d salle en service.", "%(n)d salles en service.", found.rooms) % {"n": found.rooms},
        _("Au plus %(most)d prises en même temps, battement compris\u202f; %(wanted)d voulues en même temps.")
        % {"most": found.most, "wanted": found.wanted_most},
    ]
    if found.offered:
        said.append(
            _("Aux heures les plus chargées, %(traffic)s salles sont demandées en moyenne\u202f; la formule d’Erlang "
              "en demande %(n)d pour refuser moins de 1\u00a0%%.")
            % {"traffic": one_decimal(found.offered), "n": found.by_erlang}
        )  # fmt: skip
        said.append(
            _("En rejouant toutes les demandes avec des salles interchangeables, %(n)d suffisent pour refuser moins "
              "de 1\u00a0%%.")
            % {"n": found.by_replay}
        )  # fmt: skip
    if found.absent:
        said.append(
            ngettext(
                "%(n)d réservation libérée parce que personne n’est venu.",
                "%(n)d réservations libérées parce que personne n’est venu.",
                found.absent,
            )
            % {"n": found.absent}
        )
    return said


def percent(share: float) -> str:
    """`4,3 %`."""
    return f"{one_decimal(100 * share)}\u202f%"


def one_decimal(value: float) -> str:
    """`4,5`."""
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if str(get_language() or "fr").startswith("fr") else text
