"""Forms: a source's common settings, a file, the columns of a file, a merge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import entities_where
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import MAX_BYTES, open_table
from parvis.portal.sources.files.columns import LABELS, REQUIRED, WANTED
from parvis.portal.sources.models import MOST_RECORDS, Source
from parvis.portal.sources.rules import NIGHTLY

SAFEGUARDS = ("grace_runs", "grace_days", "threshold_percent", "threshold_floor", "max_records")
RHYTHMS = [
    ("", _("Seulement quand on le demande")),
    (str(NIGHTLY), _("Chaque nuit")),
    ("12", _("Toutes les 12 heures")),
    ("6", _("Toutes les 6 heures")),
    ("4", _("Toutes les 4 heures")),
    ("1", _("Toutes les heures")),
]


class SourceForm(forms.Form):
    """What every source has; its kind's own settings follow in a form of their own."""

    name = forms.CharField(label=_("Nom"), max_length=100, help_text=_("Par exemple «\u202fActive Directory\u202f»."))
    root = EntityChoiceField(
        Entity.objects.none(),
        label=_("Collectivité"),
        help_text=_("La source ne crée et ne modifie des agents que dans cette entité et celles qui en dépendent."),
    )
    rhythm = forms.ChoiceField(label=_("Synchroniser"), choices=RHYTHMS, required=False)
    night_hour = forms.IntegerField(
        label=_("Heure de la nuit"),
        min_value=0,
        max_value=23,
        initial=3,
        help_text=_("Pour «\u202fChaque nuit\u202f»."),
    )
    priority = forms.IntegerField(
        label=_("Rang parmi les sources"),
        min_value=1,
        max_value=99,
        initial=1,
        help_text=_("Quand deux sources se contredisent sur un agent, le plus petit rang l’emporte."),
    )
    is_complete = forms.BooleanField(
        label=_("La source contient tous les agents"),
        required=False,
        initial=True,
        help_text=_("Sinon, un agent qui n’y figure pas n’est jamais considéré comme parti."),
    )
    grace_runs = forms.IntegerField(
        label=_("Lectures d’absence avant un départ"),
        min_value=1,
        max_value=100,
        initial=2,
        help_text=_(
            "Un agent absent de la source n’est noté parti qu’après ce nombre de lectures de suite. "
            "Un compte désactivé dans la source l’est tout de suite."
        ),
    )
    grace_days = forms.IntegerField(
        label=_("Jours d’absence avant un départ"), min_value=0, max_value=365, initial=0,
        help_text=_("Les deux délais doivent être passés. 0\u202f: sans délai en jours."),
    )  # fmt: skip
    threshold_percent = forms.IntegerField(
        label=_("Seuil de sécurité (%)"),
        min_value=1,
        max_value=100,
        initial=10,
        help_text=_("Si plus de cette part des agents devait partir, une personne décide d’abord."),
    )
    threshold_floor = forms.IntegerField(
        label=_("Départs toujours permis"), min_value=0, max_value=1000, initial=3,
        help_text=_("Ce nombre de départs ne demande jamais de décision, même dans une petite structure."),
    )  # fmt: skip
    max_records = forms.IntegerField(
        label=_("Nombre maximal de personnes"), min_value=1, max_value=MOST_RECORDS, initial=100_000,
        help_text=_("Au-delà, la lecture est refusée\u202f: c’est sans doute une erreur de réglage."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("En service"), required=False, initial=True)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The fields as the page shows them: departures and safeguards folded, their usual values suit most."""
        shown: dict[str, list[forms.BoundField]] = {"first": [], "rest": []}
        for field in self.visible_fields():
            shown["rest" if field.name in SAFEGUARDS else "first"].append(field)
        opened = any(field.errors for field in shown["rest"])
        return [
            {"fields": shown["first"]},
            {"title": _("Départs et garde-fous"), "fields": shown["rest"], "folded": True, "open": opened},
        ]

    def __init__(self, *args: Any, user: User, kind: str, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if source is not None:
            del self.fields["root"]
        else:
            self.fields["root"].queryset = entities_where(user, Role.HEAD_OF_IT)  # type: ignore[attr-defined]
        if kind == Source.Kind.FILE:
            del self.fields["rhythm"], self.fields["night_hour"]

    @staticmethod
    def initial_of(source: Source) -> dict[str, object]:
        """What the form shows of a source."""
        values = {name: getattr(source, name) for name in SourceForm.base_fields if hasattr(source, name)}
        return {**values, "rhythm": str(source.every_hours or "")}

    @property
    def facts(self) -> dict[str, Any]:
        """For the services."""
        facts = dict(self.cleaned_data)
        rhythm = facts.pop("rhythm", "")
        return {**facts, "every_hours": int(rhythm) if rhythm else None}


class UploadForm(forms.Form):
    """A file of people."""

    file = forms.FileField(
        label=_("Fichier CSV ou Excel"),
        help_text=_("20 Mo au plus. La première ligne nomme les colonnes."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Its name and bytes, once they have been seen to be a table."""
        upload: Any = self.cleaned_data["file"]
        raw: bytes = upload.read(MAX_BYTES + 1)
        try:
            next(open_table(raw).rows(), None)
        except Invalid as problem:
            raise forms.ValidationError(f"{problem.message} {problem.advice}".strip()) from None
        return "".join(char for char in str(upload.name) if char.isprintable())[:200], raw


class ColumnsForm(forms.Form):
    """Which column says what."""

    def __init__(self, *args: Any, header: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [(name, name) for name in header if name]
        for field in WANTED:
            required = field in REQUIRED
            nothing = [("", str(_("Choisissez") if required else _("Pas dans ce fichier")))]
            self.fields[field] = forms.ChoiceField(label=LABELS[field], choices=nothing + columns, required=required)
        self.fields["key"].help_text = _(
            "Ce qui ne change jamais pour une personne. Sans cette colonne, le matricule, sinon l’adresse électronique."
        )

    def clean(self) -> dict[str, Any]:
        """No column twice, but as the identifier."""
        values = super().clean() or {}
        chosen = [column for field, column in values.items() if column and field != "key"]
        for field in values:
            if field != "key" and chosen.count(values[field]) > 1:
                self.add_error(field, _("Cette colonne est choisie deux fois."))
                break
        return values

    @property
    def columns(self) -> dict[str, str]:
        """Field → column, without those left out."""
        return {field: column for field, column in self.cleaned_data.items() if column}
