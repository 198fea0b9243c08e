"""Recovery by two technicians: nobody alone, nobody for oneself, once, in time, and everybody is told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, close_old_connections, transaction
from django.test import Client
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts import perimeter, queries, recovery, rules, second_factor, tasks, tokens
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from parvis.portal.kernel.models import AuditRecord
from tests.integration import authority
from tests.integration.signing_in import browser_of

from .conftest import LOGIN, PASSWORD, VERIFICATION, make_user, sign_in

pytestmark = pytest.mark.django_db

LOST = "/compte/connexion/perdu/"
LIST = "/compte/recuperations/"


class Town:
    """Claire lost her phone; Yann and Gwen are technicians, Hélène is head of IT elsewhere."""

    def __init__(self) -> None:
        self.commune = authority.make_entity("Commune")
        self.claire = make_user("claire.perdue@rivemarine.example")
        agent = authority.make_agent(self.commune, "claire.perdue", phone="02 98 00 00 01")
        agent.user = self.claire
        agent.save()
        self.yann = authority.make_member(self.commune, Role.TECHNICIAN, "yann")
        self.gwen = authority.make_member(self.commune, Role.TECHNICIAN, "gwen")
        self.stranger = authority.make_member(authority.make_entity("Ailleurs"), Role.HEAD_OF_IT, "stranger")

    def identified(self) -> RecoveryRequest:
        now = clock.now()
        request = recovery.open_request(actor=self.claire, user=self.claire, now=now)
        recovery.identify(actor=self.yann, request=request, means="call_back", note="", now=now)
        return request

    def approved(self) -> tuple[RecoveryRequest, str]:
        request = self.identified()
        return request, recovery.approve(actor=self.gwen, request=request, now=clock.now())


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def half_way(user: User) -> Client:
    """The password was right; the second factor is asked for."""
    client = Client()
    assert client.post(LOGIN, {"login": user.email, "password": PASSWORD})["Location"] == VERIFICATION
    return client


def mails() -> list[tuple[int, str]]:
    found = DBTaskResult.objects.filter(task_path="parvis.portal.accounts.tasks.send_notice")
    return [(each.args_kwargs["kwargs"]["user_id"], each.args_kwargs["kwargs"]["what"]) for each in found]


class TestFromTheFirstPageToTheNewFactor:
    def test_the_whole_way(self, town: Town) -> None:
        day, now = clock.today() + timedelta(days=9), clock.now()
        _, secret = tokens.create(actor=town.claire, name="x", scopes=["read"], expires_date=day, now=now)
        client = half_way(town.claire)
        assert LOST in client.get(VERIFICATION).content.decode()
        assert "Demander à retrouver mon accès" in client.get(LOST).content.decode()
        assert not RecoveryRequest.objects.exists(), "looking is not asking"
        client.post(LOST, {"what": "ask"})
        assert "Votre demande est enregistrée" in client.get(LOST).content.decode()

        first = browser_of(town.yann)
        (request,) = RecoveryRequest.objects.all()
        page = first.get(f"{LIST}{request.pk}/").content.decode()
        assert "02 98 00 00 01" in page
        first.post(f"{LIST}{request.pk}/identite/", {"means": "call_back", "note": "Téléphone tombé à l’eau"})
        assert "une autre personne" in first.get(f"{LIST}{request.pk}/").content.decode()
        assert first.post(f"{LIST}{request.pk}/approuver/").status_code == 403

        second = browser_of(town.gwen)
        assert "Approuver la récupération" in second.get(f"{LIST}{request.pk}/approuver/").content.decode()
        page = second.post(f"{LIST}{request.pk}/approuver/").content.decode()
        (code,) = re.findall(r"\b[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}\b", page)
        assert code not in second.get(f"{LIST}{request.pk}/").content.decode()
        assert second_factor.exists_for(town.claire), "nothing is removed before the code is used"

        assert "Ce code n’est pas le bon" in client.post(LOST, {"what": "code", "code": "AAAAA-AAAAA"}).content.decode()
        answer = client.post(LOST, {"what": "code", "code": f" {code.lower().replace('-', ' ')} "})
        assert answer.status_code == 302
        assert not second_factor.exists_for(town.claire)
        assert tokens.recognise(secret, now=now) is None
        assert client.get("/compte/")["Location"].startswith("/compte/deuxieme-etape/")
        assert client.get("/compte/deuxieme-etape/application/").status_code == 200
        request.refresh_from_db()
        assert (request.state, request.code_digest) == ("used", "")
        actions = [each for each in AuditRecord.objects.values_list("action", flat=True) if "recovery" in each]
        assert actions[::-1] == [f"accounts.recovery_{verb}" for verb in ("asked", "identified", "approved", "used")]
        assert code not in str(list(AuditRecord.objects.values()))
        assert code not in str(list(DBTaskResult.objects.values()))
        told = mails()
        for what in ("recovery_asked", "recovery_identified", "recovery_approved", "second_factor_reset"):
            assert (town.claire.pk, what) in told
        assert (town.yann.pk, "recovery_team_identify") in told
        assert (town.gwen.pk, "recovery_team_approve") in told
        assert (town.yann.pk, "recovery_team_approve") not in told

    def test_nobody_gets_there_without_the_password(self, town: Town) -> None:
        client = Client()
        assert client.get(LOST)["Location"].startswith(LOGIN)
        assert client.post(LOST, {"what": "ask"})["Location"].startswith(LOGIN)
        client.post(LOGIN, {"login": town.claire.email, "password": "pas le bon"})
        assert client.post(LOST, {"what": "ask"})["Location"].startswith(LOGIN)
        assert not RecoveryRequest.objects.exists()

    def test_the_code_of_one_is_nothing_to_another(self, town: Town) -> None:
        _, code = town.approved()
        other = make_user("autre@rivemarine.example")
        answer = half_way(other).post(LOST, {"what": "code", "code": code})
        assert answer.status_code == 200
        assert second_factor.exists_for(other)

    def test_a_technician_opens_it_for_who_called(self, town: Town) -> None:
        staff = browser_of(town.yann)
        address = f"/compte/utilisateurs/{town.claire.pk}/recuperation/"
        assert "Ouvrir une demande" in staff.get(address).content.decode()
        staff.post(address)
        (request,) = RecoveryRequest.objects.all()
        assert request.opened_by == town.yann
        assert "Votre demande est enregistrée" in half_way(town.claire).get(LOST).content.decode()
        assert staff.post(address).status_code == 409

    def test_the_phone_is_found_again(self, town: Town) -> None:
        client = half_way(town.claire)
        client.post(LOST, {"what": "ask"})
        assert client.post(LOST, {"what": "cancel"})["Location"] == VERIFICATION
        assert RecoveryRequest.objects.get().state == "cancelled"
        client.post(LOST, {"what": "ask"})
        assert RecoveryRequest.objects.filter(state="asked").count() == 1


class TestWhoMay:
    def test_one_technician_is_not_two(self, town: Town) -> None:
        request = town.identified()
        with pytest.raises(NotAllowed) as refused:
            recovery.approve(actor=town.yann, request=request, now=clock.now())
        assert refused.value.code == "second_technician"

    def test_nobody_recovers_their_own_account(self, town: Town) -> None:
        request = recovery.open_request(actor=town.yann, user=town.yann, now=clock.now())
        for act in (
            lambda: recovery.identify(actor=town.yann, request=request, means="video", note="", now=clock.now()),
            lambda: recovery.approve(actor=town.yann, request=request, now=clock.now()),
        ):
            with pytest.raises(NotAllowed):
                act()
        with pytest.raises(NotFound):
            queries.one_recovery(town.yann, request.pk)

    def test_the_database_knows_it_too(self, town: Town) -> None:
        request = town.identified()
        for facts in ({"approved_by": town.yann}, {"approved_by": town.claire}, {"identified_by": town.claire}):
            with pytest.raises(IntegrityError), transaction.atomic():
                RecoveryRequest.objects.filter(pk=request.pk).update(**facts)

    def test_outside_the_perimeter_there_is_none(self, town: Town) -> None:
        request = town.identified()
        foreign = browser_of(town.stranger)
        assert town.claire.email not in foreign.get(LIST).content.decode()
        for verb in ("", "identite/", "approuver/", "refuser/"):
            assert foreign.post(f"{LIST}{request.pk}/{verb}").status_code == 404
        assert browser_of(town.claire).get(LIST).status_code == 403

    def test_each_act_wants_a_fresh_second_factor(self, town: Town) -> None:
        request = town.identified()
        stale = browser_of(town.gwen, age=400)
        for verb in ("identite", "approuver", "refuser"):
            answer = stale.post(f"{LIST}{request.pk}/{verb}/", {"means": "video"})
            assert answer["Location"].startswith("/compte/confirmation/"), verb
        assert stale.post(f"/compte/utilisateurs/{town.claire.pk}/recuperation/")["Location"].startswith(
            "/compte/confirmation/"
        )
        request.refresh_from_db()
        assert request.state == "identified"

    def test_the_way_the_identity_was_checked_is_said(self, town: Town) -> None:
        request = recovery.open_request(actor=town.claire, user=town.claire, now=clock.now())
        for means, note in (("", ""), ("telepathy", ""), ("video", "x" * 201)):
            with pytest.raises(Invalid):
                recovery.identify(actor=town.yann, request=request, means=means, note=note, now=clock.now())
        page = browser_of(town.yann).post(f"{LIST}{request.pk}/identite/", {"note": "x"})
        assert page.status_code == 200


class TestTimeAndTries:
    def test_a_code_lives_thirty_minutes(self, town: Town, later: Callable[[float], None]) -> None:
        _, code = town.approved()
        later(30 * 60 + 1)
        assert not recovery.use_code(user=town.claire, typed=code, now=clock.now())
        assert recovery.expire(now=clock.now()) == 1
        assert recovery.expire(now=clock.now()) == 0
        assert second_factor.exists_for(town.claire)
        assert (town.claire.pk, "recovery_expired") in mails()

    def test_a_request_lives_a_day(self, town: Town, later: Callable[[float], None]) -> None:
        request = town.identified()
        later(24 * 3600 + 1)
        with pytest.raises(Conflict):
            recovery.approve(actor=town.gwen, request=request, now=clock.now())
        recovery.open_request(actor=town.claire, user=town.claire, now=clock.now())
        assert set(RecoveryRequest.objects.values_list("state", flat=True)) == {"expired", "asked"}

    def test_the_fifth_wrong_code_ends_it(self, town: Town) -> None:
        _, code = town.approved()
        for _ in range(rules.TRIES):
            assert not recovery.use_code(user=town.claire, typed="AAAAA-22222", now=clock.now())
        assert not recovery.use_code(user=town.claire, typed=code, now=clock.now())
        assert RecoveryRequest.objects.get().state == "expired"
        assert second_factor.exists_for(town.claire)

    def test_a_code_works_once(self, town: Town) -> None:
        _, code = town.approved()
        assert recovery.use_code(user=town.claire, typed=code, now=clock.now())
        assert not recovery.use_code(user=town.claire, typed=code, now=clock.now())

    def test_a_refusal_at_any_step_is_the_end(self, town: Town) -> None:
        request, code = town.approved()
        recovery.refuse(actor=town.yann, request=request, now=clock.now())
        assert not recovery.use_code(user=town.claire, typed=code, now=clock.now())
        with pytest.raises(Conflict):
            recovery.refuse(actor=town.yann, request=request, now=clock.now())

    def test_steps_out_of_order_are_refused(self, town: Town) -> None:
        request = recovery.open_request(actor=town.claire, user=town.claire, now=clock.now())
        with pytest.raises(Conflict):
            recovery.approve(actor=town.gwen, request=request, now=clock.now())
        assert browser_of(town.gwen).get(f"{LIST}{request.pk}/approuver/").status_code == 409


class TestWhereOneDecidesAlone:
    @pytest.fixture
    def village(self, town: Town) -> Town:
        town.gwen.is_active = False
        town.gwen.save()
        town.yann.role_grants.update(role=Role.HEAD_OF_IT)
        return town

    def test_the_head_of_it_waits_an_hour_and_the_person_may_refuse(
        self, village: Town, later: Callable[[float], None], mailoutbox: list[Any]
    ) -> None:
        request = village.identified()
        assert request.alone
        with pytest.raises(Conflict) as refused:
            recovery.approve(actor=village.yann, request=request, now=clock.now())
        assert refused.value.code == "recovery_too_early"
        assert "une heure pour refuser" in browser_of(village.yann).get(f"{LIST}{request.pk}/").content.decode()
        later(3601)
        assert recovery.approve(actor=village.yann, request=request, now=clock.now())

    def test_by_the_link_of_the_mail(self, village: Town, mailoutbox: list[Any]) -> None:
        request = village.identified()
        (task,) = DBTaskResult.objects.filter(task_path="parvis.portal.accounts.tasks.send_refusal_link")
        tasks.send_refusal_link.func(**task.args_kwargs["kwargs"])
        (mail,) = mailoutbox
        assert mail.to == [village.claire.email]
        (link,) = re.findall(r"http://[^/]+(/compte/recuperation/refuser/\S+)", mail.body)
        anybody = Client()
        assert "Ce n’est pas vous" in anybody.get(link).content.decode()
        request.refresh_from_db()
        assert request.state == "identified", "a mail program that follows links refuses nothing"
        assert "C’est refusé" in anybody.post(link).content.decode()
        request.refresh_from_db()
        assert request.state == "refused"
        assert "n’est plus valable" in anybody.get(link).content.decode()
        assert anybody.post("/compte/recuperation/refuser/x:y:z/").status_code == 200
        assert (village.yann.pk, "recovery_team_refused") in mails()

    def test_a_lone_technician_is_not_enough(self, village: Town) -> None:
        village.yann.role_grants.update(role=Role.TECHNICIAN)
        request = recovery.open_request(actor=village.claire, user=village.claire, now=clock.now())
        with pytest.raises(NotAllowed) as refused:
            recovery.identify(actor=village.yann, request=request, means="video", note="", now=clock.now())
        assert refused.value.code == "recovery_needs_head"

    def test_administrators_are_those_who_may(self, town: Town) -> None:
        found = {each.user_id: each.is_head for each in perimeter.administrators_of(town.claire)}
        assert found == {town.yann.pk: False, town.gwen.pk: False}
        root = make_user("root@rivemarine.example", is_superuser=True)
        assert perimeter.administrators_of(root) == []
        assert {each.user_id for each in perimeter.administrators_of(town.yann)} == {town.gwen.pk, root.pk}


class TestTheMenu:
    def test_it_counts_what_waits_for_me(self, town: Town) -> None:
        assert queries.recoveries_waiting(town.yann) == 0
        town.identified()
        assert queries.recoveries_waiting(town.yann) == 0, "it waits for somebody else"
        assert queries.recoveries_waiting(town.gwen) == 1
        assert queries.recoveries_waiting(town.stranger) == 0
        assert "en attente" in browser_of(town.gwen).get(LIST).content.decode()

    def test_an_empty_list_says_so(self, town: Town) -> None:
        assert "Aucune demande" in browser_of(town.yann).get(LIST).content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "what",
    ["asked", "identified", "approved", "refused", "expired", "team_identify", "team_approve", "team_refused"],
)
def test_every_mail_can_be_written(user: User, mailoutbox: list[Any], what: str, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)
    tasks.send_notice.func(
        user_id=user.pk, what=f"recovery_{what}", at=clock.now().isoformat(), client_address="", detail="L’Hôte <&>"
    )
    (mail,) = mailoutbox
    assert "\n" not in mail.subject
    assert mail.body.count("http://localhost:8000/compte/") == 1


def _at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What each of `count` threads got: its result, or the exception."""
    results: list[object] = [None] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error
        finally:
            close_old_connections()
            from django.db import connection

            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_the_race_is_real(self) -> None:
        """Without the condition in the UPDATE, several people approve at once."""
        town = Town()
        request = town.identified()
        seen = threading.Barrier(4)

        def approve_naively(number: int) -> bool:
            found = RecoveryRequest.objects.get(pk=request.pk)
            seen.wait()
            if found.state != "identified":
                return False
            RecoveryRequest.objects.filter(pk=request.pk).update(state="approved", approved_by=town.gwen)
            return True

        assert _at_once(4, approve_naively).count(True) > 1

    def test_of_two_approvals_at_once_one_counts(self) -> None:
        town = Town()
        colleagues = [authority.make_member(town.commune, Role.TECHNICIAN) for _ in range(6)]
        request = town.identified()

        def approve(number: int) -> str:
            mine = RecoveryRequest.objects.select_related("user").get(pk=request.pk)
            return recovery.approve(actor=colleagues[number], request=mine, now=clock.now())

        results = _at_once(6, approve)
        codes = [each for each in results if isinstance(each, str)]
        assert len(codes) == 1, results
        assert all(isinstance(each, str | Conflict) for each in results)
        assert AuditRecord.objects.filter(action="accounts.recovery_approved").count() == 1
        assert recovery.use_code(user=town.claire, typed=codes[0], now=clock.now())

    def test_of_two_browsers_with_one_code_one_comes_in(self) -> None:
        town = Town()
        _, code = town.approved()
        results = _at_once(6, lambda number: recovery.use_code(user=town.claire, typed=code, now=clock.now()))
        assert results.count(True) == 1, results

    def test_of_two_requests_at_once_one_is_open(self) -> None:
        town = Town()
        results = _at_once(6, lambda n: recovery.open_request(actor=town.claire, user=town.claire, now=clock.now()))
        assert sum(isinstance(each, RecoveryRequest) for each in results) == 1, results


