"""One computer: its page, its state, what can be done with it."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import agents_visible_to, is_staff, search_agents
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import computer_services, permissions, queries, services
from parvis.portal.parc.forms import ComputerForm
from parvis.portal.parc.models import Computer
from parvis.portal.parc.sections import sections
from parvis.portal.parc.views.computer_list import state_of

FOUND_AGENTS = 8


def detail(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The page of a computer; opening it has its state checked. `?q=` looks for an agent to assign."""
    user, computer = _ask(request, computer_id)
    services.request_check(computer=computer, now=clock.now())
    manages = permissions.can_manage(user, computer.entity)
    asked = request.GET.get("q", "")[:100]
    agents = agents_visible_to(user).filter(is_active=True).exclude(computers=computer)
    found = search_agents(agents, asked)[:FOUND_AGENTS] if manages and asked.strip() else []
    context = {
        **_state(user, computer),
        "manages": manages,
        "assigned": queries.agents_of(computer),
        "asked": asked,
        "found": found,
        "sections": sections(request, computer) if not _targets(request, "found-agents") else [],
    }
    return render(
        request, "parc/found_agents.html" if _targets(request, "found-agents") else "parc/computer.html", context
    )


def state(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The state and the wake-up's progress, asked for again every few seconds by the page."""
    user, computer = _ask(request, computer_id)
    return render(request, "parc/computer_state.html", _state(user, computer))


def create(request: HttpRequest) -> HttpResponse:
    """A new computer."""
    user = signed_in(request)
    require(YES if is_staff(user) else NOT_STAFF)
    form = ComputerForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            computer = computer_services.create_computer(actor=user, data=form.cleaned_data, now=clock.now())  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("L’ordinateur est ajouté."))
            return redirect("parc:computer", computer_id=computer.pk)
    return render(request, "parc/computer_form.html", {"form": form, "back_url": reverse("parc:computers")})


def edit(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Change what is known of it."""
    user, computer = _ask(request, computer_id)
    require(permissions.can_manage(user, computer.entity))
    form = ComputerForm(request.POST or None, instance=copy(computer), user=user)
    back_url = reverse("parc:computer", kwargs={"computer_id": computer.pk})
    if form.is_valid():
        try:
            computer_services.update_computer(
                actor=user,
                computer=computer,
                data=form.cleaned_data,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect(back_url)
    return render(request, "parc/computer_form.html", {"form": form, "computer": computer, "back_url": back_url})


def delete(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Ask, then take it off the list."""
    user, computer = _ask(request, computer_id)
    require(permissions.can_manage(user, computer.entity))
    if request.method == "POST":
        computer_services.delete_computer(actor=user, computer=computer, now=clock.now())
        messages.success(request, _("L’ordinateur est retiré de la liste."))
        return redirect("parc:computers")
    context = {
        "question": _("Retirer %(name)s de la liste\u202f?") % {"name": computer.name},
        "consequence": _("Ses affectations et ses droits d’accès à distance sont supprimés."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("parc:computer", kwargs={"computer_id": computer.pk}),
    }
    return render(request, "ui/confirm.html", context)


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


@require_POST
def assign(request: HttpRequest, computer_id: int) -> HttpResponse:
    """An agent works on it from now on."""
    user, computer = _ask(request, computer_id)
    require(permissions.can_manage(user, computer.entity))
    agent = one(agents_visible_to(user), request.POST.get("agent"))
    computer_services.assign_agent(actor=user, computer=computer, agent=agent, now=clock.now())
    messages.success(request, _("%(agent)s travaille maintenant sur cet ordinateur.") % {"agent": agent})
    return redirect("parc:computer", computer_id=computer.pk)


@require_POST
def unassign(request: HttpRequest, computer_id: int, agent_id: int) -> HttpResponse:
    """An agent does not work on it any more."""
    user, computer = _ask(request, computer_id)
    require(permissions.can_manage(user, computer.entity))
    agent = one(computer.agents.all(), agent_id)
    computer_services.unassign_agent(actor=user, computer=computer, agent=agent, now=clock.now())
    messages.success(request, _("%(agent)s ne travaille plus sur cet ordinateur.") % {"agent": agent})
    return redirect("parc:computer", computer_id=computer.pk)


def _ask(request: HttpRequest, computer_id: int) -> tuple[User, Computer]:
    user = signed_in(request)
    return user, one(queries.computers_visible_to(user), computer_id)


def _state(user: User, computer: Computer) -> dict[str, object]:
    progress = queries.wake_up_progress(computer)
    off = computer.reachability != Computer.Reachability.ON
    may_wake = off and queries.can_be_woken(computer) and bool(permissions.can_wake_up(user, computer))
    return {
        "computer": computer,
        "state": state_of(computer),
        "wake_up": progress,
        "may_wake": may_wake and not (progress and progress.running),
        "can_be_woken": queries.can_be_woken(computer),
    }


def _targets(request: HttpRequest, element: str) -> bool:
    return request.headers.get("HX-Target", "").endswith(element)


def _back(request: HttpRequest, computer: Computer) -> HttpResponse:
    if "HX-Request" in request.headers:
        user, fresh = _ask(request, computer.pk)
        return render(request, "parc/computer_state.html", _state(user, fresh))
    return redirect("parc:computer", computer_id=computer.pk)
