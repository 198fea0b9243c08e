"""Does the office screen work? What is found on a real network, what is repaired, what a real session proves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django_tasks_db.models import DBTaskResult

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.parc import services as parc
from parvis.portal.parc.models import Asset, Assignment, Computer, WakeUp
from parvis.portal.parc.network import Target
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession, Right
from parvis.portal.remote_desktop.services import end_session, note_sign_in_refusal, revoke_right
from parvis.portal.telework import diagnosis_words, network_look, rules, screen_tasks, symptoms
from parvis.portal.telework.diagnosis import Cause, Look
from parvis.portal.telework.models import Enrolment, GivenRight, Request, Try
from parvis.portal.telework.services import screen_check
from tests.integration.authority import make_agent, make_computer, make_member, make_site
from tests.integration.remote_desktop.conftest import NOW
from tests.integration.telework.screens import PICTURE, REFUSED, SECOND, Home, make_home

pytestmark = pytest.mark.django_db
UNREACHABLE = "target_unreachable"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    yield
    cache.clear()


@pytest.fixture
def home() -> Home:
    made = make_home()
    made.gateway_answers()
    return made


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = ",".join(f"127.0.0.1:{port}" for port in range(1, 65536))
    monkeypatch.setattr(settings, "PARVIS", replace(settings.PARVIS, loopback_targets=everywhere))


def sees(monkeypatch: pytest.MonkeyPatch, found: Look) -> None:
    monkeypatch.setattr(network_look, "look", lambda target: found)


def queued(name: str) -> int:
    return DBTaskResult.objects.filter(task_path__endswith=name).count()


# The network


@pytest.mark.usefixtures("loopback")
def test_a_look_tells_open_from_refused_from_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as other:
        port, door = server.getsockname()[1], other.getsockname()[1]
        assert network_look.look(Target(1, "127.0.0.1", port)) is Look.OPEN
        server.close()
        assert network_look.look(Target(1, "127.0.0.1", port)) is Look.ALIVE  # refused: somebody is there
        monkeypatch.setattr(network_look, "OTHER_DOORS", (door,))

        real = network_look._knock

        async def silent_screen(host: str, where: int, allowed: object, seconds: float) -> network_look.Door:
            return network_look.Door.SILENT if where == port else await real(host, where, allowed, seconds)

        monkeypatch.setattr(network_look, "_knock", silent_screen)
        assert network_look.look(Target(1, "127.0.0.1", port)) is Look.ALIVE
        monkeypatch.setattr(network_look, "OTHER_DOORS", (port,))
        assert network_look.look(Target(1, "127.0.0.1", port)) is Look.SILENT


def test_a_look_goes_nowhere_it_may_not() -> None:
    assert network_look.look(Target(1, "127.0.0.1", 22)) is Look.FORBIDDEN
    assert network_look.look(Target(1, "169.254.169.254", 80)) is Look.FORBIDDEN
    assert network_look.look(Target(1, "pc-12.invalid", 3389)) is Look.UNKNOWN_NAME


# Checking


def test_a_check_looks_once_however_often_it_is_pressed(home: Home) -> None:
    assert home.found() is Cause.UNCHECKED
    for _each in range(3):
        screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    assert queued("screen_tasks.look") == 1
    assert home.found() is Cause.LOOKING
    assert home.found(NOW + 70 * SECOND) is Cause.UNCHECKED  # the worker never came back: ask again


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (Look.OPEN, Cause.READY),
        (Look.ALIVE, Cause.SCREEN_OFF),
        (Look.SILENT, Cause.OFF),
        (Look.UNKNOWN_NAME, Cause.ADDRESS_UNKNOWN),
        (Look.FORBIDDEN, Cause.ADDRESS_FORBIDDEN),
    ],
)
def test_what_the_look_found_is_said_and_counted(
    home: Home, monkeypatch: pytest.MonkeyPatch, found: Look, cause: Cause
) -> None:
    sees(monkeypatch, found)
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    assert home.found() is cause
    assert home.state() == ("computer", "" if cause is Cause.READY else cause.value)
    assert home.tries(Try.Outcome.FAILED) == (0 if cause is Cause.READY else 1)
    assert home.found(NOW + timedelta(minutes=6)) is not Cause.SCREEN_OFF  # a look grows old


def test_the_parc_hears_what_the_look_found(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, Look.OPEN)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    assert Computer.objects.get(pk=home.computer.pk).reachability == "on"


def test_a_sleeping_computer_is_woken_without_being_asked(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    can_wake(home)
    sees(monkeypatch, Look.SILENT)
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    wake_up = WakeUp.objects.get()
    assert (wake_up.state, wake_up.requested_by) == ("requested", home.user)
    assert home.found() is Cause.WAKING
    assert queued("screen_tasks.look") == 2  # it comes back
    assert home.tries(Try.Outcome.FAILED) == 0  # a computer that sleeps is no failure

    parc.move_wake_up(wake_up, WakeUp.State.AWAKE, outcome="answered", now=NOW)
    sees(monkeypatch, Look.OPEN)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    assert home.found() is Cause.READY


def test_a_computer_that_does_not_wake_is_not_woken_again_until_asked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    can_wake(home)
    sees(monkeypatch, Look.SILENT)
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    parc.move_wake_up(WakeUp.objects.get(), WakeUp.State.FAILED, outcome="no_answer", now=NOW)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    assert WakeUp.objects.count() == 1
    assert home.found() is Cause.WAKE_FAILED
    assert home.state() == ("computer", "wake_failed")

    later = NOW + 30 * SECOND
    monkeypatch.setattr(clock, "now", lambda: later)
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=later)
    screen_tasks.look.call(home.enrolment.pk, home.computer.pk)
    assert WakeUp.objects.count() == 2


def test_a_colleague_switches_it_on_and_the_page_sees_it(home: Home) -> None:
    home.look(Look.SILENT)
    assert home.found() is Cause.OFF
    later = NOW + 20 * SECOND
    Computer.objects.filter(pk=home.computer.pk).update(reachability="on", checked_at=later, last_seen_at=later)
    assert home.found(later) is Cause.READY


def test_a_site_cut_off_is_not_the_computers_fault(home: Home) -> None:
    site = make_site(home.office.entity)
    Computer.objects.filter(pk=home.computer.pk).update(site=site)
    home.look(Look.SILENT)
    always_on = {"entity": home.office.entity, "site": site, "address": "10.0.0.1", "checked_at": NOW}
    for number in range(2):
        Asset.objects.create(
            **always_on, name=f"sw{number}", kind="network", reachability="unreachable", last_seen_at=NOW - 900 * SECOND
        )
    assert home.found() is Cause.SITE_AWAY
    Asset.objects.filter(name="sw0").update(reachability="on")
    assert home.found() is Cause.OFF


def test_no_gateway_is_heard() -> None:
    home = make_home()
    assert home.found() is Cause.GATEWAY_AWAY
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    assert queued("screen_tasks.look") == 0
    assert home.state() == ("computer", "gateway_away")
    home.gateway_answers()
    assert home.found() is Cause.UNCHECKED


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda home: Computer.objects.filter(pk=home.computer.pk).update(address=""), Cause.NO_ADDRESS),
        (lambda home: DisplaySettings.objects.all().delete(), Cause.DISPLAY_MISSING),
        (lambda home: DisplaySettings.objects.update(enabled=False), Cause.DISPLAY_DISABLED),
        (lambda home: Right.objects.update(starts_date=NOW.date() + timedelta(days=3)), Cause.RIGHT_NOT_STARTED),
        (lambda home: Right.objects.update(revoked_at=NOW), Cause.RIGHT_REVOKED),
        (lambda home: DisplaySettings.objects.update(presented_pin="ab" * 32, presented_at=NOW), Cause.UNCHECKED),
    ],
)
def test_what_the_it_team_set_or_did_not(home: Home, change: object, cause: Cause) -> None:
    change(home)  # type: ignore[operator]
    assert home.found() is cause


def test_a_certificate_that_waits(home: Home) -> None:
    DisplaySettings.objects.update(presented_pin="ab" * 32, presented_at=NOW)
    home.look(Look.OPEN)
    assert home.found() is Cause.CERTIFICATE_WAITING


# Rights


def test_a_right_that_is_missing_is_given(home: Home) -> None:
    """A computer was assigned since the opening: what was decided for the agent holds for it too."""
    Right.objects.all().delete()
    assert home.found() is Cause.RIGHT_MISSING
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    right = Right.objects.get()
    assert (right.computer_id, right.granted_by) == (home.computer.pk, None)
    assert GivenRight.objects.get().right == right  # ending the telework takes it back
    assert home.found() is Cause.LOOKING


def test_a_right_somebody_took_away_stays_away(home: Home) -> None:
    revoke_right(actor=None, right=home.office.right, now=NOW)
    screen_check.start(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    assert not Right.objects.filter(revoked_at__isnull=True).exists()
    assert home.found() is Cause.RIGHT_REVOKED
    assert home.state() == ("computer", "right_revoked")


def test_a_telework_suspended_meanwhile_is_not_opened_again(home: Home) -> None:
    Right.objects.all().delete()
    Request.objects.update(state="suspended")  # the page had been read before
    assert screen_check.give_missing_right(enrolment=home.enrolment, now=NOW) is False
    assert Request.objects.get().state == "suspended"
    assert not Right.objects.exists()


def test_no_right_to_what_is_not_assigned(home: Home) -> None:
    Right.objects.all().delete()
    Assignment.objects.all().delete()
    assert screen_check.give_missing_right(enrolment=home.enrolment, now=NOW) is False
    assert not Right.objects.exists()


# A real screen


def test_a_real_screen_passes_the_stage_by_itself(home: Home) -> None:
    grant = home.try_screen(down=PICTURE)
    assert queued("screen_tasks.judge") == 1  # asked for by the event
    home.judge(grant)
    assert home.passed()
    assert home.state() == ("guide", "")
    assert home.found(NOW + 3 * SECOND) is Cause.WORKS
    home.judge(grant)
    assert home.tries(Try.Outcome.PASSED) == 1


def test_a_short_screen_passes_it_when_the_gateway_tells_its_end(home: Home) -> None:
    grant = home.try_screen(down=PICTURE, reason="closed_by_user")
    home.judge(grant)
    assert home.passed()


@pytest.mark.parametrize("reason", ["browser_lost", "closed_by_user"])
def test_a_first_vnc_picture_passes_it_though_the_browser_left_at_once(home: Home, reason: str) -> None:
    DisplaySettings.objects.update(protocol="vnc")
    home.judge(home.try_screen(down=4_300, reason=reason))
    assert home.passed()


def test_a_vnc_password_refused_is_no_screen(home: Home) -> None:
    DisplaySettings.objects.update(protocol="vnc")
    home.judge(home.try_screen(down=120, reason="target_closed", lasted=90 * SECOND))
    assert not home.passed()


@pytest.mark.parametrize("reason", ["target_closed", "closed_by_user", "protocol_error"])
def test_a_sign_in_that_windows_refuses_is_no_screen(home: Home, reason: str) -> None:
    """The gateway says « started » before Windows has been asked for anything."""
    grant = home.try_screen(down=REFUSED, reason=reason)
    home.judge(grant)
    assert not home.passed()
    assert home.found(NOW + 5 * SECOND) is Cause.SIGN_IN_REFUSED
    assert home.state() == ("computer", "sign_in_refused")
    assert home.session().started_at is not None


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("password_wrong", Cause.PASSWORD_WRONG),
        ("password_expired", Cause.PASSWORD_EXPIRED),
        ("account_locked", Cause.ACCOUNT_LOCKED),
        ("account_disabled", Cause.ACCOUNT_DISABLED),
        ("not_remote_user", Cause.NOT_REMOTE_USER),
        ("no_domain", Cause.NO_DOMAIN),
        ("other", Cause.SIGN_IN_REFUSED),
    ],
)
def test_the_browser_says_why_windows_refused_and_it_is_known_at_once(home: Home, code: str, cause: Cause) -> None:
    """No worker has looked yet, and the gateway has not said how it ended."""
    grant = home.try_screen(down=REFUSED)
    assert home.found() is Cause.OPENING
    note_sign_in_refusal(actor=home.user, session=grant.session, code=code, now=NOW + 4 * SECOND)
    assert home.found(NOW + 4 * SECOND) is cause
    assert home.state() == ("computer", cause.value)
    assert home.tries(Try.Outcome.FAILED) == 1
    home.office.tell("ended", grant, NOW + 5 * SECOND, reason="target_closed", up=900, down=REFUSED)
    home.judge(grant)
    assert home.found(NOW + 6 * SECOND) is cause
    assert not home.passed()


def test_a_browser_that_lies_does_not_hide_a_screen_that_came(home: Home) -> None:
    grant = home.try_screen(down=PICTURE)
    note_sign_in_refusal(actor=home.user, session=grant.session, code="password_wrong", now=NOW + 4 * SECOND)
    assert home.found(NOW + 4 * SECOND) is Cause.WORKS
    assert home.passed()


def test_the_next_attempt_forgets_what_was_said_of_the_last(home: Home) -> None:
    grant = home.try_screen(down=REFUSED, reason="browser_lost")
    note_sign_in_refusal(actor=home.user, session=grant.session, code="password_wrong", now=NOW + 4 * SECOND)
    assert home.found(NOW + 5 * SECOND) is Cause.PASSWORD_WRONG
    home.office.open(NOW + 6 * SECOND, RemoteSession.objects.get(pk=grant.session.pk))
    assert home.found(NOW + 7 * SECOND) is Cause.OPENING


def test_the_agent_reads_that_the_password_has_expired(home: Home) -> None:
    grant = home.try_screen(down=REFUSED)
    note_sign_in_refusal(actor=home.user, session=grant.session, code="password_expired", now=NOW + 4 * SECOND)
    words = diagnosis_words.WORDS[home.found(NOW + 4 * SECOND)]
    assert str(words.title) == "Votre mot de passe Windows a expiré\u202f: il faut en choisir un nouveau."


def test_three_refused_sign_ins_do_not_add_up_to_a_screen(home: Home) -> None:
    for number in range(4):
        grant = home.try_screen(down=REFUSED, reason="target_closed", at=NOW + number * 10 * SECOND)
    home.judge(grant)
    assert not home.passed()


def test_until_the_gateway_has_told_nothing_is_said_to_have_failed(home: Home) -> None:
    grant = home.office.open(NOW)
    end_session(actor=home.user, session=grant.session, now=NOW + 2 * SECOND)
    home.judge(grant)
    assert home.found(NOW + 3 * SECOND) is Cause.OPENING
    assert home.tries(Try.Outcome.FAILED) == 0
    home.office.tell("ended", grant, NOW + 4 * SECOND, reason="closed_by_user", up=1, down=PICTURE)
    home.judge(grant)
    assert home.passed()


def test_a_session_under_way_without_a_picture_is_looked_at_again(home: Home) -> None:
    grant = home.try_screen(down=100)
    home.judge(grant)
    assert not home.passed()
    assert home.found(NOW + 3 * SECOND) is Cause.OPENING
    assert queued("screen_tasks.judge") == 2


def test_a_gateway_that_cannot_reach_the_pc_says_why(home: Home) -> None:
    grant = home.office.request(NOW)
    home.office.redeem(grant, NOW)
    home.office.tell(
        "refused", grant, NOW + SECOND, reason="target_unreachable", detail="RDP negotiation failed, code 2"
    )
    home.office.tell("ended", grant, NOW + SECOND, reason="target_unreachable")
    assert home.found(NOW + 2 * SECOND) is Cause.NEGOTIATION


def test_a_later_look_knows_more_than_an_earlier_attempt(home: Home) -> None:
    grant = home.office.request(NOW)
    home.office.redeem(grant, NOW)
    home.office.tell(
        "refused", grant, NOW + SECOND, reason="target_unreachable", detail="10.0.0.9 port 3389: ETIMEDOUT"
    )
    home.office.tell("ended", grant, NOW + SECOND, reason="target_unreachable")
    assert home.found(NOW + 2 * SECOND) is Cause.OFF
    home.look(Look.OPEN, NOW + 10 * SECOND)
    assert home.found(NOW + 11 * SECOND) is not Cause.OFF


def test_the_first_screen_of_a_later_day_is_noted(home: Home) -> None:
    yesterday = NOW - timedelta(days=1)
    for stage in ("computer", "guide"):
        Try.objects.create(enrolment=home.enrolment, stage=stage, outcome="passed", at=yesterday)
    Enrolment.objects.update(finished_at=yesterday, invited_at=yesterday, stage="guide")
    home.judge(home.try_screen(down=PICTURE))
    assert Enrolment.objects.get().working_at is not None


def test_who_is_on_no_path_costs_nothing(home: Home) -> None:
    Request.objects.update(state="suspended")
    home.try_screen(down=PICTURE, reason="closed_by_user")
    assert queued("screen_tasks.judge") == 0


def test_once_working_sessions_are_not_judged_any_more(home: Home) -> None:
    Enrolment.objects.update(finished_at=NOW - timedelta(days=9), working_at=NOW - timedelta(days=8))
    home.try_screen(down=PICTURE, reason="closed_by_user")
    assert queued("screen_tasks.judge") == 0


# What the agent says


def test_what_the_agent_saw_is_answered_and_forgotten_at_the_next_attempt(home: Home) -> None:
    home.try_screen(down=REFUSED, reason="target_closed")
    screen_check.say(
        actor=home.user, enrolment=home.enrolment, computer=home.computer, cause="account_locked", now=NOW + 9 * SECOND
    )
    assert home.found(NOW + 10 * SECOND) is Cause.ACCOUNT_LOCKED
    assert home.state() == ("computer", "account_locked")
    home.try_screen(down=PICTURE, at=NOW + 60 * SECOND)
    assert home.found(NOW + 64 * SECOND) is Cause.WORKS


@pytest.mark.parametrize("cause", ["", "off", "works", "x" * 300])
def test_only_what_an_agent_can_see_may_be_said(home: Home, cause: str) -> None:
    with pytest.raises(Invalid):
        screen_check.say(actor=home.user, enrolment=home.enrolment, computer=home.computer, cause=cause, now=NOW)


def test_yes_is_believed_once_the_screen_was_opened(home: Home) -> None:
    with pytest.raises(Conflict) as refused:
        screen_check.confirm(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW)
    assert refused.value.code == "never_opened"
    home.try_screen(down=100)
    for _each in range(2):
        screen_check.confirm(actor=home.user, enrolment=home.enrolment, computer=home.computer, now=NOW + 9 * SECOND)
    assert home.passed()


def test_nobody_goes_through_the_stage_for_another(home: Home) -> None:
    other = make_member(home.office.entity)
    for act in (screen_check.start, screen_check.confirm):
        with pytest.raises(NotAllowed):
            act(actor=other, enrolment=home.enrolment, computer=home.computer, now=NOW)
    with pytest.raises(NotAllowed):
        screen_check.say(actor=other, enrolment=home.enrolment, computer=home.computer, cause="slow", now=NOW)


def test_ones_own_computer_comes_before_one_shared_and_servers_never(home: Home) -> None:
    shared = make_computer(home.office.entity, name="AAA")
    server = make_computer(home.office.entity, home.agent, name="AAB", kind="server")
    for each in (shared, server):
        Right.objects.create(
            agent=home.agent, computer=each, starts_date=NOW.date(), ends_date=NOW.date(), granted_at=NOW
        )
    make_computer(home.office.entity, make_agent(home.office.entity))
    assert [each.pk for each in symptoms.computers_of(home.enrolment)] == [home.computer.pk, shared.pk]


def can_wake(home: Home) -> None:
    site = make_site(home.office.entity, wake_by="relay", wake_address="10.0.0.250")
    Computer.objects.filter(pk=home.computer.pk).update(site=site, mac_address="02:00:00:00:00:07")


def test_the_stage_belongs_to_level_2() -> None:
    assert rules.Stage.COMPUTER not in rules.STAGES[rules.LEVEL_1]
