"""The policy of a sign-in, held by the server: passkey, length, idleness, freshness, and another address mid-way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.account.internal.flows import login
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts import policy, second_factor, sign_ins, terms, tokens
from parvis.portal.accounts.events import SignInEnded
from parvis.portal.accounts.models import User
from parvis.portal.accounts.policy import SignInPolicy
from parvis.portal.kernel import clock, events
from tests.integration.passkeys import give_passkey

from .conftest import LOGIN, PASSWORD, VERIFICATION, code, make_user, sign_in
from .routes import every_route
from .test_second_factor import OPEN_BEFORE_ENROLMENT

pytestmark = pytest.mark.django_db

ENROLMENT = "/compte/deuxieme-etape/"
PASSKEY_PAGE = f"{ENROLMENT}cle-d-acces/"
CONFIRMATION = "/compte/confirmation/"
OUTSIDE = "203.0.113.9"
Policies = dict[str, SignInPolicy]


@pytest.fixture
def by_address(monkeypatch: pytest.MonkeyPatch) -> Policies:
    """The policy of each address; the default's elsewhere."""
    table: Policies = {}
    monkeypatch.setattr(policy, "_policy", lambda user, address: table.get(address, SignInPolicy()))
    return table


@pytest.fixture
def strict(by_address: Policies) -> Policies:
    """Only passkeys, from anywhere the tests come from."""
    by_address["127.0.0.1"] = by_address[OUTSIDE] = SignInPolicy(passkey_only=True)
    return by_address


def use_passkey(client: Client, user: User) -> None:
    """As if the browser had answered with a passkey now: a real one is driven by the browser tests."""
    session = client.session
    records = session.get(login.AUTHENTICATION_METHODS_SESSION_KEY, [])
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        *records,
        {"method": "mfa", "type": "webauthn", "at": time.time(), "passwordless": True},
    ]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()


class TestOnlyAPasskey:
    def test_a_code_opens_nothing_for_who_has_a_passkey(self, user: User, strict: Policies) -> None:
        give_passkey(user)
        client = Client()
        client.post(LOGIN, {"login": user.email, "password": PASSWORD})
        page = client.get(VERIFICATION).content.decode()
        assert "seule votre clé d’accès est acceptée" in page
        assert 'name="code"' not in page
        answer = client.post(VERIFICATION, {"code": code()})
        assert answer.status_code == 200
        assert "un code ne suffit pas" in answer.content.decode()
        assert "_auth_user_id" not in client.session

    def test_a_recovery_code_does_not_either(self, user: User, strict: Policies) -> None:
        from parvis.portal.accounts import factors

        give_passkey(user)
        client = Client()
        client.post(LOGIN, {"login": user.email, "password": PASSWORD})
        assert client.post(VERIFICATION, {"code": factors.recovery_codes(user)[0]}).status_code == 200
        assert len(factors.recovery_codes(user)) == 10, "and it is not used up"

    def test_with_an_app_only_the_code_leads_to_enrolling_a_passkey_and_to_no_page_before(
        self, user: User, strict: Policies
    ) -> None:
        client = sign_in(Client(), user)
        for route in every_route():
            if route.public or not route.second_factor or route.name in {"mfa_reauthenticate"}:
                continue
            answer = client.get(route.example)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, PASSKEY_PAGE), route
        page = client.get(PASSKEY_PAGE)
        assert page.status_code == 200
        assert "un code ne suffit plus" in page.content.decode()
        assert client.get(f"{ENROLMENT}application/")["Location"] == PASSKEY_PAGE, "another app would not do"

    def test_that_enrolment_wants_a_code_of_now(
        self, user: User, strict: Policies, later: Callable[[float], None]
    ) -> None:
        client = sign_in(Client(), user)
        later(301)
        answer = client.get(PASSKEY_PAGE)
        assert answer["Location"].startswith(CONFIRMATION)
        assert client.post(answer["Location"], {"code": code(0)})["Location"].startswith(PASSKEY_PAGE)
        assert client.get(PASSKEY_PAGE).status_code == 200

    def test_a_new_account_is_offered_a_passkey_and_no_app(self, bare: User, strict: Policies) -> None:
        client = sign_in(Client(), bare)
        page = client.get(client.get("/compte/")["Location"]).content.decode()
        assert PASSKEY_PAGE in page
        assert f"{ENROLMENT}application/" not in page

    def test_a_passkey_opens_the_pages_and_a_code_does_not_make_it_fresh(
        self, user: User, strict: Policies, later: Callable[[float], None]
    ) -> None:
        give_passkey(user)
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        use_passkey(client, user)
        assert client.get("/compte/securite/jetons/nouveau/").status_code == 200
        later(301)
        asked = client.get("/compte/securite/jetons/nouveau/")["Location"]
        answer = client.post(asked, {"code": code()})
        assert answer.status_code == 200
        assert "un code ne suffit pas" in answer.content.decode()

    def test_a_token_of_who_has_none_opens_nothing_from_there(self, user: User, by_address: Policies) -> None:
        by_address[OUTSIDE] = SignInPolicy(passkey_only=True)
        _, secret = tokens.create(actor=user, name="x", scopes=["read"], expires_date=clock.today(), now=clock.now())
        call = Client(headers={"Authorization": f"Bearer {secret}"})
        assert call.get("/api/v1/me").status_code == 200
        assert call.get("/api/v1/me", REMOTE_ADDR=OUTSIDE).status_code == 401
        give_passkey(user)
        assert call.get("/api/v1/me", REMOTE_ADDR=OUTSIDE).status_code == 200

    def test_moving_to_such_a_network_asks_for_it_at_the_next_request(
        self, user: User, browser: Client, by_address: Policies
    ) -> None:
        by_address[OUTSIDE] = SignInPolicy(passkey_only=True)
        give_passkey(user)
        assert browser.get("/compte/").status_code == 200
        answer = browser.get("/compte/", REMOTE_ADDR=OUTSIDE)
        assert answer["Location"].startswith(CONFIRMATION)
        assert browser.get("/compte/").status_code == 200, "and back inside the former one holds"


