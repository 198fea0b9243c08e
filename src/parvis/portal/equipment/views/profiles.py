"""Profiles: the list, one with its conditions and lines, the tester, the choice by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff, search_agents
from parvis.portal.directory.rules import lineage
from parvis.portal.equipment import loading, permissions, queries
from parvis.portal.equipment.forms import MODELS_OFFERED, CriterionSet, LineSet, ProfileChoiceForm, ProfileForm
from parvis.portal.equipment.models import Profile
from parvis.portal.equipment.services import profiles as services
from parvis.portal.equipment.tables import ProfileTable
from parvis.portal.equipment.views.levels import slots_shown, why
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Asset, AssetModel
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.ui.listing import ListingView

AGENTS_SHOWN = 20


class ProfileList(ListingView):
    """The profiles of the perimeter, and those of entities above it."""

    table_class = ProfileTable
    template_name = "equipment/profiles.html"
    title = gettext_lazy("Profils d’équipement")
    lead = gettext_lazy("Ce qu’un agent doit avoir, selon sa fonction, son service, son droit au télétravail.")
    search_fields = ("name", "description")
    export_name = "profils"
    empty_icon = "list-check"
    empty_title = gettext_lazy("Aucun profil")
    empty_text = gettext_lazy("Créez-en un pour savoir qui a ce qu’il lui faut, et combien coûterait le reste.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Profile]:
        """In the order they are tried."""
        return queries.profiles_visible_to(signed_in(self.request)).order_by("-entity__path", "rank", "name")

    def extra_context(self) -> dict[str, object]:
        """For the button."""
        return {"manages": is_staff(signed_in(self.request))}


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new profile."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    entity = queries.entities_managed_by(user).first()
    return _edit(request, user, Profile(entity=entity), _("Nouveau profil"))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, profile_id: int) -> HttpResponse:
    """A profile: to change for its IT team, to read for others."""
    user = signed_in(request)
    profile = one(queries.profiles_visible_to(user), profile_id)
    if not permissions.can_manage(user, profile.entity):
        if request.method == "POST":
            authz.require(permissions.can_manage(user, profile.entity))
        return render(request, "equipment/profile.html", {"profile": profile})
    return _edit(request, user, profile, str(profile))


def _edit(request: HttpRequest, user: User, profile: Profile, title: str) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=profile, user=user)
    criteria, lines = _sets(request, user, profile)
    if request.method == "POST" and form.is_valid() and criteria.is_valid() and lines.is_valid():
        saved = profile if profile.pk else None
        try:
            done = services.save_profile(
                actor=user,
                entity=form.cleaned_data["entity"],
                data=form.data_with(criteria, lines),
                now=clock.now(),
                profile=saved,
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le profil «\u202f%(name)s\u202f» est enregistré.") % {"name": done})
            return redirect("equipment:profile", profile_id=done.pk)
    context = {"form": form, "criteria": criteria, "lines": lines, "profile": profile, "title": title}
    return render(request, "equipment/profile_form.html", context)


def _sets(request: HttpRequest, user: User, profile: Profile) -> tuple[BaseFormSet[Any], BaseFormSet[Any]]:
    told: list[dict[str, object]] = []
    granted: list[dict[str, object]] = []
    if profile.pk:
        told = [_criterion(each) for each in profile.criteria.all()]
        granted = [
            {
                "kind": each.kind,
                "label": each.label,
                "quantity": each.quantity,
                "unit_price": each.unit_price,
                "is_required": each.is_required,
                "shared_will_do": each.shared_will_do,
                "other_kind": next(iter(each.other_kinds), ""),
                "max_months": each.max_months,
                "accepted_models": [model.pk for model in each.accepted_models.all()],
            }
            for each in profile.entitlements.all()
        ]
    data = request.POST or None
    chosen = {pk for each in granted for pk in each["accepted_models"]}  # type: ignore[attr-defined]
    kwargs = {"user": user}
    return (
        CriterionSet(data, initial=told, prefix="criteria", form_kwargs=kwargs),
        LineSet(data, initial=granted, prefix="lines", form_kwargs={**kwargs, "models": _models(user, chosen)}),
    )


def _criterion(each: Any) -> dict[str, object]:
    silent = not each.words and each.department_id is None and each.telework == "any"
    return {
        "words": each.words, "department": each.department_id, "telework": each.telework, "everyone": silent,
    }  # fmt: skip


def _models(user: User, chosen: set[int]) -> list[tuple[int, str]]:
    """Models of the perimeter's assets, and those chosen already."""
    used = assets_visible_to(user).order_by().values("model")
    found = list(AssetModel.objects.filter(pk__in=used)[:MODELS_OFFERED])
    known = {model.pk for model in found}
    found += AssetModel.objects.filter(pk__in=chosen - known)
    return [(model.pk, f"{model} ({dict(Asset.Kind.choices).get(model.kind, '')})") for model in found]


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, profile_id: int) -> HttpResponse:
    """Ask, then take it away."""
    user = signed_in(request)
    profile = one(queries.profiles_visible_to(user), profile_id)
    authz.require(permissions.can_manage(user, profile.entity))
    if request.method == "POST":
        services.delete_profile(actor=user, profile=profile, now=clock.now())
        messages.success(request, _("Le profil est supprimé."))
        return redirect("equipment:profiles")
    context = {
        "question": _("Supprimer le profil «\u202f%(name)s\u202f»\u202f?") % {"name": profile},
        "consequence": _("Les agents qui l’ont prendront le profil suivant qui leur convient, ou aucun."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("equipment:profile", args=[profile.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_safe
def tester(request: HttpRequest) -> HttpResponse:
    """« Quel profil pour… »: everything is in the address, so that it can be sent to a colleague."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    agents = queries.agents_read_by(user)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    who = one(agents, request.GET["agent"]) if request.GET.get("agent") else None
    person = queries.person_of(who, clock.today()) if who is not None else None
    context: dict[str, object] = {
        "agent": who,
        "asked": asked,
        "found": list(search_agents(agents, asked)[:AGENTS_SHOWN]) if asked else [],
        "person": person,
    }
    if who is not None and person is not None:
        manages = bool(permissions.can_manage(user, who.entity))
        chosen = person.kit.id if person.kit is not None and person.criterion is None else None
        context |= {
            "profile": person.kit,
            "why": why(person),
            "slots": slots_shown(person),
            "teleworks": who.pk in loading.teleworkers([who.pk], clock.today()),
            "others": _others(who, person),
            "choice": ProfileChoiceForm(profiles=_worth_for(user, who), initial={"profile": chosen})
            if manages
            else None,
        }
    return render(request, "equipment/tester.html", context)


def _worth_for(user: User, who: Any) -> QuerySet[Profile]:
    return queries.profiles_visible_to(user).filter(entity__path__in=lineage(who.entity.path))


def _others(who: Any, person: loading.Person) -> list[str]:
    """The profiles after the one that was taken which would have fitted too."""
    return [kit.name for kit in loading.fitting(who, clock.today()) if person.kit is None or kit.id != person.kit.id]


@require_http_methods(["POST"])
def choose(request: HttpRequest, agent_id: int) -> HttpResponse:
    """The choice by hand, from the tester."""
    user = signed_in(request)
    who = one(queries.agents_read_by(user), agent_id)
    authz.require(permissions.can_manage(user, who.entity))
    form = ProfileChoiceForm(request.POST, profiles=_worth_for(user, who))
    back = f"{reverse('equipment:tester')}?agent={who.pk}"
    if not form.is_valid():
        messages.error(request, _("Choisissez un profil de la liste."))
        return redirect(back)
    profile = form.cleaned_data["profile"]
    services.choose_profile(actor=user, agent=who, profile=profile, now=clock.now())
    words = _("%(agent)s a le profil «\u202f%(profile)s\u202f».") if profile else _("%(agent)s suit les conditions.")
    messages.success(request, words % {"agent": who, "profile": profile})
    return redirect(back)
