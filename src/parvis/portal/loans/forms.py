"""Forms of requests, decisions and the catalogue. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import LinesField, date_input, entities_where
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, agents_visible_to
from parvis.portal.loans.models import Checklist, Offer, Part
from parvis.portal.loans.services.catalogue import OfferData, PartData
from parvis.portal.parc.models import Asset, AssetModel

STEP_LENGTH = 150


class RequestForm(forms.Form):
    """Which days, what for, with what in option."""

    starts_date = forms.DateField(label=_("Premier jour"), widget=date_input())
    ends_date = forms.DateField(label=_("Dernier jour"), widget=date_input(), help_text=_("Compris dans le prêt."))
    purpose = forms.CharField(
        label=_("Pour quoi faire"), max_length=300, help_text=_("Un déplacement, une réunion, du télétravail…")
    )
    options = forms.ModelMultipleChoiceField(
        Part.objects.none(), label=_("En option"), required=False, widget=forms.CheckboxSelectMultiple
    )
    waits = forms.BooleanField(
        label=_("Si rien n’est libre, garder ma demande en attente"),
        required=False,
        help_text=_("Elle est traitée dès qu’un matériel se libère."),
    )

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        optional = offer.parts.filter(is_optional=True)
        if optional.exists():
            self.fields["options"].queryset = optional  # type: ignore[attr-defined]
        else:
            del self.fields["options"]


class LendForm(forms.Form):
    """A loan that the IT team makes for an agent."""

    agent = forms.CharField(
        label=_("Agent"),
        max_length=254,
        help_text=_("Son adresse électronique."),
        widget=forms.TextInput({"list": "agents", "autocomplete": "off"}),
    )
    offer = forms.ModelChoiceField(Offer.objects.none(), label=_("Offre"), empty_label=_("Choisissez"))
    starts_date = forms.DateField(label=_("Premier jour"), widget=date_input())
    ends_date = forms.DateField(label=_("Dernier jour"), widget=date_input(), help_text=_("Compris dans le prêt."))
    purpose = forms.CharField(label=_("Pour quoi faire"), max_length=300, required=False)
    asset = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: User, offers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["offer"].queryset = offers  # type: ignore[attr-defined]

    def clean_agent(self) -> Agent:
        """An agent in post of the user's perimeter, by address."""
        seen = agents_visible_to(self.user).filter(is_active=True)
        agent = seen.filter(email__iexact=self.cleaned_data["agent"].strip()).first()
        if agent is None:
            raise forms.ValidationError(_("Aucun agent de votre périmètre n’a cette adresse."))
        return agent


class RefusalForm(forms.Form):
    """Why not: the agent reads it."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("L’agent le lit. Jamais de motif médical."),
    )


class OfferForm(forms.Form):
    """An offer, without its parts."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Prêté par"),
        help_text=_("L’offre s’adresse à ce service et à tous ceux en dessous\u202f; le matériel vient de son stock."),
    )
    name = forms.CharField(label=_("Nom"), max_length=100)
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )
    approval = forms.ChoiceField(label=_("Qui donne son accord"), choices=Offer.Approval)
    max_days = forms.IntegerField(label=_("Durée maximale, en jours"), min_value=1, max_value=1100, initial=30)
    notice_days = forms.IntegerField(
        label=_("Délai de préparation, en jours"), min_value=0, max_value=60, initial=1,
        help_text=_("Un agent ne peut pas demander pour plus tôt."),
    )  # fmt: skip
    extensions = forms.IntegerField(label=_("Prolongations permises"), min_value=0, max_value=20, initial=1)
    terms = forms.CharField(
        label=_("Conditions du prêt"),
        max_length=6000,
        required=False,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("Imprimées sur le reçu que l’agent signe."),
    )
    prepare = LinesField(
        label=_("À faire avant la remise"), required=False, max_length=4000, help_text=_("Une étape par ligne.")
    )
    put_back = LinesField(
        label=_("À faire au retour"), required=False, max_length=4000, help_text=_("Une étape par ligne.")
    )
    is_open = forms.BooleanField(label=_("Proposée aux agents"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]

    def clean_prepare(self) -> list[str]:
        """Steps that fit."""
        return _short(self.cleaned_data["prepare"])

    def clean_put_back(self) -> list[str]:
        """Steps that fit."""
        return _short(self.cleaned_data["put_back"])

    def data_for(self, offer: Offer | None) -> OfferData:
        """What the service takes."""
        kept = {name: self.cleaned_data[name] for name in OfferData.__dataclass_fields__ if name in self.cleaned_data}
        return OfferData(**kept, icon=offer.icon if offer is not None else icon_of(self.cleaned_data["name"]))

    @property
    def steps(self) -> dict[str, list[str]]:
        """By moment."""
        return {
            Checklist.Phase.PREPARE: self.cleaned_data["prepare"],
            Checklist.Phase.RETURN: self.cleaned_data["put_back"],
        }


def icon_of(name: str) -> str:
    """An icon for an offer of this name."""
    words = {"téléphone": "device-mobile", "tablette": "device-imac", "visio": "video", "projecteur": "video",
             "kit": "package", "casque": "headset", "écran": "device-desktop"}  # fmt: skip
    return next((icon for word, icon in words.items() if word in name.lower()), "device-laptop")


def _short(lines: list[str]) -> list[str]:
    if any(len(line) > STEP_LENGTH for line in lines):
        raise forms.ValidationError(_("Une étape a %(n)s caractères au plus."), params={"n": STEP_LENGTH})
    return lines


class PartForm(forms.Form):
    """One part of an offer."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    label = forms.CharField(label=_("Désignation"), max_length=80)
    kind = forms.ChoiceField(label=_("Type de matériel"), choices=Asset.Kind)
    model = forms.ModelChoiceField(
        AssetModel.objects.none(),
        label=_("Modèle"),
        required=False,
        empty_label=_("N’importe lequel"),
        help_text=_("À choisir pour un accessoire\u202f: une sacoche n’est pas un casque."),
    )
    quantity = forms.IntegerField(label=_("Quantité"), min_value=1, max_value=50, initial=1)
    is_optional = forms.BooleanField(label=_("Facultatif"), required=False)

    def __init__(self, *args: Any, models: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if models is not None:
            self.fields["model"].queryset = models  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The model is of the kind."""
        data: dict[str, Any] = super().clean() or {}
        model = data.get("model")
        if model is not None and data.get("kind") and model.kind != data["kind"]:
            self.add_error("model", _("Ce modèle n’est pas de ce type."))
        return data

    def part(self) -> PartData:
        """What the service takes."""
        data = self.cleaned_data
        return PartData(
            pk=data.get("pk"), kind=data["kind"], label=data["label"], quantity=data["quantity"],
            model=data.get("model"), is_optional=data["is_optional"],
        )  # fmt: skip


PartFormSet: type[BaseFormSet[PartForm]] = formset_factory(
    PartForm, extra=2, max_num=20, validate_max=True, can_delete=True
)
