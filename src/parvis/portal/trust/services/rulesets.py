"""Rules as versions: a draft is made from what is in force, edited, then published or thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from parvis.portal.accounts import second_factor
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.trust import permissions, rules, snapshot
from parvis.portal.trust.models import Rule, RuleSet

MAX_RULES = 100
LEAST = {
    "screen_minutes": 15,
    "screen_idle_minutes": 2,
    "sign_in_hours": 1,
    "sign_in_idle_minutes": 5,
    "fresh_minutes": 1,
}
"""Below these nobody could work, nor publish anything gentler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContent:
    """What the form of a rule says."""

    name: str
    entity: Entity | None
    roles: tuple[str, ...]
    up_to: int
    kinds: tuple[str, ...]
    networks: tuple[int, ...]
    days: tuple[int, ...]
    starts_time: time | None
    ends_time: time | None
    effects: rules.Effects


@transaction.atomic
def start_draft(*, actor: User, entity: Entity, now: datetime) -> RuleSet:
    """The draft of `entity`: the one there is, or a copy of the version in force.

    Raises:
        NotAllowed: not the head of IT of `entity`.
    """
    require(permissions.can_declare(actor, entity))
    found = RuleSet.objects.filter(entity=entity, status=RuleSet.Status.DRAFT).first()
    if found is not None:
        return found
    last = RuleSet.objects.filter(entity=entity).aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            draft = RuleSet.objects.create(entity=entity, number=last + 1, made_by=actor, made_at=now)
    except IntegrityError:  # somebody else was faster
        return RuleSet.objects.get(entity=entity, status=RuleSet.Status.DRAFT)
    for rule in Rule.objects.filter(rule_set__entity=entity, rule_set__status=RuleSet.Status.PUBLISHED):
        rule.pk, rule.rule_set = None, draft
        rule.save(force_insert=True)
    audit.record(actor=actor, action="trust.draft_started", target=draft, now=now)
    return draft


@transaction.atomic
def save_rule(*, actor: User, rule_set: RuleSet, rule: Rule | None, content: RuleContent, now: datetime) -> Rule:
    """Write a rule of a draft.

    Raises:
        NotAllowed: not the head of IT of the entity.
        Conflict: the version is no draft any more.
        Invalid: takes nothing away, reaches beyond the entity, hours without an end, durations too short.
    """
    _require_draft(actor, rule_set)
    _check(rule_set, content)
    if rule is None and rule_set.rules.count() >= MAX_RULES:
        raise Invalid(_("Il y a déjà cent règles\u202f: supprimez-en une d’abord."))
    saved = rule or Rule(rule_set=rule_set)
    before = _told(saved) if rule is not None else None
    saved.name, saved.entity = content.name.strip(), content.entity
    saved.roles, saved.up_to = sorted(content.roles), content.up_to
    saved.kinds, saved.networks = sorted(content.kinds), sorted(content.networks)
    saved.days, saved.starts_time, saved.ends_time = sorted(content.days), content.starts_time, content.ends_time
    saved.effects = snapshot.stored(content.effects)
    saved.save()
    data = {"version": rule_set.number, "before": before, "after": _told(saved)}
    audit.record(actor=actor, action="trust.rule_saved", target=saved, now=now, data=data)
    return saved


@transaction.atomic
def delete_rule(*, actor: User, rule: Rule, now: datetime) -> None:
    """Take a rule out of a draft.

    Raises:
        NotAllowed: not the head of IT of the entity.
        Conflict: the version is no draft any more.
    """
    _require_draft(actor, rule.rule_set)
    audit.record(actor=actor, action="trust.rule_deleted", target=rule, now=now, data={"before": _told(rule)})
    rule.delete()


@transaction.atomic
def discard(*, actor: User, rule_set: RuleSet, now: datetime) -> None:
    """Throw a draft away.

    Raises:
        NotAllowed: not the head of IT of the entity.
        Conflict: it is no draft any more.
    """
    _require_draft(actor, rule_set)
    audit.record(actor=actor, action="trust.draft_discarded", target=rule_set, now=now)
    rule_set.delete()


