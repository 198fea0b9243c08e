"""What may go wrong when one books, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from parvis.portal.booking.models import Pool
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.ui import formats

POOL_FULL = "pool_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What somebody wanted and did not get: what the gauge counts."""

    pool: Pool
    starts_at: datetime
    ends_at: datetime
    people: int


class Full(Conflict):
    """Nothing that fits is free at that time."""

    default_code = POOL_FULL

    def __init__(self, missed: Missed, next_free_at: datetime | None = None) -> None:
        self.missed, self.next_free_at = missed, next_free_at
        advice = _("Choisissez une autre heure, ou inscrivez-vous sur la liste d’attente.")
        if next_free_at is not None:
            local = next_free_at.astimezone(clock.PARIS)
            advice = _("C’est libre le %(day)s à %(time)s. Vous pouvez aussi vous inscrire sur la liste d’attente.") % {
                "day": formats.day(local.date()),
                "time": f"{local:%H:%M}",
            }
        message = _("«\u202f%(pool)s\u202f»\u202f: rien de libre à cette heure.") % {"pool": missed.pool}
        super().__init__(message, code=POOL_FULL, advice=advice)


class DoesNotFit(Conflict):
    """No resource of the pool, free or not, is large enough or has what is asked for."""

    default_code = "does_not_fit"

    def __init__(self, pool: Pool) -> None:
        super().__init__(
            _("«\u202f%(pool)s\u202f»\u202f: aucune salle en service n’a cette capacité et cet équipement.")
            % {"pool": pool},
            advice=_("Diminuez le nombre de participants ou l’équipement demandé."),
        )


def over() -> Conflict:
    """The booking has ended, was released or was given up meanwhile."""
    return Conflict(_("Cette réservation est terminée ou a été annulée."), code="booking_over")
