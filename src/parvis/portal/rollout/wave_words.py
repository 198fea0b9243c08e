"""How waves and the people in them are said and shown: never the colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.kernel import clock
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.wave_rules import Standing, monday_of
from parvis.portal.telework import path_wording
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.rules import Stage
from parvis.portal.ui import formats
from parvis.portal.ui.templatetags.ui import state_badge

Text = str | Promise

STANDINGS: Mapping[Standing, tuple[Text, str, str]] = {
    Standing.TOLD: (gettext_lazy("Convoqué"), "secondary", "mail"),
    Standing.FAILED: (gettext_lazy("Pas ouvert"), "red", "alert-triangle"),
    Standing.INVITED: (gettext_lazy("Pas commencé"), "azure", "hourglass"),
    Standing.UNDER_WAY: (gettext_lazy("En chemin"), "blue", "player-play"),
    Standing.BLOCKED: (gettext_lazy("Bloqué"), "orange", "alert-circle"),
    Standing.ENROLLED: (gettext_lazy("En service"), "green", "circle-check"),
    Standing.WORKING: (gettext_lazy("Télétravaille"), "green", "device-desktop-check"),
}
"""Word, colour, icon."""

EXPLAINED: Mapping[Standing, Text] = {
    Standing.TOLD: gettext_lazy("La convocation est partie, ou part maintenant."),
    Standing.FAILED: gettext_lazy("La vague est ouverte, pas pour eux\u202f: quelque chose manque."),
    Standing.INVITED: gettext_lazy("C’est ouvert, ils n’ont pas encore commencé."),
    Standing.UNDER_WAY: gettext_lazy("Ils suivent les étapes."),
    Standing.BLOCKED: gettext_lazy("Une étape ne passe pas."),
    Standing.ENROLLED: gettext_lazy("Toutes les étapes sont passées."),
    Standing.WORKING: gettext_lazy("Ils ont ouvert leur écran un autre jour."),
}

STATES: Mapping[str, tuple[str, str]] = {
    Wave.State.PUBLISHED: ("blue", "calendar-time"),
    Wave.State.RUNNING: ("green", "player-play"),
    Wave.State.STOPPED: ("orange", "player-stop"),
    Wave.State.CLOSED: ("secondary", "archive"),
}


def badge_of(standing: str) -> SafeString:
    """How far somebody is."""
    return state_badge(*STANDINGS[Standing(standing)])


def word_of(standing: str) -> str:
    """The same without the mark."""
    return str(STANDINGS[Standing(standing)][0])


def state_of(wave: Wave) -> SafeString:
    """The state of a wave."""
    return state_badge(wave.get_state_display(), *STATES[wave.state])


def week_of(campaign: Campaign, week: int) -> str:
    """`Semaine du lundi 23 novembre 2026`."""
    return _("Semaine du %(day)s") % {"day": formats.day(monday_of(campaign.starts_date, week))}


def name_of(wave: Wave) -> str:
    """`Vague 2`, `Rattrapage de la semaine du …`."""
    if wave.is_catch_up:
        day = formats.day(wave.starts_at - timedelta(days=wave.starts_at.astimezone(clock.PARIS).weekday()))
        return _("Rattrapage, semaine du %(day)s") % {"day": day}
    return _("Vague %(n)d") % {"n": wave.week + 1}


def stage_of(stage: str) -> str:
    """`Vérifier votre connexion`, for the IT team."""
    return str(STAGES[Stage(stage)])


STAGES: Mapping[Stage, Text] = {
    Stage.FACTOR: gettext_lazy("Protection du compte"),
    Stage.CONNECTION: gettext_lazy("Connexion de la maison"),
    Stage.COMPUTER: gettext_lazy("Écran de l’ordinateur"),
    Stage.GUIDE: gettext_lazy("Premiers pas"),
}


def enrolment_of(place: Place) -> Enrolment | None:
    """How far the member is, if it is open to them. No query where the place came with it."""
    request = place.member.request
    return getattr(request, "enrolment", None) if request is not None else None


def stopped_by(place: Place) -> str:
    """What somebody stumbles on, in a few words; empty: nothing."""
    if place.declined_at is not None:
        return _("Ne peut pas cette semaine-là")
    enrolment = enrolment_of(place)
    if enrolment is not None and enrolment.finished_at is None:
        cause = path_wording.label_of(enrolment.blocked_code) if enrolment.blocked_code else ""
        stage = stage_of(enrolment.stage)
        return f"{stage}\u202f: {cause}" if cause else stage if enrolment.started_at else ""
    return place.open_failure if place.opened_at is None else ""


def lent(place: Place) -> str:
    """What is lent to somebody, or why it is not yet."""
    member = place.member
    needs = [str(word) for word, wanted in ((_("Portable"), member.needs_laptop), (_("Téléphone"), member.needs_phone))
             if wanted]  # fmt: skip
    if not needs:
        return ""
    kept = (not member.needs_laptop or place.laptop_loan_id) and (not member.needs_phone or place.phone_loan_id)
    what = ", ".join(needs)
    if kept:
        return _("%(what)s\u202f: réservé") % {"what": what}
    return (
        f"{what}\u202f: {place.lend_failure}"
        if place.lend_failure
        else _("%(what)s\u202f: à réserver") % {"what": what}
    )
