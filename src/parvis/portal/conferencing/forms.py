"""The form of a tool, in the words of its kind. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Pool
from parvis.portal.booking.phones import e164
from parvis.portal.conferencing import capabilities, needs
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services.declaring import ProviderData
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.directory.rules import lineage


class ToolForm(forms.Form):
    """Fields of other kinds are taken out."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=gettext_lazy("Pour les agents de"),
        help_text=gettext_lazy("Cette entité et tout ce qui est au-dessous."),
    )
    name = forms.CharField(
        label=gettext_lazy("Nom"), max_length=80, help_text=gettext_lazy("Celui que les agents connaissent.")
    )
    base_url = forms.URLField(max_length=300, assume_scheme="https")
    tenant = forms.CharField(max_length=200)
    account = forms.CharField(max_length=200)
    secret = forms.CharField(max_length=500, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    checksum = forms.ChoiceField(choices=Provider.Checksum.choices, initial=Provider.Checksum.SHA256)
    host_account = forms.CharField(max_length=200)
    booking_url = forms.URLField(max_length=300, assume_scheme="https")
    phone_number = forms.CharField(max_length=30)
    pool = forms.ModelChoiceField(Pool.objects.none(), empty_label=gettext_lazy("Aucun"))
    features = forms.MultipleChoiceField(
        label=gettext_lazy("Ce que votre contrat ou votre réglage permet"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(capabilities.DECLARED.items()),
    )
    max_people = forms.IntegerField(
        label=gettext_lazy("Participants au plus"), min_value=0, max_value=100_000, required=False
    )
    rank = forms.IntegerField(
        label=gettext_lazy("Ordre de préférence"),
        min_value=0,
        max_value=1000,
        initial=50,
        help_text=gettext_lazy("Entre deux outils qui conviennent, le plus petit nombre est proposé d’abord."),
    )
    note = forms.CharField(
        label=gettext_lazy("Remarque pour les agents"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    is_open = forms.BooleanField(label=gettext_lazy("Proposé aux agents"), required=False, initial=True)

    def __init__(
        self, *args: Any, user: User, kind: str, by_hand: bool, has_secret: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.by_hand = kind, by_hand
        asked = needs.fields(kind, by_hand=by_hand)
        for name in ("base_url", "tenant", "account", "secret", "checksum", "host_account", "booking_url",
                     "phone_number", "pool"):  # fmt: skip
            if name not in asked:
                del self.fields[name]
                continue
            need, field = asked[name], cast(Any, self.fields[name])
            field.label, field.help_text, field.required = need.label, need.help, need.is_required
        if has_secret and "secret" in self.fields:
            self.fields["secret"].required = False
            self.fields["secret"].help_text = _("Laissez vide pour garder le secret actuel.")
        self._choices(user)

    def _choices(self, user: User) -> None:
        mine = Entity.objects.filter(within(perimeter(user, Role.HEAD_OF_IT), "path"), closed_date=None)
        self.fields["entity"].queryset = mine.order_by("path")  # type: ignore[attr-defined]
        if "pool" in self.fields:
            above = {path for entity in mine for path in lineage(entity.path)}
            pools = Pool.objects.filter(entity__path__in=above, kind__in=needs.POOLS.get(self.kind, ()))
            self.fields["pool"].queryset = pools  # type: ignore[attr-defined]
        usual = capabilities.TABLE[self.kind].max_people
        if usual:
            self.fields["max_people"].help_text = _("Vide\u202f: %(n)d, une valeur prudente.") % {"n": usual}
        if self.kind not in ("teams", "zoom", "visio", "bbb") and not self.by_hand:
            del self.fields["features"]
        elif not self.by_hand:
            row = capabilities.TABLE[self.kind]
            left_out = ("lobby", "phone_in") if self.kind == "bbb" else ("lobby",)
            self.fields["features"].choices = [  # type: ignore[attr-defined]
                (code, words)
                for code, words in capabilities.DECLARED.items()
                if getattr(row, code) and code not in left_out
            ]

    def clean_phone_number(self) -> str:
        """However it was typed.

        Raises:
            ValidationError: no telephone number.
        """
        text = str(self.cleaned_data["phone_number"] or "").strip()
        number = e164(text) if text else ""
        if number is None:
            raise forms.ValidationError(_("Ce n’est pas un numéro de téléphone."))
        return number

    @property
    def typed_secret(self) -> str:
        """What was typed; empty: keep what there is."""
        return str(self.cleaned_data.get("secret") or "")

    def data_for(self) -> ProviderData:
        """What the service takes."""
        clean = self.cleaned_data
        given = {name: clean[name] for name in clean if name != "secret" and clean[name] not in (None, "")}
        return ProviderData(kind=self.kind, by_hand=self.by_hand, **given)


def initial_of(provider: Provider) -> dict[str, object]:
    """What the form shows of a tool: everything but its secret."""
    names = ("entity", "name", "base_url", "tenant", "account", "checksum", "host_account", "booking_url",
             "phone_number", "pool", "features", "rank", "note", "is_open")  # fmt: skip
    return {name: getattr(provider, name) for name in names} | {"max_people": provider.max_people or None}
