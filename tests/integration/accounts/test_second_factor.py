"""Requirements 9 and 10: no way around the second factor, and a fresh one for what matters."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts import factors, tasks
from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.config import urls as real_urls
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord

from .conftest import LOGIN, PASSWORD, VERIFICATION, code, make_user, sign_in
from .routes import every_route

pytestmark = pytest.mark.django_db

ENROLMENT = "/compte/deuxieme-etape/"
CONFIRMATION = "/compte/confirmation/"
NEW = "une phrase toute neuve"
OPEN_BEFORE_ENROLMENT = {
    "accounts:enrolment",
    "accounts:add_app",
    "accounts:add_passkey",
    "mfa_reauthenticate",
    # Only sends to the identity provider, which asks for its own second factor.
    "federation:confirm",
}


@fresh_second_factor
def grave(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"done {request.method} {request.POST.get('amount', '')}")


urlpatterns = [path("grave/", grave), *real_urls.urlpatterns]
handler403, handler404, handler500 = real_urls.handler403, real_urls.handler404, real_urls.handler500


class TestNobodyPassesWithoutOne:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_every_page_sends_to_enrolment(self, bare: User, method: str) -> None:
        client = sign_in(Client(), bare)
        for route in every_route():
            if route.public or route.name in OPEN_BEFORE_ENROLMENT:
                continue
            answer = getattr(client, method)(route.example)
            assert answer.status_code == 302, route
            assert answer["Location"].startswith(ENROLMENT), route

    def test_the_pages_open_before_enrolment_are_these(self) -> None:
        opened = {route.name for route in every_route() if not route.public and not route.second_factor}
        assert opened == OPEN_BEFORE_ENROLMENT

    def test_a_session_with_the_password_only_is_asked_for_the_code(self, bare: User) -> None:
        # Signed in before the factor existed, in another browser.
        early = sign_in(Client(), bare)
        factors.add_app(actor=bare, secret="JBSWY3DPEHPK3PXP", step=1, now=clock.now())
        for address in ("/compte/", ENROLMENT, f"{ENROLMENT}application/", f"{ENROLMENT}codes/"):
            assert early.get(address)["Location"].startswith(CONFIRMATION), address
        assert early.post(CONFIRMATION, {"code": code(secret="JBSWY3DPEHPK3PXP")}).status_code == 302
        assert early.get("/compte/").status_code == 200

    def test_scripts_and_fragments_are_told_so_that_they_can_act(self, bare: User) -> None:
        client = sign_in(Client(), bare)
        answer = client.get(
            "/compte/securite/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/x"}
        )
        assert answer["HX-Redirect"].startswith(ENROLMENT)
        answer = client.post("/compte/securite/", "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")

    def test_an_api_token_without_second_factor_opens_nothing(self, bare: User) -> None:
        from parvis.portal.accounts import tokens

        _, secret = tokens.create(actor=bare, name="x", scopes=["read"], expires_date=clock.today(), now=clock.now())
        assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401

    def test_recovery_codes_alone_are_no_second_factor(self, bare: User) -> None:
        factors.renew_recovery_codes(actor=bare, now=clock.now())
        client = Client()
        client.post(LOGIN, {"login": bare.email, "password": PASSWORD})
        assert client.get("/compte/")["Location"].startswith(ENROLMENT)


class TestForgottenPassword:
    def _link(self, user: User, mailoutbox: list[Any]) -> str:
        Client().post("/compte/mot-de-passe/oublie/", {"email": user.email.upper()})
        result = DBTaskResult.objects.get(task_path="parvis.portal.accounts.tasks.send_password_reset")
        assert "http" not in str(result.args_kwargs), "the link would lie in the database"
        tasks.send_password_reset.func(**result.args_kwargs["kwargs"])
        found = re.search(r"http://[^/]+(/compte/mot-de-passe/nouveau/\S+)", mailoutbox[-1].body)
        assert found
        return found[1]

    def _choose(self, client: Client, link: str, password: str = NEW) -> Any:
        form = client.get(link)
        return client.post(form["Location"], {"password1": password, "password2": password})

    def test_the_second_factor_is_still_asked_afterwards(self, user: User, mailoutbox: list[Any]) -> None:
        client = Client()
        answer = self._choose(client, self._link(user, mailoutbox))
        assert answer["Location"] == "/compte/mot-de-passe/nouveau/fait/"
        assert client.get(answer["Location"]).status_code == 200
        assert "_auth_user_id" not in client.session
        assert client.get("/compte/").status_code == 302
        answer = client.post(LOGIN, {"login": user.email, "password": NEW})
        assert answer["Location"] == VERIFICATION

    def test_every_sign_in_ends(self, user: User, browser: Client, mailoutbox: list[Any]) -> None:
        self._choose(Client(), self._link(user, mailoutbox))
        assert browser.get("/compte/").status_code == 302
        assert AuditRecord.objects.filter(action="accounts.password_changed").exists()

    def test_a_link_serves_once(self, user: User, mailoutbox: list[Any]) -> None:
        link = self._link(user, mailoutbox)
        self._choose(Client(), link)
        assert "n’est plus valable" in Client().get(link).content.decode()

    def test_a_weak_password_is_refused(self, user: User, mailoutbox: list[Any]) -> None:
        for weak in ("court", "motdepasse", "claire@rivemarine"):
            assert self._choose(Client(), self._link_again(user, mailoutbox), weak).status_code == 200

    def _link_again(self, user: User, mailoutbox: list[Any]) -> str:
        DBTaskResult.objects.all().delete()
        return self._link(user, mailoutbox)

    def test_nothing_is_sent_to_unknown_disabled_or_fictional_accounts(self, user: User, mailoutbox: list[Any]) -> None:
        User.objects.filter(pk=user.pk).update(is_active=False)
        make_user("persona@rivemarine.example", factor=False, is_demo_persona=True)
        for email in (user.email, "persona@rivemarine.example", "nobody@rivemarine.example"):
            tasks.send_password_reset.func(email=email)
        assert mailoutbox == []


@pytest.mark.urls(__name__)
class TestFreshness:
    def test_right_after_signing_in_it_is_fresh(self, browser: Client) -> None:
        assert browser.get("/grave/").content == b"done GET "

    def test_after_five_minutes_it_is_asked_again_and_the_page_comes_back(
        self, browser: Client, later: Callable[[float], None]
    ) -> None:
        later(299)
        assert browser.get("/grave/").status_code == 200
        later(301)
        answer = browser.get("/grave/")
        assert answer["Location"] == f"{CONFIRMATION}?next=%2Fgrave%2F"
        assert browser.get(answer["Location"]).status_code == 200
        answer = browser.post(answer["Location"], {"code": code(1)})
        assert answer["Location"] == "/grave/"

    def test_a_form_is_sent_again_by_itself(self, browser: Client, later: Callable[[float], None]) -> None:
        later(301)
        answer = browser.post("/grave/", {"amount": "12"})
        answer = browser.post(answer["Location"], {"code": code(1)})
        assert answer.content == b"done POST 12"

    def test_the_password_does_not_make_it_fresh(self, browser: Client, later: Callable[[float], None]) -> None:
        later(301)
        answer = browser.get("/grave/")
        answer = browser.post(answer["Location"], {"password": PASSWORD})
        assert answer.status_code == 200
        assert browser.get("/grave/").status_code == 302

    def test_a_fragment_goes_to_the_page_that_asks(self, browser: Client, later: Callable[[float], None]) -> None:
        later(301)
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/compte/"}
        answer = browser.post("/grave/", headers=headers)
        assert answer["HX-Redirect"].startswith(CONFIRMATION)

    def test_nobody_is_sent_elsewhere_afterwards(self, browser: Client) -> None:
        answer = browser.post(f"{CONFIRMATION}?next=https://evil.example/", {"code": code(1)})
        assert answer["Location"] == "/"

    def test_re_authentication_by_password_has_no_address(self) -> None:
        from django.urls import NoReverseMatch

        for name in ("account_reauthenticate", "account_signup", "account_email", "mfa_deactivate_totp", "mfa_index"):
            with pytest.raises(NoReverseMatch):
                reverse(name)


GRAVE_PAGES = [
    f"{ENROLMENT}",
    f"{ENROLMENT}application/",
    f"{ENROLMENT}cle-d-acces/",
    f"{ENROLMENT}codes/",
    "/compte/mot-de-passe/",
    "/compte/securite/jetons/nouveau/",
    "/compte/utilisateurs/inviter/",
]


@pytest.mark.parametrize("address", GRAVE_PAGES)
def test_what_changes_security_asks_for_a_fresh_one(
    browser: Client, later: Callable[[float], None], address: str
) -> None:
    later(301)
    for answer in (browser.get(address), browser.post(address)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(CONFIRMATION)


class TestEnrolment:
    def test_from_the_first_sign_in_to_the_page_asked_for(self, bare: User) -> None:
        client = Client()
        client.post(LOGIN, {"login": bare.email, "password": PASSWORD})
        answer = client.get("/compte/securite/")
        page = client.get(answer["Location"]).content.decode()
        assert f"{ENROLMENT}application/" in page
        assert f"{ENROLMENT}cle-d-acces/" in page
        page = client.get(f"{ENROLMENT}application/").content.decode()
        assert "data:image/svg+xml" in page
        assert "otpauth://totp/" in page
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        assert client.post(f"{ENROLMENT}application/", {"code": "000000"}).status_code == 200
        answer = client.post(f"{ENROLMENT}application/", {"code": code(secret=secret)})
        assert answer["Location"] == f"{ENROLMENT}codes/"
        page = client.get(answer["Location"]).content.decode()
        assert len(re.findall(r"<code>\d{4} \d{4}</code>", page)) == 10
        assert client.post(answer["Location"], {}).status_code == 200, "the codes were not said to be kept"
        answer = client.post(answer["Location"], {"kept": "on"})
        assert answer["Location"] == "/compte/securite/"
        assert client.get(answer["Location"]).status_code == 200
        actions = set(AuditRecord.objects.values_list("action", flat=True))
        assert {"accounts.signed_in", "accounts.second_factor_added"} <= actions

    def test_reloading_the_page_keeps_the_qr_code(self, bare: User) -> None:
        client = sign_in(Client(), bare)
        pages = [client.get(f"{ENROLMENT}application/").content.decode() for _ in range(2)]
        keys = [re.findall(r"<span>([A-Z2-7]{4})</span>", page) for page in pages]
        assert keys[0] == keys[1] != []

    def test_there_is_time_to_install_the_app(self, bare: User, later: Callable[[float], None]) -> None:
        client = sign_in(Client(), bare)
        page = client.get(f"{ENROLMENT}application/").content.decode()
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        later(3600)
        assert client.post(f"{ENROLMENT}application/", {"code": code(secret=secret)}).status_code == 302

    def test_a_second_app_is_refused(self, browser: Client, user: User) -> None:
        page = browser.get(f"{ENROLMENT}application/").content.decode()
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        assert browser.post(f"{ENROLMENT}application/", {"code": code(secret=secret)}).status_code == 409
        assert Authenticator.objects.filter(user=user, type="totp").count() == 1

    def test_the_pages_are_not_kept_by_the_browser(self, browser: Client) -> None:
        for address in (f"{ENROLMENT}codes/", "/compte/securite/"):
            assert "no-store" in browser.get(address)["Cache-Control"]


class TestRemoval:
    def test_the_last_one_stays(self, browser: Client, user: User) -> None:
        factor = Authenticator.objects.get(user=user, type="totp")
        assert browser.post(f"{ENROLMENT}{factor.pk}/retirer/").status_code == 409
        assert Authenticator.objects.filter(pk=factor.pk).exists()

    def test_one_of_two_goes_and_the_other_sign_ins_end(self, browser: Client, user: User) -> None:
        other = sign_in(Client(), user, offset=1)
        app = Authenticator.objects.get(user=user, type="totp")
        Authenticator.objects.create(user=user, type="webauthn", data={"name": "Portable", "credential": {}})
        answer = browser.get(f"{ENROLMENT}{app.pk}/retirer/")
        assert "Retirer cette deuxième étape" in answer.content.decode()
        assert browser.post(f"{ENROLMENT}{app.pk}/retirer/").status_code == 302
        assert not Authenticator.objects.filter(pk=app.pk).exists()
        assert browser.get("/compte/").status_code == 200
        assert other.get("/compte/").status_code == 302
        assert AuditRecord.objects.filter(action="accounts.second_factor_removed").count() == 1

    def test_somebody_elses_does_not_exist(self, browser: Client) -> None:
        stranger = make_user("autre@rivemarine.example")
        factor = Authenticator.objects.get(user=stranger, type="totp")
        assert browser.post(f"{ENROLMENT}{factor.pk}/retirer/").status_code == 404
        assert browser.post(f"{ENROLMENT}{factor.pk}/renommer/", {"name": "x"}).status_code == 404


def test_new_recovery_codes_replace_the_former(browser: Client, user: User) -> None:
    before = factors.recovery_codes(user)
    assert browser.get(f"{ENROLMENT}codes/renouveler/").status_code == 405
    assert browser.post(f"{ENROLMENT}codes/renouveler/").status_code == 302
    after = factors.recovery_codes(user)
    assert len(after) == 10
    assert not set(before) & set(after)


def test_each_change_is_told_by_mail(user: User, mailoutbox: list[Any]) -> None:
    factors.remove_all(user=user, actor=user, now=clock.now())
    for result in DBTaskResult.objects.all():
        tasks.send_notice.func(**result.args_kwargs["kwargs"])
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    assert "deuxième étape retirée" in mail.subject
    assert "Si ce n’était pas vous" in mail.body
    assert "http://localhost:8000/compte/securite/" in mail.body


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "what",
    [
        "second_factor_added",
        "second_factor_removed",
        "second_factor_reset",
        "recovery_codes_renewed",
        "recovery_code_used",
        "password_changed",
    ],
)
def test_every_mail_can_be_written(user: User, mailoutbox: list[Any], what: str, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language, last_name="L’Hôte <&>")
    tasks.send_notice.func(
        user_id=user.pk, what=what, at="2026-11-23T13:32:00+00:00", client_address="192.0.2.7", detail="3"
    )
    (mail,) = mailoutbox
    assert mail.subject.strip() == mail.subject != ""
    assert "\n" not in mail.subject
    assert "14:32" in mail.body, "the time is that of Paris"
    assert "L’Hôte <&>" in mail.body
    assert "192.0.2.7" in mail.body
