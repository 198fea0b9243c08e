"""Pages of agents: one's bookings, one booking and what can be done with it, a new one, moves one is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.booking import looks, meetings, permissions, queries
from parvis.portal.booking.errors import DoesNotFit, Full
from parvis.portal.booking.forms import BookForm, CancelForm, MoveForm
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.rules import refusal_to_check_in
from parvis.portal.booking.services import check_in, placing, prioritise, series
from parvis.portal.booking.services.placing import Wanted
from parvis.portal.booking.views.asking import can_watch, parse_day, parse_hour, show_problems, usual_times
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import agent_of, is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.ui import formats

PAST_SHOWN = 20
MOST_SHOWN = 200


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """« Mes réservations »: what comes, what one is asked to move, what is over."""
    user, now = signed_in(request), clock.now()
    agent = agent_of(user)
    own = queries.bookings_of(user)
    coming = own.filter(state__in=queries.LIVE, ends_at__gt=now - timedelta(hours=1)).order_by("starts_at", "pk")
    past = own.exclude(pk__in=coming.order_by().values("pk")).order_by("-starts_at", "-pk")
    offered = list(queries.pools_for(agent).order_by("kind", "name")) if agent else []
    context = {
        "agent": agent,
        "coming": [_row(booking, user) for booking in coming[:MOST_SHOWN]],
        "past": past[:PAST_SHOWN],
        "asked": queries.move_requests_to(user),
        "pools": [pool for pool in offered if pool.kind in (Pool.Kind.PHONE_ROOM, Pool.Kind.ROOM)],
        "now": now,
    }
    return render(request, "booking/mine.html", context)


def _row(booking: Booking, user: User) -> dict[str, object]:
    before = queries.waiting_before(booking) if booking.state == Booking.State.WAITING else 0
    return {
        "booking": booking,
        "next": looks.what_next(booking, clock.now(), before),
        "for_other": booking.holder.user_id != user.pk,
    }


@require_safe
def booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """One booking: when, where or which number, what can be done now."""
    user, now = signed_in(request), clock.now()
    found = one(queries.bookings_visible_to(user), booking_id)
    changes = bool(permissions.can_change(user, found))
    waits, booked, in_use = (found.state == state for state in queries.LIVE)
    begun = found.starts_at <= now
    own = user.pk in (found.holder.user_id, found.booked_by_id)
    watches = bool(can_watch(user))
    context = {
        "booking": found,
        "next": looks.what_next(found, now, queries.waiting_before(found) if waits else 0),
        "own": own,
        "meeting_url": meetings.address_of(found.pk) if own else "",
        "watches": watches,
        # Number and code are for those who meet, once they are sure; the IT team sees them on the resource's page.
        "shows_codes": found.is_final and found.resource is not None and (own or is_staff(user, found.pool.entity)),
        "may_check_in": booked and bool(permissions.can_check_in(user, found)) and _has_come(found, now),
        "may_end": changes and (in_use or (booked and begun)),
        "may_move": changes and (waits or booked or in_use),
        "may_cancel": changes and (waits or booked),
        "may_ask": waits and found.priority and bool(permissions.can_prioritise(user, found.pool)),
        "may_fix": booked and not found.is_final and is_staff(user, found.pool.entity),
        "asked": found.asked_to_move.filter(state="asked").select_related("wanted_by__holder") if own else (),
        "asks": found.move_requests.select_related("booking__holder") if own or watches else (),
    }
    return render(request, "booking/booking.html", context)


def _has_come(booking: Booking, now: datetime) -> bool:
    return not refusal_to_check_in(booking.starts_at, booking.ends_at, now)


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, pool_id: int) -> HttpResponse:
    """A new booking of a pool; `salle` names one of its resources, and no other will do."""
    user, now = signed_in(request), clock.now()
    pool = one(queries.pools_visible_to(user), pool_id)
    asked = request.GET.get("salle", "")
    resource = (
        pool.resources.filter(pk=asked, is_active=True).first() if asked.isdecimal() and len(asked) < 19 else None
    )
    agent = agent_of(user)
    if agent is None or not permissions.can_book(user, pool, agent):
        authz.require(permissions.can_manage(user, pool.entity))  # for others, then
    day, hour = parse_day(request.GET.get("jour")), parse_hour(request.GET.get("de"))
    initial = usual_times(now, day, hour) | _initial(request)
    form = BookForm(
        request.POST or None,
        user=user,
        pool=pool,
        may_be_first=bool(permissions.can_prioritise(user, pool)),
        initial=initial,
    )
    refusal: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _booked(request, user, pool, resource, form)
        except Invalid as problem:
            show_problems(form, problem)
        except NotAllowed as problem:
            form.add_error("holder", str(problem.message))
        except (Full, DoesNotFit) as problem:
            refusal = problem
    context = {"pool": pool, "resource": resource, "form": form, "refusal": refusal, "agent": agent}
    return render(request, "booking/book.html", context, status=409 if refusal else 200)


def _initial(request: HttpRequest) -> dict[str, object]:
    found: dict[str, object] = {}
    if (until := parse_hour(request.GET.get("a"))) is not None:
        found["ends"] = until
    people = request.GET.get("personnes", "")
    if people.isdecimal() and len(people) < 6:
        found["people"] = int(people)
    return found


def _booked(
    request: HttpRequest, user: User, pool: Pool, resource: Resource | None, form: BookForm
) -> HttpResponse:  # fmt: skip
    data = form.cleaned_data
    holder = data["holder"] or agent_of(user)
    if holder is None:
        problem = _("Indiquez pour qui vous réservez\u202f: votre compte n’est pas celui d’un agent en poste.")
        raise Invalid(problem, fields={"holder": [problem]})
    wanted = Wanted(
        pool=pool,
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        holder=holder,
        title=data["title"],
        people=data["people"],
        equipment=tuple(data.get("equipment", ())),
        resource=resource,
        priority=form.rank,
    )
    if form.rule:
        return _booked_again(request, user, wanted, form)
    made = placing.book(actor=user, wanted=wanted, now=clock.now(), wait=data["wait"])
    if made.state == Booking.State.WAITING:
        messages.warning(request, _("Tout est pris à cette heure\u202f: vous êtes sur la liste d’attente."))
    else:
        messages.success(request, _("C’est réservé\u202f: %(when)s.") % {"when": looks.when(made)})
    return redirect("booking:booking", booking_id=made.pk)


def _booked_again(request: HttpRequest, user: User, wanted: Wanted, form: BookForm) -> HttpResponse:
    """A series; the dates for which nothing was free are named."""
    data = form.cleaned_data
    found = series.book_series(
        actor=user, wanted=wanted, rule=form.rule, now=clock.now(), skip=data["skip"], wait=data["wait"]
    )
    count = len(found.bookings)
    said = ngettext("C’est réservé\u202f: %(n)d date.", "C’est réservé\u202f: %(n)d dates.", count) % {"n": count}
    messages.success(request, said)
    if found.refused:
        days = ", ".join(formats.day(each.date) for each in found.refused)
        messages.warning(request, _("Rien n’est libre ces jours-là\u202f: %(days)s.") % {"days": days})
    return redirect("booking:mine")


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Other times for a booking."""
    user = signed_in(request)
    found = one(queries.bookings_visible_to(user), booking_id)
    authz.require(permissions.can_change(user, found))
    local, until = found.starts_at.astimezone(clock.PARIS), found.ends_at.astimezone(clock.PARIS)
    initial = {"day": local.date(), "starts": local.time(), "ends": until.time()}
    form = MoveForm(request.POST or None, repeats=found.series_id is not None, initial=initial)
    refusal: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        data, now = form.cleaned_data, clock.now()
        times = {"starts_at": data["starts_at"], "ends_at": data["ends_at"]}
        try:
            if data.get("others"):
                return _moved_all(request, series.move_from(actor=user, booking=found, now=now, **times))
            placing.move(actor=user, booking=found, now=now, **times)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            refusal = problem
        else:
            messages.success(request, _("C’est déplacé\u202f: %(when)s.") % {"when": looks.when(found)})
            return redirect("booking:booking", booking_id=found.pk)
    context = {"booking": found, "form": form, "refusal": refusal}
    return render(request, "booking/move.html", context, status=409 if refusal else 200)


