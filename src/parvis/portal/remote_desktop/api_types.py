"""Schemas of this room's REST API."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from parvis.portal.accounts.api_types import Line
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession, Right
from parvis.portal.remote_desktop.rules import END_REASONS
from parvis.portal.remote_desktop.tables import standing

Standing = Literal["active", "future", "expired", "revoked"]


class RightIn(Schema):
    """A right to give. Without `ends_date` only for a computer assigned to the agent."""

    agent_id: int = Field(ge=1, le=2**62)
    computer_id: int = Field(ge=1, le=2**62)
    starts_date: date
    ends_date: date | None = None
    reason: Line = Field("", max_length=200)


class RightOut(Schema):
    """This agent may reach that computer's screen, between two days, both included."""

    id: int
    agent_id: int
    computer_id: int
    starts_date: date
    ends_date: date | None
    reason: str
    granted_at: datetime
    revoked_at: datetime | None
    standing: Standing
    """Where it stands today."""

    @staticmethod
    def resolve_standing(right: Right) -> str:
        """From the dates."""
        return standing(right)


class RightFilters(Schema):
    """What may be asked of the list of rights."""

    standing: Standing | None = None
    agent_id: int | None = Field(None, ge=0, le=2**62)
    computer_id: int | None = Field(None, ge=0, le=2**62)


class SessionOut(Schema):
    """An agent on a computer's screen, from the click to the end. `bytes_up`: browser → PC."""

    id: UUID
    user_id: int
    agent_id: int | None
    computer_id: int
    protocol: DisplaySettings.Protocol
    state: RemoteSession.State
    requested_at: datetime
    started_at: datetime | None
    ends_at: datetime
    """When it ends at the latest."""
    ended_at: datetime | None
    end_reason: str
    """A word of the gateway protocol's table, or of the portal's; empty while it lives."""
    client_address: str | None
    bytes_up: int
    bytes_down: int


class SessionFilters(Schema):
    """What may be asked of the list of sessions."""

    live: bool | None = None
    """True: under way only. False: ended only."""
    computer_id: int | None = Field(None, ge=0, le=2**62)
    agent_id: int | None = Field(None, ge=0, le=2**62)
    end_reason: Literal[tuple(END_REASONS)] | None = None  # type: ignore[valid-type]
    since: datetime | None = None
    until: datetime | None = None


class RefusalOut(Schema):
    """Someone was refused a screen."""

    id: int
    at: datetime
    user_id: int | None
    computer_id: int | None
    session_id: UUID | None
    source: Literal["portal", "gateway"]
    reason: str
    detail: str
    client_address: str | None


class DisplayIn(Schema):
    """What changes in a computer's display settings; what is left out stays."""

    enabled: bool = True
    sensitive_allowed: bool = False
    """Servers and administration machines: head of IT only."""
    protocol: DisplaySettings.Protocol = DisplaySettings.Protocol.RDP
    port: int = Field(3389, ge=1, le=65535)
    keyboard_layout: DisplaySettings.Keyboard = DisplaySettings.Keyboard.FRENCH
    color_depth: Literal[16, 24, 32] = 32
    autologon: bool = True
    domain: Line = Field("", max_length=100)
    clipboard_to_pc: bool = False
    clipboard_from_pc: bool = False


class DisplayOut(DisplayIn):
    """How a computer's screen is reached, and its certificate."""

    computer_id: int
    pin: str
    """SHA-256 of the trusted certificate, hexadecimal; empty until the first use."""
    pinned_at: datetime | None
    presented_pin: str
    """Another certificate that was shown and blocked."""
    presented_at: datetime | None


class PinIn(Schema):
    """The certificate to trust: the one that was presented."""

    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")


class GatewayOut(Schema):
    """A gateway; `heard_at` is its last heartbeat."""

    id: int
    name: str
    version: str
    booted_at: datetime
    heard_at: datetime | None
    connections: int | None
    event_loop_lag_ms: float | None


class MyComputer(Schema):
    """One of the caller's computers. `refusal` says why its screen may not be opened today; null: it may."""

    id: int
    name: str
    reachability: Computer.Reachability
    last_seen_at: datetime | None
    protocol: DisplaySettings.Protocol | None
    can_be_woken: bool
    refusal: str | None
    message: str
    """The refusal in words, in the caller's language."""
    advice: str


class ConnectIn(Schema):
    """A new session, or `session` to come back to the same one after a cut."""

    session: UUID | None = None


class PolicyOut(Schema):
    """What the session may do; `ends_at` in Unix seconds."""

    clipboard_to_pc: bool
    clipboard_from_pc: bool
    idle_seconds: int
    ends_at: int
    resume_seconds: int


class GrantOut(Schema):
    """A ticket of at most 60 seconds, and where to bring it: section 2 of the gateway protocol."""

    ticket: str
    session: UUID
    websocket: str
    websocket_origin: str
    """Empty: the portal's own."""
    policy: PolicyOut
