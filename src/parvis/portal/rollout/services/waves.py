"""Waves: announced from the chosen plan, taken back before they open, stopped, resumed.

The worker does the rest at its hour (`opening`, `lending`, `reminding`, `catching_up`): what it does to each person is
claimed by a conditional UPDATE on their place, so a stopped wave stops between two people.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.rollout import permissions, rules, wave_queries, wave_rules
from parvis.portal.rollout.models import Campaign, Place, Scenario, Wave
from parvis.portal.rollout.services import lending
from parvis.portal.rollout.wave_tasks import send_cancellation, sweep

BATCH = 500


@transaction.atomic
def publish(*, actor: User, scenario: Scenario, week: int, starts_at: datetime, now: datetime) -> Wave:
    """Announce the wave of a week of the chosen plan; its people are invited by the worker, at once.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: the plan is not the chosen one any more (`plan_changed`), the campaign does not go on
            (`campaign_halted`), the week is announced already (`already_published`), somebody was put in another wave
            meanwhile (`placed_elsewhere`), or nobody is planned then (`nobody_planned`).
        Invalid: the wave cannot open then.
    """
    campaign = scenario.campaign
    require(permissions.can_manage(actor, campaign.entity))
    _check_start(campaign, week, starts_at, now)
    _set_going(campaign)
    if not Scenario.objects.filter(pk=scenario.pk, is_chosen=True).exists():
        raise Conflict(
            _("Le plan de la campagne a changé."), code="plan_changed", advice=_("Relisez le plan, puis recommencez.")
        )
    members = list(wave_queries.to_place(scenario, week))
    if not members:
        raise Conflict(_("Le plan ne prévoit plus personne cette semaine-là."), code="nobody_planned")
    wave = _make(campaign, week, starts_at, actor, now)
    try:
        with transaction.atomic():
            Place.objects.bulk_create([Place(wave=wave, member=each) for each in members], batch_size=BATCH)
    except IntegrityError:
        raise Conflict(
            _("Un agent de cette semaine vient d’être placé dans une autre vague."),
            code="placed_elsewhere",
            advice=_("Recommencez\u202f: il n’y sera plus."),
        ) from None
    data = {"campaign": campaign.pk, "week": week, "people": len(members), "starts_at": starts_at}
    audit.record(actor=actor, action="rollout.wave_published", target=wave, now=now, data=data)
    sweep.enqueue()
    return wave


def _check_start(campaign: Campaign, week: int, starts_at: datetime, now: datetime) -> None:
    monday = wave_rules.monday_of(campaign.starts_date, week)
    wrong = wave_rules.wrong_start(starts_at, monday=monday, now=now, zone=clock.PARIS)
    words = {
        "past": _("Cette heure est passée."),
        "other_week": _("La vague s’ouvre dans sa semaine\u202f: choisissez un de ses jours."),
    }
    if wrong:
        raise Invalid(words[wrong], code=wrong, fields={"starts_at": [words[wrong]]})


def _set_going(campaign: Campaign) -> None:
    """The first wave sets a campaign going. Holds its row until the end: nobody halts it meanwhile."""
    here = Campaign.objects.filter(pk=campaign.pk, state__in=(Campaign.State.DRAFT, Campaign.State.RUNNING))
    if not here.update(state=Campaign.State.RUNNING):
        raise Conflict(
            _("La campagne est arrêtée ou terminée."), code="campaign_halted", advice=_("Reprenez-la d’abord.")
        )
    campaign.state = Campaign.State.RUNNING


def _make(campaign: Campaign, week: int, starts_at: datetime, actor: User, now: datetime) -> Wave:
    try:
        with transaction.atomic():
            return Wave.objects.create(
                campaign=campaign, week=week, starts_at=starts_at, published_at=now, published_by=actor
            )
    except IntegrityError:
        raise Conflict(_("Cette vague est déjà annoncée."), code="already_published") from None


@transaction.atomic
def withdraw(*, actor: User, wave: Wave, now: datetime) -> int:
    """Take an announcement back, before it opens: calendars and loans too; how many people were told.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: it has opened (`wave_opened`).
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    unopened = Wave.objects.filter(pk=wave.pk, opened_at=None, state__in=(Wave.State.PUBLISHED, Wave.State.STOPPED))
    # From here on the worker does not open it.
    if not unopened.update(state=Wave.State.STOPPED, stopped_at=now):
        raise Conflict(
            _("Cette vague est déjà ouverte\u202f: elle ne s’annule plus."),
            code="wave_opened",
            advice=_("Vous pouvez l’arrêter, ou en retirer des agents un par un."),
        )
    told = 0
    # Held: who is being told at this moment is told the contrary too.
    for place in wave.places.select_for_update(of=("self",)).filter(left_at=None).order_by("pk"):
        if place.told_at is not None:
            send_cancellation.enqueue(member_id=place.member_id, starts_at=wave.starts_at.isoformat())
            told += 1
        lending.give_up(actor=actor, place=place, now=now)
    data = {"campaign": wave.campaign_id, "week": wave.week, "told": told}
    audit.record(actor=actor, action="rollout.wave_withdrawn", target=wave, now=now, data=data)
    Wave.objects.filter(pk=wave.pk).delete()
    return told


