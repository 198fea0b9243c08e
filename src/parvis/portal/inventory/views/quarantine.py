"""Reports that a person must settle: the list, and one beside each of its candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.inventory import bodies, candidates, explaining, permissions, queries, rules
from parvis.portal.inventory.content import Content
from parvis.portal.inventory.filters import QuarantineFilter
from parvis.portal.inventory.links import asset_url
from parvis.portal.inventory.models import Identity, Report
from parvis.portal.inventory.rules import Key, Weighing
from parvis.portal.inventory.services import settling
from parvis.portal.inventory.tables import QuarantineTable
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.parc.models import COMPUTER_KINDS, Asset
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.ui.listing import BulkAction, ListingView
from parvis.portal.ui.search import matching

SHOWN = 5
FOUND = 8


def _each(request: HttpRequest, rows: Iterable[Report], act: Callable[[User, Report], bool]) -> str:
    """Do it report by report: one that cannot be settled keeps the others from nothing."""
    user, done, left = signed_in(request), 0, 0
    for report in rows:
        try:
            settled = act(user, report)
        except (Conflict, Invalid, NotAllowed):
            settled = False
        done, left = done + settled, left + (not settled)
    said = ngettext("%(n)d relevé est traité.", "%(n)d relevés sont traités.", done) % {"n": done}
    if left:
        more = ngettext("%(n)d demande une décision à part.", "%(n)d demandent une décision à part.", left)
        said += " " + more % {"n": left}
    return said


def _take_best(request: HttpRequest, rows: QuerySet[Report]) -> str:
    visible = assets_visible_to(signed_in(request))

    def act(user: User, report: Report) -> bool:
        best = max(report.candidates, key=lambda each: each["score"], default=None)
        asset = visible.filter(pk=best["asset"]).first() if best else None
        if asset is None:
            return False
        settling.settle(actor=user, report=report, asset=asset, now=clock.now())
        return True

    return _each(request, rows, act)


def _make_all(request: HttpRequest, rows: QuerySet[Report]) -> str:
    def act(user: User, report: Report) -> bool:
        settling.settle_as_new(actor=user, report=report, now=clock.now())
        return True

    return _each(request, rows, act)


def _discard_all(request: HttpRequest, rows: QuerySet[Report]) -> str:
    def act(user: User, report: Report) -> bool:
        settling.discard(actor=user, report=report, now=clock.now())
        return True

    return _each(request, rows, act)


class QuarantineList(ListingView):
    """Of the perimeter, the newest first."""

    table_class, filterset_class = QuarantineTable, QuarantineFilter
    template_name = "inventory/quarantine.html"
    title = gettext_lazy("Relevés à trancher")
    lead = gettext_lazy("La sonde ne suffit pas à dire de quel matériel il s’agit\u202f: à vous de choisir.")
    search_fields = ("name", "device_id")
    export_name = "releves-a-trancher"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à trancher")
    empty_text = gettext_lazy("Chaque relevé a trouvé son matériel.")
    bulk_actions = (
        BulkAction(
            name="best",
            label=gettext_lazy("Prendre le plus ressemblant"),
            icon="check",
            run=_take_best,
            question=gettext_lazy("Rattacher ces relevés au matériel qui leur ressemble le plus\u202f?"),
            consequence=gettext_lazy("Le matériel prend leurs numéros et sera reconnu sans rien demander."),
            allowed=is_staff,
        ),
        BulkAction(
            name="new",
            label=gettext_lazy("Ajouter au parc"),
            icon="plus",
            run=_make_all,
            question=gettext_lazy("Ajouter un matériel pour chacun de ces relevés\u202f?"),
            consequence=gettext_lazy("Ils entrent dans la liste, dans l’entité de leur adresse de sonde."),
            allowed=is_staff,
        ),
        BulkAction(
            name="discard",
            label=gettext_lazy("Écarter"),
            icon="x",
            run=_discard_all,
            question=gettext_lazy("Écarter ces relevés\u202f?"),
            consequence=gettext_lazy(
                "Rien n’en est gardé, et rien ne sera plus demandé de ces machines. Pour en suivre une plus tard, "
                "ajoutez-la au parc avec son numéro de série."
            ),
            danger=True,
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Report]:
        """Those of the perimeter."""
        return queries.quarantined_visible_to(signed_in(self.request)).defer("body").order_by("-received_at")


@require_safe
def detail(request: HttpRequest, quarantined_id: int) -> HttpResponse:
    """A report beside each asset it may be about; `?q=` looks for another one."""
    user = signed_in(request)
    report = one(queries.quarantined_visible_to(user), quarantined_id)
    manages = permissions.can_settle(user, report)
    asked = request.GET.get("q", "").replace("\x00", "")[:100].strip()
    context: dict[str, object] = {
        "report": report,
        "manages": manages,
        "problem": rules.PROBLEMS.get(report.problem, ""),
        "asked": asked,
        "found": _search(user, asked) if asked and manages else [],
    }
    try:
        content = bodies.content_of(report)
    except Unreadable:
        return render(request, "inventory/quarantined.html", {**context, "unreadable": True})
    context |= {"content": content, "candidates": _candidates(user, report, content)}
    return render(request, "inventory/quarantined.html", context)


@require_POST
def settle(request: HttpRequest, quarantined_id: int, asset_id: int) -> HttpResponse:
    """It is about this asset."""
    user, report = _asked(request, quarantined_id)
    asset = one(assets_visible_to(user), asset_id)
    settling.settle(actor=user, report=report, asset=asset, now=clock.now())
    messages.success(request, _("Le relevé est rattaché à %(asset)s, qui sera reconnu.") % {"asset": asset})
    return redirect("inventory:quarantine")


@require_POST
def settle_as_new(request: HttpRequest, quarantined_id: int) -> HttpResponse:
    """It is about something new."""
    user, report = _asked(request, quarantined_id)
    asset = settling.settle_as_new(actor=user, report=report, now=clock.now())
    messages.success(request, _("%(asset)s est ajouté au parc.") % {"asset": asset})
    return redirect(asset_url(asset.pk))


@require_POST
def discard(request: HttpRequest, quarantined_id: int) -> HttpResponse:
    """Nothing is done with it."""
    user, report = _asked(request, quarantined_id)
    settling.discard(actor=user, report=report, now=clock.now())
    messages.success(request, _("Le relevé est écarté."))
    return redirect("inventory:quarantine")


def _asked(request: HttpRequest, quarantined_id: int) -> tuple[User, Report]:
    user = signed_in(request)
    return user, one(queries.quarantined_visible_to(user), quarantined_id)


def _search(user: User, asked: str) -> list[Asset]:
    visible = assets_visible_to(user).filter(kind__in=[*COMPUTER_KINDS, "printer", "network", "phone", "tablet"])
    return list(visible.filter(matching(asked, ("name", "serial"), ("search",))).order_by("name", "pk")[:FOUND])


def _candidates(user: User, report: Report, content: Content) -> list[dict[str, object]]:
    """As it stands now: what was learnt since the report came counts. Only what the user may see."""
    keys = rules.identities(content)
    weighings = candidates.weighed(report.token, keys, rules.kind_of(content), maker=content.manufacturer)
    assets = assets_visible_to(user).in_bulk([each.asset_id for each in weighings])
    seen = [each for each in weighings if each.asset_id in assets][:SHOWN]
    known: dict[int, set[Key]] = {each.asset_id: set() for each in seen}
    for row in Identity.objects.filter(asset_id__in=known):
        known[row.asset_id].add((row.kind, row.value))  # type: ignore[arg-type]
    return [_side(assets[each.asset_id], each, keys, known[each.asset_id]) for each in seen]


def _side(asset: Asset, weighing: Weighing, reported: frozenset[Key], known: set[Key]) -> dict[str, object]:
    keys = known | candidates.written_on(asset, known)
    return {
        "asset": asset,
        "score": weighing.score,
        "reasons": explaining.reasons(weighing.why),
        "compared": explaining.side_by_side(reported, keys),
    }
