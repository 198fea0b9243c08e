"""Supplied computers: the list of the IT team, and what its page of a computer does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import queries as parc
from parvis.portal.trust import permissions, proofs, queries
from parvis.portal.trust.forms import AgentChoice, EnrolForm, StandingForm
from parvis.portal.trust.models import SuppliedDevice
from parvis.portal.trust.services import devices as services
from parvis.portal.trust.tables import EXPIRY_IS_NEAR, DeviceFilter, DeviceTable
from parvis.portal.ui.listing import BulkAction, ListingView


def _revoke_many(request: HttpRequest, rows: QuerySet[SuppliedDevice], *, standing: str) -> str:
    user, now = signed_in(request), clock.now()
    done = sum(services.revoke(actor=user, device=each, standing=standing, now=now) for each in rows)
    return ngettext("%(n)d poste n’est plus reconnu.", "%(n)d postes ne sont plus reconnus.", done) % {"n": done}


class DeviceList(ListingView):
    """Supplied computers of the perimeter."""

    table_class, filterset_class = DeviceTable, DeviceFilter
    template_name = "trust/devices.html"
    title = gettext_lazy("Postes fournis")
    lead = gettext_lazy("Les ordinateurs de la collectivité qui prouvent leur identité à la connexion.")
    search_fields = ("computer__name", "credentials__subject")
    search_folded_fields = ("agents__search",)
    search_label = gettext_lazy("Ordinateur, agent ou certificat")
    export_name = "postes-fournis"
    empty_icon = "shield-check"
    empty_title = gettext_lazy("Aucun poste fourni enregistré")
    empty_text = gettext_lazy("Ouvrez la page d’un ordinateur, puis «\u202fPoste fourni\u202f».")
    bulk_actions = (
        BulkAction(
            name="revoke",
            label=gettext_lazy("Ne plus reconnaître"),
            icon="shield-x",
            run=_revoke_many,
            question=gettext_lazy("Ne plus reconnaître ces postes\u202f?"),
            consequence=gettext_lazy(
                "Les connexions ouvertes depuis ces postes se ferment tout de suite, leurs écrans à distance aussi."
            ),
            danger=True,
            allowed=is_staff,
            form_class=StandingForm,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[SuppliedDevice]:
        """Those of the perimeter."""
        return queries.devices_visible_to(signed_in(self.request)).distinct()

    def extra_context(self) -> dict[str, object]:
        """How many certificates expire soon."""
        mine = queries.devices_visible_to(signed_in(self.request))
        return {"expiring": queries.expiring(mine, clock.now() + EXPIRY_IS_NEAR).count()}


@never_cache
@require_POST
@fresh_second_factor
def make_code(request: HttpRequest, computer_id: int) -> HttpResponse:
    """A code for an agent of the computer, shown once."""
    user = signed_in(request)
    computer = one(parc.computers_visible_to(user), computer_id)
    authz.require(permissions.can_enrol(user, computer))
    form = AgentChoice(request.POST, agents=parc.agents_of(computer))
    if not form.is_valid():
        messages.error(request, _("Choisissez un agent qui travaille sur cet ordinateur."))
        return redirect("parc:computer", computer_id=computer.pk)
    agent = form.cleaned_data["agent"]
    code = services.make_code(actor=user, computer=computer, agent=agent, now=clock.now())
    context = {"code": f"{code[:4]} {code[4:]}", "computer": computer, "agent": agent}
    return render(request, "trust/code.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def enrol(request: HttpRequest, computer_id: int) -> HttpResponse:
    """A computer's certificate: the one this very computer shows, or a pasted one."""
    user, now = signed_in(request), clock.now()
    computer = one(parc.computers_visible_to(user), computer_id)
    authz.require(permissions.can_enrol(user, computer))
    shown = proofs.certificate_of(request, now)
    agents = parc.agents_of(computer)
    form = EnrolForm(request.POST or None, agents=agents, shown=shown)
    back_url = reverse("parc:computer", args=[computer.pk])
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.enrol(
                actor=user, computer=computer, agents=list(data["agents"]), certificate=data["proof"], now=now
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("%(computer)s est un poste fourni reconnu.") % {"computer": computer})
            return redirect(back_url)
    context = {"form": form, "computer": computer, "shown": shown, "has_agents": agents.exists(), "back_url": back_url}
    return render(request, "trust/enrol_computer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, device_id: int) -> HttpResponse:
    """Ask what happened, then trust it no more."""
    user = signed_in(request)
    device = one(queries.devices_visible_to(user), device_id)
    authz.require(permissions.can_revoke(user, device))
    form = StandingForm(request.POST or None)
    if form.is_valid():
        services.revoke(actor=user, device=device, standing=form.cleaned_data["standing"], now=clock.now())
        messages.success(request, _("%(device)s n’est plus reconnu.") % {"device": device})
        return redirect("parc:computer", computer_id=device.computer_id)
    context: dict[str, Any] = {
        "question": _("Ne plus reconnaître %(device)s\u202f?") % {"device": device},
        "consequence": _(
            "Les connexions ouvertes depuis ce poste se ferment tout de suite, les écrans à distance aussi."
        ),
        "yes": _("Ne plus reconnaître"),
        "danger": True,
        "form": form,
        "back_url": reverse("parc:computer", args=[device.computer_id]),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_agent(request: HttpRequest, device_id: int, agent_id: int) -> HttpResponse:
    """Ask, then the computer is this agent's no more."""
    user = signed_in(request)
    device = one(queries.devices_visible_to(user), device_id)
    agent = one(device.agents.all(), agent_id)
    authz.require(permissions.can_revoke(user, device))
    back_url = reverse("parc:computer", args=[device.computer_id])
    if request.method == "POST":
        services.remove_agent(actor=user, device=device, agent=agent, now=clock.now())
        messages.success(
            request, _("%(device)s n’est plus reconnu pour %(agent)s.") % {"device": device, "agent": agent}
        )
        return redirect(back_url)
    context = {
        "question": _("Ne plus reconnaître %(device)s pour %(agent)s\u202f?") % {"device": device, "agent": agent},
        "consequence": _("Ses connexions ouvertes depuis ce poste se ferment tout de suite."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": back_url,
    }
    return render(request, "ui/confirm.html", context)
