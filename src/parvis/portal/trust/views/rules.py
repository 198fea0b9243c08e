"""Rules of access: what is in force, the draft, its review and publication, former versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.trust import impact, permissions, queries, snapshot, wording
from parvis.portal.trust.forms import PublishForm, RuleForm
from parvis.portal.trust.models import Network, Rule, RuleSet
from parvis.portal.trust.services import rulesets as services


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule in words."""

    rule: Rule
    conditions: list[str]
    taken: list[str]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The rules of the user's own entity; a choice where there are several."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    mine = list(queries.home_entities(user)[:2])
    written = Entity.objects.filter(pk__in=queries.rule_sets_visible_to(user).order_by().values("entity"))
    entities = list(written.order_by("path")[:200])
    if len(mine) == 1 and {each.pk for each in entities} <= {mine[0].pk}:
        return redirect("trust:entity_rules", entity_id=mine[0].pk)
    shown = list({each.pk: each for each in [*mine, *entities]}.values())
    return render(request, "trust/rule_entities.html", {"entities": shown})


@require_safe
def of_entity(request: HttpRequest, entity_id: int) -> HttpResponse:
    """What is in force in an entity, its draft, and what was before."""
    user, entity = _entity(request, entity_id)
    versions = list(queries.rule_sets_visible_to(user).filter(entity=entity).order_by("-number")[:50])
    published = next((each for each in versions if each.status == RuleSet.Status.PUBLISHED), None)
    context = {
        "entity": entity,
        "published": published,
        "rules": _shown(published) if published is not None else [],
        "draft": next((each for each in versions if each.status == RuleSet.Status.DRAFT), None),
        "versions": [each for each in versions if each.status != RuleSet.Status.DRAFT],
        "declares": permissions.can_declare(user, entity),
        "forbidden": wording.FORBIDDEN_NETWORK,
    }
    return render(request, "trust/rules.html", context)