def _moved_all(request: HttpRequest, shifted: series.Shifted) -> HttpResponse:
    count = len(shifted.moved)
    messages.success(request, ngettext("%(n)d date déplacée.", "%(n)d dates déplacées.", count) % {"n": count})
    if shifted.refused:
        days = ", ".join(formats.day(each.date) for each in shifted.refused)
        messages.warning(request, _("Celles-ci restent comme elles étaient\u202f: %(days)s.") % {"days": days})
    return redirect("booking:mine")


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Ask, then give the booking up."""
    user = signed_in(request)
    found = one(queries.bookings_visible_to(user), booking_id)
    authz.require(permissions.can_change(user, found))
    own = user.pk in (found.holder.user_id, found.booked_by_id)
    form = CancelForm(request.POST or None) if found.series_id is not None else None
    if request.method == "POST" and (form is None or form.is_valid()):
        now = clock.now()
        if form is not None and form.cleaned_data["scope"] == "later" and found.series is not None:
            count = series.cancel_from(actor=user, series=found.series, from_at=found.starts_at, now=now)
            said = ngettext("%(n)d réservation annulée.", "%(n)d réservations annulées.", count) % {"n": count}
            messages.success(request, said)
        else:
            placing.cancel(actor=user, booking=found, now=now)
            messages.success(request, _("La réservation est annulée."))
        return redirect("booking:mine" if own else "booking:bookings")
    context = {
        "question": _("Annuler «\u202f%(title)s\u202f»\u202f?") % {"title": found.title},
        "consequence": _("%(when)s. La place va à qui attend, s’il y a quelqu’un.") % {"when": looks.when(found)},
        "yes": _("Annuler la réservation"),
        "danger": True,
        "form": form,
        "back_url": reverse("booking:booking", args=[found.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
def arrive(request: HttpRequest, booking_id: int) -> HttpResponse:
    """« Nous y sommes »: from the booking's page, one's list or the door."""
    user = signed_in(request)
    found = one(queries.bookings_to_check_in(user), booking_id)
    check_in.check_in(actor=user, booking=found, now=clock.now())
    messages.success(request, _("C’est noté\u202f: la salle est à vous."))
    if "door" in request.POST and found.resource_id:
        return redirect("booking:door", resource_id=found.resource_id)
    return redirect("booking:booking", booking_id=found.pk)


@require_POST
def end(request: HttpRequest, booking_id: int) -> HttpResponse:
    """It is over before its time: the rest goes to others."""
    user = signed_in(request)
    found = one(queries.bookings_visible_to(user), booking_id)
    check_in.end_early(actor=user, booking=found, now=clock.now())
    messages.success(request, _("Merci\u202f: le temps qui reste est rendu aux autres."))
    if "door" in request.POST and found.resource_id:
        return redirect("booking:door", resource_id=found.resource_id)
    return redirect("booking:booking", booking_id=found.pk)


@require_POST
def ask_others(request: HttpRequest, booking_id: int) -> HttpResponse:
    """A crisis cell that waits asks as few holders as possible to move."""
    user = signed_in(request)
    found = one(queries.bookings_visible_to(user), booking_id)
    made = prioritise.ask(actor=user, booking=found, now=clock.now())
    said = ngettext("%(n)d personne est sollicitée.", "%(n)d personnes sont sollicitées.", len(made)) % {"n": len(made)}
    messages.success(request, said)
    return redirect("booking:booking", booking_id=found.pk)


@require_POST
def fix(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Give out the resource now, for good: the number is to be printed, or told on the phone."""
    user = signed_in(request)
    found = one(queries.bookings_visible_to(user), booking_id)
    authz.require(permissions.can_manage(user, found.pool.entity))
    resource = placing.fix(booking=found, now=clock.now())
    messages.success(request, _("%(room)s est attribuée pour de bon.") % {"room": resource})
    return redirect("booking:booking", booking_id=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, move_request_id: int) -> HttpResponse:
    """Yes or no to being moved for a crisis cell."""
    user = signed_in(request)
    asked = one(queries.move_requests_to(user), move_request_id)
    if request.method == "POST":
        accepts = "accept" in request.POST
        try:
            prioritise.answer(actor=user, request=asked, accept=accepts, now=clock.now())
        except Full as problem:
            messages.error(request, f"{problem.message} {_('Déplacez-la vous-même à une heure qui vous convient.')}")
            return redirect("booking:move", booking_id=asked.booking_id)
        thanks, kept = (
            _("Merci\u202f: votre réservation a laissé sa place."),
            _("C’est noté\u202f: vous gardez votre place."),
        )
        said = thanks if accepts else kept
        messages.success(request, said)
        return redirect("booking:mine")
    duration = asked.booking.ends_at - asked.booking.starts_at
    until = asked.proposed_at + duration if asked.proposed_at else None
    context = {"asked": asked, "proposed": looks.hours(asked.proposed_at, until) if asked.proposed_at and until else ""}
    return render(request, "booking/answer.html", context)
