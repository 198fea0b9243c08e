"""The page behind an invitation's link: the meeting, one's answer, the way in. Nothing is answered by following a link.

People from outside, and agents without an account, are known by the key of their link; agents with an account sign in.
"""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.directory.rules import phone_shown
from parvis.portal.kernel import clock, context, ical
from parvis.portal.kernel.errors import Conflict, NotFound, ParvisError
from parvis.portal.meetings import facts, ics, rules
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import answering, joining
from parvis.portal.meetings.services.telling import WITH

WRONG_PER_HOUR = 60
"""Unknown keys from one place."""
ACTS_PER_HOUR = 120
"""Answers and joins by one key."""
WORDS = {
    Guest.Answer.YES: (gettext_lazy("Je viens"), "check"),
    Guest.Answer.MAYBE: (gettext_lazy("Peut-être"), "help"),
    Guest.Answer.NO: (gettext_lazy("Je ne viens pas"), "x"),
}


class SignInFirst(Exception):
    """The invitation is an agent's, who must sign in."""


@login_not_required
@never_cache
@require_safe
def invitation(request: HttpRequest, key: str) -> HttpResponseBase:
    """The meeting as its guest sees it; `?reponse=` only chooses which button stands out."""
    try:
        guest = _guest(request, key)
    except SignInFirst:
        return redirect(f"{reverse('account_login')}?next={quote(request.get_full_path())}")
    return _shown(request, guest)


@login_not_required
@require_POST
def answer(request: HttpRequest, key: str) -> HttpResponseBase:
    """Yes, maybe or no."""
    try:
        guest = _guest(request, key)
    except SignInFirst:
        return redirect("meetings:invitation", key=key)
    throttle.hit("meetings-answer", key, limit=ACTS_PER_HOUR, seconds=3600)
    said = request.POST.get("answer", "")
    name = request.POST.get("name", "").strip()
    if guest.agent_id is None and name and name != guest.name:
        answering.rename(guest=guest, name=name)
    actor = request.user if isinstance(request.user, User) and guest.agent_id is not None else None
    answering.answer(guest=guest, actor=actor, answer=said, now=clock.now())
    messages.success(request, _("Votre réponse est notée. Vous pouvez la changer jusqu’à la réunion."))
    if actor is not None:
        return redirect("meetings:meeting", meeting_key=guest.meeting.key)
    return redirect("meetings:invitation", key=key)


@login_not_required
@require_POST
def join(request: HttpRequest, key: str) -> HttpResponseBase:
    """Into the meeting, by the browser."""
    try:
        guest = _guest(request, key)
    except SignInFirst:
        return redirect("meetings:invitation", key=key)
    throttle.hit("meetings-join", key, limit=ACTS_PER_HOUR, seconds=3600)
    if guest.removed_at is not None:
        raise Conflict(_("Vous n’êtes plus invité à cette réunion."))
    return redirect(joining.join(meeting=guest.meeting, guest=guest, now=clock.now()))


@login_not_required
@never_cache
@require_safe
def entry(request: HttpRequest, key: str) -> HttpResponseBase:
    """The meeting as a file for one's calendar."""
    try:
        guest = _guest(request, key)
    except SignInFirst:
        return redirect("meetings:invitation", key=key)
    if guest.removed_at is not None or guest.meeting.state == Meeting.State.CANCELLED:
        raise NotFound
    body = ical.write([ics.entry(guest, now=clock.now())], method=ical.PUBLISH)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="reunion.ics"'
    response["Referrer-Policy"] = "no-referrer"
    return response


def _guest(request: HttpRequest, key: str) -> Guest:
    """Who the key is of.

    Raises:
        NotFound: nobody; somebody else who is signed in.
        SignInFirst: an agent with an account, not signed in.
        TooMany: wrong keys without end.
    """
    rows = Guest.objects.filter(key=key).select_related(
        "agent__user", "meeting", *(f"meeting__{each}" for each in WITH)
    )
    guest = rows.first()
    if guest is None:
        # Only who is wrong is slowed down: a whole town hall has one address.
        throttle.hit("meetings-key-wrong", context.client_address.get(), limit=WRONG_PER_HOUR, seconds=3600)
        raise NotFound(advice=_("Vérifiez que le lien est entier\u202f: il est dans le courriel d’invitation."))
    user = guest.agent.user if guest.agent is not None else None
    if guest.agent is not None and (not guest.agent.is_active or (user is not None and not user.is_active)):
        raise NotFound
    if user is not None:
        if not request.user.is_authenticated:
            raise SignInFirst
        if request.user.pk != user.pk:
            raise NotFound
    return guest


def _shown(request: HttpRequest, guest: Guest) -> HttpResponse:
    meeting, now = guest.meeting, clock.now()
    asked = request.GET.get("reponse", "")
    is_on = guest.removed_at is None and meeting.state != Meeting.State.CANCELLED
    released = facts.is_released(meeting)
    shown = {
        "guest": guest,
        "meeting": meeting,
        "when": facts.when(meeting.starts_at, meeting.ends_at),
        "room": facts.room_of(meeting),
        "number": phone_shown(meeting.phone_number) if meeting.phone_number and not released else "",
        "released": released,
        "dial": ical.dial(meeting.phone_number, meeting.pin),
        "has_link": facts.has_link(meeting),
        "is_on": is_on,
        "is_over": meeting.ends_at <= now,
        "can_join": is_on and _can_join(meeting),
        "opens_at": meeting.starts_at - rules.OPENS_BEFORE,
        "is_outside": guest.agent_id is None,
        "is_organiser": ics.is_organiser(guest),
        "asked": asked if asked in answering.CHOICES else "",
        "choices": [(value, str(words), icon) for value, (words, icon) in WORDS.items()],
        "others": _other_dates(guest),
    }
    response = render(request, "meetings/invitation.html", shown)
    # The address is a key: other sites never see it. Not `no-referrer`: browsers then send their own forms with
    # `Origin: null`, which are refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _can_join(meeting: Meeting) -> bool:
    try:
        joining.refuse_if_closed(meeting, clock.now())
    except ParvisError:
        return False
    return facts.has_link(meeting)


def _other_dates(guest: Guest) -> list[Guest]:
    """The other dates of the series they are invited to, that are still to come."""
    meeting = guest.meeting
    if meeting.series_id is None:
        return []
    rows = Guest.objects.filter(removed_at=None, meeting__series=meeting.series_id, meeting__ends_at__gt=clock.now())
    rows = rows.filter(agent=guest.agent_id) if guest.agent_id else rows.filter(agent=None, email=guest.email)
    rows = rows.exclude(pk=guest.pk).exclude(meeting__state=Meeting.State.CANCELLED)
    return list(rows.select_related("meeting").order_by("meeting__starts_at")[:20])
