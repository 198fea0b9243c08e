"""Forms of the IT team: rights and display settings. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import DisplaySettings

_DATE = {"type": "date"}
MOST_ADDRESSES = 5000


class _Period(forms.Form):
    """From which day to which."""

    starts_date = forms.DateField(label=_("Du"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    ends_date = forms.DateField(
        label=_("Au"),
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        help_text=_("Dernier jour compris. Vide\u202f: sans fin, seulement pour un ordinateur affecté à l’agent."),
    )
    reason = forms.CharField(label=_("Motif"), required=False, max_length=200)


class GrantForm(_Period):
    """One right for one agent."""

    agent = forms.EmailField(
        label=_("Agent"),
        help_text=_("Son adresse électronique\u202f: commencez à taper son nom."),
        widget=forms.EmailInput(attrs={"list": "agents", "autocomplete": "off", "data-suggest": "agents"}),
    )
    computer = forms.CharField(
        label=_("Ordinateur"),
        required=False,
        max_length=63,
        help_text=_("Vide\u202f: l’ordinateur affecté à l’agent."),
        widget=forms.TextInput(attrs={"list": "computers", "autocomplete": "off"}),
    )
    field_order = ("agent", "computer", "starts_date", "ends_date", "reason")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._within = within(perimeter(user, *STAFF_ROLES))

    def clean_agent(self) -> Agent:
        """In post, of the perimeter."""
        found = Agent.objects.filter(self._within, email__iexact=self.cleaned_data["agent"], is_active=True).first()
        if found is None:
            raise forms.ValidationError(gettext("Aucun agent de votre périmètre n’a cette adresse."))
        return found

    def clean(self) -> dict[str, Any]:
        """Find the computer: the one named, or the agent's only one."""
        data = super().clean() or {}
        agent, name = data.get("agent"), str(data.get("computer") or "").strip()
        if agent is None:
            return data
        computers = Computer.objects.filter(self._within).select_related("entity", "display")
        chosen = computers.filter(name__iexact=name) if name else computers.filter(assignments__agent=agent)
        found = list(chosen[:2])
        if len(found) == 1:
            data["computer"] = found[0]
        elif name:
            self.add_error("computer", gettext("Aucun ordinateur de votre périmètre ne porte ce nom."))
        elif found:
            self.add_error("computer", gettext("Cet agent a plusieurs ordinateurs\u202f: indiquez lequel."))
        else:
            self.add_error("computer", gettext("Cet agent n’a pas d’ordinateur affecté\u202f: indiquez lequel."))
        return data


class GrantManyForm(_Period):
    """A right for many agents, each on their own computers."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Tous les agents de"),
        required=False,
        empty_label=_("Choisir un service…"),
        help_text=_("Avec tous les services qui en dépendent."),
    )
    addresses = forms.CharField(
        label=_("Ou ces agents"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=300_000,
        help_text=_("Une adresse électronique par ligne, par exemple copiées d’un tableur."),
    )
    field_order = ("entity", "addresses", "starts_date", "ends_date", "reason")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prefixes = perimeter(user, *STAFF_ROLES)
        self._within = within(prefixes)
        self.fields["entity"].queryset = Entity.objects.filter(within(prefixes, "path")).order_by("path")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The agents: of a service, or named one by one."""
        data = super().clean() or {}
        entity, words = data.get("entity"), str(data.get("addresses") or "").replace(",", " ").replace(";", " ").split()
        if bool(entity) == bool(words):
            self.add_error(None, gettext("Choisissez un service, ou donnez une liste d’adresses."))
            return data
        agents = Agent.objects.filter(self._within, is_active=True).select_related("entity", "user")
        if entity:
            data["agents"] = agents.filter(entity__path__startswith=entity.path)
            return data
        wanted = {each.strip("<>\"'").lower() for each in words[:MOST_ADDRESSES]}
        found = [agent for agent in agents.order_by("pk") if agent.email.lower() in wanted]
        unknown = sorted(wanted - {agent.email.lower() for agent in found})
        if unknown:
            shown = ", ".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
            self.add_error("addresses", gettext("Inconnues dans votre périmètre\u202f: %(list)s") % {"list": shown})
        data["agents"] = found
        return data


class DisplayForm(forms.ModelForm):  # type: ignore[type-arg]
    """How one computer's screen is reached."""

    class Meta:
        model = DisplaySettings
        fields = (
            "enabled", "protocol", "port", "domain", "keyboard_layout", "color_depth", "autologon",
            "clipboard_to_pc", "clipboard_from_pc", "sensitive_allowed",
        )  # fmt: skip
        help_texts = {
            "port": _("3389 pour Windows, 5900 pour VNC."),
            "domain": _("Proposé à l’agent quand il tape son identifiant Windows."),
            "color_depth": _("16 bits pour une liaison lente."),
            "autologon": _("L’identifiant et le mot de passe ouvrent la session sans autre question."),
            "clipboard_to_pc": _("L’agent peut coller sur l’ordinateur ce qu’il a copié chez lui."),
            "clipboard_from_pc": _("L’agent peut coller chez lui ce qu’il a copié sur l’ordinateur."),
            "sensitive_allowed": _(
                "Serveur ou poste d’administration\u202f: seul le responsable informatique l’autorise."
            ),
        }

    def __init__(self, *args: Any, sensitive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sensitive:
            del self.fields["sensitive_allowed"]


class ManyDisplaysForm(forms.Form):
    """The same values for several computers; what is left empty stays as it is."""

    UNCHANGED = ("", _("Ne pas changer"))
    YES_NO = (UNCHANGED, ("yes", _("Oui")), ("no", _("Non")))

    enabled = forms.ChoiceField(label=_("Accessible en télétravail"), choices=YES_NO, required=False)
    protocol = forms.ChoiceField(
        label=_("Protocole"), choices=[UNCHANGED, *DisplaySettings.Protocol.choices], required=False
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False)
    keyboard_layout = forms.TypedChoiceField(
        label=_("Clavier"),
        choices=[UNCHANGED, *DisplaySettings.Keyboard.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    color_depth = forms.TypedChoiceField(
        label=_("Profondeur de couleur"),
        choices=[UNCHANGED, (16, "16 bits"), (24, "24 bits"), (32, "32 bits")],
        coerce=int,
        empty_value=None,
        required=False,
    )
    clipboard_to_pc = forms.ChoiceField(label=_("Copier vers l’ordinateur"), choices=YES_NO, required=False)
    clipboard_from_pc = forms.ChoiceField(label=_("Copier depuis l’ordinateur"), choices=YES_NO, required=False)


def chosen_values(answers: dict[str, Any]) -> dict[str, Any]:
    """The settings a `ManyDisplaysForm` asks to change."""
    words = {"yes": True, "no": False}
    return {name: words.get(value, value) for name, value in answers.items() if value not in ("", None)}
