"""Reads of this room. Who sees which agent, and how much of their days, is decided here.

- in detail (the kind of each half-day, what waits): the agent, heads of department and heads of IT by perimeter;
- as a colleague (`rules.as_seen`): whom `directory.colleagues` lets find each other, and one's perimeter;
- not at all: everybody else (404).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory import colleagues
from parvis.portal.directory import queries as directory
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.rules import PATH_STEP
from parvis.portal.presence import rules
from parvis.portal.presence.models import Change, Closure, Day, DayCount, Operation, Pattern, Policy, StatusSetting

DETAIL_ROLES = (Role.HEAD_OF_DEPARTMENT, Role.HEAD_OF_IT)
"""They see the kind of each absence, in their perimeter. Technicians and auditors see what a colleague sees."""


# What an authority has set


def statuses() -> dict[str, rules.Status]:
    """Every status by its code, in the order of lists; retired ones too: old days have them. One query."""
    found = {status.code: status for status in rules.BUILT_IN}
    for row in StatusSetting.objects.all():
        found[row.code] = status_of(row)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].position, pair[0])))


def status_of(row: StatusSetting) -> rules.Status:
    """The row as the rules read it; of a built-in status the place stays what it was."""
    built_in = next((status for status in rules.BUILT_IN if status.code == row.code), None)
    place = built_in.place if built_in else rules.Place(row.place)
    return rules.Status(
        row.code,
        row.label,
        row.letter,
        row.colour,
        place,
        seen_by_colleagues=row.seen_by_colleagues and place is not rules.Place.ABSENT,
        agent_may=row.agent_may,
        head_may=row.head_may,
        confirmation=rules.Confirmation(row.confirmation),
        is_active=row.is_active,
        position=row.position,
    )


def offered(*, to_head: bool = False, every: Iterable[rules.Status] | None = None) -> list[rules.Status]:
    """The statuses an agent may declare for themselves, or a head for others."""
    found = statuses().values() if every is None else every
    return [status for status in found if status.is_active and (status.head_may if to_head else status.agent_may)]


def policies() -> tuple[rules.Policy, ...]:
    """What every entity says. One query."""
    rows = Policy.objects.values_list(
        "entity__path", "confirms", "late_days", "alsace_moselle", "school_zone", "week", "minimum_on_site"
    )
    return tuple(
        rules.Policy(path, confirms, late, alsace, zone, rules.parse_halves(week) if week else (), minimum)
        for path, confirms, late, alsace, zone, week, minimum in rows
    )


def policy_of(entity: Entity) -> rules.Policy:
    """What holds in an entity."""
    return rules.inherited(entity.path, policies())


def closures_visible_to(user: User) -> QuerySet[Closure]:
    """Those of the entities the user sees, and of the entities above their own."""
    agent = directory.agent_of(user)
    above = Q(entity_id__in=ancestor_ids(agent.entity.path)) if agent else Q(pk__in=[])
    seen = directory.within(directory.perimeter(user, *directory.VIEWING_ROLES))
    return Closure.objects.filter(seen if seen == Q() else seen | above).select_related("entity")


def ancestor_ids(path: str) -> list[int]:
    """The ids of an entity and of all above it, from the root down."""
    return [int(part) for part in path.split(".") if part]


# Who sees whom


def detail_perimeter(user: User) -> tuple[str, ...]:
    """Path prefixes of the entities whose agents' days `user` sees in detail. One query."""
    return directory.perimeter(user, *DETAIL_ROLES)


def sees_in_detail(user: User, agent: Agent) -> bool:
    """Whether `user` reads the kind of each half-day of `agent`."""
    return agent.user_id == user.pk or any(agent.entity.path.startswith(prefix) for prefix in detail_perimeter(user))


def people_visible_to(user: User) -> QuerySet[Agent]:
    """The agents in post whose whereabouts `user` may ask: colleagues, perimeter, themselves. With their entities."""
    return colleagues.found_by(user)


def people_in_detail(user: User) -> QuerySet[Agent]:
    """The agents in post whose days `user` sees in detail by a role (not themselves, unless the role covers them)."""
    return Agent.objects.filter(directory.within(detail_perimeter(user)), is_active=True).select_related("entity")


def departments_in_detail(user: User) -> QuerySet[Entity]:
    """The entities whose days `user` sees in detail, in tree order."""
    return Entity.objects.filter(directory.within(detail_perimeter(user), "path")).order_by("path")


# Days, patterns, history


def patterns_of(agent: Agent) -> QuerySet[Pattern]:
    """An agent's usual weeks, the last to start first."""
    return Pattern.objects.filter(agent=agent).order_by("-starts_date", "-pk")


def waiting_days_for(user: User) -> QuerySet[Day]:
    """Days that wait for `user` as a head: of their departments, never their own. Oldest date first."""
    return _for_head(Day.objects.filter(state=rules.State.TO_CONFIRM), user).order_by(
        "agent__last_name", "agent__first_name", "agent_id", "date"
    )


def waiting_patterns_for(user: User) -> QuerySet[Pattern]:
    """Usual weeks that wait for `user` as a head, never their own. Oldest first."""
    return _for_head(Pattern.objects.filter(state=rules.State.TO_CONFIRM), user).order_by("proposed_at", "pk")


def _for_head(rows: QuerySet[Day] | QuerySet[Pattern], user: User) -> QuerySet:  # type: ignore[type-arg]
    headed = directory.within(directory.perimeter(user, Role.HEAD_OF_DEPARTMENT), "agent__entity__path")
    return (
        rows.filter(headed, agent__is_active=True)
        .exclude(agent__user_id=user.pk)
        .select_related("agent", "agent__entity")
    )


def changes_of(agent: Agent) -> QuerySet[Change]:
    """An agent's history, newest first, with who did it."""
    return Change.objects.filter(agent=agent).select_related("operation").order_by("-operation__at", "-pk")


def operations_of(user: User) -> QuerySet[Operation]:
    """What `user` did, newest first, with what undid it."""
    return Operation.objects.filter(actor=user).select_related("agent", "entity", "undone_by").order_by("-at", "-pk")


def operations_in(entity: Entity) -> QuerySet[Operation]:
    """What was done for whole departments, in `entity` and below, newest first."""
    return (
        Operation.objects.filter(kind=Operation.Kind.BULK, entity__path__startswith=entity.path)
        .select_related("actor", "entity", "undone_by")
        .order_by("-at", "-pk")
    )


# Counts


def counts(entity: Entity, starts: date, ends: date) -> Iterator[tuple[date, dict[str, list[int]]]]:
    """For each counted date, `{code: [mornings, afternoons]}` of the entity with all below it. One query, a row a date.

    Codes: statuses, and `unknown`, `off`, `closed`. Seconds behind the days themselves (`counts.refresh`).
    """
    rows = DayCount.objects.filter(entity=entity, date__range=(starts, ends)).order_by("date")
    return iter(rows.values_list("date", "total"))


def path_depth(path: str) -> int:
    """1 for a root."""
    return len(path) // (PATH_STEP + 1)
