"""The IT team's pages about services and their states."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from parvis.portal.home import permissions, queries, tables
from parvis.portal.home.forms import ServiceForm, StateForm
from parvis.portal.home.models import Service
from parvis.portal.home.services import states as services
from parvis.portal.home.services.published import require_somewhere
from parvis.portal.home.views.asked import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.ui.listing import ListingView

HISTORY_SHOWN = 50


class ServiceList(ListingView):
    """The services of the perimeter."""

    table_class = tables.ServiceTable
    filterset_class = tables.ServiceFilter
    template_name = "home/manage/services.html"
    title = _("Services numériques")
    lead = _("Où chaque service est hébergé, qui en répond, et son état tel que les agents le voient.")
    search_fields = ("name", "provider", "owner")
    export_name = "services-numeriques"
    empty_icon = "server"
    empty_title = _("Aucun service pour le moment")
    empty_text = _("Ajoutez ceux dont vos agents dépendent\u202f: messagerie, finances, internet…")

    def authorize(self) -> authz.Decision:
        """The IT team."""
        return permissions.can_publish_somewhere(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Service]:
        """By name."""
        return queries.services_managed_by(signed_in(self.request)).order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, service_id: int) -> HttpResponse:
    """A service, its states so far, and the form to tell another."""
    service = _service(request, service_id)
    form = StateForm(request.POST or None, initial={"state": service.state, "message": service.message})
    if form.is_valid():
        services.tell_state(
            actor=signed_in(request), service=service, now=clock.now(),
            state=form.cleaned_data["state"], message=form.cleaned_data["message"],
        )  # fmt: skip
        messages.success(request, gettext("L’état est enregistré, les agents le voient."))
        return redirect("home:service", service.pk)
    context = {
        "service": service,
        "form": form,
        "history": service.history.select_related("told_by")[:HISTORY_SHOWN],
        "tiles": service.tiles.order_by("title")[:50],
    }
    return render(request, "home/manage/service.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new service."""
    user = signed_in(request)
    require_somewhere(user)
    form = ServiceForm(request.POST or None, user=user, initial={"entity": queries.entities_managed_by(user).first()})
    if form.is_valid():
        try:
            service = services.create_service(actor=user, content=form.content, now=clock.now())
        except (Invalid, Conflict) as error:
            form.refuse(error)
        else:
            messages.success(
                request, gettext("Le service «\u202f%(service)s\u202f» est ajouté.") % {"service": service}
            )
            return redirect("home:service", service.pk)
    context = {"form": form, "service": None}
    return render(request, "home/manage/service_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, service_id: int) -> HttpResponse:
    """Change what is known of a service."""
    user, service = signed_in(request), _service(request, service_id)
    form = ServiceForm(request.POST or None, user=user, initial=ServiceForm.initial_of(service))
    if form.is_valid():
        try:
            services.change_service(actor=user, service=service, content=form.content, now=clock.now())
        except (Invalid, Conflict) as error:
            form.refuse(error)
        else:
            messages.success(
                request, gettext("Le service «\u202f%(service)s\u202f» est enregistré.") % {"service": service}
            )
            return redirect("home:service", service.pk)
    context = {"form": form, "service": service}
    return render(request, "home/manage/service_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, service_id: int) -> HttpResponse:
    """Ask, then delete."""
    service = _service(request, service_id)
    if request.method == "POST" and request.POST.get("confirmed") == "1":
        services.delete_service(actor=signed_in(request), service=service, now=clock.now())
        messages.success(request, gettext("Le service «\u202f%(service)s\u202f» est supprimé.") % {"service": service})
        return redirect("home:manage_services")
    context = {
        "question": gettext("Supprimer le service «\u202f%(service)s\u202f»\u202f?") % {"service": service},
        "consequence": gettext("Son historique disparaît. Les tuiles qui y mènent restent."),
        "yes": gettext("Supprimer"),
        "danger": True,
        "back_url": reverse("home:service", args=[service.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _service(request: HttpRequest, service_id: int) -> Service:
    service = queries.services_managed_by(signed_in(request)).filter(pk=service_id).first()
    if service is None:
        raise NotFound
    return service
