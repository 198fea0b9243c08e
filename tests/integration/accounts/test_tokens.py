"""Personal API tokens: scopes, dates, revocation, throttling, and no trace of the secret."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from parvis.portal.accounts import api, tokens
from parvis.portal.accounts.models import Scope, Token, User
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.kernel.models import AuditRecord

from .conftest import make_user

pytestmark = pytest.mark.django_db


def _token(user: User, *scopes: str, days: int = 1) -> tuple[Token, str]:
    scopes = scopes or ("read",)
    expires = clock.today() + timedelta(days=days)
    return tokens.create(actor=user, name="Inventaire", scopes=scopes, expires_date=expires, now=clock.now())


def _call(secret: str, method: str = "get", path: str = "/api/v1/me", **more: Any) -> Any:
    return getattr(Client(), method)(path, headers={"Authorization": f"Bearer {secret}"}, **more)


def test_the_secret_has_256_bits_and_only_its_hash_is_kept(user: User) -> None:
    token, secret = _token(user)
    assert re.fullmatch(r"parvis_[A-Za-z0-9_-]{43}", secret)
    assert token.digest == tokens.digest(secret)
    assert secret not in str(list(Token.objects.values()))
    assert secret not in str(list(AuditRecord.objects.values()))
    assert AuditRecord.objects.get(action="accounts.token_created").data["scopes"] == ["read"]


def test_it_tells_who_calls(user: User) -> None:
    answer = _call(_token(user, "read", "connect")[1])
    assert answer.status_code == 200
    assert answer.json() == {
        "id": user.pk,
        "email": user.email,
        "first_name": "Claire",
        "last_name": "Le Goff",
        "language": "fr",
        "scopes": ["connect", "read"],
    }


def test_refusals_look_the_same_and_are_problems(user: User) -> None:
    _, expired = _token(user)
    Token.objects.update(expires_date=clock.today() - timedelta(days=1))
    _, revoked = _token(user)
    tokens.revoke(actor=user, token_id=Token.objects.latest("pk").pk, now=clock.now())
    answers = [_call(secret) for secret in (expired, revoked, "parvis_" + "x" * 43, "", "x\ny", "é")]
    answers.append(Client().get("/api/v1/me"))
    answers.append(Client().get("/api/v1/me", headers={"Authorization": "Basic eDp5"}))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_on_its_last_day_it_still_works(user: User) -> None:
    _, secret = _token(user, days=0)
    assert _call(secret).status_code == 200


def test_a_disabled_account_opens_nothing(user: User) -> None:
    _, secret = _token(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert _call(secret).status_code == 401


def test_the_browsers_session_does_not_open_the_api(browser: Client) -> None:
    assert browser.get("/api/v1/me").status_code == 401


def test_a_token_does_not_open_the_pages(user: User) -> None:
    assert _call(_token(user)[1], path="/compte/").status_code == 302


@pytest.mark.parametrize("scope", Scope.values)
def test_each_scope_opens_its_own_only(user: User, scope: str) -> None:
    token, secret = _token(user, scope)
    answer = _call(secret, path="/api/v1/tokens")
    assert answer.status_code == (200 if scope == "read" else 403)
    if scope != "read":
        assert answer.json()["code"] == "scope_missing"
    answer = _call(secret, "delete", f"/api/v1/tokens/{token.pk}")
    assert answer.status_code == (204 if scope == "write" else 403)


def test_the_list_has_the_callers_tokens_only_and_no_secret(user: User) -> None:
    _token(make_user("autre@rivemarine.example"))
    token, secret = _token(user)
    answer = _call(secret, path="/api/v1/tokens")
    assert [each["id"] for each in answer.json()] == [token.pk]
    assert token.digest not in answer.content.decode()


def test_somebody_elses_token_does_not_exist(user: User) -> None:
    theirs, _ = _token(make_user("autre@rivemarine.example"))
    _, secret = _token(user, "write")
    assert _call(secret, "delete", f"/api/v1/tokens/{theirs.pk}").status_code == 404
    with pytest.raises(NotFound):
        tokens.revoke(actor=user, token_id=theirs.pk, now=clock.now())
    assert Token.objects.get(pk=theirs.pk).revoked_at is None


def test_its_last_use_is_noted(user: User) -> None:
    token, secret = _token(user)
    _call(secret)
    first = Token.objects.get(pk=token.pk).last_used_at
    assert first is not None
    _call(secret)
    assert Token.objects.get(pk=token.pk).last_used_at == first, "a write at every call"


def test_calls_are_throttled_per_token(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "CALLS_PER_MINUTE", 3)
    secret, other = _token(user)[1], _token(user)[1]
    assert [_call(secret).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert _call(other).status_code == 200


def test_guessing_is_throttled_per_address(user: User) -> None:
    codes = [_call(f"parvis_{number:043d}").status_code for number in range(32)]
    assert codes == [401] * 30 + [429] * 2


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "root"]])
def test_scopes_are_from_the_list(user: User, scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        tokens.create(actor=user, name="x", scopes=scopes, expires_date=clock.today(), now=clock.now())


@pytest.mark.parametrize("days", [-1, 367])
def test_the_last_day_is_within_a_year(user: User, days: int) -> None:
    with pytest.raises(Invalid):
        _token(user, days=days)


def test_on_the_pages_it_is_shown_once(browser: Client) -> None:
    data = {"name": "Export", "scopes": ["read"], "expires_date": str(clock.today())}
    answer = browser.post("/compte/securite/jetons/nouveau/", data)
    found = re.search(r"parvis_[A-Za-z0-9_-]{43}", answer.content.decode())
    assert found
    assert "no-store" in answer["Cache-Control"]
    assert _call(found[0]).status_code == 200
    page = browser.get("/compte/securite/").content.decode()
    assert "Export" in page
    assert found[0] not in page
    token = Token.objects.get()
    assert browser.get(f"/compte/securite/jetons/{token.pk}/revoquer/").status_code == 200
    browser.post(f"/compte/securite/jetons/{token.pk}/revoquer/")
    assert _call(found[0]).status_code == 401


def test_a_form_with_mistakes_says_so(browser: Client) -> None:
    data = {"name": "Export", "scopes": ["read"], "expires_date": "2020-01-01"}
    assert "d’ici un an" in browser.post("/compte/securite/jetons/nouveau/", data).content.decode()
    assert Token.objects.count() == 0
