"""The calendar of what is lent, and the forecast of what will be left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.loans import forecast as forecasts
from parvis.portal.loans import permissions, queries
from parvis.portal.loans.models import Item, PoolAsset
from parvis.portal.loans.rules import HOLDING
from parvis.portal.loans.views.agents import parse_day
from parvis.portal.parc.models import Asset
from parvis.portal.ui import csv
from parvis.portal.ui.search import matching

WEEK, MONTH = 7, 28
ROWS = 30
LETTERS_PER_DAY = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row of an asset that are the same: free, kept, out, late."""

    starts: date
    days: int
    state: str
    """`free`, `past`, `reserved`, `out`, `late`."""
    item: Item | None = None

    @property
    def ends(self) -> date:
        """Its last day."""
        return self.starts + timedelta(days=self.days - 1)

    @property
    def short(self) -> str:
        """The borrower's name as far as it fits."""
        if self.item is None:
            return ""
        name = self.item.loan.agent.last_name
        return name if len(name) <= self.days * LETTERS_PER_DAY else name[: self.days * LETTERS_PER_DAY - 1] + "…"


@dataclass(frozen=True, slots=True)
class Line:
    """An asset and its runs."""

    pooled: PoolAsset
    runs: Sequence[Run]

    @property
    def busy(self) -> list[Run]:
        """Without the free days, for a phone."""
        return [run for run in self.runs if run.item is not None]


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A row an asset, a column a day; a free day leads to a new loan."""
    user, today = signed_in(request), clock.today()
    authz.require(permissions.can_watch(user))
    span = WEEK if request.GET.get("vue") == "semaine" else MONTH
    chosen = parse_day(request.GET.get("du")) or today
    first = forecasts.monday_of(min(max(chosen, date(2000, 1, 3)), date(2100, 1, 4)))
    days = [first + timedelta(days=at) for at in range(span)]
    kind = request.GET.get("type", "")
    kind = kind if kind in Asset.Kind.values else ""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    page = Paginator(_pooled(queries.pool(user), kind, asked), ROWS).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    for name in ("du", "page"):
        kept.pop(name, None)
    context = {
        "lines": list(_lines(list(page.object_list), days, today)),
        "page": page,
        "days": days,
        "today": today,
        "span": span,
        "first": first,
        "previous": first - timedelta(days=span),
        "next": first + timedelta(days=span),
        "kinds": Asset.Kind.choices,
        "kind": kind,
        "asked": asked,
        "kept": kept.urlencode(),
        "lends": is_staff(user),
    }
    return render(request, "loans/calendar.html", context)


def _pooled(pooled: QuerySet[PoolAsset], kind: str, asked: str) -> QuerySet[PoolAsset]:
    if kind:
        pooled = pooled.filter(asset__kind=kind)
    if asked:
        pooled = pooled.filter(matching(asked, (), ("asset__search",)))
    first = Case(When(asset__kind=Asset.Kind.LAPTOP, then=0), default=1, output_field=IntegerField())
    return pooled.order_by(first, "asset__kind", "asset__name", "pk")


def _lines(pooled: Sequence[PoolAsset], days: Sequence[date], today: date) -> Iterator[Line]:
    items = Item.objects.filter(
        asset__in=[each.asset_id for each in pooled], state__in=HOLDING, starts_date__lte=days[-1]
    )
    items = items.select_related("loan__agent", "loan__offer").order_by("starts_date", "pk")
    theirs: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        theirs[item.asset_id].append(item)
    for each in pooled:
        yield Line(each, list(runs(theirs[each.asset_id], days, today)))


def runs(items: Sequence[Item], days: Sequence[date], today: date) -> Iterator[Run]:
    """The days, each run of the same in one. What is late is taken to the end."""
    begun: Run | None = None
    for day in days:
        item = next((each for each in items if each.starts_date <= day <= _last(each, today)), None)
        state = _state(item, day, today)
        if begun is not None and begun.item == item and begun.state == state and item is not None:
            begun = Run(begun.starts, begun.days + 1, state, item)
            continue
        if begun is not None:
            yield begun
        begun = Run(day, 1, state, item)
    if begun is not None:
        yield begun


def _last(item: Item, today: date) -> date:
    # Late: nobody else's until it is back, and nobody knows when.
    return date.max if item.state == Item.State.OUT and item.ends_date < today else item.ends_date


def _state(item: Item | None, day: date, today: date) -> str:
    if item is None:
        return "free" if day >= today else "past"
    if item.state == Item.State.RESERVED:
        return "reserved"
    return "late" if item.ends_date < today else "out"


@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    """What is left, week by week, for each part of each offer; a plot, a table, the CSV."""
    user, today = signed_in(request), clock.today()
    authz.require(permissions.can_watch(user))
    run = list(queries.offers_run_by(user).filter(is_open=True).order_by("name"))
    chosen = next((offer for offer in run if str(offer.pk) == request.GET.get("offre")), None)
    found = forecasts.of_offers([chosen] if chosen else run, today)
    if request.GET.get("format") == "csv":
        return _csv(request, found)
    plots = [forecasts.plot(line) for each in found for line in each.lines if line.weeks]
    context = {
        "forecasts": [(each, [next(p for p in plots if p.line is line) for line in each.lines]) for each in found],
        "alerts": [(each, line, line.missing) for each in found for line in each.lines if line.missing],
        "offers": run,
        "chosen": chosen,
        "today": today,
        "width": forecasts.WIDTH,
        "height": forecasts.HEIGHT,
    }
    return render(request, "loans/forecast.html", context)


def _csv(request: HttpRequest, found: Sequence[forecasts.Forecast]) -> HttpResponse:
    heading = [_("Offre"), _("Élément"), _("Semaine du"), _("Stock"), _("Libres"), _("Demandés"), _("Reste")]
    rows = [
        [str(each.offer), line.part.label, week.monday.isoformat(), line.total, week.free, week.asked, week.left]
        for each in found
        for line in each.lines
        for week in line.weeks
    ]
    now = clock.now()
    audit.record(
        actor=signed_in(request), action="ui.list_exported", now=now, data={"list": "prevision", "rows": len(rows)}
    )
    response = HttpResponse("".join(csv.lines(heading, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="prevision-des-prets-{clock.today(now)}.csv"'
    response["Cache-Control"] = "no-store"
    return response
