"""The REST API of this room: rights, sessions, refusals, display settings, gateways, my computers."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status
from ninja.pagination import paginate

from parvis.portal.accounts import throttle
from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.models import User
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.queries import agent_of, agents_visible_to
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc import queries as parc
from parvis.portal.parc import services as parc_services
from parvis.portal.parc.api import WakeUpOut
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import api_types as types
from parvis.portal.remote_desktop import desks, facts, live, queries, services, viewer
from parvis.portal.remote_desktop.filters import standing_condition
from parvis.portal.remote_desktop.models import DisplaySettings, Refusal, RemoteSession, Right
from parvis.portal.remote_desktop.rules import LIVE_STATES
from parvis.portal.remote_desktop.views import guards
from parvis.portal.remote_desktop.views.screen import CONNECTIONS_PER_MINUTE
from parvis.portal.trust import queries as trust

router = Router(tags=["remote_desktop"])


@router.get("/rights", response=list[types.RightOut], operation_id="list_rights", summary="Rights of the perimeter")
@paginate(Paging)
def list_rights(request: HttpRequest, filters: Query[types.RightFilters]) -> QuerySet[Right]:
    """Newest first. Scope `read`; IT team, auditors, heads of department."""
    rights = queries.rights_visible_to(require_scope(request, "read"))
    if filters.standing is not None:
        rights = rights.filter(standing_condition(filters.standing))
    if filters.agent_id is not None:
        rights = rights.filter(agent_id=filters.agent_id)
    if filters.computer_id is not None:
        rights = rights.filter(computer_id=filters.computer_id)
    return rights.order_by("-starts_date", "-pk")


@router.post("/rights", response={201: types.RightOut}, operation_id="grant_right", summary="Give a right")
def grant_right(request: HttpRequest, body: types.RightIn) -> Status[Right]:
    """Scope `admin`; IT team of agent and computer; never for oneself."""
    user = require_scope(request, "admin")
    right = services.grant_right(
        actor=user,
        agent=one(agents_visible_to(user), body.agent_id),
        computer=_computer(user, body.computer_id),
        starts_date=body.starts_date,
        ends_date=body.ends_date,
        reason=body.reason,
        now=clock.now(),
    )
    return Status(201, right)


@router.get("/rights/{int:right_id}", response=types.RightOut, operation_id="get_right", summary="One right")
def get_right(request: HttpRequest, right_id: int) -> Right:
    """Scope `read`."""
    return one(queries.rights_visible_to(require_scope(request, "read")), right_id)


@router.delete("/rights/{int:right_id}", response={204: None}, operation_id="revoke_right", summary="Take a right back")
def revoke_right(request: HttpRequest, right_id: int) -> Status[None]:
    """Live screens close within seconds; twice is once. Scope `write`; IT team."""
    user = require_scope(request, "write")
    right = one(queries.rights_visible_to(user), right_id)
    services.revoke_right(actor=user, right=right, now=clock.now())
    return Status(204, None)


@router.get(
    "/sessions", response=list[types.SessionOut], operation_id="list_sessions", summary="Sessions of the perimeter"
)
@paginate(Paging)
def list_sessions(request: HttpRequest, filters: Query[types.SessionFilters]) -> QuerySet[RemoteSession]:
    """Newest first; `live=true`: under way. Scope `read`; IT team, auditors."""
    user = require_scope(request, "read")
    asked: dict[str, Any] = {
        "computer_id": filters.computer_id,
        "agent_id": filters.agent_id,
        "end_reason": filters.end_reason,
        "requested_at__gte": filters.since,
        "requested_at__lt": filters.until,
    }
    sessions = queries.sessions_visible_to(user).filter(
        **{key: each for key, each in asked.items() if each is not None}
    )
    if filters.live is not None:
        sessions = sessions.filter(state__in=LIVE_STATES if filters.live else ["ended"])
    return sessions.order_by("-requested_at", "pk")


@router.get("/sessions/{uuid:session_id}", response=types.SessionOut, operation_id="get_session", summary="One session")
def get_session(request: HttpRequest, session_id: UUID) -> RemoteSession:
    """Scope `read`; IT team, auditors, and its own agent."""
    return queries.session_visible_to(require_scope(request, "read"), session_id)


@router.post(
    "/sessions/{uuid:session_id}/end", response={204: None}, operation_id="end_session", summary="End a session"
)
def end_session(request: HttpRequest, session_id: UUID) -> Status[None]:
    """The screen closes within seconds; twice is once. Scope `write`; IT team, and its own agent."""
    user = require_scope(request, "write")
    services.end_session(actor=user, session=queries.session_visible_to(user, session_id), now=clock.now())
    return Status(204, None)


@router.get(
    "/refusals", response=list[types.RefusalOut], operation_id="list_refusals", summary="Refusals of the perimeter"
)
@paginate(Paging)
def list_refusals(request: HttpRequest) -> QuerySet[Refusal]:
    """Newest first. Scope `read`; IT team, auditors."""
    return queries.refusals_visible_to(require_scope(request, "read")).order_by("-at", "-pk")


@router.get(
    "/display-settings",
    response=list[types.DisplayOut],
    operation_id="list_display_settings",
    summary="Display settings of the perimeter",
)
@paginate(Paging)
def list_display_settings(request: HttpRequest) -> QuerySet[DisplaySettings]:
    """By computer. Scope `read`; IT team, auditors."""
    seen = queries.displays_visible_to(require_scope(request, "read"))
    return DisplaySettings.objects.filter(computer__in=seen.order_by()).order_by("computer_id")


@router.get(
    "/display-settings/{int:computer_id}",
    response=types.DisplayOut,
    operation_id="get_display_settings",
    summary="Display settings of a computer",
)
def get_display_settings(request: HttpRequest, computer_id: int) -> DisplaySettings:
    """404 where there are none yet. Scope `read`."""
    return _display(require_scope(request, "read"), computer_id)


@router.patch(
    "/display-settings/{int:computer_id}",
    response=types.DisplayOut,
    operation_id="configure_display",
    summary="Set up a computer's display",
)
def configure_display(request: HttpRequest, computer_id: int, body: types.DisplayIn) -> DisplaySettings:
    """Made at the first time. Scope `write`; IT team."""
    user = require_scope(request, "write")
    return services.configure_display(
        actor=user, computer=_computer(user, computer_id), values=body.dict(exclude_unset=True), now=clock.now()
    )


@router.post(
    "/display-settings/{int:computer_id}/accept-certificate",
    response={204: None},
    operation_id="accept_certificate",
    summary="Trust the certificate that was presented",
)
def accept_certificate(request: HttpRequest, computer_id: int, body: types.PinIn) -> Status[None]:
    """409 if another one was presented meanwhile. Scope `admin`; IT team."""
    user = require_scope(request, "admin")
    services.accept_pin(actor=user, display=_display(user, computer_id), fingerprint=body.fingerprint, now=clock.now())
    return Status(204, None)


@router.get("/gateways", response=list[types.GatewayOut], operation_id="list_gateways", summary="Gateways")
@paginate(Paging)
def list_gateways(request: HttpRequest) -> QuerySet[Any]:
    """By name. Scope `read`; IT team, auditors."""
    authz.require(guards.watches(require_scope(request, "read")))
    return _Gateways(queries.gateways())  # type: ignore[return-value]


class _Gateways:
    """Rows of the database with what the cache knows of them, as `Paging` wants them."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def count(self) -> int:
        """All."""
        return int(self.rows.count())

    def __getitem__(self, piece: slice) -> list[dict[str, Any]]:
        rows = list(self.rows[piece])
        pulses = live.pulses([each.pk for each in rows])
        return [_gateway(each, pulses.get(each.pk)) for each in rows]


