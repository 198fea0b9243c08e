"""Which code speaks to which tool."""

from __future__ import annotations

from collections.abc import Callable

from parvis.portal.conferencing.adapters.base import Adapter
from parvis.portal.conferencing.adapters.bigbluebutton import BigBlueButton
from parvis.portal.conferencing.adapters.by_hand import ByHand
from parvis.portal.conferencing.adapters.jitsi import Jitsi
from parvis.portal.conferencing.adapters.livekit import LiveKit
from parvis.portal.conferencing.adapters.parvis import Parvis
from parvis.portal.conferencing.adapters.phone import Phone
from parvis.portal.conferencing.adapters.teams import Teams
from parvis.portal.conferencing.adapters.visio import Visio
from parvis.portal.conferencing.adapters.zoom import Zoom
from parvis.portal.conferencing.models import Provider

Kind = Provider.Kind
ADAPTERS: dict[str, Callable[[Provider], Adapter]] = {
    Kind.PHONE: Phone,
    Kind.PARVIS: Parvis,
    Kind.BIGBLUEBUTTON: BigBlueButton,
    Kind.JITSI: Jitsi,
    Kind.VISIO: Visio,
    Kind.LIVEKIT: LiveKit,
    Kind.TEAMS: Teams,
    Kind.ZOOM: Zoom,
    Kind.CAPVISIO: ByHand,
    Kind.OTHER: ByHand,
}


def adapter_for(provider: Provider) -> Adapter:
    """The adapter of its kind; by hand if the IT team said so."""
    return ByHand(provider) if provider.by_hand else ADAPTERS[provider.kind](provider)
