"""One asset, whatever it is: its page, its form, its moves, who has it."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import agents_visible_to, is_staff, search_agents
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import asset_services, history, permissions, queries, record_queries, rules, services
from parvis.portal.parc.asset_forms import AssetForm, MoveForm
from parvis.portal.parc.documents import MAX_DOCUMENT_BYTES
from parvis.portal.parc.models import Asset, Computer
from parvis.portal.parc.sections import sections
from parvis.portal.parc.views import looks
from parvis.portal.parc.views.computers import network_state

FOUND_AGENTS = 8
LATEST_EVENTS = 8
EVENTS_PER_PAGE = 50


def detail(request: HttpRequest, asset_id: int) -> HttpResponse:
    """The page of an asset; a computer's state is checked when it is opened. `?q=` looks for an agent to assign."""
    user, asset = ask(request, asset_id)
    if request.headers.get("HX-Target", "").endswith("found-agents"):
        return render(request, "parc/found_agents.html", _people(request, user, asset))
    asset = queries.as_computer(asset)
    if isinstance(asset, Computer):
        services.request_check(computer=asset, now=clock.now())
    return render(request, "parc/asset.html", _context(request, user, asset))


def computer(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The same page, by the address that is for computers only."""
    one(queries.computers_visible_to(signed_in(request)), computer_id)
    return detail(request, computer_id)


def _context(request: HttpRequest, user: User, asset: Asset) -> dict[str, object]:
    people = _people(request, user, asset)
    context: dict[str, object] = {
        **people,
        "watches": False,
        "state": looks.asset_state(asset),
        "kind_icon": looks.KIND_ICONS[asset.kind],
        "identity": looks.identity(asset, manages=bool(people["manages"])),
        "moves": _moves(asset) if people["manages"] else [],
        "sections": sections(request, asset),
    }
    if isinstance(asset, Computer):
        context |= {**network_state(user, asset), "computer": asset}
    if permissions.can_watch(user, asset.entity):
        context |= _records(asset)
    return context


def _people(request: HttpRequest, user: User, asset: Asset) -> dict[str, object]:
    manages = permissions.can_manage(user, asset.entity)
    asked = request.GET.get("q", "").replace("\x00", "")[:100]
    agents = agents_visible_to(user).filter(is_active=True).exclude(assets=asset.pk)
    assignable = asset.state == Asset.State.STOCK or asset.state not in rules.NOBODYS
    return {
        "asset": asset,
        "manages": manages,
        "assignable": assignable,
        "assignments": asset.assignments.filter(agent__is_active=True).select_related("agent__entity"),
        "asked": asked,
        "found": search_agents(agents, asked)[:FOUND_AGENTS] if manages and assignable and asked.strip() else [],
    }


def _moves(asset: Asset) -> list[tuple[str, str, str, str]]:
    possible = rules.ASSET_MOVES[asset.state]
    return [(state, looks.move_label(state), *look) for state, look in looks.MOVE_WORDS.items() if state in possible]


def _records(asset: Asset) -> dict[str, object]:
    spent = record_queries.spent_on(asset)
    events = record_queries.events_of(asset)
    return {
        "watches": True,
        "purchase": looks.purchase(asset, repairs=spent, today=clock.today()),
        "maintenances": list(asset.maintenances.select_related("supplier")[:20]),
        "documents": list(asset.documents.select_related("added_by")),
        "max_megabytes": MAX_DOCUMENT_BYTES // 2**20,
        "events": history.lines(events[:LATEST_EVENTS]),
        "event_count": events.count(),
    }


@require_http_methods(["GET", "HEAD"])
def show_history(request: HttpRequest, asset_id: int) -> HttpResponse:
    """All that happened to it, newest first, in pages."""
    user, asset = ask(request, asset_id)
    require(permissions.can_watch(user, asset.entity))
    page = Paginator(record_queries.events_of(asset), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "parc/asset_history.html", {"asset": asset, "page": page, "events": history.lines(page)})


@require_http_methods(["GET", "HEAD"])
def agent_history(request: HttpRequest, agent_id: int) -> HttpResponse:
    """What an agent was given and gave back, of what the user watches, newest first, in pages."""
    user = signed_in(request)
    agent = one(agents_visible_to(user), agent_id)
    require(permissions.can_watch(user, agent.entity))
    events = record_queries.events_of_agent(user, agent)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"agent": agent, "page": page, "events": history.lines(page, of_agent=True)}
    return render(request, "parc/agent_history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new asset; `?type=` says what it is."""
    user = signed_in(request)
    require(YES if is_staff(user) else NOT_STAFF)
    asked = request.POST.get("kind") or request.GET.get("type", "")
    kind = asked if asked in Asset.Kind.values else Asset.Kind.OFFICE.value
    form = AssetForm(request.POST or None, user=user, kind=kind, initial={"kind": kind})
    if form.is_valid():
        state = form.first_state
        try:
            asset = asset_services.create_asset(actor=user, data=form.asset_data(), now=clock.now(), state=state)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le matériel est ajouté."))
            return redirect("parc:asset", asset_id=asset.pk)
    context = {"form": form, "kind": kind, "kinds": _kinds(), "back_url": reverse("parc:assets")}
    return render(request, "parc/asset_form.html", context)


def _kinds() -> list[tuple[str, str, str]]:
    return [(value, str(label), looks.KIND_ICONS[value]) for value, label in Asset.Kind.choices]


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Change what is known of it."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    form = AssetForm(request.POST or None, instance=copy(asset), user=user, kind=asset.kind)
    if form.is_valid():
        try:
            asset_services.update_asset(actor=user, asset=asset, data=form.asset_data(), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return back_to(asset)
    return render(request, "parc/asset_form.html", {"form": form, "asset": asset, "back_url": _address(asset)})


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Ask, then take it off the list."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    if request.method == "POST":
        asset_services.delete_asset(actor=user, asset=asset, now=clock.now())
        messages.success(request, _("Le matériel est supprimé."))
        return redirect("parc:assets")
    context = {
        "question": _("Supprimer %(name)s\u202f?") % {"name": asset.name},
        "consequence": _(
            "Pour ce qui a été saisi par erreur\u202f: sa fiche, ses documents et son historique sont effacés."
            " Un matériel qui a servi se retire plutôt du service, puis sort du parc."
        ),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": _address(asset),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Take it to another state of its life: `to`, when and why."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    to = request.POST.get("to") or request.GET.get("to", "")
    if to not in rules.ASSET_MOVES[asset.state]:
        messages.warning(request, _("Ce matériel a changé de situation entre-temps."))
        return back_to(asset)
    form = MoveForm(request.POST or None, initial={"since_date": clock.today()})
    if form.is_valid():
        asked = form.cleaned_data
        try:
            asset_services.move_asset(
                actor=user,
                asset=asset,
                to=Asset.State(to),
                now=clock.now(),
                reason=asked["reason"],
                since_date=asked["since_date"],
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La situation est changée."))
            return back_to(asset)
    loses = to in rules.NOBODYS and asset.assignments.exists()
    context = {
        "question": _("%(move)s\u202f: %(name)s") % {"move": looks.move_label(to), "name": asset.name},
        "consequence": _("Il n’est plus affecté à personne.") if loses else "",
        "yes": looks.move_label(to),
        "danger": to in {Asset.State.LOST, Asset.State.DISPOSED},
        "hidden": [("to", to)],
        "form": form,
        "back_url": _address(asset),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
def assign(request: HttpRequest, asset_id: int) -> HttpResponse:
    """An agent has it from now on."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    agent = one(agents_visible_to(user), request.POST.get("agent"))
    asset_services.assign_agent(actor=user, asset=asset, agent=agent, now=clock.now())
    messages.success(request, _("%(asset)s est affecté à %(agent)s.") % {"asset": asset, "agent": agent})
    return back_to(asset)


@require_POST
def unassign(request: HttpRequest, asset_id: int, agent_id: int) -> HttpResponse:
    """An agent does not have it any more."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    agent = one(asset.agents.all(), agent_id)
    asset_services.unassign_agent(actor=user, asset=asset, agent=agent, now=clock.now())
    messages.success(request, _("%(asset)s n’est plus affecté à %(agent)s.") % {"asset": asset, "agent": agent})
    return back_to(asset)


def ask(request: HttpRequest, asset_id: int) -> tuple[User, Asset]:
    """Who asks, and the asset.

    Raises:
        NotFound: there is none, or it is outside the perimeter.
    """
    user = signed_in(request)
    asset = one(queries.assets_visible_to(user).select_related("supplier", "contract"), asset_id)
    return user, asset


def back_to(asset: Asset) -> HttpResponse:
    """To the asset's page."""
    return redirect(_address(asset))


def _address(asset: Asset) -> str:
    return reverse("parc:asset", args=[asset.pk])
