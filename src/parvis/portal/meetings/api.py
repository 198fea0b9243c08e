"""The REST API of this room: one's meetings, what to meet with, planning and cancelling."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate
from pydantic import AwareDatetime

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Key, Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.conferencing.queries import providers_visible_to
from parvis.portal.directory import colleagues
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.meetings import queries, rules, showing, suggesting
from parvis.portal.meetings.drafts import Draft, Invited, read_addresses
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import planning
from parvis.portal.meetings.suggest_rules import Proposal, Question, Unfit

router = Router(tags=["meetings"])


class MeetingOut(Schema):
    """A meeting, and how to join it as far as that is known."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: Meeting.State
    audience: Meeting.Audience
    people: int
    organiser_id: int
    tool_id: int | None
    tool_name: str | None
    is_opened: bool
    phone_number: str
    pin: str
    dial: str
    """`tel:` with number and code."""
    series_id: int | None

    @staticmethod
    def resolve_tool_id(meeting: Meeting) -> int | None:
        """The provider."""
        return meeting.provider_id

    @staticmethod
    def resolve_tool_name(meeting: Meeting) -> str | None:
        """Its name."""
        return str(meeting.provider) if meeting.provider is not None else None

    @staticmethod
    def resolve_dial(meeting: Meeting) -> str:
        """Empty where one does not dial in, or not yet."""
        return showing.ways(meeting).dial


class MeetingFilters(Schema):
    """What the list may be narrowed by."""

    after: AwareDatetime | None = None
    """Not over at this instant."""
    before: AwareDatetime | None = None
    """Begun by this instant."""
    state: Meeting.State | None = None


class QuestionIn(Schema):
    """Who, how many, with what."""

    starts_at: AwareDatetime
    minutes: int = Field(30, ge=5, le=720)
    people: int = Field(2, ge=1, le=rules.PEOPLE_AT_MOST)
    audience: Meeting.Audience = Meeting.Audience.INTERNAL
    by_phone_only: bool = False
    """At least one person has only a telephone."""
    needs: list[Line] = Field(default_factory=list, max_length=10)
    """`no_webcam`, `no_install`, `share`, `record`, `video`, `lobby`."""


class MeetingIn(QuestionIn):
    """A meeting to plan."""

    title: Line = Field(min_length=1, max_length=200)
    agenda: str = Field("", max_length=4000)
    tool_id: int | None = Field(None, ge=0, le=2**62)
    """None: the best that is free."""
    agent_ids: list[Key] = Field(default_factory=list, max_length=rules.MOST_GUESTS)
    emails: list[Line] = Field(default_factory=list, max_length=rules.MOST_OUTSIDE)
    """People from outside."""
    waits: bool = False
    """Stand in the waiting list where nothing is free."""


class ProposalOut(Schema):
    """A tool that fits."""

    tool_id: int
    name: str
    reason: str
    waits: bool
    """Nothing is free of it then."""
    free: int | None

    @staticmethod
    def resolve_tool_id(proposal: Proposal) -> int:
        """The provider."""
        return proposal.tool.id

    @staticmethod
    def resolve_name(proposal: Proposal) -> str:
        """Its name."""
        return proposal.tool.name

    @staticmethod
    def resolve_free(proposal: Proposal) -> int | None:
        """Places in its pool; null: it needs none."""
        return proposal.tool.free


class UnfitOut(Schema):
    """A tool that does not fit."""

    tool_id: int
    name: str
    code: str
    reason: str

    @staticmethod
    def resolve_tool_id(unfit: Unfit) -> int:
        """The provider."""
        return unfit.tool.id

    @staticmethod
    def resolve_name(unfit: Unfit) -> str:
        """Its name."""
        return unfit.tool.name


class SuggestionOut(Schema):
    """Tools in order, the best first, and why not the others."""

    proposals: list[ProposalOut]
    others: list[UnfitOut]
    plain: str
    """Why nothing can be had then; empty when something can."""
    next_free_at: datetime | None


class CancelIn(Schema):
    """A word to those invited."""

    reason: Line = Field("", max_length=300)
    following: bool = False
    """Of a series: all that follow too."""


@router.get("/meetings", response=list[MeetingOut], operation_id="list_meetings", summary="One's meetings")
@paginate(Paging)
def list_meetings(request: HttpRequest, filters: Query[MeetingFilters]) -> QuerySet[Meeting]:
    """Those one organises, has booked or is invited to, in order of time. Scope `read`."""
    found = queries.visible_to(require_scope(request, "read"))
    if filters.after is not None:
        found = found.filter(ends_at__gt=filters.after)
    if filters.before is not None:
        found = found.filter(starts_at__lte=filters.before)
    if filters.state is not None:
        found = found.filter(state=filters.state)
    return found.order_by("starts_at", "pk")


