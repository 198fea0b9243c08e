"""What gateways may say: shapes and bounds of section 3 of `docs/reference/gateway-protocol.md`.

Types are strict; a field this version does not know is ignored, so that a newer gateway is understood.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_CONNECTIONS = 5000
MAX_EVENTS = 500

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Count = Annotated[int, Field(ge=0, lt=2**63)]
"""Fits the database's 64-bit columns."""


def _address(value: str) -> str:
    return str(ip_address(value.partition("%")[0]))


Address = Annotated[str, AfterValidator(_address)]


class Body(BaseModel):
    """Who speaks: every body carries it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    gateway: Name
    boot: UUID
    instance: UUID | None = None
    """Kept in the gateway's state folder; None: a gateway too old to have one."""


class Hello(Body):
    """A gateway process has started."""

    version: Annotated[str, StringConstraints(max_length=40)]


class Redeem(Body):
    """A browser brought this ticket."""

    ticket: Annotated[str, StringConstraints(max_length=4096)]
    client_address: Address
    at: AwareDatetime


class Pin(Body):
    """An office PC showed this certificate."""

    session: UUID
    connection: UUID
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    subject: Annotated[str, StringConstraints(max_length=4000)] = ""
    not_after: Annotated[str, StringConstraints(max_length=100)] = ""


class ConnectionFigures(BaseModel):
    """One open connection."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    connection: UUID
    session: UUID
    up: Count
    down: Count
    rtt_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    idle_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    clipboard_to_pc: Count = 0
    clipboard_from_pc: Count = 0


class GatewayLoad(BaseModel):
    """How busy the gateway is."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    event_loop_lag_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    connections: Count = 0
    file_descriptors: Count = 0
    cpu_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Processor time of the process since it started; None: a gateway too old to say it."""
    draining: bool = False


class Heartbeat(Body):
    """Everything the gateway holds open."""

    at: AwareDatetime
    connections: Annotated[list[ConnectionFigures], Field(max_length=MAX_CONNECTIONS)]
    load: GatewayLoad = GatewayLoad()


class Event(BaseModel):
    """One thing that happened. Which fields come with which kind: the contract."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: UUID
    kind: Literal["started", "ended", "refused"]
    at: AwareDatetime
    connection: UUID | None = None
    session: UUID | None = None
    client_address: Address | None = None
    target_address: Annotated[str, StringConstraints(max_length=300)] | None = None
    target: Annotated[str, StringConstraints(max_length=300)] | None = None
    reason: Annotated[str, StringConstraints(max_length=30)] | None = None
    detail: Annotated[str, StringConstraints(max_length=4000)] | None = None
    up: Count = 0
    down: Count = 0
    clipboard_to_pc: Count = 0
    clipboard_from_pc: Count = 0


class Events(Body):
    """A piece of the gateway's journal; each event is judged alone."""

    events: Annotated[list[dict[str, object]], Field(max_length=MAX_EVENTS)]
