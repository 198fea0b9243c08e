"""What the enrolment path tells the rooms above and the rest of this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePassed(Event):
    """A stage is behind this agent: by themselves, or with help."""

    enrolment_id: int
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentFinished(Event):
    """Every stage is: telework is ready."""

    enrolment_id: int
    at: datetime
