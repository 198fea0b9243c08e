"""What an authority sets: its statuses, what departments ask, when they are closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.presence import counts, permissions, queries, rules
from parvis.portal.presence.models import Closure, Policy, StatusSetting

LONGEST_CLOSURE = 62
STATUS_FACTS = (
    "label", "letter", "colour", "place", "seen_by_colleagues", "agent_may", "head_may", "confirmation", "is_active",
    "position",
)  # fmt: skip
POLICY_FACTS = ("confirms", "late_days", "alsace_moselle", "school_zone", "week", "minimum_on_site")


@transaction.atomic
def save_status(*, actor: User, code: str | None, now: datetime, **facts: Any) -> StatusSetting:
    """Word a status anew, or add one (`code` None). `facts`: some of `STATUS_FACTS`; what is left out stays.

    The place of a built-in status stays; that of one that days already have, too.

    Raises:
        NotAllowed: not the head of IT of the whole authority.
        Invalid: too many, a letter or a name another one has, an absence named to colleagues.
        Conflict: `code` is no status.
    """
    require(permissions.can_set_statuses(actor))
    every = queries.statuses()
    if code is not None and code not in every:
        raise Conflict(_("Ce statut n’existe plus."), code="no_status")
    if code is None and len(every) >= rules.MOST_STATUSES:
        raise Invalid(_("Il y a déjà trop de statuts\u202f: renommez-en un."), code="too_many")
    row = StatusSetting.objects.filter(code=code).first() if code else None
    before = queries.status_of(row) if row else every.get(code or "")
    row = row or StatusSetting(code=code or _next_code(every))
    for name in STATUS_FACTS:
        kept = facts.get(name, getattr(before, name) if before else None)
        if kept is not None:
            setattr(row, name, str(kept) if name == "label" else kept)
    if before is not None:
        row.place = before.place
    _check_status_words(row, every)
    row.save()
    audit.record(actor=actor, action="presence.status_saved", target=row, now=now, data={"code": row.code})
    return row


@transaction.atomic
def save_policy(*, actor: User, entity: Entity, now: datetime, **facts: Any) -> Policy:
    """What `entity` asks of its agents, and of those of all below it. `facts`: some of `POLICY_FACTS`.

    Raises:
        NotAllowed: neither the head of the department nor the head of IT.
        Invalid: a usual week of the department with an absence or an unknown status in it.
    """
    require(permissions.can_set_policy(actor, entity))
    week = facts.get("week")
    if week and not rules.halves_are_valid(rules.parse_halves(week)[: rules.WEEK], queries.statuses()):
        raise Invalid(_("Choisissez un statut pour chaque demi-journée."), code="bad_week")
    policy, _created = Policy.objects.get_or_create(entity=entity)
    for name in POLICY_FACTS:
        if name in facts:
            setattr(policy, name, facts[name])
    policy.save()
    audit.record(actor=actor, action="presence.policy_saved", target=entity, now=now, data={"fields": sorted(facts)})
    if {"alsace_moselle", "week"} & set(facts):
        today = clock.today(now)
        counts.mark_subtree_stale(entity.path, today, None, today=today)
    return policy


@transaction.atomic
def close(*, actor: User, entity: Entity, starts: date, ends: date, label: str, now: datetime) -> Closure:
    """Nobody works in `entity` and below between these days, both included.

    Raises:
        NotAllowed: neither the head of the department nor the head of IT.
        Invalid: dates in the wrong order, longer than `LONGEST_CLOSURE` days, no name.
    """
    require(permissions.can_close(actor, entity))
    if not 0 <= (ends - starts).days < LONGEST_CLOSURE:
        sentence = _("Choisissez une fin après le début, deux mois au plus.")
        raise Invalid(sentence, code="order", fields={"ends_date": [sentence]})
    if not label.strip():
        raise Invalid(fields={"label": [_("Donnez un nom à cette fermeture.")]})
    closure = Closure.objects.create(entity=entity, starts_date=starts, ends_date=ends, label=label.strip()[:60])
    data = {"starts": starts, "ends": ends, "label": closure.label}
    audit.record(actor=actor, action="presence.closure_added", target=entity, now=now, data=data)
    counts.mark_subtree_stale(entity.path, starts, ends, today=clock.today(now))
    return closure


@transaction.atomic
def reopen(*, actor: User, closure: Closure, now: datetime) -> None:
    """Take a closure away; twice is once.

    Raises:
        NotAllowed: neither the head of the department nor the head of IT.
    """
    require(permissions.can_close(actor, closure.entity))
    if not Closure.objects.filter(pk=closure.pk).delete()[0]:
        return
    audit.record(actor=actor, action="presence.closure_removed", target=closure.entity, now=now)
    counts.mark_subtree_stale(closure.entity.path, closure.starts_date, closure.ends_date, today=clock.today(now))


def _next_code(every: dict[str, rules.Status]) -> str:
    return next(f"own_{rank}" for rank in range(1, rules.MOST_STATUSES + 1) if f"own_{rank}" not in every)


def _check_status_words(row: StatusSetting, every: dict[str, rules.Status]) -> None:
    others = [status for status in every.values() if status.code != row.code and status.is_active]
    row.letter, row.label = row.letter.strip().upper(), row.label.strip()
    fields: dict[str, list[str]] = {}
    if not row.label:
        fields["label"] = [_("Donnez un nom à ce statut.")]
    elif row.label.casefold() in {str(status.label).casefold() for status in others}:
        fields["label"] = [_("Un autre statut porte ce nom.")]
    if not row.letter or row.letter in {status.letter for status in others}:
        fields["letter"] = [_("Choisissez une ou deux lettres qu’aucun autre statut n’a.")]
    if row.place == rules.Place.ABSENT and row.seen_by_colleagues:
        fields["seen_by_colleagues"] = [_("Une absence n’est jamais nommée aux collègues.")]
    if fields:
        raise Invalid(fields=fields)
