"""« Règles du télétravail »: what entities ask, what jobs allow, what would be said to whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.forms import entities_where
from parvis.portal.directory.models import Role
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.telework import queries, rules, setting_queries, team_permissions
from parvis.portal.telework.models import JobRule, MostLevel, Policy
from parvis.portal.telework.services import settings as services
from parvis.portal.telework.team_forms import JobForm, PolicyForm, TryForm
from parvis.portal.ui.listing import ListingTable, ListingView

SHOWN = 200


@require_safe
def rules_page(request: HttpRequest) -> HttpResponse:
    """What each entity of the perimeter asks; « ce qui s’appliquerait à… »."""
    user = signed_in(request)
    authz.require(team_permissions.can_watch(user))
    every = queries.all_policies()
    entities = setting_queries.entities_of(user)
    form = TryForm(request.GET if "job_title" in request.GET else None, entities=entities)
    answer = setting_queries.answer_for(**form.cleaned_data) if form.is_valid() else None
    top = entities.first()
    context = {
        "policies": [
            (row, rules.inherited(row.entity.path, every), bool(team_permissions.can_set(user, row.entity)))
            for row in setting_queries.policies_of(user)[:SHOWN]
        ],
        "top": top,
        "usual": rules.inherited(top.path, every) if top is not None else rules.DEFAULT_POLICY,
        "entities": entities_where(user, Role.HEAD_OF_IT),
        "form": form,
        "answer": answer,
        "answer_level": MostLevel(answer.level).label if answer is not None else "",
    }
    return render(request, "telework/rules.html", context)


@require_safe
def choose_entity(request: HttpRequest) -> HttpResponse:
    """From the menu of entities to the rules of one."""
    entities = setting_queries.entities_of(signed_in(request))
    return redirect("telework_staff:policy", entity_id=one(entities, request.GET.get("entity")).pk)


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, entity_id: int) -> HttpResponse:
    """What an entity asks."""
    user = signed_in(request)
    entity = one(setting_queries.entities_of(user), entity_id)
    authz.require(team_permissions.can_set(user, entity))
    current = Policy.objects.filter(entity=entity).first()
    form = PolicyForm(request.POST or None, initial=PolicyForm.initial_of(current))
    if request.method == "POST" and form.is_valid():
        services.save_policy(actor=user, entity=entity, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Les règles de %(entity)s sont enregistrées.") % {"entity": entity})
        return redirect("telework_staff:rules")
    title = _("Règles de %(entity)s") % {"entity": entity}
    return _form_page(request, title, form, reverse("telework_staff:rules"))


class JobTable(ListingTable):
    """One rule a row."""

    words = tables.Column(verbose_name=gettext_lazy("Mots de la fonction"))
    entity = tables.Column(order_by=("entity__path",), verbose_name=gettext_lazy("Entité"))
    level = tables.Column(verbose_name=gettext_lazy("Permet au plus"))
    reason = tables.Column(verbose_name=gettext_lazy("Pourquoi"), default="—")
    agents = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Agents concernés"))
    change = tables.TemplateColumn(
        template_name="telework/job_links.html",
        orderable=False,
        exclude_from_export=True,
        verbose_name=gettext_lazy("Modifier"),
    )

    class Meta(ListingTable.Meta):
        model = JobRule
        fields = ("words", "entity", "level", "reason", "agents", "change")

    def __init__(self, *args: Any, counted: Counter[int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counted = counted or Counter()

    def render_agents(self, record: JobRule) -> int:
        """Agents in post of the perimeter for whom this rule decides."""
        return self.counted[record.pk]

    def value_agents(self, record: JobRule) -> int:
        """The same."""
        return self.counted[record.pk]


class Jobs(ListingView):
    """The jobs that allow less, or more, than others."""

    table_class = JobTable
    template_name = "telework/jobs.html"
    title = gettext_lazy("Métiers et télétravail")
    lead = gettext_lazy("Ce que permettent les métiers que les règles citent\u202f; les autres suivent leur entité.")
    search_fields = ("words", "reason", "entity__name")
    export_name = "metiers-du-teletravail"
    empty_icon = "tool"
    empty_title = gettext_lazy("Aucun métier cité")
    empty_text = gettext_lazy("Tous les métiers suivent la règle de leur entité.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return team_permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[JobRule]:
        """Those of the perimeter."""
        return setting_queries.jobs_of(signed_in(self.request))

    def table_kwargs(self) -> dict[str, object]:
        """Whom each rule is about; who may change none gets no link."""
        user = signed_in(self.request)
        kept = () if team_permissions.can_set(user) else ("change",)
        return {"counted": setting_queries.agents_by_rule(user), "exclude": kept}

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add one."""
        return {"writes": bool(team_permissions.can_set(signed_in(self.request)))}


@require_http_methods(["GET", "HEAD", "POST"])
def create_job(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    authz.require(team_permissions.can_set(signed_in(request)))
    return _job_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Change a rule."""
    user = signed_in(request)
    found = one(setting_queries.jobs_of(user), job_id)
    authz.require(team_permissions.can_set(user, found.entity))
    return _job_form(request, found)


def _job_form(request: HttpRequest, current: JobRule | None) -> HttpResponse:
    user = signed_in(request)
    entities = entities_where(user, Role.HEAD_OF_IT)
    form = JobForm(request.POST or None, entities=entities, initial=JobForm.initial_of(current))
    if request.method == "POST" and form.is_valid():
        try:
            services.save_job(actor=user, job=current, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La règle est enregistrée. Les demandes déjà accordées ne changent pas."))
            return redirect("telework_staff:jobs")
    title = _("Modifier la règle d’un métier") if current else _("Ajouter un métier")
    return _form_page(request, title, form, reverse("telework_staff:jobs"))


@require_http_methods(["GET", "HEAD", "POST"])
def delete_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask, then take away."""
    user = signed_in(request)
    found = one(setting_queries.jobs_of(user), job_id)
    authz.require(team_permissions.can_set(user, found.entity))
    if request.method == "POST":
        services.delete_job(actor=user, job=found, now=clock.now())
        messages.success(request, _("La règle est retirée."))
        return redirect("telework_staff:jobs")
    context = {
        "question": _("Retirer la règle «\u202f%(words)s\u202f»\u202f?") % {"words": found.words},
        "consequence": _("Ces métiers suivent de nouveau la règle de leur entité. Les demandes accordées restent."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("telework_staff:jobs"),
    }
    return render(request, "ui/confirm.html", context)


def _form_page(request: HttpRequest, title: str, form: Any, back: str) -> HttpResponse:
    return render(request, "telework/rules_form.html", {"title": title, "form": form, "back_url": back})
