"""What every session holds is multiplied by thousands."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from parvis.gateway.protocol.rfb_stream import RfbStream
from parvis.gateway.relay.base import Relay
from parvis.gateway.relay.rdp import RdpRelay
from parvis.gateway.relay.target import Target
from parvis.gateway.relay.vnc import VncRelay
from tests.unit.gateway.protocol.samples import policy


@pytest.mark.parametrize("kind", [RdpRelay, VncRelay])
def test_a_relay_has_slots_and_no_dictionary(kind: type[Relay]) -> None:
    assert not hasattr(kind(Mock(), "192.0.2.1"), "__dict__")


def test_neither_has_what_a_relay_holds() -> None:
    stream = RfbStream(policy())
    for held in (Target(Mock()), stream, stream.client, stream.server):
        assert not hasattr(held, "__dict__"), type(held).__name__
