"""A computer on the network: its state, and waking it. Its page is the asset's."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import clock
from parvis.portal.parc import permissions, queries, services
from parvis.portal.parc.models import Computer
from parvis.portal.parc.views.computer_list import state_of


def state(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The state and the wake-up's progress, asked for again every few seconds by the page."""
    user, computer = _ask(request, computer_id)
    return render(request, "parc/computer_state.html", network_state(user, computer))


@require_POST
def check(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Have the state checked now."""
    _user, computer = _ask(request, computer_id)
    services.request_check(computer=computer, now=clock.now())
    return _back(request, computer)


@require_POST
def wake_up(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Wake it."""
    user, computer = _ask(request, computer_id)
    services.wake_up(actor=user, computer=computer, now=clock.now())
    return _back(request, computer)


def network_state(user: User, computer: Computer) -> dict[str, object]:
    """What `computer_state.html` shows."""
    progress = queries.wake_up_progress(computer)
    off = computer.reachability != Computer.Reachability.ON
    may_wake = off and queries.can_be_woken(computer) and bool(permissions.can_wake_up(user, computer))
    return {
        "computer": computer,
        "reachability": state_of(computer),
        "wake_up": progress,
        "may_wake": may_wake and not (progress and progress.running),
        "can_be_woken": queries.can_be_woken(computer),
    }


def _ask(request: HttpRequest, computer_id: int) -> tuple[User, Computer]:
    user = signed_in(request)
    return user, one(queries.computers_visible_to(user), computer_id)


def _back(request: HttpRequest, computer: Computer) -> HttpResponse:
    if "HX-Request" in request.headers:
        user, fresh = _ask(request, computer.pk)
        return render(request, "parc/computer_state.html", network_state(user, fresh))
    return redirect("parc:computer", computer_id=computer.pk)
