"""Forms: they ask and shape; the services decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Site
from parvis.portal.rollout import population, queries, wording
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.planning.problem import LASTING, MOST_WEEKS, Resource
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.rules import SUPPORT_MINUTES
from parvis.portal.rollout.services.campaigns import CampaignData
from parvis.portal.rollout.services.members import Needs
from parvis.portal.telework.models import Level


class CampaignForm(forms.Form):
    """Who runs it, from when, and what one person takes."""

    name = forms.CharField(label=gettext_lazy("Nom"), max_length=100)
    entity = EntityChoiceField(
        Entity.objects.none(),
        label=gettext_lazy("Pour"),
        help_text=gettext_lazy("Les agents de cette entité et de celles qui en dépendent."),
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("Ce qui sera ouvert"), choices=Level.choices, coerce=int, initial=Level.SCREEN
    )
    starts_date = forms.DateField(
        label=gettext_lazy("Première semaine"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("Un jour de cette semaine\u202f: la vague commence le lundi."),
    )
    weeks = forms.IntegerField(label=gettext_lazy("Nombre de semaines"), min_value=1, max_value=MOST_WEEKS, initial=6)
    keeps_teams = forms.BooleanField(
        label=gettext_lazy("Équiper ensemble les agents d’un même service"), required=False, initial=True
    )
    base = forms.IntegerField(
        label=gettext_lazy("Minutes d’assistance par personne"),
        min_value=0,
        max_value=480,
        initial=SUPPORT_MINUTES["base"],
        help_text=gettext_lazy("En moyenne\u202f: la plupart n’appelleront pas."),
    )
    laptop = forms.IntegerField(
        label=gettext_lazy("Minutes de plus pour remettre un portable"),
        min_value=0,
        max_value=480,
        initial=SUPPORT_MINUTES["laptop"],
    )
    phone = forms.IntegerField(
        label=gettext_lazy("Minutes de plus pour remettre un téléphone"),
        min_value=0,
        max_value=480,
        initial=SUPPORT_MINUTES["phone"],
    )
    share = forms.IntegerField(
        label=gettext_lazy("Part connectée en même temps (%)"),
        min_value=1,
        max_value=100,
        initial=60,
        help_text=gettext_lazy("À l’heure la plus chargée."),
    )
    kbps = forms.IntegerField(
        label=gettext_lazy("Débit d’un écran (kbit/s)"), min_value=1, max_value=100_000, initial=300
    )

    def __init__(self, *args: Any, user: User, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(campaign), **kwargs})
        entities = queries.entities_managed_by(user)
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]
        self.fields["entity"].initial = entities.first()
        if campaign is not None:
            del self.fields["entity"]

    def data_of(self) -> CampaignData:
        """For the service."""
        data = self.cleaned_data
        return CampaignData(
            name=data["name"],
            level=data["level"],
            starts_date=data["starts_date"],
            weeks=data["weeks"],
            support_minutes={need: data[need] for need in SUPPORT_MINUTES},
            sessions_share=data["share"] / 100,
            kbps=data["kbps"],
            keeps_teams=data["keeps_teams"],
        )


def _initial(campaign: Campaign | None) -> dict[str, Any]:
    if campaign is None:
        return {}
    return {
        "name": campaign.name,
        "level": campaign.level,
        "starts_date": campaign.starts_date,
        "weeks": campaign.weeks,
        "keeps_teams": campaign.keeps_teams,
        "share": round(100 * campaign.sessions_share),
        "kbps": campaign.kbps,
        **SUPPORT_MINUTES,
        **campaign.support_minutes,
    }


_TYPED = {0x202F: None, 0xA0: None, 0x20: None, ord(","): ".", 0x2212: "-"}
"""Spaces between thousands, the decimal comma, the minus sign of typographers."""


class UnitsField(forms.FloatField):
    """A figure that may be left empty; a comma will do."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        """What was typed, with a point or a comma."""
        if isinstance(value, str):
            value = value.translate(_TYPED)
        found: float | None = super().to_python(value)
        return found


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A resource in the grid: the field for all weeks, then each week's."""

    resource: Resource
    label: str
    help: str
    known: str
    """What the portal knows of it."""
    every: BoundField
    cells: list[BoundField]


