"""Reads; they start from what the user's roles cover: a source is seen by who covers all it speaks for."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.sources.items import Kind
from parvis.portal.sources.models import Hold, Link, Merge, Run, RunItem, Source
from parvis.portal.sources.permissions import WATCHERS


def sources_visible_to(user: User) -> QuerySet[Source]:
    """Those whose root entity is in the user's perimeter."""
    return Source.objects.filter(within(perimeter(user, *WATCHERS), "root__path")).select_related("root")


def with_last_run(sources: QuerySet[Source]) -> QuerySet[Source]:
    """Plus `last_run_id`, `last_state`, `last_at`, `last_problem`, `people` and `open_merges`."""
    runs = Run.objects.filter(source=OuterRef("pk")).order_by("-created_at", "-pk")
    people = Link.objects.filter(source=OuterRef("pk")).order_by().values("source").annotate(n=Count("pk")).values("n")
    merges = Merge.objects.filter(source=OuterRef("pk"), state=Merge.State.OPEN).order_by().values("source")
    return sources.annotate(
        last_run_id=Subquery(runs.values("pk")[:1]),
        last_state=Subquery(runs.values("state")[:1]),
        last_at=Subquery(runs.values("created_at")[:1]),
        last_problem=Subquery(runs.values("problem")[:1]),
        people=Subquery(people),
        open_merges=Subquery(merges.annotate(n=Count("pk")).values("n")),
    )


def runs_visible_to(user: User) -> QuerySet[Run]:
    """The runs of those sources."""
    visible = within(perimeter(user, *WATCHERS), "source__root__path")
    return Run.objects.filter(visible).select_related("source__root", "started_by", "decided_by")


def items_of(run: Run) -> QuerySet[RunItem]:
    """What a person should see of a run."""
    return RunItem.objects.filter(run=run).exclude(kinds="|quiet|").select_related("agent")


def merges_visible_to(user: User) -> QuerySet[Merge]:
    """The merges proposed by those sources."""
    visible = within(perimeter(user, *WATCHERS), "source__root__path")
    return Merge.objects.filter(visible).select_related("source__root", "agent__entity", "decided_by")


def links_of(agent: Agent) -> list[Link]:
    """What each source says of an agent, the one that speaks first at the top."""
    return list(Link.objects.filter(agent=agent).select_related("source").order_by("source__priority", "source_id"))


def holds_of(agent: Agent) -> dict[str, Hold]:
    """The fields a human won, by name."""
    return {hold.field: hold for hold in Hold.objects.filter(agent=agent).select_related("actor")}


def holds_visible_to(user: User) -> QuerySet[Hold]:
    """Holds on agents for whom the user may answer."""
    return Hold.objects.filter(within(perimeter(user, *WATCHERS), "agent__entity__path")).select_related(
        "agent__entity"
    )


def busy(source: Source) -> Run | None:
    """The run that is being read or applied, if any."""
    return Run.objects.filter(source=source, state__in=Run.BUSY).first()


def rejected_of(run: Run) -> QuerySet[RunItem]:
    """The records that were left out, in full or in part."""
    left_out = Q(kinds__contains=f"|{Kind.CONFLICT}|") | Q(kinds__contains=f"|{Kind.FAULT}|")
    return RunItem.objects.filter(left_out, run=run).order_by("pk")
