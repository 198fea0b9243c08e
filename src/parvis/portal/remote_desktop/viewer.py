"""What the page tells the viewer, and how a session stands: section 4 of `docs/reference/gateway-protocol.md`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse

from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import live, queries, viewer_texts, wording
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.remote_desktop.services import Grant


def page_config(request: HttpRequest, computer: Computer) -> dict[str, Any]:
    """The `viewer-config` of a page. Holds no secret of the computer: the agent types theirs."""
    display = computer.display
    is_rdp = display.protocol == "rdp"
    return {
        "computer": {"id": computer.pk, "name": computer.name},
        "protocol": display.protocol,
        "connect_url": reverse("remote_desktop:connect", args=[computer.pk]),
        "state_url": reverse("remote_desktop:state", args=[computer.pk]),
        "end_url": reverse("remote_desktop:end", args=[computer.pk]),
        "refused_url": reverse("remote_desktop:refused", args=[computer.pk]),
        "home_url": reverse("remote_desktop:mine"),
        "csrf": get_token(request),
        "keyboard_layout": display.keyboard_layout,
        "color_depth": display.color_depth,
        # A VNC server says itself whether it wants a password; RDP needs both before it connects.
        "ask_username": is_rdp,
        "username": "",
        "domain": display.domain,
        "ask_password": is_rdp,
        "texts": viewer_texts.translated(),
    }


def grant_answer(grant: Grant) -> dict[str, Any]:
    """The answer to `connect_url`."""
    policy = grant.policy
    return {
        "ticket": grant.ticket,
        "session": str(grant.session.pk),
        "websocket": f"/gateway/v1/{grant.session.protocol}",
        "websocket_origin": settings.PARVIS.gateway_origin,
        "policy": {
            "clipboard_to_pc": policy.clipboard_to_pc,
            "clipboard_from_pc": policy.clipboard_from_pc,
            "idle_seconds": policy.idle_seconds,
            "ends_at": policy.ends_at,
            "resume_seconds": settings.PARVIS.resume_minutes * 60,
        },
    }


def state_answer(session: RemoteSession, now: datetime) -> dict[str, Any]:
    """The answer to `state_url`: the authority on what happened to the screen."""
    resume_until = _resume_until(session)
    words = wording.end_words(session.end_reason) if session.state == "ended" else None
    return {
        "state": session.state,
        "reason": session.end_reason or None,
        "message": str(words.sentence) if words else None,
        "advice": str(words.advice) if words else None,
        "can_resume": session.state != "ended" and now < session.ends_at and (not resume_until or now < resume_until),
        "resume_until": resume_until.isoformat() if resume_until else None,
        "ends_at": session.ends_at.isoformat(),
        **_measured(session),
    }


def _resume_until(session: RemoteSession) -> datetime | None:
    if session.state != "interrupted" or session.interrupted_at is None:
        return None
    grace = timedelta(minutes=settings.PARVIS.resume_minutes)
    return min(session.interrupted_at + grace, session.ends_at)


def _measured(session: RemoteSession) -> dict[str, Any]:
    nothing: dict[str, Any] = {"quality": None, "idle_ends_at": None}
    connection = queries.open_connection(session) if session.state == "active" else None
    found = live.figures_of(connection.gateway_id, connection.pk) if connection else None
    if found is None:
        return nothing
    figures, at = found
    idle_ends_at = at + timedelta(seconds=session.policy["idle_seconds"] - figures.idle_seconds)
    return {
        "quality": {"rtt_ms": figures.rtt_ms, "up_bytes": figures.up, "down_bytes": figures.down},
        "idle_ends_at": idle_ends_at.isoformat(),
    }
