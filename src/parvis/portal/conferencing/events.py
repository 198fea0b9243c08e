"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderWentDown(Event):
    """A tool does not answer any more: said once."""

    provider_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCameBack(Event):
    """A tool that was down answers again: said once."""

    provider_id: int
    at: datetime
