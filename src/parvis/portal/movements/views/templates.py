"""The steps that come by themselves."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.movements import permissions, queries
from parvis.portal.movements.filters import TemplateFilter
from parvis.portal.movements.forms import CommonForm, TemplateForm
from parvis.portal.movements.models import StepTemplate
from parvis.portal.movements.services import templates
from parvis.portal.movements.tables import TemplateTable
from parvis.portal.ui.listing import ListingView


class Templates(ListingView):
    """Those of the IT team's entities."""

    table_class = TemplateTable
    filterset_class = TemplateFilter
    template_name = "movements/templates.html"
    title = gettext_lazy("Étapes types")
    lead = gettext_lazy("Ce que chaque arrivée, changement de service ou départ demande, selon le service.")
    search_fields = ("title",)
    search_label = gettext_lazy("Étape")
    export_name = "etapes-types"
    empty_icon = "list-check"
    empty_title = gettext_lazy("Aucune étape type")
    empty_text = gettext_lazy(
        "Ordinateurs, compte, rôles et droits viennent d’eux-mêmes. Ajoutez ce qui est propre à vos services\u202f:"
        " badge, formation, clés…"
    )

    def authorize(self) -> authz.Decision:
        """The IT team."""
        return permissions.can_edit_templates(signed_in(self.request))

    def get_queryset(self) -> QuerySet[StepTemplate]:
        """By kind of movement."""
        return queries.templates_visible_to(signed_in(self.request)).order_by("movement_kind", "kind", "days")


def create(request: HttpRequest) -> HttpResponse:
    """One more."""
    return _save(request, None)


def edit(request: HttpRequest, template_id: int) -> HttpResponse:
    """Change one."""
    return _save(request, one(queries.templates_visible_to(signed_in(request)), template_id))


def _save(request: HttpRequest, template: StepTemplate | None) -> HttpResponse:
    user = signed_in(request)
    authz.require(permissions.can_edit_templates(user, template.entity if template else None))
    form = TemplateForm(request.POST or None, user=user, instance=template)
    if request.method == "POST" and form.is_valid():
        kept = StepTemplate.objects.select_related("entity").get(pk=template.pk) if template else None
        try:
            templates.save_template(actor=user, now=clock.now(), template=kept, **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("L’étape type est enregistrée. Elle vaut pour les prochains mouvements."))
            return redirect("movements:templates")
    context = {
        "form": form,
        "template": template,
        "heading": _("Modifier l’étape type") if template else _("Ajouter une étape type"),
        "send": _("Enregistrer"),
        "back": _("Étapes types"),
        "back_url": reverse("movements:templates"),
    }
    return render(request, "movements/template_form.html", context)


def delete(request: HttpRequest, template_id: int) -> HttpResponse:
    """Ask, then delete."""
    user = signed_in(request)
    template = one(queries.templates_visible_to(user), template_id)
    authz.require(permissions.can_edit_templates(user, template.entity))
    if request.method == "POST":
        templates.delete_template(actor=user, template=template, now=clock.now())
        messages.success(request, _("L’étape type est supprimée."))
        return redirect("movements:templates")
    context = {
        "question": _("Supprimer l’étape type «\u202f%(name)s\u202f»\u202f?") % {"name": template},
        "consequence": _("Les mouvements en cours la gardent\u202f; les prochains ne l’auront plus."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("movements:templates"),
    }
    return render(request, "ui/confirm.html", context)


def common(request: HttpRequest) -> HttpResponse:
    """Add the usual ones to an entity."""
    user = signed_in(request)
    authz.require(permissions.can_edit_templates(user))
    form = CommonForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        count = templates.add_common(actor=user, entity=form.cleaned_data["entity"], now=clock.now())
        said = ngettext("%(n)d étape type ajoutée.", "%(n)d étapes types ajoutées.", count) % {"n": count}
        messages.success(request, said)
        return redirect("movements:templates")
    context = {
        "form": form,
        "heading": _("Ajouter les étapes courantes"),
        "lead": ", ".join(dict.fromkeys(str(title) for _kind, _part, title, _role, _days in templates.COMMON)) + ".",
        "send": _("Ajouter"),
        "back": _("Étapes types"),
        "back_url": reverse("movements:templates"),
    }
    return render(request, "movements/form.html", context)
