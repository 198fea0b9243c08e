"""The form of a directory server; common fields of a source are another's (`sources.readers`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.kernel.errors import Invalid
from parvis.portal.sources import secrets
from parvis.portal.sources.ldap import schema, stored

if TYPE_CHECKING:
    from parvis.portal.sources.models import Source

_SECTIONS: tuple[tuple[Any, bool, tuple[str, ...]], ...] = (
    (gettext_lazy("Le serveur"), False, ("preset", "servers", "start_tls", "ca_pem", "bind_dn", "bind_password")),
    (gettext_lazy("Les agents"), False, ("base_dn", "entity_from", "group_prefix")),
    (
        gettext_lazy("Connexion des agents"),
        False,
        ("sign_in", "sign_in_opens", "password_help"),
    ),
    (gettext_lazy("Qui est lu"), True, ("user_filter", "disabled_filter", "only_group")),
)
_LAST_SECTIONS: tuple[tuple[Any, bool, tuple[str, ...]], ...] = (
    (gettext_lazy("Groupes"), True, ("with_groups", "group_base_dn", "group_filter")),
    (gettext_lazy("Rythme de lecture"), True, ("page_size", "seconds")),
)
_WHO_HEARS_THE_PASSWORD = ("servers", "start_tls", "ca_pem", "bind_dn")


class LdapForm(forms.Form):
    """What is set for one directory server. Fields left empty take the ways of the chosen kind of directory."""

    template = "sources/form_sections.html"

    preset = forms.ChoiceField(
        label=gettext_lazy("Annuaire"),
        choices=[
            (schema.Preset.ACTIVE_DIRECTORY.value, "Active Directory"),
            (schema.Preset.OPENLDAP.value, "OpenLDAP"),
        ],
    )
    servers = forms.CharField(
        label=gettext_lazy("Serveurs"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Une adresse par ligne, par exemple ldaps://dc1.exemple.fr\u202f; le premier qui répond sert."
        ),
    )
    start_tls = forms.BooleanField(
        label=gettext_lazy("Chiffrer par StartTLS (pour une adresse en ldap://)"), required=False
    )
    ca_pem = forms.CharField(
        label=gettext_lazy("Certificat"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "font-monospace"}),
        help_text=gettext_lazy(
            "Le certificat de votre autorité, ou celui du serveur (PEM). Vide\u202f: les autorités connues du système."
        ),
    )
    bind_dn = forms.CharField(
        label=gettext_lazy("Compte de lecture"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Un compte qui ne peut que lire, par exemple cn=parvis,ou=services,dc=exemple,dc=fr."),
    )
    bind_password = forms.CharField(
        label=gettext_lazy("Mot de passe du compte de lecture"),
        max_length=300,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    base_dn = forms.CharField(
        label=gettext_lazy("Base de recherche"),
        max_length=300,
        help_text=gettext_lazy("Où sont les agents, par exemple ou=agents,dc=exemple,dc=fr."),
    )
    user_filter = forms.CharField(
        label=gettext_lazy("Filtre des personnes"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Vide\u202f: toutes les personnes sous la base."),
    )
    disabled_filter = forms.CharField(
        label=gettext_lazy("Filtre des comptes désactivés"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("En plus de ce que l’annuaire dit lui-même, par exemple (employeeType=parti)."),
    )
    only_group = forms.CharField(
        label=gettext_lazy("Seulement les membres du groupe"),
        max_length=300,
        required=False,
        help_text=gettext_lazy(
            "Le nom complet (DN) d’un groupe\u202f; ses sous-groupes comptent. Vide\u202f: tout le monde."
        ),
    )
    entity_from = forms.ChoiceField(
        label=gettext_lazy("Le service d’un agent est donné par"),
        choices=[
            (schema.EntityFrom.ATTRIBUTE.value, gettext_lazy("un attribut de sa fiche")),
            (schema.EntityFrom.OU.value, gettext_lazy("l’unité d’organisation (OU) où est sa fiche")),
            (schema.EntityFrom.OU_PATH.value, gettext_lazy("le chemin des OU, «\u202fDirection / Service\u202f»")),
            (schema.EntityFrom.GROUP.value, gettext_lazy("un groupe dont il est membre")),
        ],
    )
    group_prefix = forms.CharField(
        label=gettext_lazy("Début du nom des groupes de service"),
        max_length=60,
        required=False,
        help_text=gettext_lazy(
            "Par exemple SRV-\u202f: le groupe SRV-Archives donne le service «\u202fArchives\u202f»."
        ),
    )
    with_groups = forms.BooleanField(label=gettext_lazy("Lire aussi les groupes, sous-groupes compris"), required=False)
    group_base_dn = forms.CharField(
        label=gettext_lazy("Base des groupes"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Vide\u202f: la base de recherche."),
    )
    group_filter = forms.CharField(label=gettext_lazy("Filtre des groupes"), max_length=1000, required=False)
    sign_in = forms.BooleanField(
        label=gettext_lazy("Connexion avec le mot de passe de l’annuaire"),
        required=False,
        help_text=gettext_lazy("La deuxième étape reste demandée."),
    )
    sign_in_opens = forms.BooleanField(
        label=gettext_lazy("Ouvrir le compte d’un agent à sa première connexion"), required=False
    )
    password_help = forms.CharField(
        label=gettext_lazy("Où changer ce mot de passe"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Une phrase pour les agents, par exemple\u202f: Sur votre poste, Ctrl + Alt + Suppr."),
    )
    page_size = forms.IntegerField(
        label=gettext_lazy("Fiches par page"),
        required=False,
        min_value=schema.PAGE_SIZES.start,
        max_value=schema.PAGE_SIZES.stop - 1,
        help_text=gettext_lazy("Vide\u202f: 500."),
    )
    seconds = forms.IntegerField(
        label=gettext_lazy("Attendre une réponse au plus (secondes)"),
        required=False,
        min_value=schema.SECONDS.start,
        max_value=schema.SECONDS.stop - 1,
        help_text=gettext_lazy("Vide\u202f: 15."),
    )

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        self.source = source
        kept = source.settings or {}
        self.has_password = secrets.has(kept, stored.PASSWORD)
        initial = {name: kept[name] for name in self.base_fields if name in kept}
        attributes = kept.get("attributes") or {}
        initial |= {f"attribute_{name}": text for name, text in attributes.items()}
        super().__init__(*args, **{**kwargs, "initial": {**initial, **(kwargs.get("initial") or {})}})
        if self.has_password:
            self.fields["bind_password"].help_text = _(
                "Un mot de passe est enregistré\u202f: laissez vide pour le garder."
            )
        for name, label in schema.FIELDS.items():
            self.fields[f"attribute_{name}"] = forms.CharField(
                label=_("Attribut\u202f: %(field)s") % {"field": str(label).lower()},
                max_length=200,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": self._usual(name), "spellcheck": "false"}),
            )

    def sections(self) -> list[dict[str, Any]]:
        """The fields as the page shows them: what everybody sets first, the rest folded away unless it has faults."""
        attributes = tuple(f"attribute_{name}" for name in schema.FIELDS)
        parts = [*_SECTIONS, (_("Attributs"), True, attributes), *_LAST_SECTIONS]
        return [
            {
                "title": title,
                "folded": folded,
                "open": any(name in self.errors for name in names),
                "fields": [self[name] for name in names],
            }
            for title, folded, names in parts
        ]

    def clean(self) -> dict[str, Any]:
        """The settings as a whole, and who would hear the password kept."""
        values = super().clean() or {}
        password = values.get("bind_password") or ""
        kept = self.has_password and not password
        if kept and any(self._was(name) != (values.get(name) or "") for name in _WHO_HEARS_THE_PASSWORD):
            # Else whoever may edit a source could have its password sent to a server of theirs.
            self.add_error(
                "bind_password", _("Saisissez de nouveau le mot de passe\u202f: le serveur ou le compte a changé.")
            )
            return values
        try:
            schema.from_stored(self._told(values), password or ("kept" if kept else ""))
        except Invalid as problem:
            for name, faults in problem.fields.items():
                for fault in faults:
                    self.add_error("attribute_key" if name == "attributes" else name, fault)
        return values

    def store(self, settings: dict[str, Any]) -> None:
        """Write what was entered into a source's settings; the password, encrypted, only if one was typed."""
        settings.update(self._told(self.cleaned_data))
        password = self.cleaned_data["bind_password"]
        if password or not self.cleaned_data["bind_dn"]:
            secrets.put(settings, stored.PASSWORD, password)

    def _told(self, values: dict[str, Any]) -> dict[str, Any]:
        told = {
            name: value
            for name, value in values.items()
            if name != stored.PASSWORD and not name.startswith("attribute_")
        }
        told["attributes"] = {
            name: values[f"attribute_{name}"] for name in schema.FIELDS if values.get(f"attribute_{name}")
        }
        return told

    def _was(self, name: str) -> Any:
        return (self.source.settings or {}).get(name) or ""

    def _usual(self, name: str) -> str:
        preset = str(self.data.get("preset") or self.initial.get("preset") or schema.Preset.ACTIVE_DIRECTORY)
        usual = schema.PRESETS.get(schema.Preset(preset)) if preset in set(schema.Preset) else None
        return ", ".join((usual or {}).get(name, ()))
