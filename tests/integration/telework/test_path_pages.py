"""The path's pages as an agent uses them, the list and the funnel as the team does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.telework.rules import LEVEL_1, Stage
from parvis.portal.telework.services import enrolment as services
from parvis.portal.telework.views import path as views
from parvis.portal.trust import snapshot
from parvis.portal.trust.models import Network
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.pathing import at_stage, enrol, invited, opened

pytestmark = pytest.mark.django_db

PATH = "/mon-teletravail/parcours/"
CONNECTION = f"{PATH}connexion/"
GUIDE = f"{PATH}premiers-pas/"
LIST = "/teletravail/demandes/mises-en-service/"
FUNNEL = f"{LIST}ou-l-on-bloque/"
MEASURE = {"down_kbps": "20000", "latency_ms": "30", "jitter_ms": "2", "websocket": "true", "browser_fit": "true"}


@pytest.fixture
def town() -> Entity:
    return make_entity("Ville", kind=Entity.Kind.COMMUNE)


def now_invited(town: Entity, name: str = "", **fields: Any) -> Enrolment:
    return invited(town, name, at=clock.now(), **fields)


def browser(enrolment: Enrolment) -> Client:
    assert enrolment.agent.user is not None
    return browser_of(enrolment.agent.user)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def current(html: str) -> str:
    """The title of the stage to do."""
    found = re.search(r'aria-current="step".*?<h2[^>]*>([^<]*)', html, re.DOTALL)
    return found[1].strip() if found else ""


class TestAgent:
    def test_from_the_first_page_to_the_last(self, town: Entity) -> None:
        enrolment = now_invited(town, level=LEVEL_1)
        client = browser(enrolment)
        assert current(page(client, PATH)) == "Vérifier votre connexion"
        assert "Mesurer ma connexion" in page(client, CONNECTION)
        html = client.post(CONNECTION, MEASURE, follow=True).content.decode()
        assert "Votre connexion convient très bien." in html
        assert "20\u202fMbit/s" in html
        assert current(page(client, PATH)) == "Lire les premiers pas"
        html = client.post(GUIDE, follow=True).content.decode()
        assert "Votre télétravail est prêt" in html
        assert current(html) == ""
        enrolment.refresh_from_db()
        assert enrolment.finished_at is not None
        assert [*enrolment.tries.values_list("stage", "outcome")] == [
            ("factor", "passed"), ("connection", "passed"), ("guide", "passed"),
        ]  # fmt: skip

    def test_taken_up_again_on_another_device(self, town: Entity) -> None:
        enrolment = now_invited(town)
        browser(enrolment).get(PATH)
        browser(enrolment).post(CONNECTION, MEASURE)
        assert current(page(browser(enrolment), PATH)) == "Ouvrir votre ordinateur de bureau"

    def test_a_later_stage_leads_back_to_the_path(self, town: Entity) -> None:
        client = browser(now_invited(town))
        for address in (CONNECTION, GUIDE, f"{CONNECTION}mesure"):
            assert client.get(address)["Location"] == PATH, address
        client.get(PATH)
        assert client.get(GUIDE)["Location"] == PATH
        assert client.post(GUIDE)["Location"] == PATH

    def test_the_head_of_a_page_begins_nothing(self, town: Entity) -> None:
        enrolment = now_invited(town)
        browser(enrolment).head(PATH)
        assert not enrolment.tries.exists()

    def test_a_slow_line_is_said_and_may_be_lived_with(self, town: Entity) -> None:
        enrolment = now_invited(town)
        client = browser(enrolment)
        client.get(PATH)
        html = client.post(CONNECTION, {**MEASURE, "down_kbps": "200"}, follow=True).content.decode()
        assert "Votre connexion est lente." in html
        assert "Continuer quand même" in html
        assert "La dernière fois\u202f: «\u202fVotre connexion est lente." in page(client, PATH)
        assert client.post(f"{CONNECTION}continuer/")["Location"] == PATH
        assert current(page(client, PATH)) == "Ouvrir votre ordinateur de bureau"

    def test_a_blocked_screen_cannot_be_waved_through(self, town: Entity) -> None:
        client = browser(now_invited(town))
        client.get(PATH)
        html = client.post(CONNECTION, {**MEASURE, "websocket": "false"}, follow=True).content.decode()
        assert "bloque l’écran à distance" in html
        assert "Continuer quand même" not in html
        assert client.post(f"{CONNECTION}continuer/").status_code == 409

    def test_a_browser_where_nothing_starts(self, town: Entity) -> None:
        enrolment = now_invited(town)
        client = browser(enrolment)
        client.get(PATH)
        html = client.post(f"{CONNECTION}navigateur/", follow=True).content.decode()
        assert "Votre navigateur est trop ancien." in html
        enrolment.refresh_from_db()
        assert enrolment.blocked_code == "old_browser"

    def test_measured_from_the_office(self, town: Entity) -> None:
        Network.objects.create(entity=town, name="Mairie", kind="office", ranges=["127.0.0.0/8"])
        snapshot.changed()
        client = browser(now_invited(town))
        client.get(PATH)
        html = client.post(CONNECTION, MEASURE, follow=True).content.decode()
        assert "Vous êtes au bureau" in html
        assert "Continuer quand même" in html

    @pytest.mark.parametrize(
        "wrong",
        [{"down_kbps": "-1"}, {"down_kbps": "x"}, {"latency_ms": "1e9"}, {"down_kbps": "9" * 40}, {"websocket": ""}],
    )
    def test_figures_that_are_none_pass_nothing(self, town: Entity, wrong: dict[str, str]) -> None:
        enrolment = now_invited(town)
        client = browser(enrolment)
        client.get(PATH)
        html = client.post(CONNECTION, {**MEASURE, **wrong}, follow=True).content.decode()
        assert "La mesure n’a pas abouti." in html
        enrolment.refresh_from_db()
        assert (enrolment.stage, enrolment.measured_at) == (Stage.CONNECTION, None)

    def test_what_is_downloaded_is_noise_never_kept_and_not_for_ever(self, town: Entity) -> None:
        client = browser(now_invited(town))
        client.get(PATH)
        cache.clear()
        answer = client.get(f"{CONNECTION}mesure", headers={"Accept-Encoding": "gzip, br"})
        assert (len(answer.content), answer["Cache-Control"]) == (views.SAMPLE_BYTES, "no-store")
        assert "Content-Encoding" not in answer
        assert len(set(answer.content[:4096])) > 200
        for _each in range(views.SAMPLES - 1):
            assert client.get(f"{CONNECTION}mesure").status_code == 200
        assert client.get(f"{CONNECTION}mesure").status_code == 429
        assert client.get(f"{CONNECTION}echo").status_code == 204

    def test_who_has_no_path(self, town: Entity) -> None:
        user = make_member(town)
        client = browser_of(user)
        assert "Aucun parcours en cours" in page(client, PATH)
        for address in (CONNECTION, GUIDE):
            assert client.get(address)["Location"] == PATH

    def test_a_path_that_was_shut_is_no_more(self, town: Entity) -> None:
        enrolment = now_invited(town)
        client = browser(enrolment)
        client.get(PATH)
        Request.objects.filter(pk=enrolment.request_id).update(state="suspended")
        assert "Aucun parcours en cours" in page(client, PATH)
        assert client.post(CONNECTION, MEASURE)["Location"] == PATH
        enrolment.refresh_from_db()
        assert enrolment.stage == Stage.CONNECTION

    def test_the_home_page_leads_to_it_until_it_is_done(self, town: Entity) -> None:
        enrolment = now_invited(town, level=LEVEL_1)
        client = browser(enrolment)
        assert "Votre télétravail est ouvert" in page(client, "/")
        client.get(PATH)
        client.post(CONNECTION, {**MEASURE, "down_kbps": "200"})
        html = page(client, "/")
        assert "Étape 2 sur 3\u202f: Vérifier votre connexion." in html
        assert "Votre connexion est lente." in html
        client.post(f"{CONNECTION}continuer/")
        client.post(GUIDE)
        assert PATH not in page(client, "/")

    def test_the_guide_speaks_of_the_screen_to_who_has_one(self, town: Entity) -> None:
        mail, screen = now_invited(town, level=LEVEL_1), now_invited(town)
        for enrolment, said in ((mail, False), (screen, True)):
            at_stage(enrolment, Stage.GUIDE, clock.now())
            assert ("Windows" in page(browser(enrolment), GUIDE)) is said


class TestTeam:
    def test_a_team_sees_its_own(self, town: Entity) -> None:
        other = make_entity("Ailleurs", kind=Entity.Kind.COMMUNE)
        opened(now_invited(town, "dupont"), clock.now())
        now_invited(other, "durand")
        for role in (Role.TECHNICIAN, Role.HEAD_OF_IT, Role.HEAD_OF_DEPARTMENT, Role.AUDITOR):
            client = browser_of(make_member(town, role))
            html = page(client, LIST)
            assert "Dupont" in html
            assert "Durand" not in html
            assert "1 sur 1" in page(client, FUNNEL)
        client = browser_of(make_member(town))
        assert client.get(LIST).status_code == 403
        assert client.get(FUNNEL).status_code == 403

    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            ("", {"Absent", "Bloque", "Fini"}),
            ("?standing=waiting", {"Absent"}),
            ("?standing=going", {"Bloque"}),
            ("?standing=blocked", {"Bloque"}),
            ("?standing=blocked&stage=connection", {"Bloque"}),
            ("?standing=blocked&stage=computer", set()),
            ("?standing=finished", {"Fini"}),
            ("?standing=working", set()),
            ("?q=bloque", {"Bloque"}),
        ],
    )
    def test_narrowed(self, town: Entity, asked: str, names: set[str]) -> None:
        now = clock.now()
        now_invited(town, "absent")
        blocked = opened(now_invited(town, "bloque"), now)
        services.note_try(enrolment=blocked, stage="connection", outcome="failed", code="line_poor", now=now)
        done = at_stage(now_invited(town, "fini"), Stage.GUIDE, now)
        services.note_try(enrolment=done, stage="guide", outcome="passed", now=now)
        html = page(browser_of(make_member(town, Role.TECHNICIAN)), LIST + asked)
        assert {name for name in ("Absent", "Bloque", "Fini") if f"{name} Essai" in html} == names

    def test_who_may_need_somebody_comes_first(self, town: Entity) -> None:
        now = clock.now()
        done = at_stage(now_invited(town, "fini"), Stage.GUIDE, now)
        services.note_try(enrolment=done, stage="guide", outcome="passed", now=now)
        blocked = opened(now_invited(town, "bloque"), now)
        services.note_try(enrolment=blocked, stage="connection", outcome="failed", code="line_poor", now=now)
        opened(now_invited(town, "parti"), now)
        now_invited(town, "absent")
        shut = now_invited(town, "suspendu")
        Request.objects.filter(pk=shut.request_id).update(state="suspended")
        html = page(browser_of(make_member(town, Role.TECHNICIAN)), LIST)
        names = ["Bloque", "Parti", "Absent", "Fini", "Suspendu"]
        places = [html.index(f">{name} Essai<") for name in names]
        assert places == sorted(places)

    def test_a_shut_path_waits_for_nobody(self, town: Entity) -> None:
        enrolment = now_invited(town, "dupont")
        Request.objects.filter(pk=enrolment.request_id).update(state="ended")
        client = browser_of(make_member(town, Role.TECHNICIAN))
        assert "Dupont" not in page(client, f"{LIST}?standing=waiting")
        assert "Dupont" in page(client, LIST)

    def test_the_files(self, town: Entity) -> None:
        now = clock.now()
        enrolment = opened(now_invited(town, "dupont"), now)
        services.note_try(enrolment=enrolment, stage="connection", outcome="failed", code="line_poor", now=now)
        client = browser_of(make_member(town, Role.TECHNICIAN))
        rows = b"".join(client.get(f"{LIST}?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert "Connexion lente" in rows
        assert "Vérifier votre connexion" in rows
        lines = client.get(f"{FUNNEL}?format=csv").content.decode().splitlines()
        assert len(lines) == 5
        assert lines[2] == "Vérifier votre connexion;1;0;0;1;1;;;Connexion lente (1)"
        assert AuditRecord.objects.filter(action="ui.list_exported").count() == 2

    def test_the_funnel_narrowed(self, town: Entity) -> None:
        below = make_entity("Service", town)
        opened(now_invited(below), clock.now())
        old = now_invited(town, level=LEVEL_1)
        Enrolment.objects.filter(pk=old.pk).update(invited_at=clock.now() - timedelta(days=60))
        client = browser_of(make_member(town, Role.TECHNICIAN))
        for asked, count in (
            ("", 2), (f"?entity={below.pk}", 1), ("?level=1", 1), ("?days=30", 1), ("?days=90", 2), ("?days=x", 2),
        ):  # fmt: skip
            found = re.search(r"<dt>Invités</dt><dd>(\d+)", page(client, FUNNEL + asked))
            assert found is not None, asked
            assert int(found[1]) == count, asked

    def test_nobody_invited_yet(self, town: Entity) -> None:
        assert "Personne n’a encore été invité" in page(browser_of(make_member(town, Role.TECHNICIAN)), FUNNEL)

    def test_queries_do_not_grow(self, town: Entity, django_assert_max_num_queries: Any) -> None:
        client = browser_of(make_member(town, Role.TECHNICIAN))
        now = clock.now()
        for _each in range(12):
            at_stage(now_invited(town), Stage.COMPUTER, now)
        client.get(LIST)
        with django_assert_max_num_queries(16):
            client.get(LIST)
        with django_assert_max_num_queries(14):
            client.get(FUNNEL)

    def test_the_path_takes_few(self, town: Entity, django_assert_max_num_queries: Any) -> None:
        enrolment = now_invited(town)
        client = browser(enrolment)
        client.get(PATH)
        with django_assert_max_num_queries(14):
            client.get(PATH)
        with django_assert_max_num_queries(14):
            client.get(CONNECTION)


class TestReminders:
    def ask(self, client: Client, enrolment: Enrolment) -> str:
        answer = client.post(
            LIST, {"action": "remind", "pk": [enrolment.pk], "confirmed": "1", "expected": "1"}, follow=True
        )
        return answer.content.decode()

    def test_asked_by_the_team_once_a_day(self, town: Entity) -> None:
        enrolment = now_invited(town, "dupont")
        client = browser_of(make_member(town, Role.TECHNICIAN))
        assert "1 rappel est parti." in self.ask(client, enrolment)
        assert "0 rappel" in self.ask(client, enrolment)
        enrolment.refresh_from_db()
        assert (enrolment.reminders, enrolment.reminded_at is not None) == (0, True)
        assert AuditRecord.objects.filter(action="telework.reminder_sent").count() == 1

    def test_auditors_and_heads(self, town: Entity) -> None:
        now_invited(town, "dupont")
        assert "Envoyer un rappel" in page(browser_of(make_member(town, Role.HEAD_OF_DEPARTMENT)), LIST)
        assert "Envoyer un rappel" not in page(browser_of(make_member(town, Role.AUDITOR)), LIST)


def test_an_agent_who_came_back_has_the_path_of_the_request_that_is_open(town: Entity) -> None:
    agent = make_agent(town, account=True)
    first = enrol(agent, at=clock.now() - timedelta(days=90))
    Request.objects.filter(pk=first.request_id).update(state="ended")
    second = enrol(agent, at=clock.now())
    page(browser(second), PATH)
    assert [each.enrolment_id for each in agent.enrolments.get(pk=second.pk).tries.all()] == [second.pk]
    assert not first.tries.exists()
