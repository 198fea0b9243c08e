"""Rules from the draft to what they close: sign-ins, screens, tiles; live sessions; nobody is locked out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from parvis.portal.accounts import policy as sign_in_policy
from parvis.portal.accounts.policy import SignInPolicy
from parvis.portal.directory.models import Agent, Role
from parvis.portal.home.models import Tile
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession
from parvis.portal.trust import impact, proofs, queries, snapshot
from parvis.portal.trust.models import EnrolmentCode, Network, RuleSet, SignInTrust, SuppliedDevice
from parvis.portal.trust.rules import Effects, Level, NetworkKind
from parvis.portal.trust.services import devices, networks, rulesets
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.remote_desktop.conftest import NOW, Office, make_office, state
from tests.integration.signing_in import browser_of
from tests.integration.trust.conftest import EMPTY, Authority, Town, make_town, pem

pytestmark = pytest.mark.django_db
PRIVATE = int(Level.PRIVATE)


@pytest.fixture
def office(town: Town) -> Office:
    """A screen of the town, both clipboards open; its sign-in showed a private PC."""
    made = make_office(town.entity)
    DisplaySettings.objects.filter(computer=made.computer).update(clipboard_to_pc=True, clipboard_from_pc=True)
    SignInTrust.objects.create(sign_in_id=int(made.sign_in), level=1, address="192.0.2.1", noted_at=NOW)
    return made


def declare(town: Town, kind: str, *ranges: str, name: str = "") -> Network:
    return networks.save_network(
        actor=town.head,
        network=None,
        entity=town.entity,
        name=name or kind,
        kind=kind,
        ranges=list(ranges),
        note="",
        address="127.0.0.1",
        now=clock.now(),
    )


class TestSignIns:
    def test_the_policy_is_the_strictest_of_the_rules(self, town: Town) -> None:
        assert sign_in_policy.of(town.user, "192.0.2.1") == SignInPolicy()
        town.rules(Effects(sign_in_hours=4), Effects(sign_in_hours=8, fresh_minutes=2, sign_in_idle_minutes=30))
        expected = SignInPolicy(session_hours=4, fresh_minutes=2, idle_minutes=30)
        assert sign_in_policy.of(town.user, "192.0.2.1") == expected
        assert sign_in_policy.of(make_member(town.other), "192.0.2.1") == SignInPolicy(), "another team's agents"

    def test_by_network(self, town: Town) -> None:
        declare(town, "office", "10.0.0.0/8", "2001:db8::/32")
        town.rules(Effects(fresh_minutes=1), kinds=(NetworkKind.OFFICE.value,))
        assert sign_in_policy.of(town.user, "10.9.9.9").fresh_minutes == 1
        assert sign_in_policy.of(town.user, "2001:db8::7").fresh_minutes == 1
        assert sign_in_policy.of(town.user, "192.0.2.1").fresh_minutes == 5

    def test_by_role_and_it_reaches_the_pages(self, town: Town) -> None:
        from allauth.mfa.models import Authenticator

        Authenticator.objects.create(user=town.head, type="webauthn", data={"name": "Clé"})
        town.rules(Effects(passkey_only=True), roles=(Role.TECHNICIAN.value, Role.HEAD_OF_IT.value))
        assert browser_of(town.user).get("/confiance/").status_code == 200
        assert browser_of(town.technician).get("/confiance/").status_code == 302, "a code is not enough for the team"

    def test_asked_outside_a_request_it_costs_one_query(self, town: Town, django_assert_max_num_queries: Any) -> None:
        town.rules(Effects(sign_in_hours=4))
        sign_in_policy.of(town.user, "192.0.2.1")
        with django_assert_max_num_queries(1):
            sign_in_policy.of(town.user, "192.0.2.1")


class TestScreens:
    def test_a_private_pc_gets_less_of_the_same_screen(self, town: Town, office: Office) -> None:
        assert office.open().policy.clipboard_from_pc
        town.rules(
            Effects(clipboard_to_pc=False, clipboard_from_pc=False, screen_minutes=60, screen_idle_minutes=5),
            up_to=PRIVATE,
        )
        given = office.request()
        assert not given.policy.clipboard_to_pc
        assert not given.policy.clipboard_from_pc
        assert given.policy.idle_seconds == 300
        assert given.policy.ends_at == int((NOW + timedelta(minutes=60)).timestamp())

    def test_a_supplied_computer_gets_all_of_it(self, town: Town, office: Office, ca: Authority) -> None:
        town.rules(Effects(clipboard_to_pc=False, clipboard_from_pc=False), up_to=PRIVATE)
        certificate = proofs.parse(pem(ca.issue("PC-2")[0]))
        assert certificate
        device = devices.enrol(
            actor=town.technician, computer=office.computer, agents=[office.agent], certificate=certificate, now=NOW
        )
        SignInTrust.objects.filter(pk=int(office.sign_in)).update(level=2, device=device)
        assert office.request().policy.clipboard_from_pc

    def test_refused_with_the_reason_and_the_way(self, town: Town, office: Office) -> None:
        town.rules(Effects(screen=False), up_to=PRIVATE)
        with pytest.raises(NotAllowed) as refused:
            office.request()
        assert refused.value.code == "trust_refused"
        assert "depuis cet appareil" in str(refused.value.message)
        assert "ordinateur fourni" in str(refused.value.advice)

    def test_at_night(self, town: Town, office: Office) -> None:
        local = NOW.astimezone(clock.PARIS)
        start, end = local.time().replace(tzinfo=None), (local + timedelta(hours=2)).time().replace(tzinfo=None)
        town.rules(Effects(screen=False), starts_time=start, ends_time=end)
        with pytest.raises(NotAllowed, match="trust_refused") as refused:
            office.request()
        assert "à cette heure" in str(refused.value.message)
        assert office.request(now=NOW + timedelta(hours=3)).ticket

    def test_a_program_with_a_token_is_trusted_least(self, town: Town, office: Office) -> None:
        town.rules(Effects(clipboard_from_pc=False), up_to=PRIVATE)
        screen = queries.screen(office.user, "token-1", NOW)
        assert screen.level is Level.UNKNOWN
        assert not screen.clipboard_from_pc

    def test_a_forbidden_network_needs_no_rule(self, town: Town, office: Office) -> None:
        declare(town, "forbidden", "192.0.2.0/24")
        with pytest.raises(NotAllowed, match="trust_refused") as refused:
            office.request()
        assert "depuis ce réseau" in str(refused.value.message)

    def test_a_live_screen_closes_at_the_next_heartbeat(self, town: Town, office: Office) -> None:
        grant = office.open()
        assert office.beat(grant, now=NOW) == {}
        town.rules(Effects(screen=False), up_to=PRIVATE)
        assert office.beat(grant, now=NOW + timedelta(seconds=2)) == {grant.connection.pk: "access_revoked"}
        assert state(grant) == ("ended", "trust_refused")

    def test_a_live_screen_wider_than_the_rules_closes_and_reopens_narrower(self, town: Town, office: Office) -> None:
        grant = office.open()
        town.rules(Effects(clipboard_from_pc=False), up_to=PRIVATE)
        assert office.beat(grant, now=NOW + timedelta(seconds=2)) == {grant.connection.pk: "access_revoked"}
        assert state(grant) == ("ended", "policy_changed")
        again = office.open(now=NOW + timedelta(seconds=5))
        assert not again.policy.clipboard_from_pc
        assert office.beat(again, now=NOW + timedelta(seconds=7)) == {}

    def test_when_the_certificate_is_no_longer_shown(self, town: Town, office: Office, ca: Authority) -> None:
        town.rules(Effects(screen=False), up_to=PRIVATE)
        certificate = proofs.parse(pem(ca.issue("PC-3")[0]))
        assert certificate
        device = devices.enrol(
            actor=town.technician, computer=office.computer, agents=[office.agent], certificate=certificate, now=NOW
        )
        noted = SignInTrust.objects.filter(pk=int(office.sign_in))
        noted.update(level=2, device=device)
        grant = office.open()
        assert office.beat(grant, now=NOW) == {}
        noted.update(level=1, device=None)  # what the middleware writes at the next request
        assert office.beat(grant, now=NOW + timedelta(seconds=2))
        assert state(grant) == ("ended", "trust_refused")

    def test_stolen_its_screen_closes(self, town: Town, office: Office, ca: Authority) -> None:
        certificate = proofs.parse(pem(ca.issue("PC-4")[0]))
        assert certificate
        device = devices.enrol(
            actor=town.technician, computer=office.computer, agents=[office.agent], certificate=certificate, now=NOW
        )
        SignInTrust.objects.filter(pk=int(office.sign_in)).update(level=2, device=device)
        grant = office.open()
        devices.revoke(actor=town.technician, device=device, standing="stolen", now=NOW + timedelta(seconds=1))
        assert office.beat(grant, now=NOW + timedelta(seconds=2))
        assert RemoteSession.objects.get(pk=grant.session.pk).state == "ended"

    def test_a_heartbeat_costs_two_queries_more(
        self, town: Town, office: Office, django_assert_max_num_queries: Any
    ) -> None:
        town.rules(Effects(clipboard_from_pc=False), up_to=PRIVATE)
        grant = office.open()
        office.beat(grant, now=NOW)
        with django_assert_max_num_queries(8):
            office.beat(grant, now=NOW + timedelta(seconds=2))

    def test_the_pages_say_it(self, town: Town, office: Office) -> None:
        town.rules(Effects(clipboard_to_pc=False, clipboard_from_pc=False), up_to=PRIVATE)
        page = browser_of(office.user).get("/mon-bureau/").content.decode()
        assert "Le copier-coller est désactivé depuis cet appareil" in page
        page = browser_of(office.user).get("/confiance/").content.decode()
        assert "depuis un ordinateur fourni" in page
        assert "Règle 0" in page


def test_tiles_are_locked_with_the_reason(town: Town) -> None:
    Tile.objects.create(
        entity=town.entity, title="Budget", url="https://budget.example", category="Métier", is_published=True
    )
    town.rules(Effects(forbidden_headings=frozenset({"metier"})), up_to=PRIVATE)
    page = browser_of(town.user).get("/").content.decode()
    assert "https://budget.example" not in page
    assert "Fermée depuis cet appareil" in page
    assert "https://budget.example" not in browser_of(town.user).get("/recherche/?q=budget").content.decode()


class TestVersions:
    def test_from_draft_to_force_and_back(self, town: Town) -> None:
        first = town.rules(Effects(screen=False))
        assert len(snapshot.published()) == 1
        draft = rulesets.start_draft(actor=town.head, entity=town.entity, now=NOW)
        assert draft.number == 2
        assert draft.rules.count() == 1
        draft.rules.all().delete()
        rulesets.publish(actor=town.head, rule_set=draft, note="rien", now=NOW)
        assert snapshot.published() == ()
        with pytest.raises(Conflict):
            rulesets.publish(actor=town.head, rule_set=draft, note="", now=NOW)
        first.refresh_from_db()
        again = rulesets.copy_version(actor=town.head, rule_set=first, now=NOW)
        assert again.rules.count() == 1
        rulesets.discard(actor=town.head, rule_set=again, now=NOW)
        assert RuleSet.objects.filter(entity=town.entity).count() == 2

    def test_nobody_locks_oneself_out(self, town: Town) -> None:
        with pytest.raises(Conflict, match="locks_out"):
            town.rules(Effects(passkey_only=True))
        assert snapshot.published() == ()
        with pytest.raises(Conflict, match="own_network"):
            declare(town, "forbidden", "127.0.0.0/8")

    @pytest.mark.parametrize(
        "effects", [Effects(), Effects(sign_in_hours=0), Effects(fresh_minutes=0), Effects(screen_minutes=1)]
    )
    def test_rules_that_cannot_be(self, town: Town, effects: Effects) -> None:
        with pytest.raises(Invalid):
            town.rules(effects)

    def test_only_the_head_of_it_of_the_place(self, town: Town) -> None:
        for actor in (town.technician, town.user, make_member(town.other, Role.HEAD_OF_IT)):
            with pytest.raises(NotAllowed):
                rulesets.start_draft(actor=actor, entity=town.entity, now=NOW)

    def test_a_rule_does_not_reach_beyond_its_team(self, town: Town) -> None:
        with pytest.raises(NotFound):
            town.rules(Effects(screen=False), entity=town.other)

    def test_publishing_wants_a_fresh_second_factor(self, town: Town) -> None:
        draft = rulesets.start_draft(actor=town.head, entity=town.entity, now=NOW)
        address = f"/confiance/regles/version/{draft.pk}/publier/"
        stale = browser_of(town.head, age=400).post(address, {"note": ""})
        assert stale.status_code == 302
        assert "/confirmation/" in stale["Location"]
        assert RuleSet.objects.get(pk=draft.pk).status == "draft"
        fresh = browser_of(town.head).post(address, {"note": "Essai"})
        assert fresh.status_code == 302
        assert RuleSet.objects.get(pk=draft.pk).status == "published"

    def test_a_network_named_by_a_rule_stays(self, town: Town) -> None:
        network = declare(town, "office", "10.0.0.0/8")
        town.rules(Effects(fresh_minutes=1), networks=(network.pk,))
        with pytest.raises(Conflict, match="network_in_use"):
            networks.delete_network(actor=town.head, network=network, now=NOW)

    @pytest.mark.parametrize("text", ["", "10.0.0.1/8", "office", "10.0.0.0/33", "999.1.1.1"])
    def test_ranges_that_are_none(self, text: str) -> None:
        with pytest.raises(Invalid):
            networks.ranges_of(text)

    def test_the_pages_of_the_rules(self, town: Town) -> None:
        browser = browser_of(town.head)
        assert browser.get("/confiance/regles/").status_code == 302
        draft = rulesets.start_draft(actor=town.head, entity=town.entity, now=NOW)
        form = {
            "name": "Nuit",
            "up_to": "1",
            "screen": "on",
            "starts_time": "23:00",
            "ends_time": "05:00",
            "headings": "A, b",
        }
        assert browser.post(f"/confiance/regles/version/{draft.pk}/regle/", form).status_code == 302
        rule = draft.rules.get()
        assert rule.effects == {"screen": False, "forbidden_headings": ["a", "b"]}
        assert browser.get(f"/confiance/regles/regle/{rule.pk}/").status_code == 200
        assert "Nuit" in browser.get(f"/confiance/regles/version/{draft.pk}/").content.decode()
        review = browser.get(f"/confiance/regles/version/{draft.pk}/publier/").content.decode()
        assert "Plus strict" in review
        assert browser.post(f"/confiance/regles/version/{draft.pk}/conseillees/").status_code == 302
        assert draft.rules.count() == 5
        url = f"/confiance/essai/?agent={town.agent.pk}&device=1&network=kind:home&day=1&at=23:30"
        tested = browser.get(url).content.decode()
        assert "Nuit" in tested
        assert "Avec le brouillon" in tested
        assert browser.get(f"/annuaire/agents/{town.agent.pk}/").status_code in {200, 404}


class TestImpact:
    def test_counted_on_real_agents(self, town: Town) -> None:
        for _each in range(6):
            make_agent(town.entity)
        below = make_entity(parent=town.entity)
        make_agent(below, "Seule")
        town.rules(Effects(screen_minutes=60))
        draft = rulesets.start_draft(actor=town.head, entity=town.entity, now=NOW)
        draft.rules.all().delete()
        content = replace(EMPTY, name="x", entity=below, effects=Effects(screen=False), up_to=PRIVATE)
        rulesets.save_rule(actor=town.head, rule_set=draft, rule=None, content=content, now=NOW)
        changes = impact.of_draft(town.entity, snapshot.published(), snapshot.of(draft.rules.all()))
        found = {(each.name, each.narrows): each for each in changes}
        everyone = Agent.objects.filter(entity__path__startswith=town.entity.path).count()
        assert found["screen", True].agents == 1
        assert found["screen", True].examples == ("Seule Essai",)
        assert found["screen", True].levels == (Level.PRIVATE,)
        assert found["screen_minutes", False].agents == everyone
        assert not {key for key in found if key not in {("screen", True), ("screen_minutes", False)}}

    def test_five_thousand_agents_take_few_queries(self, town: Town, django_assert_max_num_queries: Any) -> None:
        Agent.objects.bulk_create(
            Agent(first_name="A", last_name=f"N{n}", email=f"n{n}@x.example", entity=town.entity, search="")
            for n in range(5000)
        )
        town.rules(Effects(screen_minutes=60))
        published = snapshot.published()
        with django_assert_max_num_queries(2):
            changes = impact.of_draft(town.entity, published, ())
        assert changes[0].agents >= 5000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [False, True])
def test_of_many_at_once_a_code_serves_once(ca: Authority, guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the conditional UPDATE the race is real: both find the code unused, both enrol."""
    town = make_town()
    code = devices.make_code(actor=town.technician, computer=town.computer, agent=town.agent, now=clock.now())
    found = [devices.find_code(actor=town.user, code=code, now=clock.now()) for _each in range(4)]
    certificates = [proofs.parse(pem(ca.issue(f"PC-{n}")[0])) for n in range(4)]
    if not guarded:
        monkeypatch.setattr(
            EnrolmentCode.objects, "filter", lambda **_: type("Always", (), {"update": lambda *_, **__: 1})()
        )
    won: list[bool] = []

    def spend(number: int) -> None:
        proof = certificates[number]
        assert proof
        try:
            devices.enrol_with_code(actor=town.user, code=found[number], proof=proof, now=clock.now())
            won.append(True)
        except Conflict:
            won.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    device = SuppliedDevice.objects.get()
    assert len(won) == 4
    assert won.count(True) == (1 if guarded else 4)
    assert device.credentials.count() == won.count(True)
