"""What the organiser should know before booking: who has another meeting then, who is absent, closed days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.meetings import freebusy, queries, rules
from parvis.portal.meetings.models import Meeting
from parvis.portal.presence import loading
from parvis.portal.presence import rules as presence
from parvis.portal.presence.queries import detail_perimeter

NOON = 13
"""An hour of Paris from which a meeting is of the afternoon."""
NAMES_SHOWN = 5


def of(
    user: User,
    organiser: Agent,
    agents: Sequence[Agent],
    starts_at: datetime,
    ends_at: datetime,
    *,
    own: Meeting | None = None,
) -> list[str]:
    """Sentences, none when all is well. Seven queries, whatever the number of agents."""
    everybody = [organiser, *(each for each in agents if each.pk != organiser.pk)]
    taken = queries.busy(everybody, starts_at, ends_at, but=own)
    said: list[str] = []
    if organiser.pk in taken:
        if organiser.user_id == user.pk:
            said.append(_("Vous avez déjà une réunion à cette heure-là."))
        else:
            said.append(_("%(name)s a déjà une réunion à cette heure-là.") % {"name": organiser})
    others = [str(each) for each in everybody[1:] if each.pk in taken]
    if others:
        said.append(_("Déjà en réunion à cette heure-là\u202f: %(names)s.") % {"names": _names(others)})
    said += _calendars([each for each in everybody if each.pk not in taken], starts_at, ends_at, own)
    said += _absences(user, everybody, starts_at)
    return said


def _calendars(agents: Sequence[Agent], starts_at: datetime, ends_at: datetime, own: Meeting | None) -> list[str]:
    """Who is busy by their own calendar, where there is a server to ask; the meeting being changed is in it too."""
    known = freebusy.busy(agents, starts_at, ends_at)
    names = [str(each) for each in agents if freebusy.is_taken(known[each.pk], own)]
    return (
        [_("Occupés à cette heure-là, d’après leur agenda\u202f: %(names)s.") % {"names": _names(names)}]
        if names
        else []
    )


def _absences(user: User, agents: Sequence[Agent], starts_at: datetime) -> list[str]:
    local = starts_at.astimezone(rules.PARIS)
    day, half = local.date(), presence.Half.AM if local.hour < NOON else presence.Half.PM
    calendar = loading.of_agents(agents, day, day)
    prefixes = detail_perimeter(user)
    absent, closed = [], ""
    for agent in agents:
        at = calendar.at(agent.pk, day)
        found = at.am if half is presence.Half.AM else at.pm
        detail = agent.user_id == user.pk or agent.entity.path.startswith(prefixes)
        shown = presence.as_seen(found, calendar.statuses, in_detail=detail, weekend=day.weekday() > 4)
        if shown.code == presence.CLOSED:
            closed = closed or str(shown.label)
        elif shown.place is presence.Place.ABSENT or shown.code == presence.ABSENT:
            absent.append(str(agent))
    said = []
    if closed:
        said.append(_("Ce jour n’est pas travaillé\u202f: %(name)s.") % {"name": closed})
    elif day.weekday() > 4:
        said.append(_("C’est un jour de fin de semaine."))
    if absent and not closed:
        said.append(_("Absents à ce moment\u202f: %(names)s.") % {"names": _names(absent)})
    return said


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return _("%(names)s et %(n)d autres") % {"names": shown, "n": more} if more > 0 else shown