@transaction.atomic
def publish(*, actor: User, rule_set: RuleSet, note: str, now: datetime) -> None:
    """The draft is in force from now on, for every process and every live screen. The caller checked `require_fresh`.

    Raises:
        NotAllowed: not the head of IT of the entity.
        Conflict: it is no draft any more; or it would lock its author out (`locks_out`).
    """
    _require_draft(actor, rule_set)
    if (problem := locks_out(actor, rule_set)) is not None:
        raise problem
    former = RuleSet.objects.filter(entity=rule_set.entity, status=RuleSet.Status.PUBLISHED)
    former.update(status=RuleSet.Status.FORMER)
    moved = RuleSet.objects.filter(pk=rule_set.pk, status=RuleSet.Status.DRAFT).update(
        status=RuleSet.Status.PUBLISHED, published_by=actor, published_at=now, note=note.strip()[:200]
    )
    if not moved:
        raise _not_a_draft()
    rule_set.status, rule_set.published_at, rule_set.published_by = RuleSet.Status.PUBLISHED, now, actor
    data = {
        "version": rule_set.number,
        "note": note.strip()[:200],
        "rules": [_told(rule) for rule in rule_set.rules.all()],
    }
    audit.record(actor=actor, action="trust.rules_published", target=rule_set, now=now, data=data)
    snapshot.changed()


def locks_out(actor: User, rule_set: RuleSet) -> Conflict | None:
    """Would publishing keep its author from coming back to undo it? Whatever their device, network and hour then.

    Every other effect leaves the way to this page open: durations have a floor (`LEAST`), and neither screens nor
    applications are needed here.
    """
    from parvis.portal.trust import evaluation

    person = evaluation.of_users([actor.pk])[actor.pk].person
    draft = snapshot.of(rule_set.rules.all())
    wanted = any(rule.effects.passkey_only and rule.reaches(person) for rule in draft)
    if not wanted or second_factor.has_passkey(actor):
        return None
    return Conflict(
        _("Ces règles vous demanderaient une clé d’accès, et vous n’en avez pas."),
        code="locks_out",
        advice=_("Ajoutez une clé d’accès à votre compte (page Sécurité), puis publiez."),
    )


@transaction.atomic
def copy_version(*, actor: User, rule_set: RuleSet, now: datetime) -> RuleSet:
    """A former version becomes the draft, in place of what the draft held.

    Raises:
        NotAllowed: not the head of IT of the entity.
    """
    draft = start_draft(actor=actor, entity=rule_set.entity, now=now)
    if draft.pk == rule_set.pk:
        raise _not_a_draft()
    draft.rules.all().delete()
    for rule in list(rule_set.rules.all()):
        rule.pk, rule.rule_set = None, draft
        rule.save(force_insert=True)
    audit.record(actor=actor, action="trust.version_copied", target=draft, now=now, data={"from": rule_set.number})
    return draft


@transaction.atomic
def add_advised(*, actor: User, rule_set: RuleSet, now: datetime) -> int:
    """Put the advised rules that are not there yet (by name) into a draft; how many."""
    from parvis.portal.trust import advised

    there = set(rule_set.rules.values_list("name", flat=True))
    fresh = [content for content in advised.rules_for() if content.name not in there]
    for content in fresh:
        save_rule(actor=actor, rule_set=rule_set, rule=None, content=content, now=now)
    return len(fresh)


def _require_draft(actor: User, rule_set: RuleSet) -> None:
    require(permissions.can_declare(actor, rule_set.entity))
    if not RuleSet.objects.select_for_update().filter(pk=rule_set.pk, status=RuleSet.Status.DRAFT).exists():
        raise _not_a_draft()


def _not_a_draft() -> Conflict:
    return Conflict(_("Ce brouillon a déjà été publié ou abandonné."), code="not_a_draft")


def _check(rule_set: RuleSet, content: RuleContent) -> None:
    problems: dict[str, list[str]] = {}
    if content.effects == rules.NOTHING_TAKEN:
        problems["screen"] = [_("Cette règle ne limite rien\u202f: choisissez au moins un effet.")]
    if content.entity is not None and not covers(rule_set.entity.path, content.entity.path):
        raise NotFound
    if (content.starts_time is None) != (content.ends_time is None):
        problems["ends_time"] = [_("Indiquez les deux heures, ou aucune.")]
    for name, least in LEAST.items():
        asked = getattr(content.effects, name)
        if asked is not None and asked < least:
            problems[name] = [_("Au moins %(least)d.") % {"least": least}]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], fields=problems)


def _told(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "entity": rule.entity_id,
        "roles": rule.roles,
        "up_to": rule.up_to,
        "kinds": rule.kinds,
        "networks": rule.networks,
        "days": rule.days,
        "hours": [str(rule.starts_time), str(rule.ends_time)] if rule.starts_time else None,
        "effects": rule.effects,
    }
