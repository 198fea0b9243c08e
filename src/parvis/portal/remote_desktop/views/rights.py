"""For the IT team: rights. Heads of department read those of their own agents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, search_agents, within
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.remote_desktop import permissions, queries, services
from parvis.portal.remote_desktop.filters import RightFilter
from parvis.portal.remote_desktop.forms import GrantForm, GrantManyForm
from parvis.portal.remote_desktop.models import Right
from parvis.portal.remote_desktop.tables import RightTable
from parvis.portal.remote_desktop.views import guards
from parvis.portal.ui.listing import BulkAction, ListingView

SUGGESTIONS = 12


def _revoke_many(request: HttpRequest, rows: QuerySet[Right]) -> str:
    user, now = signed_in(request), clock.now()
    count = sum(services.revoke_right(actor=user, right=each, now=now) for each in rows)
    return ngettext("%(n)d droit retiré.", "%(n)d droits retirés.", count) % {"n": count}


class Rights(ListingView):
    """Every right, a row each."""

    table_class = RightTable
    filterset_class = RightFilter
    template_name = "remote_desktop/staff/rights.html"
    title = gettext_lazy("Droits d’accès à distance")
    lead = gettext_lazy("Quel agent peut ouvrir quel ordinateur, de quel jour à quel jour.")
    search_fields = ("computer__name",)
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent ou ordinateur")
    export_name = "droits"
    empty_icon = "key"
    empty_title = gettext_lazy("Aucun droit pour le moment")
    empty_text = gettext_lazy("Donnez un premier droit à un agent, ou à tout un service d’un coup.")
    bulk_actions = (
        BulkAction(
            name="revoke",
            label=gettext_lazy("Retirer"),
            icon="ban",
            run=_revoke_many,
            question=gettext_lazy("Retirer ces droits d’accès à distance\u202f?"),
            consequence=gettext_lazy("Les écrans ouverts se ferment dans les secondes qui viennent."),
            danger=True,
            allowed=lambda user: bool(guards.manages(user)),
        ),
    )

    def authorize(self) -> authz.Decision:
        """IT team, auditors, heads of department."""
        return guards.sees_rights(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Right]:
        """By name."""
        rights = queries.rights_visible_to(signed_in(self.request))
        return rights.order_by("agent__last_name", "agent__first_name", "-starts_date")

    def table_kwargs(self) -> dict[str, object]:
        """Nobody is offered what they may not do."""
        return {} if guards.manages(signed_in(self.request)) else {"exclude": ("actions",)}

    def extra_context(self) -> dict[str, object]:
        """For the buttons."""
        return {"manages": bool(guards.manages(signed_in(self.request)))}


@fresh_second_factor
def grant(request: HttpRequest) -> HttpResponse:
    """Give one right."""
    user = signed_in(request)
    authz.require(guards.manages(user))
    initial = {"starts_date": clock.today(), "agent": request.GET.get("agent", "")}
    form = GrantForm(request.POST or None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.grant_right(
                actor=user,
                agent=data["agent"],
                computer=data["computer"],
                starts_date=data["starts_date"],
                ends_date=data["ends_date"],
                reason=data["reason"],
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error("starts_date", str(problem.message))
        else:
            messages.success(request, _("%(agent)s peut ouvrir %(computer)s.") % data)
            return redirect("remote_desktop_staff:rights")
    return render(request, "remote_desktop/staff/grant.html", {"form": form})


@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """Agents whose name begins like this, for the form's list."""
    user = signed_in(request)
    authz.require(guards.manages(user))
    asked = request.GET.get("agent", "")[:100]
    seen = within(perimeter(user, *STAFF_ROLES))
    words = asked.replace("@", " ").replace(".", " ")
    agents = Agent.objects.filter(seen, is_active=True).select_related("entity")
    found = search_agents(agents, words)[:SUGGESTIONS] if len(asked) > 1 else []
    return render(request, "remote_desktop/staff/suggestions.html", {"agents": found})


