"""Sign-ins: seen by the other rooms, listed, ended, each end told."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client
from django.utils.crypto import get_random_string

from parvis.portal.accounts import services, sign_ins, tokens
from parvis.portal.accounts.events import SignInEnded, UserDisabled
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock, events
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.kernel.models import AuditRecord

from .conftest import LOGIN, PASSWORD, make_user, sign_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def _id(client: Client) -> str:
    return str(UserSession.objects.get(session_key=client.session.session_key).pk)


def _request(rf: Any, client: Client, user: Any) -> HttpRequest:
    request: HttpRequest = rf.get("/")
    request.user, request.session = user, client.session
    return request


class TestCurrent:
    def test_is_the_same_from_sign_in_to_sign_out(self, browser: Client, user: User, rf: Any) -> None:
        first = sign_ins.current(_request(rf, browser, user))
        browser.get("/compte/securite/")
        browser.get("/compte/deuxieme-etape/codes/")
        assert sign_ins.current(_request(rf, browser, user)) == first == _id(browser)

    def test_takes_one_query_a_request(
        self, browser: Client, user: User, rf: Any, django_assert_num_queries: Any
    ) -> None:
        request = _request(rf, browser, user)
        assert request.session.session_key
        with django_assert_num_queries(1):
            assert sign_ins.current(request) == sign_ins.current(request)

    def test_of_nobody_is_empty(self, rf: Any) -> None:
        assert sign_ins.current(_request(rf, Client(), AnonymousUser())) == ""


class TestAlive:
    def test_knows_which_of_700_stand_in_one_query(self, user: User, django_assert_num_queries: Any) -> None:
        now = clock.now()
        keys = [get_random_string(32) for _ in range(700)]
        Session.objects.bulk_create(
            Session(session_key=key, session_data="", expire_date=now + timedelta(hours=1)) for key in keys[:600]
        )
        rows = UserSession.objects.bulk_create(
            UserSession(user=user, session_key=key, ip="192.0.2.7", user_agent="") for key in keys
        )
        ids = {str(row.pk) for row in rows}
        with django_assert_num_queries(1):
            standing = sign_ins.alive(ids)
        assert standing == {str(row.pk) for row in rows[:600]}

    def test_expired_disabled_and_unknown_do_not_stand(self, browser: Client, user: User) -> None:
        mine = _id(browser)
        assert sign_ins.alive({mine, "", "999999", "x", "-1", "1 OR 1"}) == {mine}
        assert sign_ins.alive({mine}, now=clock.now() + timedelta(hours=13)) == set()
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert sign_ins.alive({mine}) == set()
        assert sign_ins.alive(set()) == set()


class TestEnding:
    def test_signing_out_is_told_and_audited(self, browser: Client, user: User) -> None:
        mine = _id(browser)
        with events.recorded(SignInEnded) as told:
            browser.post("/compte/deconnexion/")
        assert [(event.user_id, event.sign_in, event.reason) for event in told] == [(user.pk, mine, "signed_out")]
        assert sign_ins.alive({mine}) == set()
        assert AuditRecord.objects.filter(action="accounts.signed_out", actor_id=user.pk).count() == 1

    def test_the_list_shows_each_with_its_device_and_marks_this_one(self, browser: Client, user: User) -> None:
        sign_in(Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.77"), user, offset=1)
        page = browser.get("/compte/securite/").content.decode()
        assert "Firefox sur Windows" in page
        assert "192.0.2.77" in page
        assert page.count("cet appareil, maintenant") == 1

    def test_one_of_them(self, browser: Client, user: User) -> None:
        other = sign_in(Client(), user, offset=1)
        with events.recorded(SignInEnded) as told:
            browser.post("/compte/securite/connexions/", {"which": _id(other)})
        assert len(told) == 1
        assert other.get("/compte/").status_code == 302
        assert browser.get("/compte/").status_code == 200

    def test_all_the_others(self, browser: Client, user: User) -> None:
        other = sign_in(Client(), user, offset=1)
        browser.post("/compte/securite/connexions/", {"which": "others"})
        assert other.get("/compte/").status_code == 302
        assert browser.get("/compte/").status_code == 200

    def test_everywhere(self, browser: Client, user: User) -> None:
        other = sign_in(Client(), user, offset=1)
        with events.recorded(SignInEnded) as told:
            answer = browser.post("/compte/securite/connexions/", {"which": "all"})
        assert answer["Location"] == LOGIN
        assert len(told) == 2
        for each in (browser, other):
            assert each.get("/compte/").status_code == 302

    def test_somebody_elses_stays(self, browser: Client) -> None:
        stranger = make_user("autre@rivemarine.example")
        theirs = sign_in(Client(), stranger)
        browser.post("/compte/securite/connexions/", {"which": _id(theirs)})
        assert theirs.get("/compte/").status_code == 200

    def test_changing_the_password_ends_all(self, browser: Client, user: User) -> None:
        other = sign_in(Client(), user, offset=1)
        new = "un autre mot de passe"
        data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        with events.recorded(SignInEnded) as told:
            assert browser.post("/compte/mot-de-passe/", data)["Location"] == LOGIN
        assert len(told) == 2
        for each in (browser, other):
            assert each.get("/compte/").status_code == 302
        assert not UserSession.objects.exists()

    def test_disabling_the_account_ends_all_at_once(self, browser: Client, user: User) -> None:
        mine = _id(browser)
        _, secret = tokens.create(actor=user, name="x", scopes=["read"], expires_date=clock.today(), now=clock.now())
        root = make_user("root@rivemarine.example", is_superuser=True)
        with events.recorded(SignInEnded) as ended, events.recorded(UserDisabled) as disabled:
            services.disable_user(actor=root, user=user, now=clock.now())
            services.disable_user(actor=root, user=user, now=clock.now())
        assert ([event.sign_in for event in ended], ended[0].reason) == ([mine], "disabled")
        assert len(disabled) == 1
        assert browser.get("/compte/").status_code == 302
        assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
        services.enable_user(actor=root, user=user, now=clock.now())
        assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
        assert sign_in(Client(), user, offset=1).get("/compte/").status_code == 200

    def test_nobody_disables_their_own_account(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        user.refresh_from_db()
        with pytest.raises(NotAllowed):
            services.disable_user(actor=user, user=user, now=clock.now())


def test_activity_is_noted_once_a_minute(browser: Client) -> None:
    before = UserSession.objects.get().last_seen_at
    browser.get("/compte/")
    noted = UserSession.objects.get().last_seen_at
    assert noted > before
    browser.get("/compte/")
    assert UserSession.objects.get().last_seen_at == noted


def test_the_security_page_takes_a_bounded_number_of_queries(
    browser: Client, user: User, django_assert_max_num_queries: Any
) -> None:
    now = clock.now()
    for _ in range(60):
        key = get_random_string(32)
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=1))
        UserSession.objects.create(user=user, session_key=key, ip="192.0.2.7", user_agent=FIREFOX)
    browser.get("/compte/")  # the first page of a sign-in notes from where it comes
    with django_assert_max_num_queries(16):
        assert browser.get("/compte/securite/").status_code == 200


def test_pages_of_a_signed_in_person_are_kept_nowhere(browser: Client) -> None:
    assert browser.get("/compte/")["Cache-Control"] == "private, no-store"


def test_a_number_no_sign_in_can_have_ends_none(browser: Client, user: User) -> None:
    assert browser.post("/compte/securite/connexions/", {"which": "9" * 30}).status_code == 302
    assert sign_ins.alive(["9" * 30]) == set()
