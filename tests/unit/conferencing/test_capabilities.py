"""What each kind can do, and what the IT team's word changes."""

from __future__ import annotations

import pytest

from parvis.portal.conferencing import capabilities, needs
from parvis.portal.conferencing.errors import ADVICE, PROBLEMS
from parvis.portal.conferencing.guides import GUIDES
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services.adapters import ADAPTERS

KINDS = [str(kind) for kind in Provider.Kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_in_every_table(kind: str) -> None:
    assert kind in capabilities.TABLE
    assert kind in GUIDES
    assert kind in ADAPTERS
    assert kind in needs.CONNECTED or kind in capabilities.ALWAYS_BY_HAND
    assert 3 <= len(GUIDES[kind].parts) <= 5
    assert sum(len(part.steps) for part in GUIDES[kind].parts) <= 18  # two minutes


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_asks_for_what_the_model_has(kind: str) -> None:
    for by_hand in (False, True):
        for name in needs.fields(kind, by_hand=by_hand):
            assert name == "secret" or hasattr(Provider(), name) or name == "pool"


def test_advice_is_for_known_problems() -> None:
    assert set(ADVICE) <= set(PROBLEMS)


def test_a_telephone_that_was_not_bought_is_not_promised() -> None:
    teams = Provider(kind="teams")
    assert not capabilities.of(teams).phone_in
    teams.features = ["phone_in", "recording", "public_viewing"]
    found = capabilities.of(teams)
    assert found.phone_in
    assert found.recording
    assert not found.public_viewing  # Teams as Parvis opens it has none, whatever is declared


def test_bigbluebutton_is_dialled_by_its_number() -> None:
    assert not capabilities.of(Provider(kind="bbb")).phone_in
    assert capabilities.of(Provider(kind="bbb", phone_number="+33298001234")).phone_in


def test_by_hand_nothing_is_opened_and_only_what_is_declared_is_promised() -> None:
    found = capabilities.of(Provider(kind="zoom", by_hand=True, features=["public_viewing"]))
    assert found.by_hand
    assert not found.makes_rooms
    assert not found.needs_pool
    assert found.public_viewing
    assert not found.phone_in


def test_the_authoritys_limit_wins() -> None:
    assert capabilities.of(Provider(kind="jitsi")).max_people == 35
    assert capabilities.of(Provider(kind="jitsi", max_people=200)).max_people == 200
    assert capabilities.of(Provider(kind="teams", pool_id=3)).needs_pool
