"""Reads of this room. What a user may see starts here; the rest does not exist for them (404)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.directory.queries import STAFF_ROLES, VIEWING_ROLES, Someone, perimeter, within
from parvis.portal.directory.rules import lineage
from parvis.portal.telework import rules
from parvis.portal.telework.models import DaysChange, JobRule, Policy, Request
from parvis.portal.ui.search import fold

AGENT_PATH = "agent__entity__path"


def requests_visible_to(user: Someone) -> QuerySet[Request]:
    """One's own; those of the agents of one's perimeter (heads of department, IT team, auditors).

    With agent, entity and account.
    """
    condition = within(perimeter(user, *VIEWING_ROLES), AGENT_PATH)
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(agent__user_id=user.pk)
    return _with_agent(Request.objects.filter(condition))


def requests_watched_by(user: Someone) -> QuerySet[Request]:
    """Those of the agents of one's perimeter only: what a list of others' requests shows."""
    return _with_agent(Request.objects.filter(within(perimeter(user, *VIEWING_ROLES), AGENT_PATH)))


def requests_of(agent: Agent) -> QuerySet[Request]:
    """All of an agent's, newest first."""
    return _with_agent(Request.objects.filter(agent=agent)).order_by("-requested_at", "-pk")


def live_request_of(agent: Agent) -> Request | None:
    """The one request of an agent that waits, is granted, open or suspended."""
    return requests_of(agent).filter(state__in=rules.LIVE).first()


def open_requests(day: date) -> QuerySet[Request]:
    """Those of the agents whose telework is open that day: neither suspended nor over."""
    return Request.objects.filter(Q(ends_date__isnull=True) | Q(ends_date__gte=day), state=Request.State.OPEN)


def live_requests_of(agents: Iterable[Agent]) -> dict[int, Request]:
    """The same for many, by agent. One query for a thousand."""
    found: dict[int, Request] = {}
    for some in pieces([agent.pk for agent in agents]):
        for request in Request.objects.filter(agent__in=some, state__in=rules.LIVE):
            found[request.agent_id] = request
    return found


def to_decide(user: User) -> QuerySet[Request]:
    """The requests that wait for this very user's word, with agent, entity and account.

    Heads decide for their agents. The IT team is asked where there is no head but the agent.
    """
    return _with_agent(_answered_by(user).filter(state=Request.State.REQUESTED))


def days_to_decide(user: User) -> QuerySet[DaysChange]:
    """The changes of days that wait for this very user's word, the oldest first; with request, agent and entity."""
    theirs = _answered_by(user).filter(state__in=rules.GRANTED).order_by().values("pk")
    waiting = DaysChange.objects.filter(state=DaysChange.State.WAITING, request__in=theirs)
    return waiting.select_related("request__agent__entity", "request__agent__user").order_by("asked_at", "pk")


def days_changes_visible_to(user: Someone) -> QuerySet[DaysChange]:
    """Those of the requests the user sees; with request, agent and entity."""
    seen = requests_visible_to(user).order_by().values("pk")
    return DaysChange.objects.filter(request__in=seen).select_related(
        "request__agent__entity", "request__agent__user", "decided_by"
    )


def _answered_by(user: User) -> QuerySet[Request]:
    headed = within(perimeter(user, Role.HEAD_OF_DEPARTMENT), AGENT_PATH)
    if headed != Q():  # to who heads all, the IT team's part adds nothing, and would narrow an empty condition
        headed |= ~Q(_has_head()) & within(perimeter(user, *STAFF_ROLES), AGENT_PATH)
    return Request.objects.filter(headed).exclude(agent__user_id=user.pk)


def to_decide_count(user: User) -> int:
    """How many `to_decide` and `days_to_decide` are: the menu's badge. One query within a page."""
    # Those that wait for anybody's word, by their keys: they are few, and whose word it is takes long to find out.
    asked = Request.objects.filter(state=Request.State.REQUESTED).order_by().values("pk")
    changes = DaysChange.objects.filter(state=DaysChange.State.WAITING, request__state__in=rules.GRANTED)
    waiting = Q(pk__in=asked) | Q(pk__in=changes.order_by().values("request"))
    return _answered_by(user).filter(waiting).count()


def heads_for(agent: Agent) -> list[User]:
    """The heads of the agent's department, or of the nearest one above that has any; never the agent themselves."""
    grants = RoleGrant.objects.filter(
        role=Role.HEAD_OF_DEPARTMENT, entity__path__in=lineage(agent.entity.path), user__is_active=True
    ).exclude(user_id=agent.user_id or 0)
    found = list(grants.select_related("user", "entity").order_by("user_id"))
    nearest = max((len(grant.entity.path) for grant in found), default=0)
    return [grant.user for grant in found if len(grant.entity.path) == nearest]


def _has_head() -> Exists:
    """The condition on `Request`: somebody else than its agent is a head of their department, or of one above."""
    heads = RoleGrant.objects.filter(role=Role.HEAD_OF_DEPARTMENT, user__is_active=True)
    others = heads.exclude(user_id=Coalesce(OuterRef("agent__user_id"), 0))
    there = ExpressionWrapper(OuterRef(AGENT_PATH), output_field=CharField())
    return Exists(others.annotate(there=there).filter(there__startswith=F("entity__path")))


def to_open(user: Someone) -> QuerySet[Request]:
    """The granted requests that the user's team lets in, the soonest first."""
    condition = within(perimeter(user, *STAFF_ROLES), AGENT_PATH)
    granted = Request.objects.filter(condition, state=Request.State.APPROVED)
    return _with_agent(granted).order_by("starts_date", "pk")


# Policies and jobs


def policy_of(entity: Entity) -> rules.Policy:
    """What holds in an entity: each rule as the nearest entity above says it."""
    rows = Policy.objects.filter(entity__path__in=lineage(entity.path)).select_related("entity")
    return rules.inherited(entity.path, [as_rule(row) for row in rows])


def all_policies() -> list[rules.Policy]:
    """Every entity's, for `rules.inherited`. One query."""
    return [as_rule(row) for row in Policy.objects.select_related("entity")]


def as_rule(row: Policy) -> rules.Policy:
    """A row as the rules see it."""
    return rules.Policy(
        path=row.entity.path,
        default_level=row.default_level,
        most_days=row.most_days,
        head_approves=row.head_approves,
        opens_alone=row.opens_alone,
    )


def all_jobs() -> list[rules.Job]:
    """Every rule on jobs, for `rules.job_of`. One query."""
    return [
        rules.Job(path=row.entity.path, words=words_of(row.words), level=row.level, reason=row.reason)
        for row in JobRule.objects.select_related("entity")
    ]


def words_of(text: str) -> tuple[str, ...]:
    """`Agent d’accueil, ATSEM` → the words to look for in a folded job; empty ones would be in every job."""
    return tuple(word for each in text.split(",") if (word := " ".join(fold(each).split())))


PIECE = 1000


def pieces(keys: list[int]) -> list[list[int]]:
    """Keys by thousands: no database takes any number of them in one query."""
    return [keys[at : at + PIECE] for at in range(0, len(keys), PIECE)]


def _with_agent(requests: QuerySet[Request]) -> QuerySet[Request]:
    return requests.select_related("agent__entity", "agent__user", "decided_by")
