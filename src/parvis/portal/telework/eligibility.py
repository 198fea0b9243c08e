"""What is true of agents when telework is asked for: gathered for one, or for thousands in as many queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from parvis.portal.accounts import second_factor
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.parc.models import COMPUTER_KINDS, Assignment
from parvis.portal.remote_desktop.rules import SENSITIVE_KINDS
from parvis.portal.telework import document_queries, queries, rules
from parvis.portal.telework.models import Acceptance, Document
from parvis.portal.ui.search import fold

GONE = ("lost", "retired", "disposed")
"""States of a computer nobody works on."""
DEPLOYED = "deployed"


def facts_of(agent: Agent, now: datetime) -> rules.Facts:
    """The facts of one agent (with `entity` and `user` loaded, or they are read)."""
    return facts_of_many([agent], now)[agent.pk]


def facts_of_many(agents: Iterable[Agent], now: datetime) -> dict[int, rules.Facts]:
    """The facts of each agent, by key. Agents come with `entity`; a few queries for a thousand."""
    agents = list(agents)
    policies, jobs, lacking = queries.all_policies(), queries.all_jobs(), _lack_charter(agents)
    found: dict[int, rules.Facts] = {}
    by_key = {agent.pk: agent for agent in agents}
    for keys in queries.pieces(list(by_key)):
        some = [by_key[key] for key in keys]
        accounts = _accounts(some)
        computers = _computers(keys)
        for agent in some:
            policy = rules.inherited(agent.entity.path, policies)
            level, reason = level_of(agent, policy, jobs)
            mine = computers[agent.pk]
            found[agent.pk] = rules.Facts(
                agent_active=_in_post(agent, now),
                account=agent.user_id in accounts,
                job_level=level,
                job_reason=reason,
                second_factor=bool(accounts.get(agent.user_id)),
                charter_accepted=agent.pk not in lacking,
                computers=len(mine),
                computer_ready=any(mine),
                most_days=policy.most_days or rules.WEEKDAYS,
            )
    return found


def level_of(agent: Agent, policy: rules.Policy, jobs: Sequence[rules.Job]) -> tuple[int, str]:
    """What the agent's job allows at most, and the reason told to them."""
    job = rules.job_of(agent.entity.path, fold(agent.job_title), jobs)
    if job is not None:
        return job.level, job.reason
    return (rules.LEVEL_2 if policy.default_level is None else policy.default_level), ""


def _in_post(agent: Agent, now: datetime) -> bool:
    return agent.is_active and (agent.ends_date is None or agent.ends_date >= clock.today(now))


def _accounts(agents: Sequence[Agent]) -> dict[int | None, bool]:
    """The accounts that work: whether each has a second factor."""
    theirs = User.objects.filter(pk__in=[agent.user_id for agent in agents if agent.user_id], is_active=True)
    armed = set(theirs.filter(second_factor.users_with_one()).values_list("pk", flat=True))
    return {pk: pk in armed for pk in theirs.values_list("pk", flat=True)}


def _computers(agents: Sequence[int]) -> dict[int, list[bool]]:
    """The computers of each agent whose screen may be opened from elsewhere: whether each is ready."""
    open_to_telework = ~Q(asset__kind__in=SENSITIVE_KINDS) | Q(asset__display__sensitive_allowed=True)
    rows = (
        Assignment.objects.filter(open_to_telework, agent__in=agents, asset__kind__in=COMPUTER_KINDS)
        .exclude(asset__state__in=GONE)
        .exclude(asset__display__enabled=False)
        .values_list("agent_id", "asset__state", "asset__address", "asset__display__enabled")
        .order_by()
    )
    found: dict[int, list[bool]] = defaultdict(list)
    for agent_id, state, address, enabled in rows:
        found[agent_id].append(bool(enabled and address and state == DEPLOYED))
    return found


def _lack_charter(agents: Sequence[Agent]) -> set[int]:
    """Who has a charter to accept. Where none is published, nothing is asked."""
    versions = document_queries.published(Document.Kind.CHARTER)
    wanted: dict[int, list[int]] = {}
    for agent in agents:
        version = document_queries.in_force_at(agent.entity.path, versions)
        if version is not None:
            wanted[agent.pk] = document_queries.enough(version, versions)
    accepted: dict[int, set[int]] = defaultdict(set)
    for keys in queries.pieces(list(wanted)):
        rows = Acceptance.objects.filter(agent__in=keys, document__kind=Document.Kind.CHARTER).order_by()
        for agent_id, document_id in rows.values_list("agent_id", "document_id"):
            accepted[agent_id].add(document_id)
    return {pk for pk, enough in wanted.items() if accepted[pk].isdisjoint(enough)}