def test_the_former_reset_by_one_technician_is_gone(town: Town) -> None:
    from parvis.portal.accounts import services

    assert not hasattr(services, "reset_second_factor")
    assert browser_of(town.yann).post(f"/compte/utilisateurs/{town.claire.pk}/deuxieme-etape/").status_code == 404
    assert sign_in(Client(), town.claire).get("/compte/").status_code == 200


def test_who_identified_must_still_be_of_the_team_when_it_is_approved(town: Town) -> None:
    """A technician who was sent away in between, or moved elsewhere, is not one of the two."""
    request = town.identified()
    User.objects.filter(pk=town.yann.pk).update(is_active=False)
    with pytest.raises(Conflict) as refused:
        recovery.approve(actor=town.gwen, request=request, now=clock.now())
    assert refused.value.code == "recovery_identified_by_nobody"
    assert RecoveryRequest.objects.get().state == "identified"
    recovery.refuse(actor=town.gwen, request=request, now=clock.now())


def test_one_alone_is_no_longer_alone_once_there_is_a_second(town: Town) -> None:
    """Else the rule for one would outlive its reason."""
    head = authority.make_member(town.commune, Role.HEAD_OF_IT, "cheffe")
    User.objects.filter(pk__in=[town.yann.pk, town.gwen.pk]).update(is_active=False)
    now = clock.now()
    request = recovery.open_request(actor=town.claire, user=town.claire, now=now)
    recovery.identify(actor=head, request=request, means="in_person", note="", now=now)
    assert request.alone
    User.objects.filter(pk=town.gwen.pk).update(is_active=True)
    later = now + rules.ALONE_WAITS
    with pytest.raises(NotAllowed):
        recovery.approve(actor=head, request=request, now=later)
    town.gwen.refresh_from_db()
    assert recovery.approve(actor=town.gwen, request=request, now=later)
