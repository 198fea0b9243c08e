"""What voice servers may say: section 3 of `docs/reference/voice-protocol.md`.

Types are strict; a field this version does not know is ignored, so that a newer voice server is understood.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_EVENTS = 500
MAX_ENTRIES = 2000

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,30}$")]


def _address(value: str) -> str:
    return str(ip_address(value.partition("%")[0]))


class Body(BaseModel):
    """Who speaks: every body carries it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    server: Name
    boot: UUID


class Redeem(Body):
    """A browser brought this ticket."""

    ticket: Annotated[str, StringConstraints(max_length=2048)]
    client_address: Annotated[str, AfterValidator(_address)]


class Pin(Body):
    """A caller dialled this PIN."""

    pin: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}$")]
    caller: Annotated[str, StringConstraints(max_length=200)] = ""
    """As the trunk gives it: anything. Two digits of it are kept."""


class Heartbeat(Body):
    """Everybody the voice server has, lobbies included."""

    entries: Annotated[list[UUID], Field(max_length=MAX_ENTRIES)]
    available: bool
    reason: Reason = ""
    phone: bool = False
    version: Annotated[str, StringConstraints(max_length=40)] = ""


class Event(BaseModel):
    """One thing that happened. Which fields come with which kind: the contract."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: UUID
    kind: Literal[
        "joined", "left", "sent_away", "role", "locked", "unlocked", "ended", "hand_raised", "hand_lowered",
        "floor_given", "floor_ended",
    ]  # fmt: skip
    at: AwareDatetime
    entry: UUID
    by: UUID | None = None
    seconds: Annotated[float, Field(ge=0, le=200_000, allow_inf_nan=False)] = 0
    role: Literal["", "host", "speaker", "listener"] = ""


class Events(Body):
    """A piece of the journal; each event is judged alone."""

    events: Annotated[list[dict[str, object]], Field(max_length=MAX_EVENTS)]
