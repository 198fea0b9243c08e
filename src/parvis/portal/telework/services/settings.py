"""What an entity asks of its teleworkers, and what jobs allow."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.telework import queries, team_permissions
from parvis.portal.telework.models import JobRule, Policy

SHORTEST_WORD = 3
"""Letters: a shorter word would be found inside too many jobs."""


@transaction.atomic
def save_policy(
    *,
    actor: User,
    entity: Entity,
    default_level: int | None,
    most_days: int | None,
    head_approves: bool | None,
    opens_alone: bool | None,
    now: datetime,
) -> Policy:
    """What `entity` asks, and all below it that do not say otherwise; None: as the entity above.

    Raises:
        NotAllowed: see `team_permissions.can_set`.
    """
    require(team_permissions.can_set(actor, entity))
    facts = {
        "default_level": default_level,
        "most_days": most_days,
        "head_approves": head_approves,
        "opens_alone": opens_alone,
    }
    before = Policy.objects.filter(entity=entity).values(*facts).first() or {}
    policy, _new = Policy.objects.update_or_create(entity=entity, defaults=facts)
    changed = {name: value for name, value in facts.items() if before.get(name) != value}
    if changed:
        audit.record(actor=actor, action="telework.policy_saved", target=entity, now=now, data=changed)
    return policy


@transaction.atomic
def save_job(
    *, actor: User, job: JobRule | None, entity: Entity, words: str, level: int, reason: str, now: datetime
) -> JobRule:
    """What the jobs that have one of `words` (commas between) allow at most, in `entity` and below.

    Raises:
        NotAllowed: not the head of IT of the entity, or of the one it goes away from.
        Invalid: no word, or one too short to mean a job.
        Conflict: it was taken away meanwhile (`job_gone`).
    """
    require(team_permissions.can_set(actor, entity))
    if job is not None:
        require(team_permissions.can_set(actor, job.entity))
    kept = [" ".join(each.split()) for each in words.split(",")]
    kept = list(dict.fromkeys(each for each in kept if each))
    if not kept or any(len(each) < SHORTEST_WORD for each in queries.words_of(",".join(kept))):
        sentence = _("Écrivez des mots de trois lettres au moins, séparés par des virgules.")
        raise Invalid(sentence, code="no_words", fields={"words": [sentence]})
    facts = {"entity": entity, "words": ", ".join(kept), "level": level, "reason": " ".join(reason.split())}
    if job is None:
        job = JobRule.objects.create(**facts)
    elif not JobRule.objects.filter(pk=job.pk).update(**facts):
        raise Conflict(_("Cette règle a été retirée entre-temps."), code="job_gone")
    for name, value in facts.items():
        setattr(job, name, value)
    data = {"words": job.words, "level": job.level}
    audit.record(actor=actor, action="telework.job_saved", target=job, now=now, data=data)
    return job


@transaction.atomic
def delete_job(*, actor: User, job: JobRule, now: datetime) -> None:
    """Take a rule away; twice is once. Requests already granted stay.

    Raises:
        NotAllowed: see `team_permissions.can_set`.
    """
    require(team_permissions.can_set(actor, job.entity))
    if JobRule.objects.filter(pk=job.pk).delete()[0]:
        audit.record(actor=actor, action="telework.job_deleted", target=job, now=now, data={"words": job.words})
