"""Forms: they ask and shape; the services decide."""

from __future__ import annotations

from datetime import time
from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.trust import bound_passkeys, proofs, queries, rules, snapshot, wording
from parvis.portal.trust.models import Network, Rule, RuleSet, SuppliedDevice
from parvis.portal.trust.services.networks import ranges_of
from parvis.portal.trust.services.rulesets import LEAST, RuleContent
from parvis.portal.ui.search import fold

NOT_BOUND = {
    "synced": _(
        "Cette clé d’accès est synchronisée avec d’autres appareils\u202f: elle ne prouve pas que c’est ce poste. "
        "Choisissez Windows Hello, ou le code de l’appareil."
    ),
    "roaming": _("Cette clé se branche sur n’importe quel appareil. Choisissez celle de l’ordinateur lui-même."),
}


class DeviceNameForm(forms.Form):
    """What a person calls a device."""

    name = forms.CharField(label=_("Nom"), max_length=80)


class CodeForm(forms.Form):
    """The code the IT team gave."""

    code = forms.CharField(
        label=_("Code à 8 caractères"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class BoundPasskeyForm(AddWebAuthnForm):
    """A passkey of this computer alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"].widget = forms.HiddenInput()
        self.fields["credential"].label = _("Clé d’accès")

    def clean(self) -> dict[str, Any]:
        """Refuse one that could be elsewhere too."""
        data: dict[str, Any] = super().clean()
        if (credential := data.get("credential")) and (problem := bound_passkeys.why_not(credential)):
            self.add_error("credential", NOT_BOUND[problem])
        return data


class AgentChoice(forms.Form):
    """One of the agents who work on the computer."""

    agent = forms.ModelChoiceField(Agent.objects.none(), label=_("Pour"), empty_label=_("Choisissez"))

    def __init__(self, *args: Any, agents: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].queryset = agents  # type: ignore[attr-defined]


class EnrolForm(forms.Form):
    """A computer's certificate, pasted, and who uses the computer."""

    agents = forms.ModelMultipleChoiceField(
        Agent.objects.none(), label=_("Agents"), widget=forms.CheckboxSelectMultiple
    )
    certificate = forms.CharField(
        label=_("Certificat de l’ordinateur (texte PEM)"),
        max_length=proofs.MAX_CERTIFICATE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "font-monospace", "spellcheck": "false"}),
        help_text=_("Il commence par -----BEGIN CERTIFICATE-----. Jamais la clé privée."),
    )

    def __init__(self, *args: Any, agents: Any, shown: proofs.Certificate | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown
        self.fields["agents"].queryset = agents  # type: ignore[attr-defined]
        if shown is not None:
            self.fields["certificate"].help_text = _("Laissez vide pour le certificat présenté par ce poste-ci.")

    def clean(self) -> dict[str, Any]:
        """The pasted certificate, or the one this very computer shows."""
        data: dict[str, Any] = super().clean() or {}
        text = str(data.get("certificate", "")).strip()
        data["proof"] = proofs.parse(text) if text else self.shown
        if data["proof"] is None and "certificate" not in self.errors:
            self.add_error("certificate", _("Ce n’est pas un certificat au format PEM."))
        return data


class StandingForm(forms.Form):
    """Why a supplied computer is not trusted any more."""

    standing = forms.ChoiceField(
        label=_("Que s’est-il passé\u202f?"),
        choices=[each for each in SuppliedDevice.Standing.choices if each[0] != "trusted"],
        widget=forms.RadioSelect,
        initial="lost",
    )


class NetworkForm(forms.ModelForm):  # type: ignore[type-arg]
    """A network."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Déclaré par"))
    ranges = forms.CharField(
        label=_("Plages d’adresses"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "font-monospace", "spellcheck": "false"}),
        help_text=_("Une par ligne\u202f: 10.20.0.0/16, 192.0.2.7, 2001:db8:12::/48."),
    )

    class Meta:
        model = Network
        fields = ("name", "kind", "entity", "ranges", "note")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = queries.entities_declared_by(user)  # type: ignore[attr-defined]
        if self.instance.pk is not None:
            self.initial["ranges"] = "\n".join(self.instance.ranges)

    def clean_ranges(self) -> list[str]:
        """Canonical ranges."""
        from parvis.portal.kernel.errors import Invalid

        try:
            return ranges_of(self.cleaned_data["ranges"])
        except Invalid as problem:
            raise forms.ValidationError(str(problem.message)) from None

    def validate_unique(self) -> None:
        """The service says it, for the whole perimeter."""

    def _post_clean(self) -> None:
        """The service writes: the instance stays as it is."""


_SWITCHES = {
    "screen": _("Pas d’écran à distance"),
    "clipboard_from_pc": _("Pas de copie depuis l’ordinateur de bureau"),
    "clipboard_to_pc": _("Pas de copie vers l’ordinateur de bureau"),
    "files": _("Pas d’échange de fichiers"),
    "passkey_only": _("Clé d’accès obligatoire à la connexion"),
}
_DURATIONS = {
    "screen_minutes": _("Durée maximale d’une session à distance (minutes)"),
    "screen_idle_minutes": _("Fermer l’écran sans activité après (minutes)"),
    "sign_in_hours": _("Durée maximale d’une connexion au portail (heures)"),
    "sign_in_idle_minutes": _("Déconnecter du portail sans activité après (minutes)"),
    "fresh_minutes": _("Redemander l’identité pour un acte sensible après (minutes)"),
}
_MOST = {"sign_in_hours": 12, "sign_in_idle_minutes": 720, "fresh_minutes": 5}


class RuleForm(forms.Form):
    """A rule, in three parts: for whom, from where and when, what it takes away."""

    name = forms.CharField(label=_("Nom de la règle"), max_length=120, help_text=_("L’agent le verra."))
    entity = EntityChoiceField(
        Entity.objects.none(), label=_("Service"), required=False, empty_label=_("Tous les agents")
    )
    roles = forms.MultipleChoiceField(
        label=_("Rôles"),
        required=False,
        choices=[(rules.NO_ROLE, _("Agents sans rôle")), *Role.choices],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Rien de coché\u202f: tout le monde."),
    )
    up_to = forms.TypedChoiceField(
        label=_("Appareils"),
        coerce=int,
        choices=[(int(level), label) for level, label in wording.UP_TO.items()],
        widget=forms.RadioSelect,
        initial=int(rules.Level.PRIVATE),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Depuis"),
        required=False,
        choices=[(kind.value, label) for kind, label in wording.KINDS.items() if kind.value != "forbidden"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Rien de coché\u202f: de partout."),
    )
    networks = forms.ModelMultipleChoiceField(
        Network.objects.none(), label=_("Réseaux précis"), required=False, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedMultipleChoiceField(
        label=_("Jours"),
        required=False,
        coerce=int,
        choices=list(enumerate(wording.DAYS)),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Rien de coché\u202f: tous les jours."),
    )
    starts_time = forms.TimeField(
        label=_("De"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends_time = forms.TimeField(
        label=_("À"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Une heure de fin avant celle du début passe minuit."),
    )
    headings = forms.CharField(
        label=_("Rubriques de la page d’accueil fermées"),
        required=False,
        max_length=500,
        help_text=_("Séparées par des virgules, comme «\u202fApplications métier\u202f». Un astérisque\u202f: toutes."),
    )

    def __init__(self, *args: Any, rule_set: RuleSet, user: User, rule: Rule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": self.initial_of(rule) if rule else None})
        below = queries.entities_declared_by(user).filter(path__startswith=rule_set.entity.path)
        self.fields["entity"].queryset = below  # type: ignore[attr-defined]
        self.fields["networks"].queryset = queries.networks_visible_to(user)  # type: ignore[attr-defined]
        effects = snapshot.effects_of(rule.effects) if rule else rules.NOTHING_TAKEN
        for name, label in _SWITCHES.items():
            on = getattr(effects, name) != getattr(rules.NOTHING_TAKEN, name)
            self.fields[name] = forms.BooleanField(label=label, required=False, initial=on)
        for name, label in _DURATIONS.items():
            self.fields[name] = forms.IntegerField(
                label=label,
                required=False,
                min_value=LEAST[name],
                max_value=_MOST.get(name, 1440),
                initial=getattr(effects, name),
            )

    @staticmethod
    def initial_of(rule: Rule) -> dict[str, Any]:
        """A rule as the form shows it."""
        values = {
            name: getattr(rule, name)
            for name in ("name", "roles", "up_to", "kinds", "networks", "days", "starts_time", "ends_time")
        }
        return {
            **values,
            "entity": rule.entity_id,
            "headings": ", ".join(rule.effects.get("forbidden_headings", [])),
        }

    @property
    def whom(self) -> list[forms.BoundField]:
        """For whom."""
        return [self[name] for name in ("name", "entity", "roles")]

    @property
    def where(self) -> list[forms.BoundField]:
        """From which devices and networks."""
        return [self[name] for name in ("up_to", "kinds", "networks")]

    @property
    def when(self) -> list[forms.BoundField]:
        """On which days, at what hours."""
        return [self[name] for name in ("days", "starts_time", "ends_time")]

    @property
    def what(self) -> list[forms.BoundField]:
        """What it takes away."""
        return [self[name] for name in (*_SWITCHES, "headings", *_DURATIONS)]

    @property
    def content(self) -> RuleContent:
        """The rule, for the service."""
        data = self.cleaned_data
        starts, ends = data["starts_time"], data["ends_time"]
        headings = frozenset(fold(each.strip()) for each in data["headings"].split(",") if each.strip())
        return RuleContent(
            name=data["name"],
            entity=data["entity"],
            roles=tuple(data["roles"]),
            up_to=data["up_to"],
            kinds=tuple(data["kinds"]),
            networks=tuple(network.pk for network in data["networks"]),
            days=tuple(data["days"]),
            starts_time=starts if isinstance(starts, time) else None,
            ends_time=ends if isinstance(ends, time) else None,
            effects=rules.Effects(
                screen=not data["screen"],
                clipboard_from_pc=not data["clipboard_from_pc"],
                clipboard_to_pc=not data["clipboard_to_pc"],
                files=not data["files"],
                passkey_only=data["passkey_only"],
                forbidden_headings=headings,
                **{name: data[name] for name in _DURATIONS},
            ),
        )


class PublishForm(forms.Form):
    """Why."""

    note = forms.CharField(
        label=_("Pourquoi ce changement"), max_length=200, required=False, help_text=_("Pour l’historique.")
    )


class TesterForm(forms.Form):
    """What would apply to…"""

    device = forms.TypedChoiceField(
        label=_("Appareil"),
        coerce=int,
        choices=[
            (int(rules.Level.PRIVATE), _("PC personnel")),
            (int(rules.Level.SUPPLIED), _("Poste fourni")),
            (int(rules.Level.UNKNOWN), _("Programme (jeton d’accès)")),
        ],
    )
    network = forms.ChoiceField(label=_("Depuis"))
    day = forms.TypedChoiceField(label=_("Jour"), coerce=int, choices=list(enumerate(wording.DAYS)))
    at = forms.TimeField(label=_("Heure"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, *args: Any, networks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(f"kind:{kind.value}", str(label)) for kind, label in wording.KINDS.items()]
        named = [(f"network:{each.pk}", f"{each.name} ({each.get_kind_display()})") for each in networks]
        self.fields["network"].choices = kinds + named  # type: ignore[attr-defined]
