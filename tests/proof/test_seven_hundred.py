"""The promise: seven hundred people at work from home, and no technician did anything for any of them.

Real pages over HTTP, real TOTP, real tickets, a real session through the real gateway for each; only the office
screens are pretended (`parvis.serve.load_test.desktops`), and nobody reads or hesitates.
"""

from __future__ import annotations

import pytest

from bench.enrolling.run import MANY, enrol

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(3600)]


def test_seven_hundred_people_enrol_and_nobody_helps() -> None:
    report = enrol(MANY)
    counted = report.counted
    assert counted is not None
    assert report.errors == []
    assert report.technician_actions == {}
    assert (counted.requests, counted.invited, counted.finished, counted.sessions) == (MANY, MANY, MANY, MANY)
    assert (counted.help_calls, counted.refusals) == (0, 0)
