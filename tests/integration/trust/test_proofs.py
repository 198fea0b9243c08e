"""A header is worth what its sender is: who may vouch for a certificate, and what follows from one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession

from parvis.portal.accounts import sign_ins
from parvis.portal.accounts.events import SignInEnded
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.trust import proofs
from parvis.portal.trust.models import Credential, SignInTrust
from parvis.portal.trust.services import devices
from tests.integration.authority import make_agent
from tests.integration.signing_in import browser_of
from tests.integration.trust.conftest import Authority, Town, level_seen, make_ca, pem, shown

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("proxied")
def test_a_certificate_makes_a_supplied_computer_and_its_absence_unmakes_it(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    town.enrol(certificate)
    browser = browser_of(town.user)
    assert level_seen(browser) == "PC personnel"
    assert level_seen(browser, **shown(certificate)) == "Poste fourni"
    assert SignInTrust.objects.get(sign_in__user=town.user).level == 2
    assert level_seen(browser) == "PC personnel"
    assert SignInTrust.objects.get(sign_in__user=town.user).level == 1


@pytest.mark.parametrize(
    ("secret", "verify", "address"),
    [
        ("", "SUCCESS", "127.0.0.1"),
        ("wrong" * 10, "SUCCESS", "127.0.0.1"),
        ("s" * 40, "SUCCESS", "198.51.100.7"),  # the right secret, not from the proxy
        ("s" * 40, "FAILED:certificate has expired", "127.0.0.1"),
        ("s" * 40, "NONE", "127.0.0.1"),
        ("s" * 40, "", "127.0.0.1"),
    ],
)
@pytest.mark.usefixtures("proxied")
def test_headers_set_by_anybody_else_prove_nothing(
    town: Town, ca: Authority, secret: str, verify: str, address: str
) -> None:
    certificate, _key = ca.issue("PC-1")
    town.enrol(certificate)
    browser = browser_of(town.user)
    answer = browser.get("/confiance/", headers=shown(certificate, secret=secret, verify=verify), REMOTE_ADDR=address)
    assert str(answer.context["level"].label) == "PC personnel"


def test_without_a_secret_in_the_settings_no_certificate_counts(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    town.enrol(certificate)
    assert level_seen(browser_of(town.user), **shown(certificate, secret="")) == "PC personnel"


@pytest.mark.usefixtures("proxied")
def test_an_expired_certificate_proves_nothing_even_if_the_proxy_says_so(town: Town, ca: Authority) -> None:
    # A TLS session resumed after the day of expiry is not verified again.
    certificate, key = ca.issue("PC-1")
    town.enrol(certificate)
    old, _key = ca.issue("PC-1", days=5, age=10, key=key)
    assert level_seen(browser_of(town.user), **shown(old)) == "PC personnel"


@pytest.mark.parametrize(
    "junk", ["", "x", "%00", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "%", "é"]
)
def test_what_is_no_certificate_is_none(junk: str) -> None:
    assert proofs.parse(junk) is None


@pytest.mark.usefixtures("proxied")
def test_a_supplied_computer_of_somebody_else_is_not_mine(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    town.enrol(certificate)
    other = make_agent(town.entity, account=True)
    assert other.user
    answer = browser_of(other.user).get("/confiance/", headers=shown(certificate))
    assert str(answer.context["level"].label) == "PC personnel"
    assert "pas enregistré pour vous" in answer.content.decode()


@pytest.mark.usefixtures("proxied")
def test_a_renewed_certificate_of_the_same_machine_is_taken_over(town: Town, ca: Authority) -> None:
    first, _key = ca.issue("PC-1")
    town.enrol(first)
    second, _key = ca.issue("PC-1", days=700)
    browser = browser_of(town.user)
    assert level_seen(browser, **shown(second)) == "Poste fourni"
    kept = Credential.objects.get()
    found = proofs.parse(pem(second))
    assert found
    assert kept.fingerprint == found.fingerprint
    assert AuditRecord.objects.filter(action="trust.certificate_renewed").count() == 1
    assert level_seen(browser, **shown(second)) == "Poste fourni"
    assert AuditRecord.objects.filter(action="trust.certificate_renewed").count() == 1


@pytest.mark.usefixtures("proxied")
def test_the_same_name_from_another_authority_is_not_taken_over(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    town.enrol(certificate)
    foreign, _key = make_ca("AC d’ailleurs").issue("PC-1", days=700)
    assert level_seen(browser_of(town.user), **shown(foreign)) == "PC personnel"


@pytest.mark.usefixtures("proxied")
def test_stolen_its_sign_ins_end_at_once_and_others_stay(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    device = town.enrol(certificate)
    through, elsewhere = browser_of(town.user), browser_of(town.user)
    level_seen(through, **shown(certificate))
    level_seen(elsewhere)
    with recorded(SignInEnded) as told:
        assert devices.revoke(actor=town.technician, device=device, standing="stolen", now=clock.now())
        assert not devices.revoke(actor=town.technician, device=device, standing="lost", now=clock.now())
    assert len(told) == 1
    assert UserSession.objects.filter(user=town.user).count() == 1
    assert through.get("/confiance/", headers=shown(certificate)).status_code == 302
    assert level_seen(elsewhere) == "PC personnel"
    # Back with the certificate: a private PC at most, and told why.
    again = browser_of(town.user).get("/confiance/", headers=shown(certificate))
    assert "perdu, volé ou retiré" in again.content.decode()
    assert sign_ins.alive({told[0].sign_in}) == set()
    assert audit.verify() is None


@pytest.mark.usefixtures("proxied")
def test_an_agent_taken_off_a_computer_is_signed_out_of_it(town: Town, ca: Authority) -> None:
    certificate, _key = ca.issue("PC-1")
    device = town.enrol(certificate)
    browser = browser_of(town.user)
    level_seen(browser, **shown(certificate))
    devices.remove_agent(actor=town.technician, device=device, agent=town.agent, now=clock.now())
    assert not UserSession.objects.filter(user=town.user).exists()


def test_a_judged_request_costs_one_query(town: Town, django_assert_max_num_queries: Any) -> None:
    from parvis.portal.trust import evaluation

    with django_assert_max_num_queries(1):
        evaluation.of_users([town.user.pk], "x" * 32)


def test_private_browsers_are_recognised_named_and_forgotten(
    town: Town, django_capture_on_commit_callbacks: Any
) -> None:
    from django_tasks_db.models import DBTaskResult

    first = browser_of(town.user)
    assert first.get("/confiance/appareils/").status_code == 200
    assert "parvis-device" in first.cookies
    notices = DBTaskResult.objects.filter(task_path__endswith="send_notice")
    assert notices.count() == 0, "the first one is the account's own beginning"
    second = browser_of(town.user)
    page = second.get("/confiance/appareils/")
    assert notices.count() == 1
    devices_here = dict(page.context["private"])
    assert list(devices_here.values()).count(True) == 1
    mine = next(device for device, here in devices_here.items() if here)
    second.post(f"/confiance/appareils/{mine.pk}/renommer/", {"name": "Portable du salon"})
    assert "Portable du salon" in second.get("/confiance/appareils/").content.decode()
    second.post(f"/confiance/appareils/{mine.pk}/oublier/")
    assert "Portable du salon" not in second.get("/confiance/appareils/").content.decode()
    # The same browser at the next sign-in, with its cookie: known, no mail.
    third = browser_of(town.user)
    third.cookies["parvis-device"] = first.cookies["parvis-device"].value
    third.get("/confiance/appareils/")
    assert notices.count() == 1
    other = browser_of(town.technician)
    other.cookies["parvis-device"] = first.cookies["parvis-device"].value
    assert level_seen(other) == "PC personnel"


def test_a_forged_cookie_is_a_new_browser(town: Town) -> None:
    browser = browser_of(town.user)
    browser.cookies["parvis-device"] = "forgé:1"
    browser.get("/confiance/appareils/")
    assert browser.cookies["parvis-device"].value != "forgé:1"


def test_codes(town: Town, ca: Authority, proxied: None) -> None:
    now = clock.now()
    code = devices.make_code(actor=town.technician, computer=town.computer, agent=town.agent, now=now)
    certificate, _key = ca.issue("PC-1")
    late = now + timedelta(hours=25)
    for actor, when in ((town.head, now), (town.user, late)):
        with pytest.raises(Exception, match="invalid"):
            devices.find_code(actor=actor, code=code, now=when)
    browser = browser_of(town.user)
    typed = f" {code[:4].lower()}-{code[4:]} "
    answer = browser.post("/confiance/enregistrer/", {"code": typed}, headers=shown(certificate), follow=True)
    assert "reconnu comme poste fourni" in answer.content.decode()
    assert level_seen(browser, **shown(certificate)) == "Poste fourni"
    again = browser.post("/confiance/enregistrer/", {"code": typed}, headers=shown(certificate))
    assert "plus valable" in again.content.decode()


def test_guessing_codes_is_slow(town: Town) -> None:
    browser = browser_of(town.user)
    for _each in range(5):
        assert browser.post("/confiance/enregistrer/", {"code": "AAAAAAAA"}).status_code == 200
    assert browser.post("/confiance/enregistrer/", {"code": "AAAAAAAA"}).status_code == 429
