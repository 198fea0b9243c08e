"""The client's address behind proxies, the correlation id, errors as pages."""

from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from parvis.portal.kernel import context
from parvis.portal.kernel.errors import Conflict, NotFound
from parvis.portal.kernel.middleware import ContextMiddleware, ErrorPageMiddleware, client_address

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def behind_proxies(settings: Any) -> None:
    settings.PARVIS = replace(settings.PARVIS, trusted_proxies=frozenset({"10.0.0.1", "10.0.0.2"}))


def _from(peer: str, forwarded: str | None = None) -> HttpRequest:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)


def test_without_a_proxy_the_peer_counts_and_the_header_does_not() -> None:
    assert client_address(_from("192.0.2.7", "198.51.100.9")) == "192.0.2.7"


@pytest.mark.usefixtures("behind_proxies")
@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.66, 192.0.2.7", "192.0.2.7"),  # the left part is what the browser claims
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("203.0.113.5", "192.0.2.7", "203.0.113.5"),  # not a proxy of ours
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str | None, expected: str) -> None:
    assert client_address(_from(peer, forwarded)) == expected


@pytest.mark.usefixtures("behind_proxies")
def test_a_long_claim_cannot_overflow_the_audit_column() -> None:
    assert len(client_address(_from("10.0.0.1", "9" * 4000))) <= 45


def test_the_correlation_id_goes_through() -> None:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(context.correlation.get())
        return HttpResponse()

    request = RequestFactory().get("/internal/gateway/v1/redeem", headers={"X-Correlation-ID": GOOD})
    assert ContextMiddleware(view)(request)["X-Correlation-ID"] == GOOD == seen[0]
    request = RequestFactory().get("/internal/gateway/v1/redeem", headers={"X-Correlation-ID": "not one"})
    assert ContextMiddleware(view)(request)["X-Correlation-ID"] == seen[1] != "not one"


def test_a_browser_does_not_choose_its_correlation_id() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    response = ContextMiddleware(view)(RequestFactory().get("/", headers={"X-Correlation-ID": GOOD}))
    assert len(response["X-Correlation-ID"]) == 32
    assert response["X-Correlation-ID"] != GOOD


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(NotFound(), 404), (Conflict("Trop tard.", advice="Rechargez."), 409)])
@pytest.mark.parametrize("fragment", [False, True])
def test_an_error_becomes_a_page_with_its_sentence_and_advice(error: Any, status: int, fragment: bool, rf: Any) -> None:
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/", headers={"HX-Request": "true"} if fragment else {})
    request.user = AnonymousUser()
    response = ErrorPageMiddleware(lambda _: HttpResponse()).process_exception(request, error)
    assert response is not None
    assert response.status_code == status
    assert str(error.message) in response.content.decode()
    assert str(error.advice) in response.content.decode()
    assert (b"<html" in response.content) is not fragment


def test_other_exceptions_are_not_ours() -> None:
    middleware = ErrorPageMiddleware(lambda _: HttpResponse())
    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None
