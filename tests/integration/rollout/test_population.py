"""Who a campaign is for: who is found, who is left out and why, what is read of lists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout import population
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.rules import LeftOut
from parvis.portal.telework.models import JobRule
from tests.integration.authority import make_agent, make_computer, make_entity
from tests.integration.rollout.campaigning import Authority, add, make_authority, member_of, request_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    return authority.campaign()


def names(campaign: Campaign, **fields: object) -> set[str]:
    found = population.find(campaign, Selection(**fields))  # type: ignore[arg-type]
    return {agent.email for agent in found.agents}


def test_all_that_is_said_must_be_true(authority: Authority, campaign: Campaign) -> None:
    accountant = authority.agent(0, job_title="Régisseuse comptable")
    authority.agent(1, job_title="Comptable")
    finances = (authority.services[0].pk,)
    assert len(names(campaign)) == 9, "three each, the technician, and these two"
    assert len(names(campaign, entities=finances)) == 4
    assert names(campaign, entities=finances, words=("regisseuse", "paie")) == {accountant.email}
    request_of(accountant)
    assert names(campaign, asked=True) == {accountant.email}


def test_agents_of_elsewhere_and_those_who_left_are_nobody(authority: Authority, campaign: Campaign) -> None:
    stranger = make_agent(make_entity("Ailleurs"))
    gone = authority.agent(0, is_active=False)
    listed = (authority.agents[0].email.upper(), stranger.email, gone.email, "inconnu@example.org")
    found = population.find(campaign, Selection(listed=listed))
    assert [agent.pk for agent in found.agents] == [authority.agents[0].pk]
    assert set(found.unknown) == {stranger.email, gone.email, "inconnu@example.org"}


def test_a_personnel_number_names_somebody(authority: Authority, campaign: Campaign) -> None:
    agent = authority.agent(0, personnel_number="A0042")
    assert names(campaign, listed=("a0042",)) == {agent.email}


def test_lists_are_read_as_people_paste_them() -> None:
    pasted = "Jeanne Roy <jroy@rivemarine.example>; paul@rivemarine.example,\n\tA0042  jroy@rivemarine.example"
    assert population.read_list(pasted) == ("jroy@rivemarine.example", "paul@rivemarine.example", "A0042")
    with pytest.raises(Invalid):
        population.read_list("\n".join(f"a{n}@x.fr" for n in range(population.MOST_PEOPLE + 1)))


@pytest.mark.parametrize(
    "text",
    ["Nom;Adresse électronique\nRoy;jroy@x.fr\nLe Gall;l@x.fr\n", "jroy@x.fr\nl@x.fr\n", "E-mail\njroy@x.fr\nl@x.fr\n"],
)
def test_files_are_read_by_their_column(text: str) -> None:
    assert population.read_file(text.encode()) == ("jroy@x.fr", "l@x.fr")


def test_a_file_without_such_a_column_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        population.read_file(b"Nom;Prenom\nRoy;Jeanne\n")
    assert "courriel" in str(refused.value.message)


def left_out(campaign: Campaign, agent: object) -> str:
    return member_of(campaign, agent).left_out  # type: ignore[arg-type]


def test_each_reason_to_leave_somebody_out(authority: Authority, campaign: Campaign) -> None:
    opened, refused, screen, elsewhere, job, clerk, stuck, no_pc = (authority.agent(0) for _each in range(8))
    no_account = make_agent(authority.services[0])
    make_computer(authority.services[0], no_account, address="10.0.0.9")
    request_of(opened, state="open")
    request_of(refused, state="refused")
    request_of(stuck, state="requested")
    today = clock.today()
    Right.objects.create(
        agent=screen, computer_id=screen.assets.get().pk, starts_date=today - timedelta(days=9), granted_at=clock.now()
    )
    other = authority.campaign(name="Printemps")
    Member.objects.create(campaign=other, agent=elsewhere)
    for agent, words, level in ((job, "voirie", 0), (clerk, "accueil", 1)):
        agent.job_title = words
        agent.save()
        JobRule.objects.create(entity=authority.root, words=words, level=level)
    no_pc.assignments.all().delete()
    add(authority, campaign)
    expected = {
        opened: LeftOut.ALREADY, screen: LeftOut.ALREADY, refused: LeftOut.REFUSED, elsewhere: LeftOut.ELSEWHERE,
        job: LeftOut.JOB, clerk: LeftOut.JOB_LEVEL_1, no_pc: LeftOut.NO_COMPUTER, no_account: LeftOut.NO_ACCOUNT,
        stuck: "", authority.agents[0]: "",
    }  # fmt: skip
    assert {agent: left_out(campaign, agent) for agent in expected} == expected


def test_a_right_that_is_over_and_a_closed_campaign_keep_nobody_out(authority: Authority, campaign: Campaign) -> None:
    agent, other = authority.agents[0], authority.campaign(name="Printemps")
    Member.objects.create(campaign=other, agent=agent)
    Campaign.objects.filter(pk=other.pk).update(state="closed")
    yesterday = clock.today() - timedelta(days=1)
    Right.objects.create(
        agent=agent, computer_id=agent.assets.get().pk, starts_date=yesterday, ends_date=yesterday,
        granted_at=clock.now(),
    )  # fmt: skip
    add(authority, campaign)
    assert left_out(campaign, agent) == ""


def test_level_1_asks_for_no_computer_and_no_screen(authority: Authority) -> None:
    campaign, agent = authority.campaign(level=1), authority.agents[0]
    Right.objects.create(
        agent=agent, computer_id=agent.assets.get().pk, starts_date=clock.today(), granted_at=clock.now()
    )
    authority.agents[1].assignments.all().delete()
    add(authority, campaign)
    assert left_out(campaign, agent) == left_out(campaign, authority.agents[1]) == ""


def test_needs_come_from_the_request(authority: Authority, campaign: Campaign) -> None:
    poor, laptop, plain = authority.agents[:3]
    request_of(poor, machine="none", has_phone=False)
    request_of(laptop, machine="none")
    make_computer(authority.services[0], laptop, kind="laptop", address="10.0.0.8")
    request_of(plain)
    add(authority, campaign)
    needs = {
        agent: (member_of(campaign, agent).needs_laptop, member_of(campaign, agent).needs_phone)
        for agent in (poor, laptop, plain)
    }
    assert needs == {poor: (True, True), laptop: (False, False), plain: (False, False)}
    member = member_of(campaign, poor)
    assert (member.site, member.team, member.request_id) == (
        authority.site, authority.services[0], poor.telework_requests.get().pk
    )  # fmt: skip


def test_the_queries_do_not_grow_with_the_people(authority: Authority, campaign: Campaign) -> None:
    def measured() -> int:
        agents = population.find(campaign, Selection()).agents
        with CaptureQueriesContext(
            connection,
        ) as queries:
            population.standings(campaign, agents, clock.now())
        return len(queries)

    few = measured()
    for _each in range(20):
        request_of(authority.agent(1))
    assert measured() == few
