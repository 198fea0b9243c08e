"""Stock-takes: the list, the page of one with its differences, what is decided of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.parc import permissions
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.parc.scanning import found_by
from parvis.portal.stocktake import queries, services
from parvis.portal.stocktake.forms import StocktakeForm
from parvis.portal.stocktake.models import Difference, Stocktake
from parvis.portal.stocktake.tables import DifferenceTable, StocktakeTable, state_of
from parvis.portal.ui.listing import BulkAction, ListingView


def watches(user: User) -> authz.Decision:
    """The pages are for the IT team and the auditors."""
    return authz.YES if has_role(user, *VIEWING_ROLES) else NOT_STAFF


def ask(request: HttpRequest, stocktake_id: int) -> tuple[User, Stocktake]:
    """The user and the stock-take, if it is in their perimeter."""
    user = signed_in(request)
    return user, one(queries.stocktakes_visible_to(user), stocktake_id)


class StocktakeFilter(django_filters.FilterSet):
    """By state."""

    state = django_filters.ChoiceFilter(
        choices=Stocktake.State.choices, label=gettext_lazy("État"), empty_label=gettext_lazy("Tous")
    )

    class Meta:
        model = Stocktake
        fields = ("state",)


class StocktakeList(ListingView):
    """The stock-takes of the user's perimeter."""

    table_class, filterset_class = StocktakeTable, StocktakeFilter
    template_name = "stocktake/list.html"
    title = gettext_lazy("Inventaires des sites")
    lead = gettext_lazy("Compter le matériel d’un site avec un téléphone, même sans réseau, puis régler les écarts.")
    search_fields = ("name", "site__name")
    export_name = "inventaires"
    empty_icon = "clipboard-list"
    empty_title = gettext_lazy("Aucun inventaire")
    empty_text = gettext_lazy("Imprimez des étiquettes, puis ouvrez un premier inventaire sur un site.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Stocktake]:
        """With how far each is."""
        return queries.progress(queries.stocktakes_visible_to(signed_in(self.request)))

    def extra_context(self) -> dict[str, object]:
        """Whether the user may open one."""
        return {"manages": is_staff(signed_in(self.request))}


class DifferenceFilter(django_filters.FilterSet):
    """By kind, and what is left to do."""

    kind = django_filters.ChoiceFilter(
        choices=Difference.Kind.choices, label=gettext_lazy("Écart"), empty_label=gettext_lazy("Tous")
    )
    left = django_filters.ChoiceFilter(
        choices=[("yes", gettext_lazy("À régler")), ("no", gettext_lazy("Réglés"))],
        label=gettext_lazy("Décision"),
        method="by_left",
        empty_label=gettext_lazy("Tous"),
    )

    class Meta:
        model = Difference
        fields = ("kind", "left")

    def by_left(self, rows: QuerySet[Difference], _name: str, value: str) -> QuerySet[Difference]:
        """Those that wait for a decision, or the others."""
        return rows.filter(outcome="") if value == "yes" else rows.exclude(outcome="")


def _settle_all(outcome: Difference.Outcome) -> Any:
    def run(request: HttpRequest, rows: QuerySet[Difference]) -> str:
        user, now = signed_in(request), clock.now()
        done = left = 0
        for difference in rows.select_related("stocktake__entity", "stocktake__site", "asset__entity", "asset__site"):
            try:
                services.settle(actor=user, difference=difference, outcome=outcome, now=now)
                done += 1
            except (Conflict, Invalid, NotAllowed):
                left += 1
        sentence = ngettext("%(count)d écart réglé.", "%(count)d écarts réglés.", done) % {"count": done}
        if left:
            sentence += " " + _("%(count)d laissés\u202f: cette décision ne leur convient pas.") % {"count": left}
        return sentence

    return run


def _action(outcome: Difference.Outcome, label: Any, icon: str, question: Any, *, danger: bool = False) -> BulkAction:
    return BulkAction(
        name=outcome.value, label=label, icon=icon, run=_settle_all(outcome), question=question, danger=danger
    )


def _note_added(request: HttpRequest, rows: QuerySet[Difference]) -> str:
    """The codes nobody knew that are now on one asset each."""
    user, now = signed_in(request), clock.now()
    assets = queries.assets_in_perimeter(user)
    done = left = 0
    for difference in rows.select_related("stocktake__entity", "stocktake__site"):
        found = found_by(assets, difference.code)
        try:
            if len(found) == 1:
                services.note_added(actor=user, difference=difference, asset=found[0], now=now)
        except (Conflict, NotAllowed):
            found = []
        done, left = (done + 1, left) if len(found) == 1 else (done, left + 1)
    sentence = ngettext("%(count)d écart réglé.", "%(count)d écarts réglés.", done) % {"count": done}
    if left:
        words = _("%(count)d laissés\u202f: aucun matériel n’a ce code. Ajoutez-le d’abord au parc.")
        sentence += " " + words % {"count": left}
    return sentence


class DifferenceList(ListingView):
    """The page of a stock-take: how far it is, and its differences."""

    table_class, filterset_class = DifferenceTable, DifferenceFilter
    template_name = "stocktake/stocktake.html"
    search_fields = ("asset__name", "asset__serial", "asset__tag", "code", "room")
    export_name = "ecarts"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Aucun écart")
    bulk_actions = (
        _action(
            Difference.Outcome.MOVED,
            gettext_lazy("Corriger la fiche"),
            "check",
            gettext_lazy("Inscrire ce matériel là où il a été vu\u202f?"),
        ),
        _action(
            Difference.Outcome.STOCK,
            gettext_lazy("Il est en stock"),
            "package",
            gettext_lazy("Remettre ce matériel en stock\u202f?"),
        ),
        _action(
            Difference.Outcome.LOST,
            gettext_lazy("Déclarer perdu"),
            "alert-triangle",
            gettext_lazy("Déclarer ce matériel perdu\u202f?"),
            danger=True,
        ),
        BulkAction(
            name=Difference.Outcome.ADDED.value,
            label=gettext_lazy("Ajouté au parc"),
            icon="plus",
            run=_note_added,
            question=gettext_lazy("Ces codes inconnus sont-ils sur des matériels ajoutés au parc depuis\u202f?"),
        ),
        _action(
            Difference.Outcome.IGNORED,
            gettext_lazy("Laisser tel quel"),
            "x",
            gettext_lazy("Laisser ces écarts tels quels\u202f?"),
        ),
    )

    @cached_property
    def stocktake(self) -> Stocktake:
        """The one of the address."""
        visible = queries.progress(queries.stocktakes_visible_to(signed_in(self.request)))
        return one(visible, self.kwargs["stocktake_id"])

    @property
    def empty_text(self) -> str:  # type: ignore[override]
        """What to do next."""
        if self.stocktake.state == Stocktake.State.OPEN:
            return _("Les écarts seront calculés quand le comptage sera terminé.")
        return _("Le site et la liste disent la même chose.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Difference]:
        """Those of this stock-take."""
        return queries.differences_of(self.stocktake, signed_in(self.request))

    def extra_context(self) -> dict[str, object]:
        """How far it is, by room too."""
        stocktake, user = self.stocktake, signed_in(self.request)
        rooms = (
            queries.expected_on(stocktake, user)
            .order_by("room")
            .values_list("room")
            .annotate(count=Count("pk", distinct=True))
        )
        seen = dict(
            queries.expected_on(stocktake, user)
            .filter(pk__in=queries.seen_ids(stocktake))
            .order_by("room")
            .values_list("room")
            .annotate(count=Count("pk", distinct=True))
        )
        return {
            "stocktake": stocktake,
            "state": state_of(stocktake),
            "rooms": [(room or _("Sans local"), seen.get(room, 0), count) for room, count in rooms],
            "manages": permissions.can_manage(user, stocktake.entity),
        }


def create(request: HttpRequest) -> HttpResponse:
    """Open a stock-take."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = StocktakeForm(request.POST or None, user=user, initial={"site": request.GET.get("site")})
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = services.open_stocktake(actor=user, site=data["site"], name=data["name"], now=clock.now())
        except (Conflict, Invalid) as problem:
            if isinstance(problem, Invalid):
                show_problems(form, problem)
            else:
                form.add_error("site", f"{problem.message} {problem.advice}")
        else:
            messages.success(request, _("L’inventaire est ouvert. Ouvrez cette page sur votre téléphone pour compter."))
            return redirect("stocktake:stocktake", stocktake_id=made.pk)
    return render(request, "stocktake/form.html", {"form": form})


@require_POST
def finish(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """The count is done."""
    user, stocktake = ask(request, stocktake_id)
    found = services.finish_count(actor=user, stocktake=stocktake, now=clock.now())
    messages.success(
        request,
        ngettext(
            "Comptage terminé\u202f: %(count)d écart à régler.",
            "Comptage terminé\u202f: %(count)d écarts à régler.",
            found,
        )
        % {"count": found},
    )
    return redirect("stocktake:stocktake", stocktake_id=stocktake.pk)


@require_POST
def reopen(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Count again."""
    user, stocktake = ask(request, stocktake_id)
    services.reopen_count(actor=user, stocktake=stocktake, now=clock.now())
    messages.success(request, _("Le comptage est rouvert."))
    return redirect("stocktake:stocktake", stocktake_id=stocktake.pk)


def close(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Ask, then put an end to it."""
    user, stocktake = ask(request, stocktake_id)
    authz.require(permissions.can_manage(user, stocktake.entity))
    if request.method == "POST":
        services.close_stocktake(actor=user, stocktake=stocktake, now=clock.now())
        messages.success(request, _("L’inventaire est terminé."))
        return redirect("stocktake:stocktake", stocktake_id=stocktake.pk)
    abandoned = stocktake.state == Stocktake.State.OPEN
    context = {
        "question": _("Terminer l’inventaire %(name)s\u202f?") % {"name": stocktake.name},
        "consequence": _("Le comptage n’est pas terminé\u202f: il est abandonné, aucun écart n’est calculé.")
        if abandoned
        else _("Il ne pourra plus être modifié\u202f; son résultat reste consultable."),
        "yes": _("Terminer"),
        "danger": abandoned,
        "back_url": reverse("stocktake:stocktake", args=[stocktake.pk]),
    }
    return render(request, "ui/confirm.html", context)
