"""One person of a wave: how far they are, what to do about it; moved by hand, put in, helped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.second_factor import require_fresh
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import permissions, queries, wave_queries, wave_words
from parvis.portal.rollout.models import Wave
from parvis.portal.rollout.services import helping, opening, placing
from parvis.portal.rollout.wave_forms import MoveForm, PutInForm
from parvis.portal.telework import help_queries
from parvis.portal.ui import formats


@require_safe
def place(request: HttpRequest, place_id: int) -> HttpResponse:
    """All the wave knows of one person."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    found = _place(request, place_id)
    manages = bool(permissions.can_manage(user, found.wave.campaign.entity))
    enrolment = wave_words.enrolment_of(found)
    going_on = found.left_at is None and found.wave.state == Wave.State.RUNNING
    finished = enrolment is not None and enrolment.finished_at is not None
    context = {
        "place": found,
        "agent": found.member.agent,
        "wave": found.wave,
        "wave_name": wave_words.name_of(found.wave),
        "when": formats.instant(found.wave.starts_at),
        "badge": wave_words.badge_of(found.standing),
        "stopped": wave_words.stopped_by(found),
        "lent": wave_words.lent(found),
        "loans": [loan for loan in {found.laptop_loan, found.phone_loan} if loan is not None],
        "enrolment": enrolment,
        "call": help_queries.open_call_of(enrolment) if enrolment is not None else None,
        "manages": manages,
        "movable": manages and found.left_at is None and not finished,
        "helpable": manages and enrolment is not None and not finished,
        "openable": manages and going_on and found.opened_at is None,
        "remindable": manages and going_on and enrolment is not None and not finished,
    }
    return render(request, "rollout/place.html", context)


def _place(request: HttpRequest, place_id: int) -> Any:
    places = wave_queries.with_standing(wave_queries.places_visible_to(signed_in(request)))
    return one(places.select_related(*_LOANS, *_WITH), place_id)


_LOANS = ("laptop_loan__offer", "phone_loan__offer")
_WITH = ("wave__campaign__entity", "member__agent__entity", "member__agent__user", "member__request__enrolment")


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, place_id: int) -> HttpResponse:
    """Choose another wave, or none."""
    user, now = signed_in(request), clock.now()
    found = _place(request, place_id)
    authz.require(permissions.can_manage(user, found.wave.campaign.entity))
    others = wave_queries.open_waves_of(found.wave.campaign).exclude(pk=found.wave_id)
    form = MoveForm(request.POST if request.method == "POST" else None, waves=others)
    if form.is_valid():
        to = form.cleaned_data["wave"]
        if to is None:
            placing.take_out(actor=user, place=found, now=now)
            messages.success(request, _("%(agent)s n’est plus dans cette vague.") % {"agent": found.member})
            return redirect("rollout:wave", wave_id=found.wave_id)
        new = placing.move(actor=user, place=found, to=to, now=now)
        messages.success(request, _("C’est fait. Une nouvelle convocation part."))
        return redirect("rollout:place", place_id=new.pk)
    context = {
        "question": _("Changer %(agent)s de vague\u202f?") % {"agent": found.member},
        "consequence": _(
            "L’agent reçoit un courriel, et son agenda est mis à jour. Ce qui lui est déjà ouvert le reste."
        ),
        "yes": _("Changer de vague"),
        "back_url": reverse("rollout:place", args=[found.pk]),
        "form": form,
    }
    return render(request, "ui/confirm.html", context)


@require_POST
def look_at(request: HttpRequest, place_id: int) -> HttpResponse:
    """Take what blocks somebody in hand: leads to their help call."""
    user = signed_in(request)
    found = _place(request, place_id)
    authz.require(permissions.can_manage(user, found.wave.campaign.entity))
    call = helping.look_at(actor=user, place=found, now=clock.now())
    return redirect("telework_staff:help_call", help_call_id=call.pk)


@require_POST
def open_again(request: HttpRequest, place_id: int) -> HttpResponse:
    """Open at once, after what was missing was put right."""
    user = signed_in(request)
    found = _place(request, place_id)
    if opening.try_again(actor=user, place=found, now=clock.now()):
        messages.success(request, _("C’est ouvert pour %(agent)s.") % {"agent": found.member})
    else:
        messages.error(request, found.open_failure or _("Ce n’est toujours pas possible."))
    return redirect("rollout:place", place_id=found.pk)


@require_POST
def remind(request: HttpRequest, place_id: int) -> HttpResponse:
    """Write to one person."""
    user = signed_in(request)
    found = _place(request, place_id)
    authz.require(permissions.can_manage(user, found.wave.campaign.entity))
    if helping.remind_now(actor=user, places=[found], now=clock.now()):
        messages.success(request, _("Le rappel est parti."))
    else:
        messages.info(
            request, _("Rien n’est parti\u202f: un rappel a déjà été envoyé aujourd’hui, ou ce n’est plus utile.")
        )
    return redirect("rollout:place", place_id=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def put_in(request: HttpRequest, wave_id: int) -> HttpResponse:
    """Put somebody of the campaign, who is in no wave, into this one."""
    user, now = signed_in(request), clock.now()
    wave = one(wave_queries.waves_visible_to(user), wave_id)
    authz.require(permissions.can_manage(user, wave.campaign.entity))
    if request.method == "POST":
        require_fresh(request)  # the wave gives them rights
    form = PutInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        members = queries.members_visible_to(user).filter(campaign=wave.campaign)
        member = members.filter(agent__email__iexact=form.cleaned_data["email"]).first()
        try:
            if member is None:
                raise Conflict(_("Cet agent n’est pas dans la campagne."), code="not_a_member")
            new = placing.put_in(actor=user, member=member, wave=wave, now=now)
        except Conflict as problem:
            form.add_error("email", str(problem.message))
        else:
            messages.success(request, _("C’est fait. La convocation part."))
            return redirect("rollout:place", place_id=new.pk)
    context = {
        "question": _("Ajouter un agent à cette vague\u202f?"),
        "consequence": f"{wave.campaign} · {wave_words.name_of(wave)}, {formats.instant(wave.starts_at)}",
        "yes": _("Ajouter à la vague"),
        "back_url": reverse("rollout:wave", args=[wave.pk]),
        "form": form,
    }
    return render(request, "ui/confirm.html", context, status=409 if form.errors else 200)