class OffersForm(forms.Form):
    """What each week has: a grid of resources by weeks. « Chaque semaine » fills what is left empty."""

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        narrow = {"inputmode": "decimal", "autocomplete": "off", "size": 5, "class": "form-control w-auto"}
        units = {(offer.resource, offer.week): offer.units for offer in campaign.offers.all()}
        for resource in Resource:
            label = wording.LABELS[resource]
            self.fields[f"{resource}-all"] = UnitsField(
                min_value=0,
                max_value=10**6,
                widget=forms.TextInput(
                    {**narrow, "aria-label": _("%(resource)s, chaque semaine") % {"resource": label}}
                ),
            )
            for week, monday in enumerate(queries.mondays(campaign)):
                value = units.get((resource.value, week))
                self.fields[f"{resource}-{week}"] = UnitsField(
                    min_value=0,
                    max_value=10**6,
                    initial=None if value is None else _plain(wording.quantity(resource, value)),
                    widget=forms.TextInput({**narrow, "aria-label": f"{label}, {monday:%d/%m}"}),
                )

    def rows(self, hints: Mapping[Resource, str]) -> Iterator[OfferRow]:
        """Of the grid."""
        for resource in Resource:
            empty = wording.ARRIVES if resource in LASTING else wording.UNLIMITED
            yield OfferRow(
                resource,
                str(wording.LABELS[resource]),
                f"{wording.HELP[resource]} {empty}",
                hints.get(resource, ""),
                self[f"{resource}-all"],
                [self[f"{resource}-{week}"] for week in range(self.campaign.weeks)],
            )

    def offers(self) -> dict[Resource, list[float | None]]:
        """For the service, in the planner's units; without the resources nothing is said of."""
        found = {}
        for resource in Resource:
            scale, every = wording.SCALE.get(resource, 1.0), self.cleaned_data[f"{resource}-all"]
            typed = [self.cleaned_data[f"{resource}-{week}"] for week in range(self.campaign.weeks)]
            values = [every if value is None else value for value in typed]
            if any(value is not None for value in values):
                found[resource] = [None if value is None else value * scale for value in values]
        return found


def _plain(value: float) -> str:
    return f"{value:g}".replace(".", ",") if value < 10**6 else f"{value:.0f}"