@router.get(
    "/meetings/suggestion",
    response=SuggestionOut,
    operation_id="suggest_meeting_tool",
    summary="Which tool to meet with",
)
def suggest_tool(request: HttpRequest, question: Query[QuestionIn]) -> object:
    """Nothing is booked. Scope `read`."""
    user = require_scope(request, "read")
    starts, ends = _times(question)
    return suggesting.answer(_own(agent_of(user)), _question(question), starts, ends).suggestion


@router.get("/meetings/{meeting_key}", response=MeetingOut, operation_id="get_meeting", summary="One meeting")
def get_meeting(request: HttpRequest, meeting_key: str) -> Meeting:
    """Scope `read`."""
    return queries.meeting_for(require_scope(request, "read"), meeting_key)


@router.post("/meetings", response={201: MeetingOut}, operation_id="plan_meeting", summary="Plan a meeting")
def plan_meeting(request: HttpRequest, body: MeetingIn) -> Status[Meeting]:
    """409 `pool_full` (its advice is the next free time), `no_tool`; 422 with `fields`. Scope `write`."""
    user = require_scope(request, "write")
    own, now = _own(agent_of(user)), clock.now()
    if body.tool_id is not None:
        one(providers_visible_to(user), body.tool_id)  # another authority's tool is not there, whatever else is asked
    starts, ends = _times(body)
    found = suggesting.answer(own, _question(body), starts, ends)
    if body.tool_id is not None:
        provider = found.providers.get(body.tool_id)
    else:
        best = found.suggestion.best
        provider = found.providers[best.tool.id] if best is not None else None
    if provider is None:
        raise Conflict(found.suggestion.plain or _("Cet outil n’est pas proposé."), code="no_tool")
    agents = [one(colleagues.found_by(user).select_related("entity", "user"), pk) for pk in body.agent_ids]
    outside = read_addresses("\n".join(body.emails))
    if outside.wrong:
        raise Invalid(fields={"emails": [_("Ce n’est pas une adresse\u202f: %(what)s.") % {"what": outside.wrong[0]}]})
    invited = [Invited(agent=each) for each in agents]
    invited += [Invited(email=address, name=name) for name, address in outside.people]
    audience = body.audience
    if outside.people and audience == Meeting.Audience.INTERNAL:
        audience = Meeting.Audience.GUESTS
    meeting = planning.plan(
        actor=user,
        now=now,
        draft=Draft(
            organiser=own,
            title=body.title,
            starts_at=starts,
            ends_at=ends,
            people=max(body.people, len(invited) + 1),
            audience=audience,
            by_phone_only=body.by_phone_only,
            needs=tuple(body.needs),
            provider=provider,
            guests=tuple(invited),
            agenda=body.agenda,
            wait=body.waits,
        ),
    )
    return Status(201, meeting)


@router.post(
    "/meetings/{meeting_key}/cancel", response=MeetingOut, operation_id="cancel_meeting", summary="Cancel a meeting"
)
def cancel_meeting(request: HttpRequest, meeting_key: str, body: CancelIn) -> Meeting:
    """Everybody invited is told. 403 for who does not run it; 409 if it was. Scope `write`."""
    user = require_scope(request, "write")
    meeting = queries.meeting_for(user, meeting_key)
    if body.following:
        planning.cancel_following(actor=user, meeting=meeting, now=clock.now(), reason=body.reason)
    else:
        planning.cancel(actor=user, meeting=meeting, now=clock.now(), reason=body.reason)
    return queries.meeting_for(user, meeting_key)


def _own(agent: Agent | None) -> Agent:
    if agent is None:
        raise Invalid(_("Votre compte n’est pas celui d’un agent en poste."), code="no_agent")
    return agent


def _times(body: QuestionIn) -> tuple[datetime, datetime]:
    now = clock.now()
    if not now - timedelta(days=1) <= body.starts_at <= now + rules.AHEAD:
        raise Invalid(fields={"starts_at": [_("Choisissez une heure dans l’année.")]})
    return body.starts_at, body.starts_at + timedelta(minutes=body.minutes)


def _question(body: QuestionIn) -> Question:
    return Question(
        people=body.people,
        audience=body.audience,
        by_phone_only=body.by_phone_only,
        needs=frozenset(body.needs),
    )
