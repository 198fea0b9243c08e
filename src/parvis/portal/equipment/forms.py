"""Forms: they ask and shape; the services decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.equipment import queries, rules
from parvis.portal.equipment.loading import price_of
from parvis.portal.equipment.models import TELEWORK, Policy, Profile, Scenario
from parvis.portal.equipment.services.profiles import CriterionData, LineData, ProfileData
from parvis.portal.equipment.services.scenarios import ChangeData, ScenarioData
from parvis.portal.parc.models import Asset, AssetModel

MODELS_OFFERED = 300
KINDS = [(kind.value, kind.label) for kind in Asset.Kind]
NO_KIND: list[tuple[str, Any]] = [("", _("Rien d’autre")), *KINDS]


class EuroField(forms.DecimalField):
    """A price in euros, with or without cents; a comma will do."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_digits": 8, "decimal_places": 2, "localize": True, **kwargs})
        self.widget.attrs["inputmode"] = "decimal"

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """What was typed, with a point or a comma."""
        if isinstance(value, str):
            value = value.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
        found: Decimal | None = forms.DecimalField(min_value=0, max_digits=8, decimal_places=2).to_python(value)
        return found


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a profile is called and where it is worth."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Vaut pour"))

    class Meta:
        model = Profile
        fields = ("name", "entity", "description", "rank")
        help_texts = {
            "rank": _("Quand plusieurs profils conviennent à un agent, le plus petit numéro l’emporte."),
        }
        error_messages = {
            NON_FIELD_ERRORS: {"unique_together": _("Un autre profil de cette entité porte déjà ce nom.")},
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = queries.entities_managed_by(user)  # type: ignore[attr-defined]

    def data_with(self, criteria: BaseFormSet[Any], lines: BaseFormSet[Any]) -> ProfileData:
        """The whole profile."""
        return ProfileData(
            self.cleaned_data["name"],
            self.cleaned_data["description"],
            self.cleaned_data["rank"],
            [form.data_of() for form in filled(criteria)],
            [form.data_of() for form in filled(lines)],
        )


class RowForm(forms.Form):
    """A row of a set of rows: left empty, it does not count."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class CriterionForm(RowForm):
    """Who has a profile."""

    words = forms.CharField(
        label=_("Mots de la fonction"),
        max_length=300,
        required=False,
        help_text=_("Séparés par des virgules, un seul suffit."),
    )
    department = EntityChoiceField(Entity.objects.none(), label=_("Service"), required=False, empty_label=_("Partout"))
    telework = forms.ChoiceField(label=_("Télétravail"), choices=TELEWORK, initial=rules.ANY)
    everyone = forms.BooleanField(label=_("Tout le monde (sans autre condition)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = queries.entities_managed_by(self.user)  # type: ignore[attr-defined]

    def counts(self) -> bool:
        """Whether it says anything."""
        data = self.cleaned_data
        says = bool(data.get("words") or data.get("department") or data.get("telework", rules.ANY) != rules.ANY)
        return says or bool(data.get("everyone"))

    def data_of(self) -> CriterionData:
        """For the service."""
        data = self.cleaned_data
        return CriterionData(data["words"], data["department"], data["telework"])


class LineForm(RowForm):
    """What a profile grants."""

    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("Choisissez")), *KINDS], required=False)
    label = forms.CharField(label=_("Désignation"), max_length=80, required=False)
    quantity = forms.IntegerField(label=_("Quantité"), min_value=1, max_value=20, initial=1, required=False)
    unit_price = EuroField(label=_("Prix (€ TTC)"), required=False)
    is_required = forms.BooleanField(label=_("Indispensable"), initial=True, required=False)
    shared_will_do = forms.BooleanField(label=_("Partagé, il suffit"), required=False)
    other_kind = forms.ChoiceField(label=_("Convient aussi"), choices=NO_KIND, required=False)
    max_months = forms.IntegerField(label=_("Âge maximal (mois)"), min_value=1, max_value=600, required=False)
    accepted_models = forms.ModelMultipleChoiceField(
        AssetModel.objects.none(),
        label=_("Modèles acceptés (aucun choisi\u202f: tous)"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )

    def __init__(self, *args: Any, models: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accepted_models"].queryset = AssetModel.objects.all()  # type: ignore[attr-defined]
        self.fields["accepted_models"].choices = models or []  # type: ignore[attr-defined]

    def counts(self) -> bool:
        """Whether a kind is chosen."""
        return bool(self.cleaned_data.get("kind"))

    def data_of(self) -> LineData:
        """For the service."""
        data = self.cleaned_data
        price = data["unit_price"]
        return LineData(
            data["kind"],
            data["label"] or str(Asset.Kind(data["kind"]).label),
            data["quantity"] or 1,
            rules.PRICES[data["kind"]] if price is None else price,
            [data["other_kind"]] if data["other_kind"] else [],
            list(data["accepted_models"]),
            data["max_months"],
            data["is_required"],
            data["shared_will_do"],
        )


class ScenarioForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a scenario is called and how it is counted."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Pour"))
    spread_years = forms.IntegerField(label=_("Étaler les achats sur (années)"), min_value=1, max_value=5, initial=3)

    class Meta:
        model = Scenario
        fields = ("name", "entity", "description", "spread_years", "reuse_stock", "renew")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = queries.entities_managed_by(user)  # type: ignore[attr-defined]

    def data_with(self, changes: BaseFormSet[Any]) -> ScenarioData:
        """The whole scenario."""
        data = self.cleaned_data
        return ScenarioData(
            data["name"],
            data["description"],
            data["spread_years"],
            data["reuse_stock"],
            data["renew"],
            [form.data_of() for form in filled(changes)],
        )


class ChangeForm(RowForm):
    """One change of a scenario."""

    kind = forms.ChoiceField(label=_("Donner"), choices=[("", _("Choisissez")), *KINDS], required=False)
    quantity = forms.IntegerField(
        label=_("Combien par agent (0\u202f: plus aucun)"), min_value=0, max_value=20, initial=1, required=False
    )
    unit_price = EuroField(label=_("Prix (€ TTC)"), required=False)
    replaces_kind = forms.ChoiceField(label=_("À la place de"), choices=NO_KIND, required=False)
    telework = forms.ChoiceField(label=_("Télétravail"), choices=TELEWORK, initial=rules.ANY)
    profile = forms.ModelChoiceField(
        Profile.objects.none(), label=_("Profil"), required=False, empty_label=_("Tous les profils")
    )
    words = forms.CharField(label=_("Mots de la fonction"), max_length=300, required=False)
    department = EntityChoiceField(Entity.objects.none(), label=_("Service"), required=False, empty_label=_("Partout"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].queryset = queries.profiles_visible_to(self.user)  # type: ignore[attr-defined]
        self.fields["department"].queryset = queries.entities_managed_by(self.user)  # type: ignore[attr-defined]

    def counts(self) -> bool:
        """Whether a kind is chosen."""
        return bool(self.cleaned_data.get("kind"))

    def data_of(self) -> ChangeData:
        """For the service."""
        data = self.cleaned_data
        price, quantity = data["unit_price"], data["quantity"]
        return ChangeData(
            data["kind"],
            1 if quantity is None else quantity,
            rules.PRICES[data["kind"]] if price is None else price,
            data["profile"],
            data["department"],
            data["words"],
            data["telework"],
            data["replaces_kind"],
        )


CriterionSet = formset_factory(CriterionForm, extra=2, can_delete=True, max_num=20, absolute_max=25)
LineSet = formset_factory(LineForm, extra=3, can_delete=True, max_num=20, absolute_max=25)
ChangeSet = formset_factory(ChangeForm, extra=2, can_delete=True, max_num=20, absolute_max=25)


def filled(rows: BaseFormSet[Any]) -> list[Any]:
    """The rows of a valid set that count."""
    return [form for form in rows.forms if not form.cleaned_data.get("DELETE") and form.counts()]


class PolicyForm(forms.Form):
    """How an entity counts: lives and prices by kind."""

    old_means = forms.ChoiceField(label=_("Un matériel plus vieux que sa durée de vie est"), choices=Policy.Old)
    loans_count = forms.BooleanField(label=_("Compter les prêts en cours comme présents"), required=False)

    def __init__(self, *args: Any, policy: Policy | None, **kwargs: Any) -> None:

        super().__init__(*args, **kwargs)
        self.initial["old_means"] = policy.old_means if policy else rules.REPLACE
        self.initial["loans_count"] = policy.loans_count if policy else True
        months = policy.months if policy else rules.LIVES
        for kind in Asset.Kind:
            life = forms.IntegerField(
                label=_("Durée de vie (mois)"), min_value=1, max_value=600, required=False, initial=months.get(kind)
            )
            self.fields[f"months_{kind.value}"] = life
            self.fields[f"price_{kind.value}"] = EuroField(
                label=_("Prix à neuf (€ TTC)"), required=True, initial=price_of(policy, kind)
            )

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Kind, its life's field, its price's field."""
        return [(kind.label, self[f"months_{kind.value}"], self[f"price_{kind.value}"]) for kind in Asset.Kind]

    def months(self) -> dict[str, int | None]:
        """Kind → months."""
        return {kind.value: self.cleaned_data[f"months_{kind.value}"] for kind in Asset.Kind}

    def prices(self) -> dict[str, Decimal]:
        """Kind → euros."""
        return {kind.value: self.cleaned_data[f"price_{kind.value}"] for kind in Asset.Kind}


class ProfileChoiceForm(forms.Form):
    """A profile for one agent."""

    profile = forms.ModelChoiceField(
        Profile.objects.none(), label=_("Profil"), required=False, empty_label=_("Selon les conditions")
    )

    def __init__(self, *args: Any, profiles: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].queryset = profiles  # type: ignore[attr-defined]
