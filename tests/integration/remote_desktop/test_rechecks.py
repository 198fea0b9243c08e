"""What was true at the click is asked again at redemption and at every heartbeat (requirements 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from parvis.portal.accounts import sign_ins
from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.parc.models import Assignment
from parvis.portal.remote_desktop import services
from parvis.portal.remote_desktop.models import Refusal, RemoteSession
from parvis.portal.remote_desktop.services import gateways
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office, make_office, state

SECOND = timedelta(seconds=1)


def revoke(office: Office) -> None:
    staff = authority.make_member(office.entity, Role.TECHNICIAN)
    services.revoke_right(actor=staff, right=office.right, now=NOW)


def expire(office: Office) -> None:
    office.right.starts_date = office.right.ends_date = NOW.date() - timedelta(days=1)
    office.right.save()


def sign_out(office: Office) -> None:
    sign_ins.end(user=office.user, actor=office.user, now=NOW, reason=sign_ins.Reason.SIGNED_OUT)


def session_expired(office: Office) -> None:
    Session.objects.update(expire_date=NOW - timedelta(days=999))


def disable(office: Office) -> None:
    office.user.is_active = False
    office.user.save()


def leave(office: Office) -> None:
    office.agent.is_active = False
    office.agent.save()


def close_display(office: Office) -> None:
    office.computer.display.enabled = False
    office.computer.display.save()


def become_server(office: Office) -> None:
    office.computer.kind = "server"
    office.computer.save()


def unassign_with_endless_right(office: Office) -> None:
    office.right.ends_date = None
    office.right.save()
    Assignment.objects.all().delete()


def end_by_staff(office: Office) -> None:
    staff = authority.make_member(office.entity, Role.TECHNICIAN)
    services.end_session(actor=staff, session=RemoteSession.objects.select_related("computer__entity").get(), now=NOW)


CHANGES: list[tuple[Callable[[Office], None], str, str]] = [
    (revoke, "access_revoked", "access_revoked"),
    (expire, "access_revoked", "access_revoked"),
    (sign_out, "signed_out", "access_revoked"),
    (session_expired, "signed_out", "access_revoked"),
    (disable, "account_disabled", "access_revoked"),
    (leave, "account_disabled", "access_revoked"),
    (close_display, "access_revoked", "access_revoked"),
    (become_server, "access_revoked", "access_revoked"),
    (unassign_with_endless_right, "access_revoked", "access_revoked"),
    (end_by_staff, "ended_by_staff", "ended_by_staff"),
]
each_change = pytest.mark.parametrize(
    ("change", "reason", "said"), CHANGES, ids=[change.__name__ for change, _, _ in CHANGES]
)


@each_change
def test_heartbeat_ends_it(office: Office, change: Callable[[Office], None], reason: str, said: str) -> None:
    grant = office.open()
    assert office.beat(grant, now=NOW + SECOND) == {}
    change(office)
    assert office.beat(grant, now=NOW + 3 * SECOND) == {grant.connection.pk: said}
    assert state(grant) == ("ended", reason)
    # The gateway was told; until it obeys it is told again.
    assert office.beat(grant, now=NOW + 5 * SECOND) == {grant.connection.pk: said}
    office.tell("ended", grant, NOW + 5 * SECOND, reason=said, up=1)
    assert state(grant) == ("ended", reason)
    assert RemoteSession.objects.get().bytes_up == 1
    assert RemoteSession.objects.get().connections.get().end_reason == reason


@each_change
def test_redemption_refuses_it(office: Office, change: Callable[[Office], None], reason: str, said: str) -> None:
    grant = office.request()
    change(office)
    with pytest.raises(NotAllowed) as refused:
        office.redeem(grant)
    # Ended by staff or by signing out: the ticket died with its session.
    assert refused.value.code in ("access_revoked", "ticket_refused")
    assert state(grant) == ("ended", reason)
    assert Refusal.objects.get().computer == office.computer
    assert office.beat(now=NOW) == {}


def test_a_refusal_both_sides_tell_is_kept_once(office: Office) -> None:
    grant = office.request()
    revoke(office)
    with pytest.raises(NotAllowed):
        office.redeem(grant)
    office.tell("refused", grant, NOW + SECOND, reason="access_revoked")
    assert Refusal.objects.get().source == "portal"
    office.tell("refused", grant, NOW + SECOND, reason="target_forbidden", detail="loopback", target="127.0.0.1:1")
    assert Refusal.objects.get(source="gateway").detail == "127.0.0.1:1 · loopback"


def test_nothing_is_taken_from_the_others(office: Office) -> None:
    other = make_office(office.entity)
    mine, theirs = office.open(), other.open()
    revoke(office)
    assert office.beat(mine, theirs, now=NOW + SECOND) == {mine.connection.pk: "access_revoked"}
    assert state(theirs) == ("active", "")


@pytest.mark.parametrize(
    ("last_day", "before", "after"),
    [
        # Winter, summer, and the two days whose midnight follows a change of the clocks.
        (date(2026, 12, 1), datetime(2026, 12, 1, 22, 59, 58, tzinfo=UTC), datetime(2026, 12, 1, 23, 0, 1, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 7, 1, 21, 59, 58, tzinfo=UTC), datetime(2026, 7, 1, 22, 0, 1, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 21, 59, 58, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, 1, tzinfo=UTC)),
        (
            date(2026, 10, 25),
            datetime(2026, 10, 25, 22, 59, 58, tzinfo=UTC),
            datetime(2026, 10, 25, 23, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_expiry_at_midnight_in_paris(office: Office, last_day: date, before: datetime, after: datetime) -> None:
    office.right.starts_date, office.right.ends_date = last_day - timedelta(days=9), last_day
    office.right.save()
    grant = office.open(before - timedelta(minutes=5))
    assert grant.session.ends_at == after.replace(second=0)
    assert office.beat(grant, now=before) == {}
    assert office.beat(grant, now=after) == {grant.connection.pk: "access_revoked"}


def test_absolute_end(office: Office) -> None:
    office.right.ends_date = NOW.date() + timedelta(days=30)
    grant = office.open()
    assert office.beat(grant, now=grant.session.ends_at - SECOND) == {}
    assert office.beat(grant, now=grant.session.ends_at) == {grant.connection.pk: "time_limit"}
    assert state(grant) == ("ended", "time_limit")


def test_sign_out_ends_a_session_that_is_only_interrupted(office: Office) -> None:
    grant = office.open()
    office.tell("ended", grant, NOW, reason="browser_lost")
    sign_out(office)
    assert state(grant) == ("ended", "signed_out")


@pytest.mark.parametrize("lost", [False, True], ids=["open", "believed lost"])
@pytest.mark.parametrize(
    ("seconds", "reason"), [(-1, "closed_by_user"), (0, "closed_by_user"), (1, "signed_out")], ids=str
)
def test_closed_by_hand_just_before_signing_out(office: Office, lost: bool, seconds: int, reason: str) -> None:
    """The report of the gateway comes after the sign-out: what came first is what the history says."""
    grant = office.open()
    sign_out(office)
    ended = RemoteSession.objects.get().ended_at
    assert ended is not None
    if lost:
        gateways.close_as_lost(RemoteSession.objects.get().connections.all(), now=ended)
    office.tell("ended", grant, ended + seconds * SECOND, reason="closed_by_user", up=3)
    assert state(grant) == ("ended", reason)
    connection = RemoteSession.objects.get().connections.get()
    assert (connection.end_reason, connection.bytes_up) == (reason, 3)


def test_coming_back_belongs_to_the_same_sign_in(office: Office) -> None:
    from parvis.portal.kernel.errors import Conflict
    from tests.integration.remote_desktop.conftest import sign_in

    grant = office.open()
    office.tell("ended", grant, NOW, reason="browser_lost")
    office.sign_in = sign_in(office.user)
    with pytest.raises(Conflict):
        office.request(NOW + SECOND, grant.session)
