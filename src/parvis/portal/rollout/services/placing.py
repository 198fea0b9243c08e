"""One person moved by hand: into another wave, out of theirs, into one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import permissions
from parvis.portal.rollout.models import Member, Place, Wave
from parvis.portal.rollout.services import lending
from parvis.portal.rollout.wave_tasks import send_cancellation, sweep

KEPT = ("opened_at", "open_failure", "laptop_loan_id", "phone_loan_id", "lend_failure", "lend_tried_at")
"""What somebody takes along into another wave: what is open stays open, what is lent stays lent."""


@transaction.atomic
def move(*, actor: User, place: Place, to: Wave, now: datetime) -> Place:
    """Put somebody in another wave of the same campaign; the new convocation takes the place of the old one.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: they were moved meanwhile (`place_moved`), or that wave is over, or the same, or another campaign's.
    """
    require(permissions.can_manage(actor, place.wave.campaign.entity))
    if to.pk == place.wave_id or to.campaign_id != place.wave.campaign_id:
        raise Conflict(_("Choisissez une autre vague de cette campagne."), code="same_wave")
    leave(place, now)
    new = enter(place.member, to, now, **{name: getattr(place, name) for name in KEPT})
    data = {"from": place.wave_id, "to": to.pk}
    audit.record(actor=actor, action="rollout.member_moved", target=place.member, now=now, data=data)
    sweep.enqueue()
    return new


@transaction.atomic
def take_out(*, actor: User, place: Place, now: datetime) -> None:
    """Take somebody out of their wave: the plan may put them elsewhere. What is open stays open.

    What was kept to be lent, and not handed over, is let go.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: they were moved meanwhile (`place_moved`).
    """
    require(permissions.can_manage(actor, place.wave.campaign.entity))
    leave(place, now)
    if place.told_at is not None and place.opened_at is None:
        send_cancellation.enqueue(member_id=place.member_id, starts_at=place.wave.starts_at.isoformat())
    if place.opened_at is None:
        lending.give_up(actor=actor, place=place, now=now)
    data = {"wave": place.wave_id}
    audit.record(actor=actor, action="rollout.member_taken_out", target=place.member, now=now, data=data)


@transaction.atomic
def put_in(*, actor: User, member: Member, wave: Wave, now: datetime) -> Place:
    """Put somebody who is in no wave into one.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: they are in one (`placed_elsewhere`), are left out of the campaign, or the wave is over.
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    if member.campaign_id != wave.campaign_id or member.left_out:
        raise Conflict(_("Cet agent est écarté de la campagne."), code="left_out")
    # Opened anew: what was open when they were last here may be over since.
    place = enter(member, wave, now, opened_at=None, open_failure="")
    audit.record(actor=actor, action="rollout.member_put_in", target=member, now=now, data={"wave": wave.pk})
    sweep.enqueue()
    return place


def leave(place: Place, now: datetime) -> None:
    """Of two who take somebody out of a wave at once, one does.

    Raises:
        Conflict: `place_moved`.
    """
    if not Place.objects.filter(pk=place.pk, left_at=None).update(left_at=left_at(now)):
        raise moved()
    place.refresh_from_db(fields=["left_at", "told_at", *(name.removesuffix("_id") for name in KEPT)])


def left_at(now: datetime) -> Greatest:
    """When a place is left, as an expression: not before they were told, by a worker whose clock is ahead of a page."""
    instant = Value(now, output_field=DateTimeField())
    return Greatest(Coalesce("told_at", instant), instant)


def moved() -> Conflict:
    """Somebody else was faster."""
    return Conflict(
        _("Cet agent a changé de vague entre-temps."),
        code="place_moved",
        advice=_("Rechargez la page pour voir où il en est."),
    )


def enter(member: Member, wave: Wave, now: datetime, **kept: Any) -> Place:
    """A place in a wave that is not over; one they had there before is theirs again. They are told anew.

    Raises:
        Conflict: the wave is over (`wave_over`), or they are in another (`placed_elsewhere`).
    """
    # Holds the wave's row until the end: it does not close meanwhile.
    if not Wave.objects.filter(pk=wave.pk).exclude(state=Wave.State.CLOSED).update(week=wave.week):
        raise Conflict(_("Cette vague est terminée."), code="wave_over")
    fresh: dict[str, Any] = {
        "left_at": None, "declined_at": None, "told_at": None, "reminders": 0, "reminded_at": None, "tried_at": None,
    }  # fmt: skip
    try:
        with transaction.atomic():
            before = Place.objects.filter(wave=wave, member=member, left_at__isnull=False)
            if before.update(**fresh, **kept):
                return Place.objects.get(wave=wave, member=member)
            return Place.objects.create(wave=wave, member=member, **fresh, **kept)
    except IntegrityError:
        raise Conflict(_("Cet agent est déjà dans une vague."), code="placed_elsewhere") from None
