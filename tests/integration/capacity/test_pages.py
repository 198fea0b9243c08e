"""The pages: who sees them, what they say, what the head of IT may change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from parvis.portal.capacity import arrivals
from parvis.portal.capacity.forecast import Arrivals
from parvis.portal.capacity.models import Capability, Sample
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel.models import AuditRecord
from tests.integration import authority
from tests.integration.capacity.conftest import MONDAY, NOW, beat, hours_of, make_gateway, people
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
TOP, HOURS = "/teletravail/capacite/", "/teletravail/capacite/mesures/"


@pytest.fixture
def root() -> Entity:
    return authority.make_entity("Métropole")


def staff(entity: Entity, role: Role = Role.HEAD_OF_IT) -> Client:
    return browser_of(authority.make_member(entity, role))


def read(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.TECHNICIAN, 200),
        (Role.HEAD_OF_IT, 200),
        (Role.AUDITOR, 200),
        (Role.HEAD_OF_DEPARTMENT, 403),
        (Role.ELECTED_MEMBER, 403),
        (None, 403),
    ],
)
def test_who_sees_them(root: Entity, role: Role | None, status: int) -> None:
    gateway = make_gateway()
    browser = browser_of(authority.make_member(root, role))
    for url in (TOP, HOURS, f"{TOP}passerelles/{gateway.pk}/", f"{TOP}?format=csv", f"{HOURS}?format=csv"):
        assert browser.get(url).status_code == status, url


def test_a_gateway_that_is_emptied_says_so_and_counts_as_expected_back(root: Entity) -> None:
    gateway = make_gateway()
    pages = (TOP, f"{TOP}passerelles/{gateway.pk}/")
    beat(gateway, NOW, sessions=3)
    assert not any("Se vide" in read(staff(root), url) for url in pages)
    beat(gateway, NOW, sessions=3, draining=True)
    assert all("Se vide" in read(staff(root), url) for url in pages)
    assert "Aucune passerelle ne répond." not in read(staff(root), TOP)


def test_no_gateway_is_an_alarm(root: Entity) -> None:
    assert "Aucune passerelle ne répond." in read(staff(root), TOP)
    make_gateway()  # it said hello once, and is silent
    text = read(staff(root), TOP)
    assert "Aucune passerelle ne répond." in text
    assert "Silencieuse" in text


def test_enough(root: Entity) -> None:
    people(root, 12)
    beat(make_gateway(), NOW, sessions=3, lag=1.5)
    text = read(staff(root), TOP)
    assert "Les passerelles suffisent pour les six semaines qui viennent." in text
    assert "Mais si la plus grande s’arrête" in text, "there is only one"
    assert "3 sur 870" in text, "half a core, from our own bench"
    assert "À l’aise" in text


def test_add_a_gateway_before_that_day(root: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    people(root, 12)
    gateway = make_gateway()
    beat(gateway, NOW, sessions=3)
    Capability.objects.create(gateway=gateway, sessions=40)
    thursday = MONDAY + timedelta(days=3)
    wave = Arrivals(starts_date=thursday, people=200, by_weekday=(100, 100, 100, 100, 100))
    monkeypatch.setattr(arrivals, "_source", lambda now: [wave])
    text = read(staff(root), TOP)
    assert "avant le jeudi 26 novembre 2026" in text
    assert "Ajoutez 2 passerelles" in text
    assert "vos passerelles en portent 40" in text
    assert "Vague du 26/11" in text
    assert "il en manque" in text
    assert "nombre fixé par la DSI" in text


def test_a_full_gateway_says_so(root: Entity) -> None:
    gateway = make_gateway()
    Capability.objects.create(gateway=gateway, sessions=10)
    beat(gateway, NOW, sessions=8)
    assert "Chargée" in read(staff(root), TOP)
    beat(gateway, NOW, sessions=10)
    assert "Pleine" in read(staff(root), TOP)


def test_weeks_before_and_after(root: Entity) -> None:
    people(root, 12)
    beat(make_gateway(), NOW)
    browser = staff(root)
    assert "semaine du 23 novembre 2026" in read(browser, TOP)
    text = read(browser, f"{TOP}?semaine=2026-12-02")
    assert "semaine du 30 novembre 2026" in text
    assert "?semaine=2026-11-23" in text
    assert "?semaine=2026-12-07" in text
    for wrong in ("2025-01-01", "9999-12-31", "0001-01-01", "x", "2026-11-1", ""):
        assert "semaine du 23 novembre 2026" in read(browser, f"{TOP}?semaine={wrong}")


def test_the_forecast_as_a_file(root: Entity) -> None:
    people(root, 12)
    beat(make_gateway(), NOW)
    answer = staff(root).get(f"{TOP}?format=csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Jour;Heure;Bas;Attendu;Haut;Dont vagues à venir;Porté"
    assert len(lines) == 1 + 42 * 16
    assert lines[1].startswith("2026-11-23;6;")
    assert "no-store" in answer["Cache-Control"]
    assert AuditRecord.objects.filter(action="ui.list_exported", data__list="capacite").exists()


def test_the_hours_measured(root: Entity) -> None:
    first, second = make_gateway("principale"), make_gateway("secours")
    Sample.objects.create(
        gateway=first, hour_at=NOW.replace(minute=0), beats=30, sessions_sum=75, sessions_most=4,
        bytes_down=3_000_000, cpu_seconds=36, lag_most_ms=2.5,
    )  # fmt: skip
    Sample.objects.create(gateway=second, hour_at=NOW.replace(minute=0) - timedelta(days=2), beats=60, sessions_most=9)
    Sample.objects.create(gateway=second, hour_at=NOW.replace(minute=0) - timedelta(days=9))  # no minute looked at
    browser = staff(root)
    text = read(browser, HOURS)
    for shown in ("23/11/2026 10 h", "2,5", "3\u202fMo", "2\u202f%", "secours"):
        assert shown in text, shown
    assert "secours</a>" not in read(browser, f"{HOURS}?gateway={first.pk}")
    assert "principale</a>" not in read(browser, f"{HOURS}?until=2026-11-21")
    assert "23/11/2026 10 h" in read(browser, f"{HOURS}?sort=-sessions_most")
    lines = b"".join(browser.get(f"{HOURS}?format=csv").streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[1].split(";") == ["2026-11-23T10:00+01:00", "principale", "4", "2.5", "3000000", "36.0", "2.5", "30"]


def test_one_gateway(root: Entity) -> None:
    gateway = make_gateway()
    hours_of(gateway, 5, 7)
    beat(gateway, NOW, sessions=2)
    text = read(staff(root), f"{TOP}passerelles/{gateway.pk}/")
    assert "7 ouverts" in text
    assert staff(root).get(f"{TOP}passerelles/{gateway.pk + 1}/").status_code == 404


class TestCapability:
    def test_the_authoritys_head_of_it_says_what_it_carries(self, root: Entity) -> None:
        gateway = make_gateway()
        url = f"{TOP}passerelles/{gateway.pk}/"
        browser = staff(root)
        assert browser.post(url, {"sessions": "120", "kbps": ""}).status_code == 302
        assert browser.post(url, {"sessions": "150", "kbps": "1000000"}).status_code == 302
        row = Capability.objects.get()
        assert (row.sessions, row.kbps) == (150, 1_000_000)
        assert 'value="150"' in read(browser, url)
        browser.post(url, {"sessions": "", "kbps": ""})
        assert not Capability.objects.exists()
        said = (
            AuditRecord.objects.filter(action="capacity.capability_set").order_by("id").values_list("data", flat=True)
        )
        assert [each["sessions"] for each in said] == [120, 150, None]

    @pytest.mark.parametrize("wrong", ["0", "-1", "5001", "x", "1e3"])
    def test_impossible_numbers(self, root: Entity, wrong: str) -> None:
        gateway = make_gateway()
        answer = staff(root).post(f"{TOP}passerelles/{gateway.pk}/", {"sessions": wrong})
        assert answer.status_code == 200
        assert not Capability.objects.exists()

    @pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.AUDITOR])
    def test_others_only_look(self, root: Entity, role: Role) -> None:
        gateway = make_gateway()
        browser = staff(root, role)
        assert "Enregistrer" not in read(browser, f"{TOP}passerelles/{gateway.pk}/")
        assert browser.post(f"{TOP}passerelles/{gateway.pk}/", {"sessions": "1"}).status_code == 403

    def test_the_head_of_it_of_a_commune_does_not_decide_for_everybody(self, root: Entity) -> None:
        commune = authority.make_entity("Commune", parent=root)
        gateway = make_gateway()
        answer = staff(commune).post(f"{TOP}passerelles/{gateway.pk}/", {"sessions": "1"})
        assert answer.status_code == 403
        assert not Capability.objects.exists()


def test_the_menu_leads_there(root: Entity) -> None:
    assert f'href="{TOP}"' in read(staff(root, Role.TECHNICIAN), TOP)


def test_bounded_queries(root: Entity, django_assert_max_num_queries: Callable[[int], object]) -> None:
    people(root, 10)
    browser = staff(root)
    for at in range(6):
        gateway = make_gateway(f"g{at}")
        beat(gateway, NOW, sessions=at)
        Capability.objects.create(gateway=gateway, sessions=100)
        hours_of(gateway, 5, 3)
    browser.get(TOP)
    for url, most in ((TOP, 14), (HOURS, 16)):
        with django_assert_max_num_queries(most):  # type: ignore[attr-defined]
            read(browser, url)
