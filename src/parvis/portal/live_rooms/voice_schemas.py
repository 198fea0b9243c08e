"""What voice servers may say: section 3 of `docs/reference/voice-protocol.md`.

Types are strict; a field this version does not know is ignored, so that a newer voice server is understood.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_EVENTS = 500
MAX_ROOMS = 500
MAX_PEOPLE = 1000

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,32}$")]
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,30}$")]
SeatId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


def _address(value: str) -> str:
    return str(ip_address(value.partition("%")[0]))


class Body(BaseModel):
    """Who speaks: every body carries it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    voice: Name
    boot: UUID


class Hello(Body):
    """A voice server has started."""

    version: Annotated[str, StringConstraints(max_length=40)]
    available: bool
    reason: Reason = ""
    phone: bool = False


class Redeem(Body):
    """A browser brought this ticket."""

    ticket: Annotated[str, StringConstraints(max_length=2048)]
    client_address: Annotated[str, AfterValidator(_address)]


class Pin(Body):
    """A caller dialled this PIN."""

    pin: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}$")]
    caller: Annotated[str, StringConstraints(max_length=200)] = ""
    """As the trunk gives it: anything. Two digits of it are kept."""


class Person(BaseModel):
    """Somebody in a room."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    stay: UUID
    seat: SeatId


class RoomState(BaseModel):
    """A room that is live."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    room: Key
    people: Annotated[list[Person], Field(max_length=MAX_PEOPLE)]


class Heartbeat(Body):
    """Everything the voice server holds open."""

    available: bool
    reason: Reason = ""
    phone: bool = False
    rooms: Annotated[list[RoomState], Field(max_length=MAX_ROOMS)]


class Event(BaseModel):
    """One thing that happened. Which fields come with which kind: the contract."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: UUID
    kind: Literal[
        "joined", "left", "kicked", "role", "locked", "ended", "emptied", "floor_asked", "floor_withdrawn",
        "floor_given", "floor_done", "phone_refused",
    ]  # fmt: skip
    at: AwareDatetime
    room: Key | None = None
    seat: SeatId | None = None
    by: SeatId | None = None
    stay: UUID | None = None
    seconds: Annotated[float, Field(ge=0, le=200_000, allow_inf_nan=False)] = 0
    role: Literal["", "host", "speaker", "listener"] = ""
    on: bool = False
    reason: Annotated[str, StringConstraints(max_length=60)] = ""


class Events(Body):
    """A piece of the journal; each event is judged alone."""

    events: Annotated[list[dict[str, object]], Field(max_length=MAX_EVENTS)]