def _gateway(row: Any, pulse: live.Pulse | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "version": row.version,
        "booted_at": row.booted_at,
        "heard_at": pulse.at if pulse else None,
        "connections": pulse.load.connections if pulse else None,
        "event_loop_lag_ms": pulse.load.event_loop_lag_ms if pulse else None,
    }


@router.get(
    "/my/computers", response=list[types.MyComputer], operation_id="list_my_computers", summary="My own computers"
)
def list_my_computers(request: HttpRequest) -> list[dict[str, Any]]:
    """Those I work on or have a right on, with why I may not open them. Scope `read`."""
    user, now = require_scope(request, "read"), clock.now()
    agent = agent_of(user)
    if agent is None:
        return []
    screen = trust.screen(user, f"{facts.TOKEN_PREFIX}{request.api_token.pk}", now)  # type: ignore[attr-defined]
    return [_mine(desks.desk(user, agent, each, screen, now)) for each in queries.my_computers(user)[:50]]


def _mine(desk: desks.Desk) -> dict[str, Any]:
    display = facts.display_of(desk.computer)
    return {
        "id": desk.computer.pk,
        "name": desk.computer.name,
        "reachability": desk.computer.reachability,
        "last_seen_at": desk.computer.last_seen_at,
        "protocol": display.protocol if display else None,
        "can_be_woken": desk.can_wake,
        "refusal": desk.decision.code or None,
        "message": str(desk.decision.reason),
        "advice": str(desk.decision.advice),
    }


@router.post(
    "/my/computers/{int:computer_id}/wake-up",
    response={202: WakeUpOut},
    operation_id="wake_up_my_computer",
    summary="Wake one of my computers",
)
def wake_up(request: HttpRequest, computer_id: int) -> Status[parc.WakeUpProgress | None]:
    """A right on it is enough; starts a wake-up or joins the one under way. Scope `connect`."""
    user, now = require_scope(request, "connect"), clock.now()
    computer, agent = queries.my_computer(user, computer_id), agent_of(user)
    if agent is None:
        raise NotFound
    decision = desks.can_wake(agent, computer, clock.today(now))
    parc_services.wake_up(actor=user, computer=computer, now=now, decision=decision)
    return Status(202, parc.wake_up_progress(computer))


@router.post(
    "/my/computers/{int:computer_id}/connect",
    response=types.GrantOut,
    operation_id="connect",
    summary="A ticket for the screen of one of my computers",
)
def connect(request: HttpRequest, computer_id: int, body: types.ConnectIn) -> dict[str, Any]:
    """The session lives as long as the token does. Scope `connect`."""
    user = require_scope(request, "connect")
    throttle.hit("connect", str(user.pk), limit=CONNECTIONS_PER_MINUTE, seconds=60)
    token = request.api_token  # type: ignore[attr-defined]
    grant = services.request_connection(
        actor=user,
        computer_id=computer_id,
        sign_in=f"{facts.TOKEN_PREFIX}{token.pk}",
        session_id=body.session,
        now=clock.now(),
    )
    return viewer.grant_answer(grant)


def _computer(user: User, computer_id: int) -> Computer:
    return one(queries.displays_visible_to(user), computer_id)


def _display(user: User, computer_id: int) -> DisplaySettings:
    display = facts.display_of(_computer(user, computer_id))
    if display is None:
        raise NotFound
    return display
