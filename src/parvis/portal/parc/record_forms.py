"""Forms of suppliers, contracts, maintenance and plans. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import date_input
from parvis.portal.directory.models import Entity
from parvis.portal.parc import record_queries
from parvis.portal.parc.forms import ServiceChecked, managed_entities
from parvis.portal.parc.models import Contract, Maintenance, Supplier

_EUROS = {"step": "0.01", "min": "0"}


def _offer_suppliers(form: forms.ModelForm, user: User) -> None:  # type: ignore[type-arg]
    # The one there is already stays a choice, whosever it is.
    visible = record_queries.suppliers_visible_to(user).order_by().values("pk")
    field: Any = form.fields["supplier"]
    field.queryset = Supplier.objects.filter(Q(pk__in=visible) | Q(pk=form.instance.supplier_id)).order_by("name")
    field.empty_label = _("Aucun")


class SupplierForm(ServiceChecked):
    """Who sells or repairs."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Entité"))

    class Meta:
        model = Supplier
        fields = ("name", "entity", "email", "phone")
        help_texts = {"email": _("L’adresse du service après-vente ou du commercial.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = managed_entities(user)  # type: ignore[attr-defined]


class ContractForm(ServiceChecked):
    """What a contract says."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Entité"))

    class Meta:
        model = Contract
        fields = (
            "name", "kind", "entity", "supplier", "reference", "starts_date", "ends_date", "notice_days", "yearly_cost",
        )  # fmt: skip
        labels = {"yearly_cost": _("Coût annuel (€ TTC)")}
        help_texts = {
            "notice_days": _(
                "Combien de jours avant la fin il faut avoir décidé\u202f: Parvis le rappelle un mois avant."
            )
        }
        widgets = {
            "starts_date": date_input(),
            "ends_date": date_input(),
            "yearly_cost": forms.NumberInput(_EUROS),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = managed_entities(user)  # type: ignore[attr-defined]
        _offer_suppliers(self, user)


class MaintenanceForm(ServiceChecked):
    """What is done, by whom, since when."""

    to_repair = forms.BooleanField(
        label=_("Le matériel passe «\u202fEn réparation\u202f» jusqu’à la fin de l’intervention"), required=False
    )

    class Meta:
        model = Maintenance
        fields = ("kind", "summary", "supplier", "opened_date", "cost", "outcome")
        labels = {"cost": _("Coût (€ TTC)")}
        widgets = {"opened_date": date_input(), "cost": forms.NumberInput(_EUROS)}

    def __init__(self, *args: Any, user: User, may_go_to_repair: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_suppliers(self, user)
        if not may_go_to_repair:
            del self.fields["to_repair"]
        if self.instance.closed_date is None:  # the result is said when it ends
            del self.fields["outcome"]


class ClosingForm(forms.Form):
    """How an intervention ended."""

    closed_date = forms.DateField(label=_("Fin"), widget=date_input())
    outcome = forms.CharField(label=_("Résultat"), max_length=300, required=False)
    cost = forms.DecimalField(
        label=_("Coût (€ TTC)"), max_digits=10, decimal_places=2, required=False, widget=forms.NumberInput(_EUROS)
    )
    back = forms.BooleanField(label=_("Le matériel n’est plus en réparation"), required=False, initial=True)


class PlanForm(forms.Form):
    """A floor's picture."""

    name = forms.CharField(label=_("Étage"), max_length=60, help_text=_("Par exemple\u202f: rez-de-chaussée."))
    file = forms.FileField(
        label=_("Image du plan"), help_text=_("PNG ou JPEG, 10 Mo au plus. Elle reste sur votre serveur.")
    )


class RoomForm(forms.Form):
    """Where a room is on a plan."""

    room = forms.CharField(label=_("Local"), max_length=60)
    across = forms.FloatField(label=_("Depuis la gauche (%)"), min_value=0, max_value=100, required=False)
    down = forms.FloatField(label=_("Depuis le haut (%)"), min_value=0, max_value=100, required=False)
