"""Connections to GLPI: their list, one of them, its settings, its test, its entities, and a reading."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import require_fresh
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.imports import permissions, queries
from parvis.portal.imports.forms import ConnectionForm, EntitiesForm
from parvis.portal.imports.glpi.transport import GlpiFailed
from parvis.portal.imports.glpi.wording import ITEM_TYPES, PROBLEMS
from parvis.portal.imports.models import Connection, Run
from parvis.portal.imports.services import connections, runs
from parvis.portal.imports.tables import RunTable
from parvis.portal.imports.tables import state_of as run_state
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.ui.listing import ListingTable, ListingView

RUNS_SHOWN = 10
TESTS_A_MINUTE = 10
"""Of one person: what a test says of an address must not make it a tool to explore the network."""


class ConnectionTable(ListingTable):
    """One GLPI a row."""

    name = tables.Column(
        verbose_name=gettext_lazy("Nom"), linkify=("imports:connection", {"connection_id": tables.A("pk")})
    )
    url = tables.Column(verbose_name=gettext_lazy("Adresse"))
    root = tables.Column(verbose_name=gettext_lazy("Collectivité"), order_by=("root__name",))

    class Meta(ListingTable.Meta):
        model = Connection
        fields: ClassVar[tuple[str, ...]] = ("name", "url", "root")


class ConnectionList(ListingView):
    """The GLPI connections of the user's perimeter."""

    table_class = ConnectionTable
    template_name = "imports/connections.html"
    title = gettext_lazy("Connexions à GLPI")
    lead = gettext_lazy("Parvis lit GLPI par son API\u202f; il n’y écrit jamais.")
    search_fields = ("name", "url")
    empty_icon = "database"
    empty_title = gettext_lazy("Aucune connexion")
    empty_text = gettext_lazy("Reliez votre GLPI pour reprendre son parc, autant de fois qu’il le faudra.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return permissions.can_see(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Connection]:
        """By name."""
        return queries.connections_visible_to(signed_in(self.request))

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add one."""
        return {"may_connect": bool(permissions.can_connect_somewhere(signed_in(self.request)))}


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new connection; its tokens want a fresh second factor."""
    user = signed_in(request)
    authz.require(permissions.can_connect_somewhere(user))
    return _form(request, user, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Another address, other tokens."""
    user, connection = _ask(request, connection_id)
    authz.require(permissions.can_connect(user, connection.root))
    return _form(request, user, connection)


def _form(request: HttpRequest, user: User, connection: Connection | None) -> HttpResponse:
    require_fresh(request)
    form = ConnectionForm(request.POST or None, user=user, connection=connection)
    if form.is_valid():
        said = form.cleaned_data
        root: Entity = connection.root if connection else said["root"]
        data = connections.ConnectionData(
            name=said["name"], url=said["url"], app_token=said["app_token"], user_token=said["user_token"],
            item_types=said["item_types"],
        )  # fmt: skip
        try:
            saved = connections.save(actor=user, connection=connection, root=root, data=data, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La connexion est enregistrée. Essayez-la avant de lire GLPI."))
            return redirect("imports:connection", saved.pk)
    back = reverse("imports:connection", args=[connection.pk]) if connection else reverse("imports:connections")
    context = {"form": form, "connection": connection, "back_url": back}
    return render(request, "imports/connection_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection; posted: which entities are which."""
    user, connection = _ask(request, connection_id)
    may_import = bool(permissions.can_import(user, connection.root))
    form = EntitiesForm(request.POST or None, connection=connection)
    if request.method == "POST":
        authz.require(permissions.can_import(user, connection.root))
        if form.is_valid():
            connections.say_entities(actor=user, connection=connection, entities=form.said, now=clock.now())
            messages.success(request, _("Les correspondances sont enregistrées."))
            return redirect("imports:connection", connection.pk)
    recent = queries.runs_visible_to(user).filter(connection=connection)[:RUNS_SHOWN]
    context = {
        "connection": connection,
        "types": [ITEM_TYPES[each] for each in connection.item_types if each in ITEM_TYPES],
        "problem": PROBLEMS.get(connection.problem, "") if connection.problem else "",
        "form": form,
        "runs": [(run, run_state(run.state), RunTable.value_counts(RunTable([]), run)) for run in recent],
        "busy": Run.objects.filter(root=connection.root, state__in=Run.BUSY).first(),
        "may_import": may_import,
        "may_connect": bool(permissions.can_connect(user, connection.root)),
    }
    return render(request, "imports/connection.html", context, status=422 if form.is_bound else 200)


@require_POST
def test(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Enter GLPI, count what is there, leave."""
    user, connection = _ask(request, connection_id)
    authz.require(permissions.can_import(user, connection.root))
    throttle.hit("glpi-test", str(user.pk), limit=TESTS_A_MINUTE, seconds=60)
    try:
        counts = connections.test(actor=user, connection=connection, now=clock.now())
    except GlpiFailed as problem:
        sentence = str(PROBLEMS.get(problem.code, PROBLEMS["glpi_error"]))
        messages.error(request, f"{sentence} ({problem.detail})" if problem.detail else sentence)
    else:
        told = ", ".join(f"{ITEM_TYPES[each]}\u202f: {count}" for each, count in counts.items())
        messages.success(request, _("GLPI répond. %(counts)s.") % {"counts": told})
    return redirect("imports:connection", connection.pk)


@require_POST
def start(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Have it read; nothing is written."""
    user, connection = _ask(request, connection_id)
    authz.require(permissions.can_import(user, connection.root))
    throttle.hit("glpi-test", str(user.pk), limit=TESTS_A_MINUTE, seconds=60)
    try:
        run = runs.start_glpi(actor=user, connection=connection, now=clock.now())
    except Conflict as problem:
        messages.error(request, f"{problem.message} {problem.advice}".strip())
        return redirect("imports:connection", connection.pk)
    return redirect("imports:run", run.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Forget it, asked once more."""
    user, connection = _ask(request, connection_id)
    authz.require(permissions.can_connect(user, connection.root))
    if request.POST.get("confirmed") == "1":
        connections.delete(actor=user, connection=connection, now=clock.now())
        messages.success(request, _("La connexion est supprimée\u202f; ce qu’elle a apporté reste."))
        return redirect("imports:connections")
    context = {
        "question": _("Supprimer la connexion «\u202f%(name)s\u202f»\u202f?") % {"name": connection.name},
        "consequence": _("Ses jetons sont oubliés. Les matériels repris restent dans le parc."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("imports:connection", args=[connection.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _ask(request: HttpRequest, connection_id: int) -> tuple[User, Connection]:
    user = signed_in(request)
    return user, one(queries.connections_visible_to(user), connection_id)
