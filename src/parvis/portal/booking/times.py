"""Whether times may be asked for, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.booking import rules
from parvis.portal.booking.models import Pool
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.ui import formats


def check_times(pool: Pool, starts_at: datetime, ends_at: datetime, *, now: datetime, has_begun: bool = False) -> None:
    """Whether a booking of this pool may have these times. `has_begun`: its start is not asked for, it was.

    Raises:
        Invalid: `fields` names the time and says why; its code is the word for programs.
    """
    wrong = rules.wrong_with_times(
        starts_at,
        ends_at,
        now=min(now, starts_at) if has_begun and ends_at > now else now,
        max_minutes=pool.max_minutes,
        horizon_days=pool.horizon_days,
    )
    if wrong is None:
        return
    field, why = wrong
    sentence = _words(pool, why, now)
    raise Invalid(sentence, code=why, fields={field: [sentence]})


def _words(pool: Pool, why: str, now: datetime) -> str:
    if why == "too_far":
        last = clock.today(now) + timedelta(days=pool.horizon_days)
        return _("On réserve au plus tard pour le %(day)s.") % {"day": formats.day(last)}
    if why == "too_long":
        return ngettext(
            "Une réservation dure %(n)d minute au plus.",
            "Une réservation dure %(n)d minutes au plus.",
            pool.max_minutes,
        ) % {"n": pool.max_minutes}
    if why == "too_short":
        return _("Une réservation dure cinq minutes au moins.")
    if why == "past":
        return _("Cette heure est passée.")
    return _("La fin doit être après le début.")
