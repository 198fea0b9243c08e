"""One's meetings, one meeting, and joining it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Booking
from parvis.portal.directory import colleagues
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, ParvisError
from parvis.portal.meetings import facts, permissions, queries, rules, showing
from parvis.portal.meetings.drafts import invited_from, read_addresses
from parvis.portal.meetings.forms import CancelForm, InviteForm
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import inviting, joining, planning
from parvis.portal.ui.search import matching

COMING_SHOWN = 100
PAST_PAGE = 30


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """« Mes réunions »: today, then what comes, by day."""
    user, now = signed_in(request), clock.now()
    agent = agent_of(user)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found: list[Meeting] = []
    if agent is not None:
        coming = queries.of_agent(agent).filter(ends_at__gt=now - timedelta(minutes=30))
        coming = coming.select_related(*queries.WITH)
        found = list((coming.filter(matching(asked, ("title",))) if asked else coming)[:COMING_SHOWN])
    days = showing.by_day(found, agent.pk if agent else None, now)
    today = clock.today(now)
    context = {
        "agent": agent,
        "asked": asked,
        "today_rows": [row for day, rows in days if day == today for row in rows],
        "days": [(day, rows) for day, rows in days if day != today],
        "today": today,
        "more": len(found) == COMING_SHOWN,
    }
    return render(request, "meetings/mine.html", context)


@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """Those that are over or were cancelled, newest first."""
    user, now = signed_in(request), clock.now()
    agent = agent_of(user)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows = queries.visible_to(user)
    over = (rows.filter(ends_at__lte=now) | rows.filter(state=Meeting.State.CANCELLED)).order_by("-starts_at", "-pk")
    page = Paginator(over.filter(matching(asked, ("title",))) if asked else over, PAST_PAGE).get_page(
        request.GET.get("page")
    )
    days = showing.by_day(page.object_list, agent.pk if agent else None, now)
    return render(request, "meetings/past.html", {"days": days, "page": page, "asked": asked})


@require_safe
def meeting(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """One meeting: when, how to join, who comes; for who runs it, what may be changed."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    return render(request, "meetings/meeting.html", _context(user, found, now))


def _context(user: User, found: Meeting, now: datetime) -> dict[str, object]:
    guests = [each for each in queries.guests_of(found) if each.agent_id != found.organiser_id]
    own = queries.own_guest(user, found)
    alive = found.state in rules.ALIVE and found.ends_at > now
    ways = showing.ways(found)
    return {
        "meeting": found,
        "preparing": alive and found.state == Meeting.State.PREPARING and not ways.by_hand,
        "when": showing.when(found),
        "state": showing.state_of(found, now),
        "ways": ways,
        "guests": guests,
        "coming": sum(1 for each in guests if each.answer == Guest.Answer.YES),
        "own": own,
        "answers": own is not None and own.agent_id != found.organiser_id and alive,
        "runs": alive and bool(permissions.can_run(user, found)),
        "open": alive and rules.is_open(found.starts_at, found.ends_at, now),
        "over": found.ends_at <= now,
        "alive": alive,
        "invite": InviteForm(),
        "roles": Guest.Role.choices,
        "room": facts.room_of(found),
        "room_waits": alive and found.room_booking is not None and found.room_booking.state == Booking.State.WAITING,
        "placeless": alive and found.provider_id is None and found.room_booking is None,
        "public_url": _public(found),
        "late_place": found.booking is not None and not found.booking.is_final,
    }


def _public(found: Meeting) -> str:
    room = found.live_room
    return reverse("live_rooms:public", args=[room.public_key]) if room is not None and room.public_key else ""