@transaction.atomic
def stop(*, actor: User, wave: Wave, now: datetime) -> None:
    """Nothing more is opened, lent or sent by this wave; what is open stays open.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: it is stopped already, or over (`wave_moved`).
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    _move(wave, Wave.State.STOPPED, stopped_at=now)
    audit.record(actor=actor, action="rollout.wave_stopped", target=wave, now=now)


@transaction.atomic
def resume(*, actor: User, wave: Wave, now: datetime) -> None:
    """Go on where it was stopped: before its opening it opens at its hour, or at once if that is past; after it, its
    people have until the end of this week.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: it is not stopped (`wave_moved`).
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    if wave.state != Wave.State.STOPPED:
        raise moved()
    if wave.opened_at is None:
        _move(wave, Wave.State.PUBLISHED, stopped_at=None)
    else:
        _move(wave, Wave.State.RUNNING, stopped_at=None, resumed_at=now)
    audit.record(actor=actor, action="rollout.wave_resumed", target=wave, now=now)
    sweep.enqueue()


@transaction.atomic
def open_now(*, actor: User, wave: Wave, now: datetime) -> None:
    """Open a wave before its hour.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: it is not announced, or has opened (`wave_moved`).
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    if not start(wave=wave, now=now, actor=actor, early=True):
        raise moved()
    sweep.enqueue()


@transaction.atomic
def start(*, wave: Wave, now: datetime, actor: User | None = None, early: bool = False) -> bool:
    """Set a wave going that is announced and whose hour has come; whether this call did. Its people come next."""
    announced = Wave.objects.filter(wave_queries.campaign_runs(), pk=wave.pk, state=Wave.State.PUBLISHED)
    here = announced if early else announced.filter(starts_at__lte=now)
    if not here.update(state=Wave.State.RUNNING, opened_at=now):
        return False
    audit.record(actor=actor, action="rollout.wave_opened", target=wave, now=now, data={"week": wave.week})
    return True


def start_due(*, now: datetime) -> int:
    """Set going the waves whose hour has come; how many."""
    due = Wave.objects.filter(
        state=Wave.State.PUBLISHED, starts_at__lte=now, campaign__state=Campaign.State.RUNNING
    ).select_related("campaign")
    return sum(start(wave=wave, now=now) for wave in due)


def _move(wave: Wave, to: Wave.State, **facts: datetime | None) -> None:
    here = Wave.objects.filter(pk=wave.pk, state=wave.state, state__in=rules.sources_of(rules.WAVE_MOVES, to))
    if not here.update(state=to, **facts):
        raise moved()
    wave.state = to
    for name, value in facts.items():
        setattr(wave, name, value)


def moved() -> Conflict:
    """Somebody else was faster."""
    return Conflict(
        _("Cette vague a changé entre-temps."),
        code="wave_moved",
        advice=_("Rechargez la page pour voir où elle en est."),
    )
