"""Forms: a file, its columns, a connection to GLPI, its entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import entities_where
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import STAFF_ROLES, open_entities
from parvis.portal.imports.fields import LABELS
from parvis.portal.imports.glpi.wording import ITEM_TYPES
from parvis.portal.imports.models import Connection
from parvis.portal.imports.reading import check_file
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import MAX_BYTES
from parvis.portal.parc.models import Asset

KEYS = ("tag", "serial", "name")
"""At least one of them: without, no line could be recognised the second time."""


class FileForm(forms.Form):
    """A file of assets, and for whom."""

    root = EntityChoiceField(
        Entity.objects.none(),
        label=_("Collectivité ou service"),
        help_text=_("L’import n’ajoute et ne modifie que des matériels de cette entité et de celles qui en dépendent."),
    )
    file = forms.FileField(
        label=_("Fichier CSV ou Excel"),
        help_text=_("20 Mo et 20\u202f000 lignes au plus. La première ligne nomme les colonnes."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = entities_where(user, *STAFF_ROLES)
        self.fields["root"].queryset = entities  # type: ignore[attr-defined]
        self.fields["root"].initial = entities.first()

    def clean_file(self) -> tuple[str, bytes]:
        """Its name and bytes, once they have been seen to be a table."""
        upload: Any = self.cleaned_data["file"]
        raw: bytes = upload.read(MAX_BYTES + 1)
        try:
            check_file(raw)
        except Invalid as problem:
            raise forms.ValidationError(f"{problem.message} {problem.advice}".strip()) from None
        return "".join(char for char in str(upload.name) if char.isprintable())[:200], raw


class ColumnsForm(forms.Form):
    """Which column says what, and what holds for the whole file."""

    OPTIONS = ("kind", "entity", "state", "create_sites", "skip_people")

    def __init__(self, *args: Any, header: Iterable[str], root: Entity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [("", str(_("Pas dans ce fichier"))), *((name, name) for name in header if name)]
        for field, label in LABELS.items():
            self.fields[f"column_{field}"] = forms.ChoiceField(label=str(label), choices=columns, required=False)
        inside = open_entities(Entity.objects.filter(path__startswith=root.path)).order_by("path")
        self.fields["kind"] = forms.ChoiceField(
            label=_("Type quand il n’est pas compris"), required=False,
            choices=[("", _("Rejeter la ligne")), *Asset.Kind.choices],
            help_text=_("Pour un fichier d’un seul type de matériel, ou quand le mot du fichier n’est pas connu."),
        )  # fmt: skip
        self.fields["entity"] = EntityChoiceField(
            inside, label=_("Service quand il n’est pas indiqué"), empty_label=_("Rejeter la ligne"), required=False,
            help_text=_("Pour les matériels nouveaux. Ceux qui existent restent où ils sont."),
        )  # fmt: skip
        self.fields["state"] = forms.ChoiceField(
            label=_("Situation quand elle n’est pas comprise"), required=False,
            choices=[("", _("Rejeter la ligne")), *Asset.State.choices],
        )  # fmt: skip
        self.fields["create_sites"] = forms.BooleanField(label=_("Ajouter les sites inconnus"), required=False)
        self.fields["skip_people"] = forms.BooleanField(
            label=_("Importer sans l’agent quand il est inconnu"), required=False,
            help_text=_("Sinon la ligne est rejetée."),
        )  # fmt: skip

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """Those that choose a column."""
        return [field for field in self.visible_fields() if field.name.startswith("column_")]

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in self.OPTIONS]

    @staticmethod
    def initial_of(columns: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
        """What the form shows at first."""
        return {**{f"column_{field}": column for field, column in columns.items()}, **options}

    def clean(self) -> dict[str, Any]:
        """No column twice; at least one that a line is recognised by."""
        values = super().clean() or {}
        chosen = [column for name, column in values.items() if name.startswith("column_") and column]
        for name in [name for name in values if name.startswith("column_")]:
            if chosen.count(values[name]) > 1:
                self.add_error(name, _("Cette colonne est choisie deux fois."))
                break
        if not any(values.get(f"column_{key}") for key in KEYS):
            self.add_error(
                "column_tag",
                _("Choisissez au moins un numéro d’inventaire, un numéro de série ou un nom."),
            )
        if not values.get("column_kind") and not values.get("kind"):
            self.add_error("kind", _("Aucune colonne ne dit le type\u202f: choisissez-le pour tout le fichier."))
        return values

    @property
    def columns(self) -> dict[str, str]:
        """Field → column, without those left out."""
        chosen = {field: self.cleaned_data.get(f"column_{field}", "") for field in LABELS}
        return {field: column for field, column in chosen.items() if column}

    @property
    def options(self) -> dict[str, Any]:
        """See `facts.Options`."""
        said = {name: self.cleaned_data[name] for name in self.OPTIONS}
        return {**said, "entity": said["entity"].pk if said["entity"] else None}


class ConnectionForm(forms.Form):
    """A GLPI and its tokens, which are never shown again."""

    name = forms.CharField(label=_("Nom"), max_length=100, initial="GLPI")
    root = EntityChoiceField(
        Entity.objects.none(),
        label=_("Collectivité"),
        help_text=_("Ce que GLPI contient n’est repris que dans cette entité et celles qui en dépendent."),
    )
    url = forms.CharField(
        label=_("Adresse de l’API"), max_length=300,
        help_text=_("Par exemple https://glpi.collectivite.fr/apirest.php (GLPI\u202f: Configuration, Générale, API)."),
    )  # fmt: skip
    app_token = forms.CharField(
        label=_("Jeton d’application (app_token)"), required=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Celui du client d’API. Vide si votre GLPI n’en demande pas, ou pour garder l’actuel."),
    )  # fmt: skip
    user_token = forms.CharField(
        label=_("Jeton personnel (user_token)"), required=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("D’un compte GLPI qui lit tout le parc. Laissez vide pour garder l’actuel."),
    )  # fmt: skip
    item_types = forms.MultipleChoiceField(
        label=_("Ce qui est lu"), choices=list(ITEM_TYPES.items()), initial=list(ITEM_TYPES),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, connection: Connection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if connection is not None:
            del self.fields["root"]
            self.initial = {name: getattr(connection, name) for name in ("name", "url", "item_types")}
        else:
            self.fields["root"].queryset = entities_where(user, Role.HEAD_OF_IT)  # type: ignore[attr-defined]


class EntitiesForm(forms.Form):
    """Which entity of GLPI is which of ours."""

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inside = open_entities(Entity.objects.filter(path__startswith=connection.root.path)).order_by("path")
        self.names = sorted(connection.entities)
        # One list of choices for all: with a hundred entities each, a query a field would be a hundred.
        choices = [("", _("D’après son nom")), *((str(each.pk), _indented(each)) for each in inside)]
        self.entities = {str(each.pk): each for each in inside}
        for number, name in enumerate(self.names):
            current = connection.entities[name]
            self.fields[f"entity_{number}"] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=str(current or "")
            )

    @property
    def said(self) -> dict[str, Entity | None]:
        """GLPI's name → ours."""
        chosen = {name: self.cleaned_data[f"entity_{number}"] for number, name in enumerate(self.names)}
        return {name: self.entities.get(pk) for name, pk in chosen.items()}


def _indented(entity: Entity) -> str:
    return "\u2003" * (entity.path.count(".") - 1) + entity.name
