"""The audit trail read by people: filters, and pages that stay quick over millions of records.

There is no count and no page number. A page begins below an id (keyset) and is looked for in windows of ids, wider
and wider: a frequent match is found in the first one, a rare one through its index, and nothing is ever sorted that
is not about to be shown. A search in the text has no index: it looks at so many records, shows what it found, and
offers to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.models import AuditHead, AuditRecord
from parvis.portal.privacy import rules, sentences
from parvis.portal.privacy.permissions import READING_ROLES
from parvis.portal.ui.search import fold, matching, words

PAGE = 50
LATE = 10_000
"""Records by which one may be written late: a gateway's report carries the instant of what it reports."""
PEOPLE = 200
"""People a name may stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters; empty ones ask for nothing."""

    since: date | None = None
    until: date | None = None
    person: str = ""
    family: str = ""
    address: str = ""
    correlation: str = ""
    target: tuple[str, str] | None = None
    """`(target_type, target_id)` of one object."""
    text: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked."""
        return self != Asked()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, newest first."""

    lines: list[AuditRecord] = field(default_factory=list)
    before: int | None = None
    """Where the next page begins; None: there is none."""
    paused: bool = False
    """The search looked at its share of records: there may be more below `before`."""


def page(reader: User, asked: Asked, *, before: int | None = None, size: int = PAGE) -> Page:
    """The newest `size` records below `before` (the newest of all if None) that the reader may see."""
    bounds = _bounds(asked, before)
    if bounds is None:
        return Page()
    found: list[AuditRecord] = []
    matching_rows, low = _matching(reader, asked), bounds[0] + 1
    budget = rules.TEXT_BUDGET if asked.text else None
    for low, high in rules.windows(bounds[0], bounds[1], budget):
        rows = matching_rows.filter(id__range=(low, high)).order_by("-id")
        found += rows[: size + 1 - len(found)]
        if len(found) > size:
            return Page(lines=found[:size], before=found[size - 1].id)
    paused = budget is not None and low > bounds[1]
    return Page(lines=found, before=low if paused else None, paused=paused)


def every(reader: User, asked: Asked) -> Iterator[AuditRecord]:
    """All of them, newest first, read as they are sent: for the CSV."""
    bounds = _bounds(asked, None)
    if bounds is None:
        return
    rows = _matching(reader, asked)
    for low, high in rules.windows(*bounds):
        yield from rows.filter(id__range=(low, high)).order_by("-id").iterator(chunk_size=2000)


def visible_to(reader: User) -> QuerySet[AuditRecord]:
    """The records about entities where the reader is auditor or head of IT; all of them for a superuser.

    What belongs to no entity (the housekeeping of the portal) is the superuser's.
    """
    prefixes = perimeter(reader, *READING_ROLES)
    if "" in prefixes:
        return AuditRecord.objects.all()
    theirs = Entity.objects.filter(within(prefixes, "path")).order_by().values_list("pk", flat=True)
    # As numbers, not as a subquery: the planner then knows how many.
    return AuditRecord.objects.filter(entity_id__in=list(theirs)) if prefixes else AuditRecord.objects.none()


def _matching(reader: User, asked: Asked) -> QuerySet[AuditRecord]:
    rows = visible_to(reader)
    if asked.since is not None:
        rows = rows.filter(at__gte=_midnight(asked.since))
    if asked.until is not None:
        rows = rows.filter(at__lt=_midnight(asked.until + timedelta(days=1)))
    if asked.person:
        people = User.objects.filter(matching(asked.person, ("first_name", "last_name", "email")))
        rows = rows.filter(actor_id__in=list(people.order_by("pk").values_list("pk", flat=True)[:PEOPLE]))
    if asked.family:
        rows = rows.filter(action__in=sentences.actions_of(asked.family))
    if asked.address:
        rows = rows.filter(client_address=asked.address)
    if asked.correlation:
        rows = rows.filter(correlation=asked.correlation)
    if asked.target is not None:
        rows = rows.filter(target_type=asked.target[0], target_id=asked.target[1])
    for word in words(asked.text):
        said = [action for action, text in sentences.PHRASES.items() if fold(word) in fold(str(text))]
        rows = rows.filter(
            Q(target_label__icontains=word)
            | Q(actor_label__icontains=word)
            | Q(client_address__startswith=word)
            | Q(action__in=said)
        )
    return rows


def _bounds(asked: Asked, before: int | None) -> tuple[int, int] | None:
    """The newest and the oldest id that may match; None if there is nothing."""
    head = AuditHead.objects.filter(pk=1).first()
    if head is None:
        return None
    newest, oldest = head.last_id, head.purged_through_id + 1
    if asked.until is not None:
        last = AuditRecord.objects.filter(at__lt=_midnight(asked.until + timedelta(days=1))).order_by("-at")
        newest = min(newest, (last.values_list("id", flat=True).first() or 0) + LATE)
    if asked.since is not None:
        first = AuditRecord.objects.filter(at__gte=_midnight(asked.since)).order_by("at")
        oldest = max(oldest, (first.values_list("id", flat=True).first() or newest) - LATE)
    if before is not None:
        newest = min(newest, before - 1)
    return (newest, oldest) if newest >= oldest else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS)
