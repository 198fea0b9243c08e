"""The one form of « Équiper cette personne »: its fields are what the agent lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.equipment import rules
from parvis.portal.equipment.offering import Need, Offered, is_computer
from parvis.portal.equipment.services.outfits import Wishes
from parvis.portal.loans.models import Offer
from parvis.portal.parc.models import Asset, Computer
from parvis.portal.ui import formats

NOTHING = ""
ASSET, OFFER = "asset", "offer"


@dataclass(frozen=True, slots=True)
class Row:
    """A thing that lacks, and its field."""

    need: Need
    title: str
    state: str
    """`rules.OLD`, `rules.LACKING`, or empty: beyond the profile."""
    required: bool
    field: forms.BoundField


class EquipForm(forms.Form):
    """A choice for each thing that lacks; the account, the screens, the guide."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    account = forms.BooleanField(
        label=gettext_lazy("Ouvrir son compte sur le portail"), required=False, initial=True,
        help_text=gettext_lazy("L’agent reçoit un message pour choisir son mot de passe."),
    )  # fmt: skip
    loan_ends = forms.DateField(
        label=gettext_lazy("Prêts jusqu’au"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    screens = forms.MultipleChoiceField(
        label=gettext_lazy("Ordinateurs qu’il peut ouvrir à distance"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    new_screens = forms.BooleanField(
        label=gettext_lazy("Pouvoir ouvrir à distance les ordinateurs affectés aujourd’hui"), required=False
    )
    guide = forms.BooleanField(
        label=gettext_lazy("Lui envoyer ses premiers pas par courriel"), required=False, initial=True
    )

    def __init__(self, *args: Any, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self._assets = {asset.pk: asset for asset in offered.stock}
        self._offers = {offer.pk: offer for need in offered.needs for offer in need.offers}
        proposed: set[int] = set()
        for at, need in enumerate(offered.needs):
            self.fields[f"need_{at}"] = forms.ChoiceField(
                label=_title(need), choices=_choices(need), required=False, initial=_first(need, proposed)
            )
        if offered.agent.user_id is not None:
            del self.fields["account"]
        ends = [offered.longest(offer) for offer in self._offers.values()]
        if ends:
            self.fields["loan_ends"].initial = max(ends)
        else:
            del self.fields["loan_ends"]
        closed = [each for each in offered.computers if each.pk not in offered.reachable]
        if closed:
            self.fields["screens"].choices = [(str(each.pk), str(each)) for each in closed]  # type: ignore[attr-defined]
        else:
            del self.fields["screens"]
        if not any(is_computer(asset) for asset in self._assets.values()):
            del self.fields["new_screens"]

    def rows(self) -> list[Row]:
        """One for each thing that lacks."""
        return [
            Row(
                need,
                _title(need),
                need.slot.state if need.slot is not None else "",
                need.slot.line.required if need.slot is not None else False,
                self[f"need_{at}"],
            )
            for at, need in enumerate(self.offered.needs)
        ]

    def clean(self) -> dict[str, Any]:
        """The same asset is not given twice; loans need a last day."""
        data: dict[str, Any] = super().clean() or {}
        chosen = [value for value in self._chosen(ASSET) if value]
        if len(set(chosen)) < len(chosen):
            self.add_error(None, _("Le même matériel est choisi deux fois."))
        if list(self._chosen(OFFER)) and data.get("loan_ends") is None and "loan_ends" not in self.errors:
            self.add_error("loan_ends", _("Indiquez le dernier jour du prêt."))
        return data

    def _chosen(self, what: str) -> list[int]:
        found = []
        for at in range(len(self.offered.needs)):
            kind, _colon, pk = str(self.cleaned_data.get(f"need_{at}") or "").partition(":")
            if kind == what:
                found.append(int(pk))
        return found

    def wishes(self) -> Wishes:
        """What was chosen, for the service."""
        data = self.cleaned_data
        assets = [self._assets[pk] for pk in self._chosen(ASSET)]
        offers: list[Offer] = list(dict.fromkeys(self._offers[pk] for pk in self._chosen(OFFER)))
        screens = [each for each in self.offered.computers if str(each.pk) in data.get("screens", ())]
        if data.get("new_screens"):
            new = [asset.pk for asset in assets if is_computer(asset)]
            screens += list(Computer.objects.filter(pk__in=new).order_by("pk"))
        return Wishes(
            account=bool(data.get("account")),
            assets=assets,
            loans=[(offer, self._ends(offer)) for offer in offers],
            screens=screens,
            guide=bool(data.get("guide")),
        )

    def _ends(self, offer: Offer) -> date:
        """The day asked for, or the last one the offer allows."""
        ends: date = self.cleaned_data["loan_ends"]
        return min(ends, self.offered.today + timedelta(days=offer.max_days - 1))

    def said(self) -> list[str]:
        """What would be done, each a sentence, for the confirmation."""
        wishes, agent = self.wishes(), self.offered.agent
        found = [_("Ouvrir le compte de %(agent)s sur le portail") % {"agent": agent}] if wishes.account else []
        found += [
            _("Affecter %(kind)s %(asset)s") % {"kind": asset.get_kind_display(), "asset": asset}
            for asset in wishes.assets
        ]
        found += [
            _("Prêter «\u202f%(offer)s\u202f» jusqu’au %(day)s") % {"offer": offer, "day": formats.day(ends)}
            for offer, ends in wishes.loans
        ]
        found += [_("Laisser ouvrir %(computer)s à distance") % {"computer": each} for each in wishes.screens]
        if wishes.guide:
            found.append(_("Envoyer ses premiers pas à %(email)s") % {"email": agent.email})
        return found


def _title(need: Need) -> str:
    return need.slot.line.label if need.slot is not None else _("Autre chose, hors profil")


def _choices(need: Need) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(NOTHING, _("Rien pour l’instant"))]
    if need.assets:
        found.append((_("Affecter, du stock"), [(f"{ASSET}:{asset.pk}", _asset(asset)) for asset in need.assets]))
    if need.offers:
        found.append((_("Prêter"), [(f"{OFFER}:{offer.pk}", str(offer)) for offer in need.offers]))
    return found


def _asset(asset: Asset) -> str:
    parts = [str(asset.get_kind_display()), str(asset), str(asset.model or ""), str(asset.site or "")]
    return " · ".join(part for part in parts if part)


def _first(need: Need, proposed: set[int]) -> str:
    """What is proposed: the first free thing for what is required and lacks; nothing for the rest. Each thing once."""
    slot = need.slot
    if slot is None or slot.state != rules.LACKING or not slot.line.required:
        return NOTHING
    free = next((asset.pk for asset in need.assets if asset.pk not in proposed), None)
    if free is None:
        return NOTHING
    proposed.add(free)
    return f"{ASSET}:{free}"
