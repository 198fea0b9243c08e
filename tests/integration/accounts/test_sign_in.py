"""Requirements 9, 11 and 12: signing in, in two steps, throttled, telling nothing."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts import factors, totp
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord

from .conftest import LOGIN, PASSWORD, SECRET, VERIFICATION, code, make_user, sign_in

pytestmark = pytest.mark.django_db


def _password(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **more)


def test_password_then_code_opens_the_portal(user: User) -> None:
    client = Client()
    answer = _password(client, user.email)
    assert answer["Location"] == VERIFICATION
    assert client.get("/compte/").status_code == 302, "the password alone opens nothing"
    answer = client.post(VERIFICATION, {"code": code()})
    assert answer["Location"] == "/"
    assert client.get("/compte/").status_code == 200
    line = AuditRecord.objects.get(action="accounts.signed_in")
    assert (line.actor_id, line.data) == (user.pk, {"methods": ["password", "mfa:totp"]})


def test_the_page_asked_for_comes_after_both_steps(user: User) -> None:
    client = Client()
    answer = client.get("/compte/securite/")
    assert answer["Location"] == f"{LOGIN}?next=/compte/securite/"
    client.post(answer["Location"], {"login": user.email, "password": PASSWORD, "next": "/compte/securite/"})
    assert client.post(VERIFICATION, {"code": code()})["Location"] == "/compte/securite/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(user: User, elsewhere: str) -> None:
    client = Client()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD, "next": elsewhere})
    assert client.post(VERIFICATION, {"code": code()})["Location"] == "/"


@pytest.mark.parametrize("wrong", ["000000", "", "abcdef", "12345", "１２３４５６"])
def test_a_wrong_code_is_refused_and_audited(user: User, wrong: str) -> None:
    client = Client()
    _password(client, user.email)
    answer = client.post(VERIFICATION, {"code": wrong})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    if wrong:
        line = AuditRecord.objects.get(action="accounts.sign_in_refused")
        assert (line.target_id, line.data["step"]) == (str(user.pk), "second_factor")


@pytest.mark.parametrize(("offset", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(user: User, offset: int, accepted: bool) -> None:
    now = clock.now()
    app = Authenticator.objects.get(user=user, type="totp")
    assert totp.accept(app, code(offset, at=now.timestamp()), now=now) is accepted


def test_a_code_is_accepted_once(user: User) -> None:
    used = code()
    sign_in(Client(), user)
    client = Client()
    _password(client, user.email)
    answer = client.post(VERIFICATION, {"code": used})
    assert answer.status_code == 200, "the code that was just used opened a second sign-in"
    assert "_auth_user_id" not in client.session


def test_a_code_does_not_come_back_within_the_tolerance(user: User) -> None:
    # The cache of django-allauth forgets a code after 30 s; with the tolerance it stays right for 90 s.
    now = clock.now()
    app = Authenticator.objects.get(user=user, type="totp")
    early = code(1, at=now.timestamp())
    assert totp.accept(app, early, now=now)
    for seconds in (1, 31, 59):
        assert not totp.accept(app, early, now=now + timedelta(seconds=seconds))
    assert not totp.accept(app, code(0, at=now.timestamp()), now=now), "an older step after a newer one"


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_with_one_code_one_is_accepted() -> None:
    user = make_user()
    app = Authenticator.objects.get(user=user, type="totp")
    now, answers, start = clock.now(), list[bool](), threading.Barrier(8)
    right = code(at=now.timestamp())

    def attempt() -> None:
        start.wait()
        try:
            answers.append(totp.accept(app, right, now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_the_code_that_enrolled_the_app_does_not_sign_in(bare: User) -> None:
    client = sign_in(Client(), bare)
    page = client.get("/compte/deuxieme-etape/application/").content.decode()
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    used = code(secret=secret)
    assert client.post("/compte/deuxieme-etape/application/", {"code": used}).status_code == 302
    other = Client()
    _password(other, bare.email)
    assert other.post(VERIFICATION, {"code": used}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_a_recovery_code_works_once_and_is_told(user: User) -> None:
    first, second, *_ = factors.recovery_codes(user)
    client = Client()
    _password(client, user.email)
    assert client.post(VERIFICATION, {"code": f"{first[:4]} {first[4:]}"}).status_code == 302
    assert AuditRecord.objects.get(action="accounts.recovery_code_used").data == {"left": 9}
    again = Client()
    _password(again, user.email)
    assert again.post(VERIFICATION, {"code": first}).status_code == 200
    assert again.post(VERIFICATION, {"code": second}).status_code == 302


class TestTellingNothing:
    def _answers(self, user: User) -> dict[str, Any]:
        User.objects.create_user("sans-mot-de-passe@rivemarine.example", None)
        return {
            email: _password(Client(), email, "not the password", REMOTE_ADDR=f"192.0.2.{number}")
            for number, email in enumerate(
                [user.email, "nobody@rivemarine.example", "sans-mot-de-passe@rivemarine.example"], start=1
            )
        }

    def test_unknown_account_wrong_password_and_no_password_look_the_same(self, user: User) -> None:
        bodies = set()
        for email, answer in self._answers(user).items():
            body = answer.content.decode().replace(email, "EMAIL")
            bodies.add(re.sub(r'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]+"', "CSRF", body))
            assert answer.status_code == 200
        assert len(bodies) == 1
        assert "n’est pas le bon" in bodies.pop()

    def test_each_takes_the_time_of_one_password_hash(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        # The hash is nearly all of the time: counting it is exact where measuring would be noisy.
        User.objects.create_user("sans-mot-de-passe@rivemarine.example", None)
        hasher = type(hashers.get_hasher())
        original, calls = hasher.encode, list[str]()

        def counted(self: Any, password: str, salt: str) -> str:
            calls.append(password)
            return original(self, password, salt)

        monkeypatch.setattr(hasher, "encode", counted)
        counts = []
        for email in (user.email, "nobody@rivemarine.example", "sans-mot-de-passe@rivemarine.example"):
            calls.clear()
            _password(Client(), email, "not the password")
            counts.append(len(calls))
        assert counts == [1, 1, 1]

    def test_and_as_many_queries(self, user: User) -> None:
        _password(Client(), user.email, "not the password")  # the first audit record makes the chain's head
        counts = []
        for email in (user.email, "nobody@rivemarine.example"):
            with CaptureQueriesContext(connection) as queries:
                _password(Client(), email, "not the password")
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_a_forgotten_password_looks_the_same(self, user: User) -> None:
        seen = []
        for email in (user.email, "nobody@rivemarine.example"):
            answer = Client().post("/compte/mot-de-passe/oublie/", {"email": email})
            seen.append((answer.status_code, answer["Location"]))
        assert seen[0] == seen[1]
        paths = list(DBTaskResult.objects.values_list("task_path", flat=True))
        assert paths == ["parvis.portal.accounts.tasks.send_password_reset"] * 2

    def test_a_refusal_is_audited_without_the_words_typed(self, user: User) -> None:
        _password(Client(), "nobody@rivemarine.example", "a secret of mine")
        line = AuditRecord.objects.get()
        assert (line.action, line.target_id, line.actor_id) == ("accounts.sign_in_refused", "", None)
        assert line.data == {"step": "password", "known": False}

    def test_only_the_right_password_tells_that_an_account_is_disabled(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert _password(Client(), user.email, "wrong").status_code == 200
        client = Client()
        assert _password(client, user.email)["Location"] == "/compte/desactive/"
        assert client.get("/compte/desactive/").status_code == 200
        assert "_auth_user_id" not in client.session


class TestThrottle:
    def test_five_refusals_close_the_door_to_the_right_password_too(self, user: User) -> None:
        for _ in range(5):
            _password(Client(), user.email, "wrong")
        answer = _password(Client(), user.email)
        assert "Patientez" in answer.content.decode()
        assert answer.status_code == 200

    def test_from_another_address_the_agent_still_signs_in(self, user: User) -> None:
        for _ in range(6):
            _password(Client(), user.email, "wrong", REMOTE_ADDR="203.0.113.66")
        assert _password(Client(), user.email, REMOTE_ADDR="192.0.2.7")["Location"] == VERIFICATION

    def test_from_many_addresses_the_account_closes_in_the_end(self, user: User) -> None:
        for number in range(50):
            _password(Client(), user.email, "wrong", REMOTE_ADDR=f"203.0.113.{number}")
        assert "Patientez" in _password(Client(), user.email, REMOTE_ADDR="192.0.2.7").content.decode()

    def test_one_address_cannot_try_many_accounts(self, db: None) -> None:
        answers = [_password(Client(), f"agent{number}@rivemarine.example", "wrong") for number in range(61)]
        assert "Patientez" not in answers[59].content.decode()
        assert "Patientez" in answers[60].content.decode()

    def test_an_unknown_account_is_throttled_alike(self, db: None) -> None:
        for _ in range(5):
            _password(Client(), "nobody@rivemarine.example", "wrong")
        assert "Patientez" in _password(Client(), "nobody@rivemarine.example", "wrong").content.decode()

    def test_five_wrong_codes_close_the_second_step(self, user: User) -> None:
        client = Client()
        _password(client, user.email)
        for _ in range(5):
            client.post(VERIFICATION, {"code": "000000"})
        answer = client.post(VERIFICATION, {"code": code()})
        assert "Patientez" in answer.content.decode()
        assert "_auth_user_id" not in client.session

    def test_mails_to_one_address_are_limited(self, user: User) -> None:
        answers = [Client().post("/compte/mot-de-passe/oublie/", {"email": user.email}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [302] * 5 + [429]
        assert "Patientez" in answers[5].content.decode()


class TestSession:
    def test_its_id_rotates_at_sign_in(self, user: User) -> None:
        client = Client()
        _password(client, user.email)
        before = client.session.session_key
        client.post(VERIFICATION, {"code": code()})
        assert before is not None
        assert client.session.session_key != before

    def test_a_planted_session_id_is_not_taken(self, user: User) -> None:
        client = Client()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = "planted" * 4
        sign_in(client, user)
        assert client.session.session_key != "planted" * 4

    def test_the_cookies_are_closed_to_scripts_and_other_sites(self, browser: Client) -> None:
        for name in (django_settings.SESSION_COOKIE_NAME, django_settings.LANGUAGE_COOKIE_NAME):
            assert browser.cookies[name]["httponly"]
            assert browser.cookies[name]["samesite"] == "Lax"

    def test_it_ends_on_the_server_at_sign_out(self, browser: Client) -> None:
        stolen = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        assert browser.post("/compte/deconnexion/")["Location"] == LOGIN
        thief = Client()
        thief.cookies[django_settings.SESSION_COOKIE_NAME] = stolen
        assert thief.get("/compte/").status_code == 302

    def test_a_link_alone_signs_nobody_out(self, browser: Client) -> None:
        assert browser.get("/compte/deconnexion/").status_code == 200
        assert browser.get("/compte/").status_code == 200

    def test_sign_in_needs_the_csrf_token(self, user: User) -> None:
        client = Client(enforce_csrf_checks=True)
        assert _password(client, user.email).status_code == 403


def test_the_secret_is_encrypted_in_the_database(bare: User) -> None:
    client = sign_in(Client(), bare)
    page = client.get("/compte/deuxieme-etape/application/").content.decode()
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    assert len(secret) == 32
    assert secret not in str(dict(client.session))
    client.post("/compte/deuxieme-etape/application/", {"code": code(secret=secret)})
    stored = Authenticator.objects.get(user=bare, type="totp").data["secret"]
    assert secret not in stored
    assert SECRET not in stored
    seed = Authenticator.objects.get(user=bare, type="recovery_codes").data["seed"]
    assert not re.fullmatch(r"[0-9a-f]+", seed)
