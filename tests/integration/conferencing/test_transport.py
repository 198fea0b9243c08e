"""Whatever a tool answers, it becomes one of our errors, soon, and nothing is done twice that must not be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.errors import Unanswered
from tests.servers import free_port
from tests.servers.conferencing.vendor import Asked, Reply, Vendor, running, says


class Echo(Vendor):
    """Says yes."""

    def reply(self, asked: Asked) -> Reply:
        """Always."""
        return says({"ok": True})


@pytest.fixture
def tool() -> Iterator[Echo]:
    with running(Echo()) as found:
        yield found


def code_of(url: str, *, again: bool) -> str:
    with pytest.raises(Unanswered) as caught:
        transport.ask("POST", url, again=again, body={"a": 1})
    return str(caught.value.code)


@pytest.mark.parametrize("fault", ["500", "429", "silent", "cut"])
def test_what_may_pass_is_asked_again(tool: Echo, fault: str) -> None:
    tool.faults = [fault]
    assert transport.ask("POST", tool.url, again=True, body={"a": 1}).json() == {"ok": True}
    assert len(tool.asked) == 2


@pytest.mark.parametrize(("fault", "code"), [("500", "server_error"), ("429", "too_many"), ("cut", "unreachable")])
def test_it_is_given_up_after_a_few_times(tool: Echo, fault: str, code: str) -> None:
    tool.faults = [fault] * 9
    assert code_of(tool.url, again=True) == code
    assert len(tool.asked) == transport.ATTEMPTS


@pytest.mark.parametrize("fault", ["500", "silent", "cut", "lost"])
def test_what_may_have_been_heard_is_not_asked_twice_unless_that_is_harmless(tool: Echo, fault: str) -> None:
    tool.faults = [fault]
    code_of(tool.url, again=False)
    assert len(tool.asked) == 1


def test_too_many_requests_was_not_heard_and_is_asked_again(tool: Echo) -> None:
    tool.faults = ["429"]
    assert transport.ask("POST", tool.url, again=False, body={}).status == 200


def test_a_tool_that_asks_to_wait_an_hour_is_given_up_for_now(tool: Echo) -> None:
    tool.faults = ["429-late"]
    assert code_of(tool.url, again=True) == "too_many"
    assert len(tool.asked) == 1


@pytest.mark.parametrize(("fault", "code"), [("huge", "large"), ("elsewhere", "redirected")])
def test_it_drowns_nobody_and_leads_nowhere(tool: Echo, fault: str, code: str) -> None:
    tool.faults = [fault]
    assert code_of(tool.url, again=True) == code
    assert len(tool.asked) == 1


def test_a_broken_answer_is_said_to_be_one(tool: Echo) -> None:
    tool.faults = ["garbage"]
    with pytest.raises(Unanswered) as caught:
        transport.ask("GET", tool.url, again=True).json()
    assert caught.value.code == "malformed"


def test_nobody_there() -> None:
    assert code_of(f"http://127.0.0.1:{free_port()}", again=True) == "unreachable"


def test_the_whole_has_an_end(tool: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SECONDS", -1.0)
    assert code_of(tool.url, again=True) == "slow"


@pytest.mark.parametrize(
    "url",
    [
        "http://outil.example/",  # no TLS
        "https://moi:secret@outil.example/",
        "ftp://outil.example/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "",
    ],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    assert code_of(url, again=True) == "address"


def test_production_asks_nothing_of_this_machine(tool: Echo) -> None:
    class Production:
        mode = "production"
        addresses = settings.PARVIS.addresses

    with override_settings(PARVIS=Production()):
        assert code_of(tool.url, again=True) == "address"
        assert code_of(tool.url.replace("http:", "https:"), again=True) == "address"
    assert tool.asked == []


def test_a_secret_in_an_address_is_in_no_error() -> None:
    with pytest.raises(Unanswered) as caught:
        transport.ask("GET", f"http://127.0.0.1:{free_port()}/?checksum=tres-secret", again=False)
    assert "tres-secret" not in repr(caught.value.__dict__) + str(caught.value)