@fresh_second_factor
def grant_many(request: HttpRequest) -> HttpResponse:
    """Give many rights: first what would happen, then the deed."""
    user = signed_in(request)
    authz.require(guards.manages(user))
    form = GrantManyForm(request.POST or None, user=user, initial={"starts_date": clock.today()})
    if request.method != "POST" or not form.is_valid():
        return render(request, "remote_desktop/staff/grant_many.html", {"form": form})
    data = form.cleaned_data
    agents = list(data["agents"])
    if request.POST.get("confirmed") != "1" or request.POST.get("expected") != str(len(agents)):
        return _ask(request, agents, data)
    done = services.grant_to_many(
        actor=user,
        agents=agents,
        starts_date=data["starts_date"],
        ends_date=data["ends_date"],
        reason=data["reason"],
        now=clock.now(),
    )
    _tell(request, done)
    return redirect("remote_desktop_staff:rights")


def _ask(request: HttpRequest, agents: list[Agent], data: dict[str, Any]) -> HttpResponse:
    names = ("entity", "addresses", "starts_date", "ends_date", "reason")
    context = {
        "question": ngettext(
            "Donner un droit d’accès à distance à %(n)d agent\u202f?",
            "Donner un droit d’accès à distance à %(n)d agents\u202f?",
            len(agents),
        )
        % {"n": len(agents)},
        "consequence": _(
            "Chacun pourra ouvrir les ordinateurs qui lui sont affectés, et eux seuls."
            " Qui a déjà ce droit le garde tel quel."
        ),
        "names": [str(each) for each in agents[:10]],
        "more": max(len(agents) - 10, 0),
        "yes": _("Donner les droits"),
        "back_url": reverse("remote_desktop_staff:grant_many"),
        "hidden": [("expected", str(len(agents))), *((name, request.POST.get(name, "")) for name in names)],
    }
    return render(request, "ui/confirm.html", context)


def _tell(request: HttpRequest, done: services.BulkGrant) -> None:
    count = len(done.granted)
    text = ngettext("%(n)d droit donné.", "%(n)d droits donnés.", count) % {"n": count}
    if done.already:
        already = len(done.already)
        text += " " + ngettext("%(n)d l’avait déjà.", "%(n)d l’avaient déjà.", already) % {"n": already}
    messages.success(request, text)
    without = [str(agent) for agent, why in done.skipped if why == "no_computer"]
    if without:
        text = ngettext(
            "%(n)d agent n’a pas d’ordinateur affecté", "%(n)d agents n’ont pas d’ordinateur affecté", len(without)
        )
        shown = ", ".join(without[:10]) + ("…" if len(without) > 10 else "")
        text %= {"n": len(without)}
        messages.warning(request, _("%(text)s\u202f: %(names)s.") % {"text": text, "names": shown})
    others = [str(agent) for agent, why in done.skipped if why != "no_computer"]
    if others:
        messages.warning(
            request, _("Sans droit, à voir un par un\u202f: %(names)s.") % {"names": ", ".join(others[:10])}
        )


def revoke(request: HttpRequest, right_id: int) -> HttpResponseBase:
    """Ask, then take the right back."""
    user = signed_in(request)
    right = one(queries.rights_visible_to(user), right_id)
    authz.require(permissions.can_revoke_right(user, right))
    if request.method == "POST":
        services.revoke_right(actor=user, right=right, now=clock.now())
        messages.success(request, _("Le droit est retiré."))
        return redirect("remote_desktop_staff:rights")
    context = {
        "question": _("Retirer à %(agent)s le droit d’ouvrir %(computer)s\u202f?")
        % {"agent": right.agent, "computer": right.computer},
        "consequence": _("Si son écran est ouvert, il se ferme dans les secondes qui viennent."),
        "yes": _("Retirer le droit"),
        "danger": True,
        "back_url": reverse("remote_desktop_staff:rights"),
    }
    return render(request, "ui/confirm.html", context)