@never_cache
@require_safe
def join_page(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """One button, or a number and a code large enough to dial from."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    agent = agent_of(user)
    opens_at = found.starts_at - rules.OPENS_BEFORE
    ways = showing.ways(found)
    context = {
        "meeting": found,
        "when": showing.when(found),
        "ways": ways,
        "phone_only": replace(ways, browser=False),
        "open": found.state in rules.ALIVE and rules.is_open(found.starts_at, found.ends_at, now),
        "opens_at": opens_at,
        "over": now > found.ends_at + rules.STAYS_AFTER,
        "first": agent is not None and found.provider is not None and queries.first_time(agent, found.provider.kind),
        "room": facts.room_of(found),
    }
    return render(request, "meetings/join.html", context)


@require_POST
def join(request: HttpRequest, meeting_key: str) -> HttpResponseBase:
    """Into the meeting, by the browser."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    guest = queries.own_guest(user, found)
    if guest is None:  # who booked it for somebody else comes too, if they want to
        own = agent_of(user)
        if own is None:
            raise Invalid(_("Votre compte n’est pas celui d’un agent en poste."), code="no_agent")
        guest = Guest(meeting=found, agent=own, role=Guest.Role.SPEAKER)
    try:
        return redirect(joining.join(meeting=found, guest=guest, now=now))
    except ParvisError as problem:
        messages.error(request, f"{problem.message} {problem.advice}".strip())
        return redirect("meetings:join", meeting_key=meeting_key)


@require_POST
def here(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """« Nous y sommes »: who meets by telephone or in a room says so in one touch."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    joining.refuse_if_closed(found, now)
    joining.note(meeting=found, guest=queries.own_guest(user, found), now=now)
    messages.success(request, _("C’est noté\u202f: la réunion a lieu, la place vous reste."))
    return redirect("meetings:join", meeting_key=meeting_key)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """Ask, with a word to those invited, then give it up."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    authz.require(permissions.can_run(user, found))
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if form.cleaned_data["scope"] == "following" and found.series_id:
            count = planning.cancel_following(actor=user, meeting=found, now=now, reason=reason)
            said = ngettext(
                "%(n)d réunion est annulée. Les invités sont prévenus.",
                "%(n)d réunions sont annulées. Les invités sont prévenus.",
                count,
            )
            messages.success(request, said % {"n": count})
        else:
            planning.cancel(actor=user, meeting=found, now=now, reason=reason)
            messages.success(request, _("La réunion est annulée. Les invités sont prévenus."))
        return redirect("meetings:mine")
    guests = queries.guests_of(found).exclude(agent=found.organiser_id).count()
    context = {"meeting": found, "form": form, "when": showing.when(found), "guests": guests}
    return render(request, "meetings/cancel.html", context)


@require_POST
def invite(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """More people, by their addresses."""
    user, now = signed_in(request), clock.now()
    found = queries.meeting_for(user, meeting_key)
    form = InviteForm(request.POST)
    if form.is_valid():
        pasted = read_addresses(form.cleaned_data["pasted"])
        known = colleagues.found_by(user).filter(email__in=[address for _name, address in pasted.people])
        invited = invited_from(pasted.people, known)
        role = form.cleaned_data["role"]
        if pasted.wrong:
            form.add_error(
                "pasted", _("Ce n’est pas une adresse\u202f: %(what)s.") % {"what": ", ".join(pasted.wrong[:3])}
            )
        else:
            try:
                added = inviting.invite(
                    actor=user, meeting=found, now=now,
                    invited=[inviting.with_role(each, role) for each in invited],
                )  # fmt: skip
            except Invalid as problem:
                show_problems(form, problem)
            else:
                said = ngettext("%(n)d personne invitée.", "%(n)d personnes invitées.", len(added))
                messages.success(request, said % {"n": len(added)} if added else _("Déjà invités."))
                return redirect("meetings:meeting", meeting_key=meeting_key)
    context = _context(user, found, now) | {"invite": form, "inviting": True}
    return render(request, "meetings/meeting.html", context, status=422)


@require_POST
def remove(request: HttpRequest, meeting_key: str, guest_id: int) -> HttpResponse:
    """No longer invited."""
    user = signed_in(request)
    found = queries.meeting_for(user, meeting_key)
    guest = one(queries.guests_of(found), guest_id)
    inviting.remove(actor=user, meeting=found, guest=guest, now=clock.now())
    messages.success(request, _("%(name)s n’est plus invité.") % {"name": guest.agent or guest})
    return redirect("meetings:meeting", meeting_key=meeting_key)


@require_POST
def role(request: HttpRequest, meeting_key: str, guest_id: int) -> HttpResponse:
    """What a guest does there."""
    user = signed_in(request)
    found = queries.meeting_for(user, meeting_key)
    guest = one(queries.guests_of(found), guest_id)
    inviting.set_role(actor=user, meeting=found, guest=guest, role=request.POST.get("role", ""), now=clock.now())
    messages.success(request, _("Le rôle est changé."))
    return redirect("meetings:meeting", meeting_key=meeting_key)
