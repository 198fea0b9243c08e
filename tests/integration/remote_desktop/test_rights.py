"""Rights are given and taken back: by whom, to whom, until when (requirements 5, 10, 17, 20)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from parvis.portal.directory.models import Role
from parvis.portal.kernel import events
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop import services
from parvis.portal.remote_desktop.events import RightGranted, RightRevoked
from parvis.portal.remote_desktop.models import Right
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office, make_office
from tests.integration.signing_in import browser_of

TODAY = NOW.date()
pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def bare(office: Office) -> Office:
    """Nobody has a right yet."""
    office.right.delete()
    return office


def give(office: Office, actor: object, ends: date | None = TODAY + timedelta(days=5), **more: object) -> Right:
    asked = {"agent": office.agent, "computer": office.computer, "starts_date": TODAY, "ends_date": ends, "now": NOW}
    return services.grant_right(actor=actor, **asked | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.TECHNICIAN, True), (Role.HEAD_OF_IT, True), (Role.HEAD_OF_DEPARTMENT, False), (Role.AUDITOR, False),
     (Role.ELECTED_MEMBER, False), (None, False)],
)  # fmt: skip
def test_who_may_give(bare: Office, role: Role | None, allowed: bool) -> None:
    actor = authority.make_member(bare.entity, role)
    if allowed:
        with events.recorded(RightGranted) as seen:
            right = give(bare, actor)
        assert [each.right_id for each in seen] == [right.pk]
        assert AuditRecord.objects.get(action="remote_desktop.right_granted").actor_id == actor.pk
        bare.open()
    else:
        with pytest.raises(NotAllowed):
            give(bare, actor)


def test_nobody_gives_themselves_a_right(bare: Office) -> None:
    authority.grant(bare.user, Role.HEAD_OF_IT, bare.entity)
    with pytest.raises(NotAllowed) as refused:
        give(bare, bare.user)
    assert refused.value.code == "own_right"


def test_it_team_of_another_entity(bare: Office) -> None:
    elsewhere = authority.make_entity()
    with pytest.raises(NotAllowed):
        give(bare, authority.make_member(elsewhere, Role.HEAD_OF_IT))
    # Having one half is not enough: the computer is the neighbours'.
    mine = authority.make_member(bare.entity, Role.TECHNICIAN)
    with pytest.raises(NotAllowed):
        give(bare, mine, computer=authority.make_computer(elsewhere))


def test_a_colleague_s_computer_needs_an_end(bare: Office) -> None:
    staff = authority.make_member(bare.entity, Role.TECHNICIAN)
    other = make_office(bare.entity)
    with pytest.raises(Invalid) as refused:
        give(bare, staff, None, computer=other.computer)
    assert refused.value.code == "end_required"
    right = give(bare, staff, TODAY, computer=other.computer)
    assert right.ends_date == TODAY


@pytest.mark.parametrize("kind", ["server", "admin"])
def test_servers_and_administration_pcs(bare: Office, kind: str) -> None:
    technician = authority.make_member(bare.entity, Role.TECHNICIAN)
    head = authority.make_member(bare.entity, Role.HEAD_OF_IT)
    bare.computer.kind = kind
    bare.computer.save()
    with pytest.raises(Invalid) as refused:
        give(bare, head)
    assert refused.value.code == "kind_forbidden"
    values = {"sensitive_allowed": True}
    with pytest.raises(NotAllowed):
        services.configure_display(actor=technician, computer=bare.computer, values=values, now=NOW)
    services.configure_display(actor=head, computer=bare.computer, values=values, now=NOW)
    give(bare, technician)
    bare.open()


def test_twice_is_a_conflict(bare: Office) -> None:
    staff = authority.make_member(bare.entity, Role.TECHNICIAN)
    right = give(bare, staff)
    with pytest.raises(Conflict):
        give(bare, staff)
    with events.recorded(RightRevoked) as seen:
        assert services.revoke_right(actor=staff, right=right, now=NOW)
        assert not services.revoke_right(actor=staff, right=right, now=NOW)
    assert len(seen) == 1
    give(bare, staff)  # taken back, then given again the same day


def test_many(office: Office) -> None:
    staff = authority.make_member(office.entity, Role.TECHNICIAN)
    offices = [make_office(office.entity) for _ in range(3)]
    foreign = make_office()
    Right.objects.exclude(pk=office.right.pk).delete()
    without = authority.make_agent(office.entity)
    agents = [office.agent, *(each.agent for each in offices), without, foreign.agent, staff.agent]
    done = services.grant_to_many(
        actor=staff, agents=agents, starts_date=TODAY, ends_date=TODAY + timedelta(days=9), now=NOW, reason="Grève"
    )
    assert {right.agent for right in done.granted} == {each.agent for each in offices}
    assert done.already == [office.agent]
    assert dict(done.skipped) == {without: "no_computer", foreign.agent: "not_staff", staff.agent: "no_computer"}
    again = services.grant_to_many(
        actor=staff, agents=agents, starts_date=TODAY, ends_date=TODAY + timedelta(days=9), now=NOW
    )
    assert not again.granted


class TestPages:
    def test_give_one(self, bare: Office) -> None:
        browser = browser_of(authority.make_member(bare.entity, Role.TECHNICIAN))
        form = {"agent": bare.agent.email.upper(), "starts_date": "2026-11-23", "ends_date": "", "reason": "<b>x</b>"}
        answer = browser.post("/teletravail/droits/donner", form, follow=True)
        assert "peut ouvrir" in answer.content.decode()
        assert "<b>x" not in answer.content.decode()
        assert Right.objects.get().computer == bare.computer

    def test_agent_of_another_entity_is_unknown(self, bare: Office) -> None:
        browser = browser_of(authority.make_member(bare.entity, Role.TECHNICIAN))
        form = {"agent": make_office().agent.email, "starts_date": "2026-11-23"}
        answer = browser.post("/teletravail/droits/donner", form)
        assert "Aucun agent de votre périmètre" in answer.content.decode()

    def test_the_second_factor_must_be_fresh(self, bare: Office) -> None:
        browser = browser_of(authority.make_member(bare.entity, Role.TECHNICIAN), age=400)
        form = {"agent": bare.agent.email, "starts_date": "2026-11-23"}
        for page in ("donner", "donner-a-plusieurs"):
            assert browser.post(f"/teletravail/droits/{page}", form).status_code == 302
        assert not Right.objects.exists()

    def test_give_many_asks_first(self, bare: Office) -> None:
        browser = browser_of(authority.make_member(bare.entity, Role.TECHNICIAN))
        form = {"entity": bare.entity.pk, "addresses": "", "starts_date": "2026-11-23", "ends_date": "2026-12-23"}
        asked = browser.post("/teletravail/droits/donner-a-plusieurs", form)
        assert "Donner un droit d’accès à distance à 2 agents" in asked.content.decode()
        assert not Right.objects.exists()
        confirmed = form | {"confirmed": "1", "expected": "2"}
        answer = browser.post("/teletravail/droits/donner-a-plusieurs", confirmed, follow=True)
        assert "1 droit donné" in answer.content.decode()
        assert Right.objects.get().agent == bare.agent

    def test_addresses_that_are_nobody_s(self, bare: Office) -> None:
        browser = browser_of(authority.make_member(bare.entity, Role.TECHNICIAN))
        form = {"addresses": f"{bare.agent.email}\nx@y.example", "starts_date": "2026-11-23"}
        assert "x@y.example" in browser.post("/teletravail/droits/donner-a-plusieurs", form).content.decode()
        assert not Right.objects.exists()

    def test_revoke_asks_first(self, office: Office) -> None:
        browser = browser_of(authority.make_member(office.entity, Role.TECHNICIAN))
        address = f"/teletravail/droits/{office.right.pk}/retirer"
        assert "Retirer à" in browser.get(address).content.decode()
        office.right.refresh_from_db()
        assert office.right.revoked_at is None
        browser.post(address, {"confirmed": "1"})
        office.right.refresh_from_db()
        assert office.right.revoked_at == NOW

    def test_head_of_department_reads_and_no_more(self, office: Office) -> None:
        foreign = make_office()
        browser = browser_of(authority.make_member(office.entity, Role.HEAD_OF_DEPARTMENT))
        text = browser.get("/teletravail/droits/").content.decode()
        assert office.computer.name in text
        assert foreign.computer.name not in text
        assert "retirer" not in text
        assert browser.get(f"/teletravail/droits/{office.right.pk}/retirer").status_code == 403
        assert browser.get("/teletravail/droits/donner").status_code == 403
        for page in ("", "sessions/", "historique/", "refus/", "ecrans/", "passerelles/"):
            assert browser.get(f"/teletravail/{page}").status_code == 403, page
