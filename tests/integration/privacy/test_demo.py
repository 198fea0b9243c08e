"""The demo's traces: there once, with a trail that verifies."""

from __future__ import annotations

import pytest

from parvis.portal.accounts import demo as accounts
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import audit, clock
from parvis.portal.privacy import demo
from parvis.portal.privacy.models import ChainCheck, Consultation, KindState
from tests.integration import authority

from .conftest import Town

pytestmark = pytest.mark.django_db


def test_it_is_built_once_and_holds_together(town: Town) -> None:
    personas = [town.user.pk, town.auditor.pk, town.technician.pk, town.head.pk]
    User.objects.filter(pk__in=personas).update(is_demo_persona=True)
    for _ in range(6):
        authority.make_member(town.here)
    now = clock.now()
    assert accounts.build(now)
    assert demo.build(now)
    assert not accounts.build(now)
    assert not demo.build(now)
    assert set(RecoveryRequest.objects.values_list("state", flat=True)) >= {"asked", "identified", "used"}
    assert set(Consultation.objects.values_list("viewer_role", flat=True)) <= {*Role.values}
    assert not Consultation.objects.filter(viewer=town.user, agent=town.claire).exists()
    assert KindState.objects.filter(kind="consultations", rows__gt=0).exists()
    assert ChainCheck.objects.get().is_sound
    assert audit.verify() is None
