"""« Réglages de la présence »: statuses, what departments ask, closures."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import within
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.presence import permissions, queries, rules, services
from parvis.portal.presence.forms_settings import ClosureForm, PolicyForm, StatusForm
from parvis.portal.presence.models import Closure, Policy, StatusSetting

SHOWN = 200


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """All of it, for heads of department and heads of IT: of their entities."""
    user = _who_sets(request)
    every = queries.statuses()
    places = dict(StatusSetting.Place.choices)
    confirmations = dict(StatusSetting.Confirmation.choices)
    every_policy = queries.policies()
    set_here = Policy.objects.filter(entity__in=_entities(user)).select_related("entity").order_by("entity__path")
    context = {
        "statuses": [
            (each, places[each.place.value], confirmations[each.confirmation.value]) for each in every.values()
        ],
        "sets_statuses": bool(permissions.can_set_statuses(user)),
        "policies": [(row, rules.inherited(row.entity.path, every_policy)) for row in set_here[:SHOWN]],
        "entities": _entities(user),
        "closures": _closures(user).filter(ends_date__gte=clock.today())[:SHOWN],
    }
    return render(request, "presence/settings.html", context)


def status(request: HttpRequest, code: str = "") -> HttpResponse:
    """Word a status anew, or add one (no `code`)."""
    user = _who_sets(request)
    require(permissions.can_set_statuses(user))
    current = queries.statuses().get(code)
    if code and current is None:
        raise NotFound
    form = StatusForm(request.POST or None, instance=_setting(current), fixed_place=current is not None)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_status(actor=user, code=code or None, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le statut est enregistré."))
            return redirect("presence:settings")
    title = _("Modifier un statut") if code else _("Ajouter un statut")
    return _form_page(request, title, form)


def policy(request: HttpRequest, entity_id: int) -> HttpResponse:
    """What an entity asks of its agents."""
    user = _who_sets(request)
    entity = one(_entities(user), entity_id)
    form = PolicyForm(request.POST or None, instance=Policy.objects.filter(entity=entity).first())
    if request.method == "POST" and form.is_valid():
        services.save_policy(actor=user, entity=entity, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Les règles de %(entity)s sont enregistrées.") % {"entity": entity})
        return redirect("presence:settings")
    return _form_page(request, _("Règles de %(entity)s") % {"entity": entity}, form)


@require_safe
def choose_entity(request: HttpRequest) -> HttpResponse:
    """From the menu of entities to the rules of one."""
    return redirect("presence:policy", entity_id=one(_entities(_who_sets(request)), request.GET.get("entity")).pk)


def close(request: HttpRequest) -> HttpResponse:
    """Write a closure down."""
    user = _who_sets(request)
    form = ClosureForm(request.POST or None, entities=_entities(user))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.close(
                actor=user,
                entity=data["entity"],
                starts=data["starts_date"],
                ends=data["ends_date"],
                label=data["label"],
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La fermeture est enregistrée\u202f: elle est dans tous les calendriers."))
            return redirect("presence:settings")
    return _form_page(request, _("Ajouter une fermeture"), form)


def reopen(request: HttpRequest, closure_id: int) -> HttpResponse:
    """Ask, then take a closure away."""
    user = _who_sets(request)
    closure = one(_closures(user), closure_id)
    if request.method == "POST":
        services.reopen(actor=user, closure=closure, now=clock.now())
        messages.success(request, _("La fermeture est retirée."))
        return redirect("presence:settings")
    context = {
        "question": _("Retirer la fermeture «\u202f%(name)s\u202f»\u202f?") % {"name": closure.label},
        "consequence": _(
            "Ces jours redeviennent des jours comme les autres\u202f: semaine habituelle et déclarations."
        ),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("presence:settings"),
    }
    return render(request, "ui/confirm.html", context)


def _who_sets(request: HttpRequest) -> User:
    user = signed_in(request)
    require(YES if queries.detail_perimeter(user) else permissions.NOT_HEAD)
    return user


def _entities(user: User) -> QuerySet[Entity]:
    return queries.departments_in_detail(user)


def _closures(user: User) -> QuerySet[Closure]:
    return (
        Closure.objects.filter(within(queries.detail_perimeter(user))).select_related("entity").order_by("starts_date")
    )


def _setting(current: rules.Status | None) -> StatusSetting:
    if current is None:
        return StatusSetting(place="", colour="", letter="")
    row = StatusSetting.objects.filter(code=current.code).first()
    if row is not None:
        return row
    return StatusSetting(
        code=current.code,
        label=str(current.label),
        letter=current.letter,
        colour=current.colour,
        place=current.place,
        seen_by_colleagues=current.seen_by_colleagues,
        agent_may=current.agent_may,
        head_may=current.head_may,
        confirmation=current.confirmation,
        position=current.position,
    )


def _form_page(request: HttpRequest, title: str, form: object) -> HttpResponse:
    return render(request, "presence/settings_form.html", {"title": title, "form": form})
