"""Changing many assets: what to change, what it would do to each, done, undone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import bulk_edits, queries, record_queries
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.bulk_edits import Edit, Outcome
from parvis.portal.parc.forms import managed_entities
from parvis.portal.parc.models import Asset, AssetModel, Contract, Site, Supplier
from parvis.portal.ui.bulk import BulkAction, Chosen

ROWS_SHOWN = 100
SAME = gettext_lazy("Ne pas changer")
COLUMNS = (
    "entity", "site", "room", "model", "supplier", "contract", "order_number", "purchase_date", "warranty_end_date",
)  # fmt: skip


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EditForm(forms.Form):
    """What changes; what is left empty stays as it is."""

    state = forms.ChoiceField(label=gettext_lazy("Situation"), required=False)
    reason = forms.CharField(label=gettext_lazy("Motif du changement de situation"), required=False, max_length=300)
    entity = EntityChoiceField(Entity.objects.none(), label=gettext_lazy("Service"), required=False, empty_label=SAME)
    site = forms.ModelChoiceField(Site.objects.none(), label=gettext_lazy("Site"), required=False, empty_label=SAME)
    room = forms.CharField(label=gettext_lazy("Local"), required=False, max_length=60)
    model = forms.ModelChoiceField(
        AssetModel.objects.none(), label=gettext_lazy("Modèle"), required=False, empty_label=SAME
    )
    supplier = forms.ModelChoiceField(
        Supplier.objects.none(), label=gettext_lazy("Fournisseur"), required=False, empty_label=SAME
    )
    contract = forms.ModelChoiceField(
        Contract.objects.none(), label=gettext_lazy("Contrat"), required=False, empty_label=SAME
    )
    order_number = forms.CharField(label=gettext_lazy("Bon de commande"), required=False, max_length=60)
    purchase_date = forms.DateField(
        label=gettext_lazy("Acheté le"),
        required=False,
        widget=_day(),
    )
    warranty_end_date = forms.DateField(
        label=gettext_lazy("Sous garantie jusqu’au"),
        required=False,
        widget=_day(),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", SAME), *Asset.State.choices]  # type: ignore[attr-defined]
        used = record_queries.watched_assets(user).filter(model__isnull=False).order_by().values("model").distinct()
        for name, rows in (
            ("entity", managed_entities(user)),
            ("site", queries.sites_visible_to(user)),
            ("model", AssetModel.objects.filter(pk__in=used)),
            ("supplier", record_queries.suppliers_visible_to(user)),
            ("contract", record_queries.contracts_visible_to(user)),
        ):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something must change."""
        data = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("state", *COLUMNS)):
            raise forms.ValidationError(_("Indiquez au moins un changement."))
        return data

    def edit(self) -> Edit:
        """What was asked."""
        given = {name: self.cleaned_data[name] for name in COLUMNS if self.cleaned_data.get(name)}
        state = self.cleaned_data.get("state")
        return Edit(
            AssetData(**given),  # type: ignore[typeddict-item]
            Asset.State(state) if state else None,
            self.cleaned_data.get("reason", ""),
        )


def pages(request: HttpRequest, chosen: Chosen) -> HttpResponse:
    """First what to change, then what it would do to each, then it is done.

    Raises:
        Invalid: more rows than are changed at once.
    """
    if chosen.count > bulk_edits.MOST_ROWS:
        raise Invalid(
            _("%(n)d matériels sont choisis\u202f: c’est trop pour une seule fois.") % {"n": chosen.count},
            advice=_("Filtrez la liste pour en choisir %(n)d au plus.") % {"n": bulk_edits.MOST_ROWS},
        )
    user, step = signed_in(request), request.POST.get("step")
    form = EditForm(request.POST if step else None, user=user)
    context: dict[str, object] = {"chosen": chosen, "form": form}
    if not step or not form.is_valid():
        return render(request, "parc/bulk_edit.html", context)
    if step == "do" and chosen.confirmed:
        outcome = bulk_edits.apply(actor=user, assets=list(chosen.rows), edit=form.edit(), now=clock.now())
        return _result(request, outcome, chosen.back_url)
    changing, refused, idle = bulk_edits.names(bulk_edits.plan(user, chosen.rows, form.edit()))
    context |= {
        "changing": changing[:ROWS_SHOWN],
        "more": max(len(changing) - ROWS_SHOWN, 0),
        "count": len(changing),
        "refused": refused,
        "idle": idle,
        "again": [(name, value) for name in form.fields for value in request.POST.getlist(name)[:1]],
    }
    return render(request, "parc/bulk_edit_preview.html", context)


def back_to_stock(request: HttpRequest, chosen: Chosen) -> HttpResponse:
    """The same, for the commonest change."""
    if not request.POST.get("step"):
        given = request.POST.copy()
        given.update({"state": Asset.State.STOCK.value, "step": "preview"})
        request.POST = given  # type: ignore[assignment]
    return pages(request, chosen)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Put back what was changed last."""
    user = signed_in(request)
    visible = record_queries.watched_assets(user)
    outcome = bulk_edits.undo(actor=user, token=request.POST.get("token", ""), visible=visible, now=clock.now())
    return _result(request, outcome, request.POST.get("back_url", ""))


def _result(request: HttpRequest, outcome: Outcome, back_url: str) -> HttpResponse:
    safe = url_has_allowed_host_and_scheme(back_url, allowed_hosts=None) and back_url.startswith("/")
    back = back_url if safe else "parc:assets"
    if not outcome.refused and not outcome.token:
        messages.success(request, bulk_edits.summary(outcome))
        return redirect(back)
    context = {"outcome": outcome, "summary": bulk_edits.summary(outcome), "back_url": back if safe else ""}
    return render(request, "parc/bulk_edit_done.html", context)


EDIT = BulkAction(
    name="edit", label=gettext_lazy("Modifier"), icon="edit", pages=pages, allowed=lambda user: is_staff(user)
)
STOCK = BulkAction(
    name="stock",
    label=gettext_lazy("Remettre en stock"),
    icon="package",
    pages=back_to_stock,
    allowed=lambda user: is_staff(user),
)
