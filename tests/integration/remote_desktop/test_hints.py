"""Which decisions have which gateways ask at once; that a hint which cannot be sent undoes none of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.parc import asset_services
from parvis.portal.remote_desktop import hints, services
from parvis.portal.remote_desktop.models import RemoteSession
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office, make_office

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
Committing = Callable[..., Any]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Committing:
    """Call it with something to do: the gateways that were told, once that is committed."""
    sent: list[str] = []
    monkeypatch.setattr(hints, "send", sent.extend)

    def tell(act: Callable[..., Any], **arguments: Any) -> list[str]:
        with django_capture_on_commit_callbacks(execute=True):
            act(**arguments)
            assert sent == [], "told before it is committed"
        found = list(sent)
        sent.clear()
        return found

    return tell


@pytest.fixture
def chief(office: Office) -> User:
    """Of the IT team."""
    return authority.make_member(office.entity, Role.HEAD_OF_IT)


def test_a_session_that_is_ended_on_purpose(office: Office, told: Committing) -> None:
    grant = office.open()
    assert told(services.end_session, actor=office.user, session=grant.session, now=NOW) == ["gw-1"]
    assert told(services.end_session, actor=office.user, session=grant.session, now=NOW) == []


def test_a_kill_before_the_screen_is_there(office: Office, told: Committing) -> None:
    grant = office.request()
    office.redeem(grant)  # the gateway has not said « started » yet
    assert told(services.end_session, actor=office.user, session=grant.session, now=NOW) == ["gw-1"]
    assert office.beat(now=NOW) == {}  # the gateway does not know it yet: it asks again once it does
    assert office.beat(grant, now=NOW) == {grant.connection.pk: "closed_by_user"}


def test_nobody_is_told_of_what_no_gateway_holds(office: Office, told: Committing) -> None:
    grant = office.request()
    assert told(services.end_session, actor=office.user, session=grant.session, now=NOW) == []


def test_a_gateway_that_is_being_answered_is_not_told_to_ask(office: Office, told: Committing) -> None:
    grant = office.open()
    office.right.delete()
    assert told(lambda: office.beat(grant, now=NOW)) == []
    assert RemoteSession.objects.get().end_reason == "access_revoked"


def test_a_gateway_s_own_report_of_an_end(office: Office, told: Committing) -> None:
    grant = office.open()
    assert told(lambda: office.tell("ended", grant, NOW, reason="closed_by_user")) == []
    assert RemoteSession.objects.get().state == "ended"


def test_a_right_that_is_taken_back_or_shortened(office: Office, told: Committing) -> None:
    office.open()
    tomorrow = clock.today(NOW) + timedelta(days=1)
    assert told(services.shorten_right, actor=None, right=office.right, ends_date=tomorrow, now=NOW) == ["gw-1"]
    assert told(services.revoke_right, actor=None, right=office.right, now=NOW) == ["gw-1"]
    assert told(services.revoke_right, actor=None, right=office.right, now=NOW) == []


def test_another_agent_s_right_is_no_business_of_this_gateway(office: Office, told: Committing) -> None:
    office.open()
    other = make_office(office.entity, name="RIV-0002")
    assert told(services.revoke_right, actor=None, right=other.right, now=NOW) == []


def test_a_sign_in_that_is_over_and_an_account_that_is_closed(office: Office, told: Committing) -> None:
    office.open()
    over = services.end_sessions_of_sign_in
    assert told(over, sign_in=office.sign_in, reason="signed_out", now=NOW) == ["gw-1"]
    office.open()
    assert told(services.end_sessions_of_user, user_id=office.user.pk, reason="account_disabled", now=NOW) == ["gw-1"]


def test_a_screen_that_comes_back_elsewhere(office: Office, told: Committing) -> None:
    """The connection it had is closed at the gateway that still holds it."""
    grant = office.open()
    office.tell("ended", grant, NOW, reason="browser_lost")
    second = office.request(session=grant.session)
    office.redeem(second)
    third = office.request(session=grant.session)
    office.gateway = "gw-2"
    assert "gw-1" in told(lambda: office.redeem(third))


def test_a_computer_that_is_taken_away(office: Office, told: Committing, chief: User) -> None:
    office.open()
    taken = {"asset": office.computer, "agent": office.agent}
    assert told(asset_services.unassign_agent, actor=chief, **taken, now=NOW) == ["gw-1"]


def test_screens_of_a_computer_that_are_closed(office: Office, told: Committing, chief: User) -> None:
    office.open()
    configure = services.configure_display
    assert told(configure, actor=chief, computer=office.computer, values={"domain": "RIV"}, now=NOW) == []
    assert told(configure, actor=chief, computer=office.computer, values={"enabled": False}, now=NOW) == ["gw-1"]


def test_hints_may_be_off(office: Office, told: Committing, settings: Any) -> None:
    import dataclasses

    settings.PARVIS = dataclasses.replace(settings.PARVIS, hints="off")
    grant = office.open()
    assert told(services.end_session, actor=office.user, session=grant.session, now=NOW) == []


def test_a_hint_that_cannot_be_sent_undoes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def broken(_gateways: object) -> None:
        raise OperationalError

    monkeypatch.setattr(hints, "send", broken)
    grant = office.open()
    with django_capture_on_commit_callbacks(execute=True):
        assert services.end_session(actor=office.user, session=grant.session, now=NOW)
    assert RemoteSession.objects.get().state == "ended"
