"""Sources: the list, one source, its settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.sources import permissions, queries, wording
from parvis.portal.sources.forms import SourceForm, UploadForm
from parvis.portal.sources.models import Merge, Source
from parvis.portal.sources.readers import KINDS, load
from parvis.portal.sources.services import setup
from parvis.portal.sources.tables import SourceTable, state_of, when_next
from parvis.portal.ui.listing import ListingView

RUNS_SHOWN = 20


class SourceList(ListingView):
    """The sources of the perimeter."""

    table_class = SourceTable
    template_name = "sources/sources.html"
    title = gettext_lazy("Sources de l’annuaire")
    lead = gettext_lazy("D’où viennent les agents, et ce que les dernières lectures ont changé.")
    search_fields = ("name", "root__name")
    export_name = "sources"
    empty_icon = "database"
    empty_title = gettext_lazy("Aucune source pour le moment")
    empty_text = gettext_lazy(
        "Reliez votre annuaire LDAP ou Active Directory, ou déposez un fichier de la paie\u202f: "
        "les agents arrivent d’eux-mêmes, et vous gardez la main sur chaque départ."
    )

    def authorize(self) -> authz.Decision:
        """IT team and auditors."""
        return permissions.can_see_sources(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Source]:
        """The one that speaks first at the top."""
        return queries.with_last_run(queries.sources_visible_to(signed_in(self.request)))

    def extra_context(self) -> dict[str, object]:
        """Whether the user sets sources up, and how many merges wait."""
        user = signed_in(self.request)
        waiting = queries.merges_visible_to(user).filter(state=Merge.State.OPEN).count()
        return {"may_create": bool(permissions.can_manage_somewhere(user)), "merges_waiting": waiting}


def detail(request: HttpRequest, source_id: int) -> HttpResponse:
    """One source: its state, its runs, what it may be asked."""
    user = signed_in(request)
    authz.require(permissions.can_see_sources(user))
    source = one(queries.with_last_run(queries.sources_visible_to(user)), source_id)
    runs = source.runs.select_related("started_by")[:RUNS_SHOWN]
    return render(
        request,
        "sources/source.html",
        {
            "source": source,
            "may_manage": bool(permissions.can_manage(user, source.root)),
            "runs": [(run, state_of(run.state), wording.run_problem(run)) for run in runs],
            "busy": queries.busy(source),
            "waiting": source.runs.filter(state__in=("planned", "waiting")).first(),
            "next": when_next(source),
            "is_file": source.kind == Source.Kind.FILE,
            "is_ldap": source.kind == Source.Kind.LDAP,
            "upload_form": UploadForm(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def create(request: HttpRequest) -> HttpResponse:
    """Without a kind: the choice. With one: its form."""
    user = signed_in(request)
    authz.require(permissions.can_manage_somewhere(user))
    kind = request.GET.get("type", "")
    if kind not in KINDS:
        return render(request, "sources/choose_kind.html", {"kinds": Source.Kind})
    source = Source(kind=kind)
    form, own = _forms(request, user, source, kind)
    if form.is_valid() and (own is None or own.is_valid()):
        try:
            source = setup.create_source(
                actor=user, now=clock.now(), kind=kind, settings=_settings({}, own), **form.facts
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La source «\u202f%(source)s\u202f» est ajoutée.") % {"source": source})
            return redirect("sources:source", source.pk)
    return _form_page(request, form, own, source, reverse("sources:sources"))


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def change(request: HttpRequest, source_id: int) -> HttpResponse:
    """Change its settings, with a fresh second factor: whoever does decides who comes and goes."""
    user, source = managed(request, source_id)
    form, own = _forms(request, user, source, source.kind, SourceForm.initial_of(source))
    if form.is_valid() and (own is None or own.is_valid()):
        facts = {**form.facts, "settings": _settings(source.settings, own)}
        try:
            setup.change_source(actor=user, source=source, now=clock.now(), **facts)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les réglages sont enregistrés."))
            return redirect("sources:source", source.pk)
    return _form_page(request, form, own, source, reverse("sources:source", args=[source.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def delete(request: HttpRequest, source_id: int) -> HttpResponse:
    """Ask, then forget it."""
    user, source = managed(request, source_id)
    if request.method == "POST" and request.POST.get("confirmed") == "1":
        try:
            setup.delete_source(actor=user, source=source, now=clock.now())
        except Conflict as problem:
            messages.error(request, str(problem.message))
            return redirect("sources:source", source_id)
        messages.success(request, _("La source «\u202f%(source)s\u202f» est supprimée.") % {"source": source})
        return redirect("sources:sources")
    context = {
        "question": _("Supprimer la source «\u202f%(source)s\u202f»\u202f?") % {"source": source},
        "consequence": _(
            "Ses agents restent dans l’annuaire, mais plus rien ne les met à jour. L’historique disparaît."
        ),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("sources:source", args=[source.pk]),
    }
    return render(request, "ui/confirm.html", context)


def managed(request: HttpRequest, source_id: int) -> tuple[Any, Source]:
    """The user, and a source they set up.

    Raises:
        NotFound: outside their perimeter.
        NotAllowed: they only see it.
    """
    user = signed_in(request)
    if not permissions.can_see_sources(user):
        raise NotFound
    source = one(queries.sources_visible_to(user), source_id)
    authz.require(permissions.can_manage(user, source.root))
    return user, source


def _forms(
    request: HttpRequest, user: Any, source: Source, kind: str, initial: dict[str, object] | None = None
) -> tuple[SourceForm, Any]:
    there = source if source.pk else None
    form = SourceForm(request.POST or None, user=user, kind=kind, source=there, initial=initial)
    own = load(KINDS[kind].form)(request.POST or None, source=source) if KINDS[kind].form else None
    return form, own


def _settings(kept: dict[str, Any], own: Any) -> dict[str, Any]:
    settings = dict(kept)
    if own is not None:
        own.store(settings)
    return settings


def _form_page(request: HttpRequest, form: SourceForm, own: Any, source: Source, back: str) -> HttpResponse:
    context = {"form": form, "own": own, "source": source, "back_url": back}
    return render(request, "sources/source_form.html", context, status=422 if form.is_bound else 200)