class LinesForm(forms.Form):
    """What the line of each site carries, for telework."""

    def __init__(self, *args: Any, campaign: Campaign, sites: list[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(campaign.lines.values_list("site_id", "kbps"))
        for site in sites:
            kbps = known.get(site.pk)
            people: int = getattr(site, "people", 0)
            self.fields[f"site-{site.pk}"] = UnitsField(
                min_value=0,
                max_value=10**5,
                label=f"{site} (Mbit/s)",
                initial=None if kbps is None else _plain(kbps / 1000),
                help_text=_people_there(people) if people else "",
            )

    def lines(self) -> dict[int, int]:
        """For the service: kbit/s by site, without those that are not limited."""
        return {
            int(name.partition("-")[2]): round(value * 1000)
            for name, value in self.cleaned_data.items()
            if value is not None
        }


class EntitiesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several entities, indented as the tree is."""

    def label_from_instance(self, obj: Any) -> str:
        """The name, one step right per level."""
        indent: str = "\u2003" * (obj.path.count(".") - 1)
        return indent + str(obj.name)


def _people_there(people: int) -> str:
    words = ngettext("%(n)d participant y a son ordinateur.", "%(n)d participants y ont leur ordinateur.", people)
    return words % {"n": people}


NEEDS = [("", gettext_lazy("Selon leur demande")), ("yes", gettext_lazy("Oui, tous")), ("no", gettext_lazy("Non"))]
ANSWERS: dict[str, bool | None] = {"": None, "yes": True, "no": False}


class SelectionForm(forms.Form):
    """Who is added to a campaign: all that is filled in must be true of them."""

    entities = EntitiesField(
        Entity.objects.none(),
        label=gettext_lazy("Services"),
        required=False,
        widget=forms.SelectMultiple({"size": 8}),
        help_text=gettext_lazy("Aucun choisi\u202f: tous. Ctrl pour en choisir plusieurs."),
    )
    words = forms.CharField(
        label=gettext_lazy("Mots de la fonction"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Séparés par des virgules, un seul suffit. Par exemple\u202f: comptable, paie."),
    )
    asked = forms.BooleanField(
        label=gettext_lazy("Seulement ceux dont la demande de télétravail est accordée"), required=False
    )
    pasted = forms.CharField(
        label=gettext_lazy("Liste collée"),
        required=False,
        max_length=500_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Adresses électroniques ou matricules, séparés comme vous voulez."),
    )
    file = forms.FileField(
        label=gettext_lazy("Ou un fichier CSV ou Excel"),
        required=False,
        widget=forms.FileInput({"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy("Avec une colonne «\u202fcourriel\u202f» ou «\u202fmatricule\u202f»."),
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priorité"), choices=Member.Priority.choices, coerce=int, initial=Member.Priority.NORMAL
    )
    laptop = forms.ChoiceField(label=gettext_lazy("Portable à prêter"), choices=NEEDS, required=False)
    phone = forms.ChoiceField(label=gettext_lazy("Téléphone à prêter"), choices=NEEDS, required=False)
    licence = forms.BooleanField(label=gettext_lazy("Une licence chacun"), required=False)

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entities"].queryset = queries.entities_of(campaign)  # type: ignore[attr-defined]

    def clean_pasted(self) -> tuple[str, ...]:
        """Whom it names."""
        return _read(population.read_list, self.cleaned_data["pasted"])

    def clean_file(self) -> tuple[str, ...]:
        """Whom it names."""
        upload: Any = self.cleaned_data["file"]
        if not upload:
            return ()
        return _read(population.read_file, upload.read(population.MAX_LIST_BYTES + 1))

    def clean(self) -> dict[str, Any]:
        """A list that names nobody is no « no list »."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        given = bool(self.data.get("pasted", "").strip()) or bool(self.files.get("file"))
        if given and not self.errors and not self.listed:
            raise forms.ValidationError(_("Aucune adresse ni aucun matricule dans cette liste."))
        return data

    @property
    def listed(self) -> tuple[str, ...]:
        """From the pasted list and the file, once each."""
        data = self.cleaned_data
        return tuple(dict.fromkeys((*data.get("pasted", ()), *data.get("file", ()))))

    def selection(self) -> Selection:
        """For the service."""
        data = self.cleaned_data
        words = tuple(word.strip() for word in data["words"].split(",") if word.strip())
        return Selection(
            entities=tuple(entity.pk for entity in data["entities"]),
            words=words,
            asked=data["asked"],
            listed=self.listed or None,
        )

    def needs(self) -> Needs:
        """For the service."""
        data = self.cleaned_data
        return Needs(laptop=ANSWERS[data["laptop"]], phone=ANSWERS[data["phone"]], licence=data["licence"])

    def again(self) -> list[tuple[str, str]]:
        """Names and values that say the same again, the file as a pasted list."""
        data = self.cleaned_data
        pairs = [("entities", str(entity.pk)) for entity in data["entities"]]
        pairs += [(name, str(data[name])) for name in ("words", "priority", "laptop", "phone")]
        pairs += [(name, "on") for name in ("asked", "licence") if data[name]]
        return [*pairs, ("pasted", "\n".join(self.listed))]


def _read(read: Any, given: Any) -> tuple[str, ...]:
    try:
        found: tuple[str, ...] = read(given)
    except Invalid as problem:
        raise forms.ValidationError(f"{problem.message} {problem.advice}".strip()) from None
    return found


class MemberForm(forms.Form):
    """One member: priority, needs, weeks they cannot."""

    priority = forms.TypedChoiceField(label=gettext_lazy("Priorité"), choices=Member.Priority.choices, coerce=int)
    laptop = forms.BooleanField(label=gettext_lazy("Portable à prêter"), required=False)
    phone = forms.BooleanField(label=gettext_lazy("Téléphone à prêter"), required=False)
    licence = forms.BooleanField(label=gettext_lazy("Licence"), required=False)
    away = forms.MultipleChoiceField(
        label=gettext_lazy("Semaines impossibles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Sans dire pourquoi."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        initial = {
            "priority": member.priority,
            "laptop": member.needs_laptop,
            "phone": member.needs_phone,
            "licence": member.needs_licence,
            "away": member.away,
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.member = member
        self.fields["away"].choices = [  # type: ignore[attr-defined]
            (key, _("%(week)s (absence déclarée)") % {"week": words} if key in member.absent else words)
            for key, words in week_choices(member.campaign)
        ]

    def clean_away(self) -> list[str]:
        """Those ticked, and those after the campaign's last week: a catch-up reads them, no box shows them."""
        shown = {key for key, _words in week_choices(self.member.campaign)}
        return sorted({*self.cleaned_data["away"], *(week for week in self.member.away if week not in shown)})


def week_choices(campaign: Campaign) -> list[tuple[str, str]]:
    """Its Mondays, ISO, with their names."""
    return [
        (monday.isoformat(), wording.week_name(campaign, week)) for week, monday in enumerate(queries.mondays(campaign))
    ]


class PriorityForm(forms.Form):
    """Asked of several members at once."""

    priority = forms.TypedChoiceField(label=gettext_lazy("Priorité"), choices=Member.Priority.choices, coerce=int)


SAME = [("", gettext_lazy("Ne pas changer")), ("yes", gettext_lazy("Oui")), ("no", gettext_lazy("Non"))]


class NeedsForm(forms.Form):
    """The same, for what they need."""

    laptop = forms.ChoiceField(label=gettext_lazy("Portable à prêter"), choices=SAME, required=False)
    phone = forms.ChoiceField(label=gettext_lazy("Téléphone à prêter"), choices=SAME, required=False)
    licence = forms.ChoiceField(label=gettext_lazy("Licence"), choices=SAME, required=False)

    def clean(self) -> dict[str, Any]:
        """At least one is said."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in ("laptop", "phone", "licence")):
            raise forms.ValidationError(_("Dites au moins un besoin."))
        return data


def away_form(campaign: Campaign) -> type[forms.Form]:
    """Asked of several members at once: the weeks of this campaign they cannot. None ticked: they can all."""

    class AwayForm(forms.Form):
        away = forms.MultipleChoiceField(
            label=_("Semaines impossibles"),
            required=False,
            choices=week_choices(campaign),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Sans dire pourquoi. Aucune cochée\u202f: toutes leur vont."),
        )

    return AwayForm


class ReasonForm(forms.Form):
    """Why they are left out."""

    reason = forms.CharField(
        label=gettext_lazy("Pourquoi"),
        max_length=200,
        help_text=gettext_lazy("Par exemple\u202f: à sa demande. Jamais une raison de santé."),
    )


def mondays_of(days: list[str]) -> list[date]:
    """The Mondays of a choice of weeks."""
    return [date.fromisoformat(day) for day in days]
