"""Who looked at what is known of an agent: noted once an hour, shown to the agent and to the auditors.

The agent learns who, in which role and of which service, and on which day (never the minute: this is no clock of
somebody's work). An auditor's look is shown without their name: an inquiry is not announced, but it is not hidden
either. The law asks for less: dates and purposes, and names only where one's rights need them (RGPD article 15; CJUE,
22 June 2023, C-579/21).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.directory.queries import VIEWING_ROLES, agent_of
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import clock
from parvis.portal.privacy.models import Consultation

HIGHEST_FIRST = (Role.AUDITOR, Role.HEAD_OF_IT, Role.TECHNICIAN, Role.HEAD_OF_DEPARTMENT)
SHOWN_AT_MOST = 200
"""Lines on the agent's own page; the export has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One consultation, as the agent sees it."""

    day: date
    who: str
    role: str
    service: str
    page: str


def note(event: AgentSeen) -> None:
    """Keep that somebody looked; again within the hour is once. Looking at oneself is nothing."""
    viewer = User.objects.filter(pk=event.viewer_id).first()
    agent = Agent.objects.select_related("entity").filter(pk=event.agent_id).first()
    if viewer is None or agent is None or agent.user_id == viewer.pk:
        return
    hour = event.at.replace(minute=0, second=0, microsecond=0)
    if Consultation.objects.filter(viewer=viewer, agent=agent, page=event.page[:30], hour_at=hour).exists():
        return
    own = agent_of(viewer)
    row = Consultation(
        viewer=viewer,
        viewer_label=str(viewer)[:200],
        viewer_role=_role_over(viewer, agent),
        viewer_service=str(own.entity)[:150] if own else "",
        agent=agent,
        page=event.page[:30],
        hour_at=hour,
    )
    with transaction.atomic():
        # Two tabs at once: the unique constraint keeps one.
        Consultation.objects.bulk_create([row], ignore_conflicts=True)


def of_agent(agent: Agent) -> list[Shown]:
    """What the agent sees: one line per viewer, day and page, newest first."""
    rows = Consultation.objects.filter(agent=agent).order_by("-hour_at", "-id")[: SHOWN_AT_MOST * 4]
    return list(dict.fromkeys(shown_to_the_agent(row) for row in rows))[:SHOWN_AT_MOST]


def shown_to_the_agent(row: Consultation) -> Shown:
    """The day, the role, the service; the name but an auditor's."""
    is_auditor = row.viewer_role == Role.AUDITOR
    return Shown(
        day=clock.today(row.hour_at),
        who=_("Un auditeur") if is_auditor else row.viewer_label,
        role=str(Role(row.viewer_role).label) if row.viewer_role in Role.values else _("Collègue"),
        service="" if is_auditor else row.viewer_service,
        page=page_name(row.page),
    )


def page_name(page: str) -> str:
    """The word of a page, in French."""
    names = {
        "card": _("Fiche"),
        "agent": _("Fiche"),
        "history": _("Historique"),
        "movement": _("Arrivée, mobilité ou départ"),
        "movements": _("Arrivée, mobilité ou départ"),
        "presence": _("Présence"),
        "calendar": _("Calendrier de présence"),
        "sessions": _("Bureaux à distance"),
        "session": _("Bureau à distance"),
        "rights": _("Droits d’accès"),
        "sources": _("Sources de l’annuaire"),
        "search": _("Recherche"),
        "trust": _("Appareils et confiance"),
        "trail": _("Journal d’audit"),
    }
    return names.get(page, page)


def _role_over(viewer: User, agent: Agent) -> str:
    if viewer.is_superuser:
        return Role.HEAD_OF_IT
    grants = RoleGrant.objects.filter(user=viewer, role__in=VIEWING_ROLES).values_list("role", "entity__path")
    held = {role for role, path in grants if covers(path, agent.entity.path)}
    return next((role for role in HIGHEST_FIRST if role in held), "")