@require_POST
def start_draft(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Begin, or go on with, the draft."""
    user, entity = _entity(request, entity_id)
    draft = services.start_draft(actor=user, entity=entity, now=clock.now())
    return redirect("trust:version", rule_set_id=draft.pk)


@require_safe
def version(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """One version; a draft may be edited."""
    user, rule_set = _version(request, rule_set_id)
    is_draft = rule_set.status == RuleSet.Status.DRAFT
    context = {
        "rule_set": rule_set,
        "rules": _shown(rule_set),
        "is_draft": is_draft,
        "declares": permissions.can_declare(user, rule_set.entity),
        "forbidden": wording.FORBIDDEN_NETWORK,
    }
    return render(request, "trust/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def publish(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """Who would be affected; then publish."""
    user, rule_set = _version(request, rule_set_id)
    authz.require(permissions.can_declare(user, rule_set.entity))
    form = PublishForm(request.POST or None)
    if form.is_valid():
        try:
            services.publish(actor=user, rule_set=rule_set, note=form.cleaned_data["note"], now=clock.now())
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}".strip())
        else:
            messages.success(request, _("Les nouvelles règles sont en vigueur."))
            return redirect("trust:entity_rules", entity_id=rule_set.entity_id)
    changes = impact.of_draft(rule_set.entity, snapshot.published(), snapshot.of(rule_set.rules.all()))
    context = {
        "rule_set": rule_set,
        "form": form,
        "changes": [
            {
                "label": wording.EFFECTS[each.name].label,
                "icon": wording.EFFECTS[each.name].icon,
                "narrows": each.narrows,
                "agents": ngettext("%(n)d agent", "%(n)d agents", each.agents) % {"n": each.agents},
                "examples": ", ".join(each.examples),
                "more": each.agents > len(each.examples),
                "levels": ", ".join(str(wording.LEVELS[level].label) for level in each.levels),
                "before": wording.value(each.name, each.before),
                "after": wording.value(each.name, each.after),
            }
            for each in changes
        ],
        "problem": services.locks_out(user, rule_set),
    }
    return render(request, "trust/publish.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """Ask, then throw a draft away."""
    user, rule_set = _version(request, rule_set_id)
    authz.require(permissions.can_declare(user, rule_set.entity))
    if request.method == "POST":
        services.discard(actor=user, rule_set=rule_set, now=clock.now())
        messages.success(request, _("Le brouillon est abandonné."))
        return redirect("trust:entity_rules", entity_id=rule_set.entity_id)
    context = {
        "question": _("Abandonner ce brouillon\u202f?"),
        "consequence": _("Les règles en vigueur ne changent pas."),
        "yes": _("Abandonner"),
        "danger": True,
        "back_url": reverse("trust:version", args=[rule_set.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
def add_advised(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """Put the advised rules into a draft."""
    user, rule_set = _version(request, rule_set_id)
    count = services.add_advised(actor=user, rule_set=rule_set, now=clock.now())
    messages.success(request, ngettext("%(n)d règle ajoutée.", "%(n)d règles ajoutées.", count) % {"n": count})
    return redirect("trust:version", rule_set_id=rule_set.pk)


@require_POST
def copy_version(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """Make a former version the draft."""
    user, rule_set = _version(request, rule_set_id)
    draft = services.copy_version(actor=user, rule_set=rule_set, now=clock.now())
    messages.success(request, _("Le brouillon reprend la version %(number)d.") % {"number": rule_set.number})
    return redirect("trust:version", rule_set_id=draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def create_rule(request: HttpRequest, rule_set_id: int) -> HttpResponse:
    """A new rule in a draft."""
    _user, rule_set = _version(request, rule_set_id)
    return _rule_form(request, rule_set, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change a rule of a draft."""
    rule = _rule(request, rule_id)
    return _rule_form(request, rule.rule_set, rule)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Ask, then take a rule out of a draft."""
    user, rule = signed_in(request), _rule(request, rule_id)
    authz.require(permissions.can_declare(user, rule.rule_set.entity))
    if request.method == "POST":
        services.delete_rule(actor=user, rule=rule, now=clock.now())
        messages.success(request, _("La règle est retirée du brouillon."))
        return redirect("trust:version", rule_set_id=rule.rule_set_id)
    context = {
        "question": _("Retirer la règle «\u202f%(rule)s\u202f»\u202f?") % {"rule": rule},
        "consequence": _("Elle ne vaudra plus quand le brouillon sera publié."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("trust:rule", args=[rule.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _rule_form(request: HttpRequest, rule_set: RuleSet, rule: Rule | None) -> HttpResponse:
    user = signed_in(request)
    authz.require(permissions.can_declare(user, rule_set.entity))
    form = RuleForm(request.POST or None, rule_set=rule_set, user=user, rule=rule)
    if form.is_valid():
        try:
            services.save_rule(actor=user, rule_set=rule_set, rule=rule, content=form.content, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La règle est enregistrée dans le brouillon."))
            return redirect("trust:version", rule_set_id=rule_set.pk)
    return render(request, "trust/rule.html", {"form": form, "rule_set": rule_set, "rule": rule})


def _shown(rule_set: RuleSet) -> list[Shown]:
    names = dict(Network.objects.values_list("pk", "name"))
    rows = rule_set.rules.select_related("entity", "rule_set__entity").order_by("pk")
    found = []
    for row in rows:
        pure = snapshot.pure(row)
        named = [names[pk] for pk in row.networks if pk in names]
        words = wording.conditions(pure, row.entity.name if row.entity else "", named)
        found.append(Shown(row, words, wording.taken(pure.effects)))
    return found


def _entity(request: HttpRequest, entity_id: int) -> tuple[User, Entity]:
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    return user, one(Entity.objects.filter(within(perimeter(user, *permissions.WATCHERS), "path")), entity_id)


def _version(request: HttpRequest, rule_set_id: int) -> tuple[User, RuleSet]:
    user = signed_in(request)
    return user, one(queries.rule_sets_visible_to(user), rule_set_id)


def _rule(request: HttpRequest, rule_id: int) -> Rule:
    user = signed_in(request)
    visible = Rule.objects.filter(rule_set__in=queries.rule_sets_visible_to(user).order_by().values("pk"))
    return one(visible.select_related("rule_set__entity", "entity"), rule_id)