class TestItsLength:
    @pytest.fixture(autouse=True)
    def _a_policy(self, by_address: Policies) -> None:
        by_address["127.0.0.1"] = SignInPolicy(session_hours=2, idle_minutes=30)

    def test_it_ends_after_its_hours_however_active(self, browser: Client, later: Callable[[float], None]) -> None:
        with events.recorded(SignInEnded) as ended:
            for minutes in range(0, 119, 20):
                later(minutes * 60)
                assert browser.get("/compte/").status_code == 200, minutes
            later(2 * 3600 + 1)
            answer = browser.get("/compte/", follow=True)
        assert "Votre connexion a atteint sa durée maximale" in answer.content.decode()
        assert [each.reason for each in ended] == ["time_limit"]
        assert "_auth_user_id" not in browser.session
        assert not UserSession.objects.exists()

    def test_it_ends_when_idle(self, browser: Client, later: Callable[[float], None]) -> None:
        browser.get("/compte/")
        later(29 * 60)
        assert browser.get("/compte/").status_code == 200
        later(61 * 60)
        assert browser.get("/compte/")["Location"].startswith(LOGIN)

    def test_a_screen_at_work_is_no_idleness(
        self, browser: Client, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser.get("/compte/")
        monkeypatch.setattr(terms, "_in_use", set)
        later(61 * 60)
        assert terms.sweep() == 0
        assert browser.get("/compte/").status_code == 200

    def test_the_browser_that_never_comes_back_is_swept(
        self, browser: Client, user: User, later: Callable[[float], None]
    ) -> None:
        browser.get("/compte/")
        assert terms.sweep() == 0
        later(32 * 60)
        with events.recorded(SignInEnded) as ended:
            assert terms.sweep() == 1
        assert [(each.user_id, each.reason) for each in ended] == [(user.pk, "idle")]
        assert sign_ins.of_user(user, now=clock.now()).count() == 0
        assert terms.sweep() == 0

    def test_from_a_stricter_network_it_ends_at_the_next_request(
        self, browser: Client, by_address: Policies, later: Callable[[float], None]
    ) -> None:
        by_address[OUTSIDE] = SignInPolicy(session_hours=1)
        later(3601)
        assert browser.get("/compte/", REMOTE_ADDR=OUTSIDE)["Location"].startswith(LOGIN)

    def test_a_script_is_told(self, browser: Client, later: Callable[[float], None]) -> None:
        later(7201)
        answer = browser.get("/compte/", headers={"HX-Request": "true"})
        assert answer["HX-Redirect"].startswith(LOGIN)

    def test_it_costs_a_query_a_minute_and_none_between(self, browser: Client) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        browser.get("/compte/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/compte/")
        assert not [each for each in queries if "usersessions" in each["sql"] and "UPDATE" in each["sql"]]

    def test_limits_of_another_version_are_looked_up_again(self, browser: Client, user: User) -> None:
        browser.get("/compte/")
        UserSession.objects.update(data={"limits": {"forgotten_name": 1}})
        assert terms.sweep() == 0


def test_fresh_is_shorter_where_the_policy_says_so(
    browser: Client, by_address: Policies, later: Callable[[float], None]
) -> None:
    by_address["127.0.0.1"] = SignInPolicy(fresh_minutes=2)
    cache.clear()
    later(119)
    assert browser.get("/compte/securite/jetons/nouveau/").status_code == 200
    later(121)
    assert browser.get("/compte/securite/jetons/nouveau/").status_code == 302


def test_no_policy_makes_it_longer_than_five_minutes(
    browser: Client, by_address: Policies, later: Callable[[float], None]
) -> None:
    by_address["127.0.0.1"] = SignInPolicy(fresh_minutes=60)
    cache.clear()
    later(301)
    assert browser.get("/compte/securite/jetons/nouveau/").status_code == 302


class TestThePasswordAloneOpensNothing:
    """Whatever the address, the method and the way the password got there."""

    @pytest.fixture(params=["no factor yet", "a factor since", "only a passkey counts"])
    def half_way(self, request: pytest.FixtureRequest, bare: User, by_address: Policies) -> Client:
        client = sign_in(Client(), bare)
        if request.param == "a factor since":
            give_passkey(bare)
        if request.param == "only a passkey counts":
            by_address["127.0.0.1"] = SignInPolicy(passkey_only=True)
        return client

    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
    def test_on_any_page(self, half_way: Client, method: str) -> None:
        places = (ENROLMENT, CONFIRMATION, PASSKEY_PAGE)
        for route in _guarded():
            answer = getattr(half_way, method)(route.example)
            assert answer.status_code == 302, (route, answer.status_code)
            assert answer["Location"].startswith(places), route

    def test_nor_as_a_fragment_or_for_a_script(self, half_way: Client) -> None:
        for route in _guarded():
            answer = half_way.get(route.example, headers={"HX-Request": "true"})
            assert answer.status_code == 204, route
            answer = half_way.post(route.example, "{}", content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required"), route

    def test_nor_in_the_api(self, half_way: Client) -> None:
        found = [route for route in every_route() if route.pattern.startswith("api/v1/")]
        assert len(found) > 20
        for route in found:
            for method in ("get", "post", "patch", "delete"):
                cache.clear()  # wrong tokens are throttled, too
                status = getattr(half_way, method)(route.example).status_code
                assert status in (401, 404, 405) or route.name.endswith("openapi-json"), (route, status)

    @pytest.mark.parametrize("record", ["password", "password_reset", "socialaccount", "code", "demo"])
    def test_nor_by_another_door(self, user: User, record: str) -> None:
        """A sign-in by a link or by an identity provider has given no second factor of ours."""
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": record, "at": time.time()}]
        session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
        for route in _guarded():
            assert client.get(route.example)["Location"].startswith(CONFIRMATION), route

    def test_somebody_elses_second_factor_is_not_mine(self, user: User, bare: User) -> None:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        use_passkey(client, bare)
        assert client.get("/compte/").status_code == 302

    def test_no_token_is_made_without_it(self, half_way: Client) -> None:
        data = {"name": "x", "scopes": ["admin", "write"], "expires_date": clock.today().isoformat()}
        assert half_way.post("/compte/securite/jetons/nouveau/", data).status_code == 302
        assert not tokens.Token.objects.exists()


def _guarded() -> Iterator[object]:
    return (route for route in every_route() if not route.public and route.name not in OPEN_BEFORE_ENROLMENT)


class TestAPasswordChanged:
    def test_its_tokens_work_no_more(self, browser: Client, user: User) -> None:
        day, now = clock.today() + timedelta(days=9), clock.now()
        _, secret = tokens.create(actor=user, name="script", scopes=["admin"], expires_date=day, now=now)
        data = {"oldpassword": PASSWORD, "password1": "une phrase toute neuve", "password2": "une phrase toute neuve"}
        assert browser.post("/compte/mot-de-passe/", data).status_code == 302
        assert tokens.recognise(secret, now=now) is None
        assert "_auth_user_id" not in browser.session

    def test_by_the_link_of_a_mail_too(self, user: User) -> None:
        from allauth.account.forms import default_token_generator
        from allauth.account.utils import user_pk_to_url_str

        day, now = clock.today() + timedelta(days=9), clock.now()
        _, secret = tokens.create(actor=user, name="script", scopes=["admin"], expires_date=day, now=now)
        key = default_token_generator.make_token(user)
        client = Client()
        form = client.get(f"/compte/mot-de-passe/nouveau/{user_pk_to_url_str(user)}-{key}/")
        client.post(form["Location"], {"password1": "une phrase neuve", "password2": "une phrase neuve"})
        assert tokens.recognise(secret, now=now) is None
        assert second_factor.exists_for(user), "the factor stays"
        assert client.get("/compte/")["Location"].startswith(LOGIN), "and nobody is signed in"


class TestMySignIns:
    def test_it_says_with_what_from_where_and_since_when(self, user: User) -> None:
        client = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"}, REMOTE_ADDR=OUTSIDE)
        sign_in(client, user)
        page = client.get("/compte/securite/").content.decode()
        assert "Mes connexions" in page
        assert "Firefox sur Windows" in page
        assert f"Internet ({OUTSIDE})" in page
        assert re.search(r"connecté depuis\s+<time", page)

    def test_a_room_above_says_more(self, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        from parvis.portal.accounts import surroundings

        known = surroundings.Surroundings(network="Mairie de Kervann", trust="Poste fourni", color="green")
        monkeypatch.setattr(surroundings, "_describe", lambda row: known)
        page = browser.get("/compte/securite/").content.decode()
        assert "Mairie de Kervann" in page
        assert "Poste fourni" in page


def test_the_strictest_wins_is_the_providers_business_and_defaults_ask_for_nothing_more() -> None:
    assert policy.default(make_user("x@rivemarine.example"), "") == replace(SignInPolicy())
