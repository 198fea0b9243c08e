"""The cause that is named, for what was seen; and that a sign-in refused by Windows is no screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.telework import diagnosis, diagnosis_words
from parvis.portal.telework.diagnosis import Cause, Look, Screen, Seen, Step

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        (Seen(computer=False), Cause.NO_COMPUTER),
        (Seen(trusted=False), Cause.TRUST_REFUSED),
        (Seen(refused="no_right"), Cause.RIGHT_MISSING),
        (Seen(refused="right_not_started"), Cause.RIGHT_NOT_STARTED),
        (Seen(refused="right_expired"), Cause.RIGHT_EXPIRED),
        (Seen(refused="right_revoked"), Cause.RIGHT_REVOKED),
        (Seen(refused="not_assigned"), Cause.NOT_ASSIGNED),
        (Seen(refused="kind_forbidden"), Cause.KIND_FORBIDDEN),
        (Seen(refused="display_missing"), Cause.DISPLAY_MISSING),
        (Seen(refused="display_disabled"), Cause.DISPLAY_DISABLED),
        (Seen(refused="no_address"), Cause.NO_ADDRESS),
        (Seen(gateway=False), Cause.GATEWAY_AWAY),
        (Seen(), Cause.UNCHECKED),
        (Seen(is_on=True), Cause.READY),
        (Seen(looking=True), Cause.LOOKING),
        (Seen(looking=True, look=Look.SILENT, waking=True), Cause.WAKING),
        (Seen(look=Look.OPEN), Cause.READY),
        (Seen(look=Look.OPEN, certificate_waiting=True), Cause.CERTIFICATE_WAITING),
        (Seen(look=Look.ALIVE), Cause.SCREEN_OFF),
        (Seen(look=Look.UNKNOWN_NAME), Cause.ADDRESS_UNKNOWN),
        (Seen(look=Look.FORBIDDEN), Cause.ADDRESS_FORBIDDEN),
        (Seen(look=Look.SILENT), Cause.OFF),
        (Seen(look=Look.SILENT, can_wake=True), Cause.ASLEEP),
        (Seen(look=Look.SILENT, can_wake=True, wake_failed=True), Cause.WAKE_FAILED),
        (Seen(look=Look.SILENT, laptop=True), Cause.LAPTOP_AWAY),
        (Seen(look=Look.SILENT, can_wake=True, site_silent=True), Cause.SITE_AWAY),
        (Seen(look=Look.OPEN, screen=Screen.OPENING), Cause.OPENING),
        (Seen(screen=Screen.PICTURE), Cause.WORKS),
        (Seen(screen=Screen.PICTURE, gateway=False), Cause.WORKS),
        (Seen(screen=Screen.PICTURE, said=Cause.SLOW), Cause.SLOW),
        (Seen(screen=Screen.FAILED, failure=Cause.SIGN_IN_REFUSED), Cause.SIGN_IN_REFUSED),
        (Seen(screen=Screen.FAILED, failure=Cause.SIGN_IN_REFUSED, said=Cause.ACCOUNT_LOCKED), Cause.ACCOUNT_LOCKED),
        (Seen(screen=Screen.FAILED, failure=Cause.OFF, can_wake=True), Cause.ASLEEP),
        (Seen(screen=Screen.FAILED, failure=Cause.NEGOTIATION), Cause.NEGOTIATION),
    ],
)
def test_the_cause(seen: Seen, cause: Cause) -> None:
    assert diagnosis.diagnose(seen).cause is cause


def test_what_cannot_be_helped_from_here_comes_before_what_can() -> None:
    """A right missing on a computer that sleeps: waking it would help nobody."""
    seen = Seen(refused="no_right", gateway=False, look=Look.SILENT, can_wake=True)
    assert diagnosis.diagnose(seen).cause is Cause.RIGHT_MISSING


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        Seen,
        computer=st.booleans(), trusted=st.booleans(), refused=st.sampled_from(["", "no_right", "no_address", "else"]),
        gateway=st.booleans(), looking=st.booleans(), look=st.sampled_from(list(Look)), is_on=st.booleans(),
        waking=st.booleans(), wake_failed=st.booleans(), can_wake=st.booleans(), laptop=st.booleans(),
        site_silent=st.booleans(), certificate_waiting=st.booleans(), screen=st.sampled_from(list(Screen)),
        failure=st.sampled_from([None, *Cause]), said=st.sampled_from([None, *diagnosis.SAYABLE]),
    )
)  # fmt: skip
def test_there_is_always_one_cause_with_words_and_a_whole_way(seen: Seen) -> None:
    found = diagnosis.diagnose(seen)
    assert diagnosis_words.WORDS[found.cause].title
    assert [check.step for check in found.checks] == list(Step)
    states = [check.state for check in found.checks]
    here = states.index(next((each for each in states if each != "ok"), "ok"))
    assert set(states[:here]) <= {"ok"}
    assert set(states[here + 1 :]) <= {"unknown"} or found.works
    assert found.is_obstacle == ("failed" in states)
    assert found.under_way == ("doing" in states)


def test_every_cause_has_words_and_every_obstacle_says_what_the_team_does() -> None:
    assert set(diagnosis_words.WORDS) == set(Cause)
    assert set(diagnosis_words.STEPS) == set(Step)
    assert tuple(diagnosis_words.SAYABLE) == diagnosis.SAYABLE
    for cause, words in diagnosis_words.WORDS.items():
        assert words.label
        assert words.link == "" or words.link in diagnosis_words.LINKS
        if diagnosis.is_obstacle(cause):
            assert words.team, cause
            assert words.steps or words.text, cause


def test_codes_fit_their_column() -> None:
    assert max(len(cause) for cause in Cause) <= 40


def test_a_label_for_any_code() -> None:
    assert str(diagnosis_words.label_of("asleep")) == "Éteint, réveil possible"
    assert diagnosis_words.label_of("line_poor") == "line_poor"


@pytest.mark.parametrize(
    ("down", "lasted", "protocol", "seen"),
    [
        (6_000, 2 * SECOND, "rdp", False),  # Windows refused the sign-in
        (80_000, 2 * SECOND, "rdp", True),
        (6_000, 45 * SECOND, "rdp", True),  # a still, plain desktop: nobody is refused so late
        (1_000, 90 * SECOND, "vnc", False),  # it waits for its password
        (400, SECOND, "vnc", False),  # its password was refused
        (4_300, SECOND, "vnc", True),
        (80_000, None, "rdp", False),
    ],
)
def test_a_picture(down: int, lasted: timedelta | None, protocol: str, seen: bool) -> None:
    assert diagnosis.has_picture(down=down, lasted=lasted, protocol=protocol) is seen


@pytest.mark.parametrize(
    ("reason", "started", "protocol", "detail", "cause"),
    [
        ("target_closed", True, "rdp", "", Cause.SIGN_IN_REFUSED),
        ("closed_by_user", True, "rdp", "", Cause.SIGN_IN_REFUSED),
        ("closed_by_user", False, "rdp", "", None),
        ("target_closed", True, "vnc", "", Cause.PASSWORD_WRONG),
        ("closed_by_user", True, "vnc", "", None),
        ("browser_lost", True, "rdp", "", None),
        ("replaced", False, "rdp", "", None),
        ("signed_out", True, "rdp", "", None),
        ("certificate_changed", False, "rdp", "certificate ab12", Cause.CERTIFICATE_WAITING),
        ("target_forbidden", False, "rdp", "127.0.0.1 is loopback", Cause.ADDRESS_FORBIDDEN),
        ("target_unreachable", False, "rdp", "pc-12 does not resolve", Cause.ADDRESS_UNKNOWN),
        ("target_unreachable", False, "rdp", "10.0.0.9 port 3389: ECONNREFUSED", Cause.SCREEN_OFF),
        ("target_unreachable", False, "rdp", "10.0.0.9 port 3389: ETIMEDOUT", Cause.OFF),
        ("target_unreachable", False, "rdp", "RDP negotiation failed, code 2", Cause.NEGOTIATION),
        ("target_unreachable", False, "rdp", "TLS failed: SSLError", Cause.NEGOTIATION),
        ("too_many_sessions", False, "rdp", "", Cause.TOO_MANY_SESSIONS),
        ("portal_unreachable", False, "rdp", "", Cause.GATEWAY_AWAY),
        ("protocol_error", False, "rdp", "", Cause.PROTOCOL),
    ],
)
def test_what_an_attempt_failed_on(reason: str, started: bool, protocol: str, detail: str, cause: Cause | None) -> None:
    assert diagnosis.failure_of(reason, started=started, protocol=protocol, detail=detail) is cause
