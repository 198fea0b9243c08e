"""One's own date in a wave: the calendar entry again, « Je ne peux pas ce jour-là », and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import clock
from parvis.portal.rollout import convocations, wave_queries, wave_rules
from parvis.portal.rollout.models import Place, Wave
from parvis.portal.rollout.services import declining
from parvis.portal.ui import formats


@require_safe
def calendar(request: HttpRequest, own_place_id: int) -> HttpResponse:
    """The entry of the convocation, once more: it takes the place of the one a calendar has."""
    found = one(wave_queries.own_places(signed_in(request)).filter(wave_queries.ahead(), left_at=None), own_place_id)
    entry = convocations.calendar_entry(
        found.member, found.wave.starts_at, method=convocations.REQUEST, now=clock.now()
    )
    response = HttpResponse(entry, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="teletravail.ics"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, own_place_id: int) -> HttpResponse:
    """Ask, saying what comes instead; then leave the wave for another week."""
    user, now = signed_in(request), clock.now()
    found = one(wave_queries.own_places(user), own_place_id)
    if found.declined_at is not None:  # sent twice, or from a page of before
        return redirect("telework:mine")
    if request.method == "POST":
        new = declining.decline(actor=user, place=found, now=now)
        messages.success(request, _said(new))
        return redirect("telework:mine")
    later = declining.next_date(found, now) if _is_ahead(found) else None
    monday = wave_rules.monday_of(found.wave.campaign.starts_date, found.wave.week)
    consequence = (
        _("Votre nouvelle date sera\u202f: %(when)s.") % {"when": formats.instant(later)}
        if later is not None
        else _("L’équipe informatique vous proposera une autre date.")
    )
    context = {
        "question": _("Vous ne pouvez pas le %(day)s\u202f?") % {"day": formats.day(found.wave.starts_at)},
        "consequence": consequence,
        "names": [_("Toute la semaine du %(day)s est notée impossible pour vous.") % {"day": formats.day(monday)}],
        "yes": _("Je ne peux pas ce jour-là"),
        "back_url": reverse("telework:mine"),
    }
    return render(request, "ui/confirm.html", context)


def _is_ahead(place: Place) -> bool:
    return place.left_at is None and place.wave.state == Wave.State.PUBLISHED


def _said(new: Place | None) -> str:
    if new is None:
        return _("C’est noté. L’équipe informatique vous proposera une autre date.")
    return _("C’est noté. Votre nouvelle date\u202f: %(when)s. Vous recevez un courriel.") % {
        "when": formats.instant(new.wave.starts_at)
    }


@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest, own_place_id: int) -> HttpResponse:
    """Ask, then go back into the wave one has declined."""
    user, now = signed_in(request), clock.now()
    found = one(wave_queries.own_places(user), own_place_id)
    when = formats.instant(found.wave.starts_at)
    if request.method == "POST":
        declining.come_back(actor=user, place=found, now=now)
        messages.success(request, _("C’est noté\u202f: %(when)s. Vous recevez un courriel.") % {"when": when})
        return redirect("telework:mine")
    context = {
        "question": _("Reprendre la date du %(day)s\u202f?") % {"day": formats.day(found.wave.starts_at)},
        "consequence": _("Votre date redevient\u202f: %(when)s.") % {"when": when},
        "yes": _("Je peux ce jour-là"),
        "back_url": reverse("telework:mine"),
    }
    return render(request, "ui/confirm.html", context)
