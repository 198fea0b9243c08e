"""What is known of agents who ask: each fact, and as many queries for two thousand as for two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import DisplaySettings
from parvis.portal.telework import eligibility, queries, rules
from parvis.portal.telework.models import Acceptance, Document, JobRule, Policy
from tests.integration.authority import make_agent, make_computer, make_entity
from tests.integration.telework.asking import NOW, TODAY, Authority, make_authority, ready_computer

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Authority:
    return make_authority()


def facts(agent: Agent) -> rules.Facts:
    return eligibility.facts_of(Agent.objects.select_related("entity", "user").get(pk=agent.pk), NOW)


def test_who_has_all_has_all(here: Authority) -> None:
    assert facts(here.agent) == rules.Facts()


def test_who_left_or_leaves_before_today_is_gone(here: Authority) -> None:
    Agent.objects.filter(pk=here.agent.pk).update(ends_date=TODAY)
    assert facts(here.agent).agent_active
    Agent.objects.filter(pk=here.agent.pk).update(ends_date=TODAY - timedelta(days=1))
    assert not facts(here.agent).agent_active


def test_a_closed_account_is_none_and_has_no_second_factor(here: Authority) -> None:
    User.objects.filter(pk=here.user.pk).update(is_active=False)
    found = facts(here.agent)
    assert not found.account
    assert not found.second_factor
    assert not facts(make_agent(here.department)).account
    assert facts(make_agent(here.department, account=True)).account


def test_a_computer_counts_where_its_screen_may_be_opened(here: Authority) -> None:
    other = make_agent(here.department, account=True)
    server = make_computer(here.department, other, kind="server", address="10.0.0.9")
    DisplaySettings.objects.create(computer=server)
    make_computer(here.department, other, state="lost")
    closed = make_computer(here.department, other)
    DisplaySettings.objects.create(computer=closed, enabled=False)
    assert facts(other).computers == 0
    make_computer(here.department, other)  # its screen is not set up yet
    assert (facts(other).computers, facts(other).computer_ready) == (1, False)
    ready_computer(here.department, other)
    assert (facts(other).computers, facts(other).computer_ready) == (2, True)
    DisplaySettings.objects.filter(computer=server).update(sensitive_allowed=True)
    assert facts(other).computers == 3


@pytest.mark.parametrize("change", [{"address": ""}, {"state": "repair"}])
def test_a_computer_without_address_or_in_repair_is_not_ready(here: Authority, change: dict[str, str]) -> None:
    Computer.objects.filter(pk=here.computer.pk).update(**change)
    assert (facts(here.agent).computers, facts(here.agent).computer_ready) == (1, False)


def test_the_job_decides_then_the_policy(here: Authority) -> None:
    Policy.objects.create(entity=here.root, default_level=1, most_days=2)
    assert (facts(here.agent).job_level, facts(here.agent).most_days) == (1, 2)
    JobRule.objects.create(entity=here.root, words="comptable", level=0, reason="Guichet")
    assert (facts(here.agent).job_level, facts(here.agent).job_reason) == (0, "Guichet")
    JobRule.objects.create(entity=here.department, words="Comptablé", level=2)
    assert facts(here.agent).job_level == 2


def test_the_charter_in_force_is_asked_for(here: Authority) -> None:
    first = Document.objects.create(
        entity=here.root, kind="charter", version=1, title="Charte", text="x", created_at=NOW, published_at=NOW,
        digest="a" * 64,
    )  # fmt: skip
    assert not facts(here.agent).charter_accepted
    Acceptance.objects.create(document=first, agent=here.agent, accepted_at=NOW, shown="x", digest="a" * 64)
    assert facts(here.agent).charter_accepted
    Document.objects.create(
        entity=here.root, kind="charter", version=2, title="Charte", text="y", created_at=NOW, published_at=NOW,
        digest="b" * 64, asks_again=True,
    )  # fmt: skip
    assert not facts(here.agent).charter_accepted


def test_as_many_queries_for_many_as_for_few(here: Authority) -> None:
    def asked(agents: list[Agent]) -> int:
        with CaptureQueriesContext(connection) as captured:
            found = eligibility.facts_of_many(agents, NOW)
        assert len(found) == len(agents)
        return len(captured)

    for number in range(40):
        agent = make_agent(here.department, f"many{number}")
        Assignment.objects.create(agent=agent, asset=here.computer)
    everyone = list(Agent.objects.select_related("entity"))
    few, many = asked(everyone[:2]), asked(everyone)
    assert few == many <= 8


def test_more_than_a_thousand_in_pieces(here: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PIECE", 2)
    others = [make_agent(here.department) for _each in range(4)]
    found = eligibility.facts_of_many([here.agent, *others], NOW)
    assert found[here.agent.pk] == rules.Facts()
    assert {found[each.pk].computers for each in others} == {0}


def test_the_policy_of_an_entity(here: Authority) -> None:
    Policy.objects.create(entity=make_entity("Ailleurs"), most_days=1)
    Policy.objects.create(entity=here.root, most_days=4)
    Policy.objects.create(entity=here.department, opens_alone=True)
    policy = queries.policy_of(here.department)
    assert (policy.most_days, policy.opens_alone, policy.head_approves) == (4, True, True)
