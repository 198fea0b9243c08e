"""The form of an asset: the fields that make sense for what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, show_problems
from parvis.portal.directory.forms import date_input
from parvis.portal.directory.models import Entity
from parvis.portal.kernel.errors import Invalid, Text
from parvis.portal.parc import asset_services, queries, record_queries
from parvis.portal.parc.forms import ServiceChecked, managed_entities
from parvis.portal.parc.models import COMPUTER_KINDS, Asset

_EVERY = ("name", "entity", "site", "room", "tag", "manufacturer", "model_name", "serial")
_MODEL = frozenset({"manufacturer", "model_name"})
_PURCHASE = ("supplier", "order_number", "purchase_date", "cost", "warranty_end_date", "contract", "notes")
_NETWORK = ("address", "mac_address", "probe_port")

FIRST_STATES = (Asset.State.STOCK, Asset.State.DEPLOYED, Asset.State.ORDERED)
"""Where a new asset may be."""

_IN_PLACE = frozenset({"server", "school", "printer", "network"})
"""Kinds that are put somewhere rather than given to somebody."""

_OWN: Mapping[str, tuple[str, ...]] = {
    **{kind.value: ("kind", *_NETWORK) for kind in COMPUTER_KINDS},
    "network": _NETWORK,
    "printer": _NETWORK,
    "desk_phone": ("phone_number", "address", "mac_address"),
    "phone": ("phone_number",),
    "sim": ("phone_number",),
    "tablet": ("phone_number", "mac_address"),
}
"""What only some kinds have, between what it is and how it was bought."""

_SERIAL: Mapping[str, Text] = {
    "phone": _("IMEI"),
    "tablet": _("Numéro de série ou IMEI"),
    "sim": _("Numéro de la carte (ICCID)"),
    "badge": _("Numéro du badge"),
}

_COMPUTER_NAME = _("Tel qu’il est inscrit sur la machine, par exemple RIV-PC-00012.")


def serial_label(kind: str) -> Text:
    """What the serial number is called for this kind."""
    return _SERIAL.get(kind, _("Numéro de série"))


def field_names(kind: str) -> tuple[str, ...]:
    """The fields of the form for this kind, in order."""
    return (*_EVERY, *_OWN.get(kind, ()), *_PURCHASE)


class AssetForm(ServiceChecked):
    """What is known of an asset. `kind` says what it is; a computer may become another kind of computer."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Service"))
    manufacturer = forms.CharField(label=_("Marque"), max_length=80, required=False)
    model_name = forms.CharField(label=_("Modèle"), max_length=120, required=False)

    class Meta:
        model = Asset
        fields = (
            "kind", "name", "entity", "site", "room", "tag", "serial", "phone_number", "address", "mac_address",
            "probe_port", "supplier", "order_number", "purchase_date", "cost", "warranty_end_date", "contract", "notes",
        )  # fmt: skip
        labels = {"probe_port": _("Port vérifié"), "cost": _("Prix d’achat (€ TTC)")}
        help_texts = {
            "tag": _("Celui de l’étiquette\u202f; un numéro n’est donné qu’une fois dans un service."),
            "room": _("Bureau, salle, local technique…"),
            "address": _("Adresse IP ou nom sur le réseau."),
            "mac_address": _("Sert à réveiller un ordinateur à distance. Exemple\u202f: 00:1A:2B:3C:4D:5E."),
            "probe_port": _(
                "Le port qui répond quand l’appareil est allumé\u202f: 3389 pour Windows"
                " (9100 est alors vérifié sur une imprimante, 22 sur un équipement réseau)."
            ),
            "notes": _("Lues par l’équipe informatique. N’y écrivez rien de personnel."),
        }
        widgets = {
            "purchase_date": date_input(),
            "warranty_end_date": date_input(),
            "notes": forms.Textarea({"rows": 3}),
            "cost": forms.NumberInput({"step": "0.01", "min": "0"}),
        }

    def __init__(self, *args: Any, user: User, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asset_kind = kind
        names = field_names(kind)
        self.fields = {name: self.fields[name] for name in names}
        asset = self.instance
        if not asset.pk:
            self.fields["state"] = forms.ChoiceField(
                choices=[(state.value, state.label) for state in FIRST_STATES],
                label=_("Situation"),
                required=False,
                initial=Asset.State.DEPLOYED if kind in _IN_PLACE else Asset.State.STOCK,
            )
        if "manufacturer" in self.fields and asset.pk and asset.model is not None:
            self.initial = {**self.initial, "manufacturer": asset.model.manufacturer, "model_name": asset.model.name}
        offered: dict[str, QuerySet[Any]] = {
            "entity": managed_entities(user),
            "site": queries.sites_visible_to(user),
            "supplier": record_queries.suppliers_visible_to(user),
            "contract": record_queries.contracts_visible_to(user),
        }
        for name, rows in offered.items():
            self._offer(name, rows, getattr(asset, f"{name}_id", None))
        self._word(kind)
        if "model_name" in self.fields:
            self._suggest(user, kind)
        for field in self.fields.values():
            # The page says what it showed: what the person did not touch is not written over a colleague's change.
            field.show_hidden_initial = bool(asset.pk)

    def _offer(self, name: str, rows: QuerySet[Any], current: int | None) -> None:
        # What is there already stays a choice, whosever it is: saving the form must not take it away.
        field: Any = self.fields[name]
        known: QuerySet[Model] = rows.model._default_manager.filter(
            Q(pk__in=rows.order_by().values("pk")) | Q(pk=current)
        )
        field.queryset = known.order_by("path" if name == "entity" else "name")
        if name != "entity":
            field.empty_label = _("Aucun")

    def _word(self, kind: str) -> None:
        self.fields["serial"].label = str(serial_label(kind))
        self.fields["name"].help_text = _COMPUTER_NAME if kind in COMPUTER_KINDS else _("Ce par quoi on le désigne.")
        if "kind" in self.fields:
            self.fields["kind"].choices = [(each.value, each.label) for each in COMPUTER_KINDS]  # type: ignore[attr-defined]
        if "mac_address" in self.fields:
            self.fields["mac_address"].max_length = None  # type: ignore[attr-defined]

    def _suggest(self, user: User, kind: str) -> None:
        known = record_queries.models_in_use(user, kind)
        self.manufacturers = sorted({each.manufacturer for each in known if each.manufacturer})
        self.model_names = sorted({each.name for each in known})
        self.fields["manufacturer"].widget.attrs["list"] = "known-manufacturers"
        self.fields["model_name"].widget.attrs["list"] = "known-models"

    def clean(self) -> dict[str, Any]:
        """The service's usual forms, or its complaints."""
        data = super().clean() or {}
        plain = {name: value for name, value in data.items() if name in asset_services.NAMES}
        try:
            return {**data, **asset_services.clean(plain, self.asset_kind)}  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(self, problem)
            return self.cleaned_data

    @property
    def first_state(self) -> Asset.State:
        """Where a new asset is."""
        return Asset.State(self.cleaned_data.get("state") or Asset.State.DEPLOYED)

    def asset_data(self) -> asset_services.AssetData:
        """What the services take: all of a new asset, what was touched of one; the model is made if it is new."""
        data = dict(self.cleaned_data)
        data.pop("state", None)
        kind = data.setdefault("kind", self.asset_kind)
        manufacturer, name = data.pop("manufacturer"), data.pop("model_name")
        touched = {*self.changed_data, *(name for name in self.fields if self[name].html_initial_name not in self.data)}
        if touched & _MODEL or "kind" in self.changed_data:
            data["model"] = asset_services.model_of(kind=kind, manufacturer=manufacturer, name=name)
            touched.add("model")
        if not self.instance.pk:
            return data  # type: ignore[return-value]
        return {each: value for each, value in data.items() if each in touched}  # type: ignore[return-value]


class MoveForm(forms.Form):
    """When and why an asset changes state."""

    since_date = forms.DateField(label=_("Depuis le"), widget=date_input())
    reason = forms.CharField(
        label=_("Motif"), max_length=300, required=False, help_text=_("Gardé dans l’historique du matériel.")
    )
