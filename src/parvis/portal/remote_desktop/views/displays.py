"""For the IT team: how each computer's screen is reached, and its certificate."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import facts, permissions, queries, rules, services
from parvis.portal.remote_desktop.filters import DisplayFilter
from parvis.portal.remote_desktop.forms import DisplayForm, ManyDisplaysForm, chosen_values
from parvis.portal.remote_desktop.models import DisplaySettings
from parvis.portal.remote_desktop.tables import DisplayTable
from parvis.portal.remote_desktop.views import guards
from parvis.portal.ui.listing import BulkAction, ListingView


def _configure_many(request: HttpRequest, rows: QuerySet[Computer], **answers: Any) -> str:
    values = chosen_values(answers)
    count = services.configure_many(actor=signed_in(request), computers=rows, values=values, now=clock.now())
    return ngettext("%(n)d ordinateur réglé.", "%(n)d ordinateurs réglés.", count) % {"n": count}


class Displays(ListingView):
    """Every computer of the perimeter, a row each."""

    table_class = DisplayTable
    filterset_class = DisplayFilter
    title = gettext_lazy("Écrans des ordinateurs")
    lead = gettext_lazy("Comment l’écran de chaque ordinateur s’ouvre à distance.")
    search_fields = ("name",)
    search_label = gettext_lazy("Ordinateur")
    export_name = "ecrans"
    empty_icon = "device-desktop"
    empty_title = gettext_lazy("Aucun ordinateur dans votre périmètre")
    bulk_actions = (
        BulkAction(
            name="configure",
            label=gettext_lazy("Régler"),
            icon="settings",
            run=_configure_many,
            question=gettext_lazy("Régler ces écrans\u202f?"),
            consequence=gettext_lazy("Ce que vous laissez sur «\u202fNe pas changer\u202f» reste tel quel."),
            form_class=ManyDisplaysForm,
            allowed=lambda user: bool(guards.manages(user)),
        ),
    )

    def authorize(self) -> authz.Decision:
        """IT team and auditors."""
        return guards.watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Computer]:
        """By name."""
        return queries.displays_visible_to(signed_in(self.request)).order_by("name")


def display(request: HttpRequest, computer_id: int) -> HttpResponse:
    """One computer's settings: read by who watches, changed by the IT team."""
    user = signed_in(request)
    authz.require(guards.watches(user))
    computer = one(queries.displays_visible_to(user), computer_id)
    settings = facts.display_of(computer)
    editable = bool(permissions.can_manage_display(user, computer))
    sensitive = computer.kind in rules.SENSITIVE_KINDS and bool(permissions.can_open_sensitive(user, computer))
    form = DisplayForm(
        request.POST or None, instance=settings or DisplaySettings(computer=computer), sensitive=sensitive
    )
    if request.method == "POST":
        authz.require(permissions.can_manage_display(user, computer))
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in form.fields}
            fresh = one(queries.displays_visible_to(user), computer_id)  # the form has written on its instance
            try:
                services.configure_display(actor=user, computer=fresh, values=values, now=clock.now())
            except Invalid as problem:
                show_problems(form, problem)
            else:
                messages.success(request, _("Les réglages sont enregistrés."))
                return redirect("remote_desktop_staff:display", computer_id=computer.pk)
    context = {
        "computer": computer,
        "display": settings,
        "form": form,
        "editable": editable,
        "forbidden": computer.kind in rules.SENSITIVE_KINDS and not (settings and settings.sensitive_allowed),
    }
    return render(request, "remote_desktop/staff/display.html", context)


@require_POST
@fresh_second_factor
def accept_pin(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Trust the certificate that is shown on the page."""
    user, display = _with_settings(request, computer_id)
    try:
        services.accept_pin(
            actor=user, display=display, fingerprint=request.POST.get("fingerprint", ""), now=clock.now()
        )
    except Conflict:
        messages.warning(request, _("Un autre certificat a été présenté entre-temps\u202f: vérifiez-le à nouveau."))
    else:
        messages.success(request, _("Le nouveau certificat est accepté."))
    return redirect("remote_desktop_staff:display", computer_id=computer_id)


@require_POST
@fresh_second_factor
def forget_pin(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Before a reinstall: trust the next certificate."""
    user, display = _with_settings(request, computer_id)
    services.forget_pin(actor=user, display=display, now=clock.now())
    messages.success(request, _("Le certificat est oublié\u202f: le prochain présenté sera enregistré."))
    return redirect("remote_desktop_staff:display", computer_id=computer_id)


def _with_settings(request: HttpRequest, computer_id: int) -> Any:
    user = signed_in(request)
    authz.require(guards.watches(user))
    display = facts.display_of(one(queries.displays_visible_to(user), computer_id))
    if display is None:
        raise NotFound
    return user, display
