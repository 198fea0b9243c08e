"""Reads of policies and jobs: whose rules a user sees, whom a rule is about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import open_entities, perimeter, within
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework import queries, rules
from parvis.portal.telework.models import JobRule, Policy
from parvis.portal.ui.search import fold


def entities_of(user: User) -> QuerySet[Entity]:
    """The open entities of the user's perimeter, in tree order (IT team, auditors)."""
    return open_entities(Entity.objects.filter(within(perimeter(user, *VIEWING_ROLES), "path"))).order_by("path")


def policies_of(user: User) -> QuerySet[Policy]:
    """What the entities of the user's perimeter say themselves; with entity."""
    seen = Policy.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return seen.select_related("entity").order_by("entity__path")


def jobs_of(user: User) -> QuerySet[JobRule]:
    """The rules on jobs of the user's perimeter; with entity."""
    seen = JobRule.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return seen.select_related("entity").order_by("entity__path", "words", "pk")


@dataclass(frozen=True, slots=True)
class Answer:
    """What holds for a job somewhere: the level at most, the rule that says so (None: no rule names it)."""

    level: int
    rule: JobRule | None
    policy: rules.Policy


def answer_for(entity: Entity, job_title: str) -> Answer:
    """What would be said to an agent of this entity who has this job."""
    policy = queries.policy_of(entity)
    rule = _nearest(entity.path, fold(job_title), _rules())
    usual = rules.LEVEL_2 if policy.default_level is None else policy.default_level
    return Answer(rule.level if rule is not None else usual, rule, policy)


def agents_by_rule(user: User) -> Counter[int]:
    """How many agents in post of the user's perimeter each rule decides for. Two queries, whatever their number."""
    every = _rules()
    agents = Agent.objects.filter(within(perimeter(user, *VIEWING_ROLES)), is_active=True)
    found: Counter[int] = Counter()
    jobs: Counter[tuple[str, str]] = Counter(agents.order_by().values_list("entity__path", "job_title").iterator())
    for (path, title), count in jobs.items():
        rule = _nearest(path, fold(title), every)
        if rule is not None:
            found[rule.pk] += count
    return found


Rules = list[tuple[JobRule, tuple[str, ...]]]


def _rules() -> Rules:
    return [(rule, queries.words_of(rule.words)) for rule in JobRule.objects.select_related("entity").order_by("pk")]


def _nearest(path: str, job: str, every: Rules) -> JobRule | None:
    """As `rules.job_of` chooses, with the row it comes from."""
    found = [rule for rule, words in every if path.startswith(rule.entity.path) and any(each in job for each in words)]
    return min(found, key=lambda rule: (-len(rule.entity.path), rule.level), default=None)
