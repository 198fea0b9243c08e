"""Whether our own rooms work at this moment: what the voice servers said last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.live_rooms.models import VoiceServer

SILENT_AFTER = timedelta(seconds=60)
"""Twelve heartbeats missed."""


@dataclass(frozen=True, slots=True)
class Health:
    """`reason` is a code: `no_server`, `silent`, or what the server gave (`janus_missing`, `janus_down`)."""

    available: bool
    reason: str = ""
    phone: bool = False


def current(now: datetime) -> Health:
    """The best of the servers heard lately."""
    servers = list(VoiceServer.objects.all())
    if not servers:
        return Health(False, "no_server")
    heard = [each for each in servers if each.seen_at > now - SILENT_AFTER]
    if not heard:
        return Health(False, "silent")
    best = max(heard, key=lambda each: (each.available, each.phone, each.seen_at))
    return Health(best.available, "" if best.available else best.reason or "down", best.available and best.phone)
