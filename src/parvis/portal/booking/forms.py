"""Forms of pools, resources and bookings. What is right or wrong is said by the services."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import pasting
from parvis.portal.booking.models import Booking, Pool
from parvis.portal.booking.rules import EQUIPMENT
from parvis.portal.booking.services.pools import PoolData, ResourceData
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import date_input, entities_where
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, agents_visible_to
from parvis.portal.directory.rules import lineage
from parvis.portal.kernel.clock import PARIS
from parvis.portal.parc.models import Site
from parvis.portal.parc.record_models import Contract
from parvis.portal.parc.record_queries import contracts_visible_to

NOT_IN_A_ROOM = ("toll_free", "recording")
"""Equipment of numbers and accounts."""
REPEATS = (
    ("", _("Une seule fois")),
    ("weekly", _("Chaque semaine")),
    ("biweekly", _("Une semaine sur deux")),
    ("monthly", _("Chaque mois, le même jour de la semaine")),
)
RULES = {"weekly": "FREQ=WEEKLY", "biweekly": "FREQ=WEEKLY;INTERVAL=2", "monthly": "FREQ=MONTHLY"}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_BYTES = 200_000
"""Of a file of resources."""


def _of_rooms() -> list[tuple[str, object]]:
    """The equipment that a room may have."""
    return [(code, label) for code, label in EQUIPMENT.items() if code not in NOT_IN_A_ROOM]


class PoolForm(forms.Form):
    """A pool."""

    name = forms.CharField(label=_("Nom"), max_length=100)
    entity = EntityChoiceField(
        Entity.objects.none(), label=_("Ouvert à"), help_text=_("Ce service et tous ceux en dessous peuvent réserver.")
    )
    kind = forms.ChoiceField(label=_("Type"), choices=Pool.Kind)
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea({"rows": 2})
    )
    assignment = forms.ChoiceField(
        label=_("Numéro ou salle attribué"), choices=Pool.Assignment, initial=Pool.Assignment.LATE
    )
    assign_hours = forms.IntegerField(
        label=_("Attribué combien d’heures avant"), min_value=0, max_value=720, initial=24,
        help_text=_("Pour l’attribution au dernier moment."),
    )  # fmt: skip
    buffer_minutes = forms.IntegerField(
        label=_("Battement entre deux réservations, en minutes"), min_value=0, max_value=240, initial=5
    )
    check_in_minutes = forms.IntegerField(
        label=_("Libérer si personne n’est là après, en minutes"), min_value=0, max_value=240, initial=0,
        help_text=_("0\u202f: jamais. Laissez 0 pour des numéros\u202f: qui appelle ne se signale pas tout seul."),
    )  # fmt: skip
    horizon_days = forms.IntegerField(
        label=_("Réservable combien de jours à l’avance"), min_value=1, max_value=1100, initial=365
    )
    max_minutes = forms.IntegerField(
        label=_("Durée maximale, en minutes"), min_value=5, max_value=1440, initial=600
    )  # fmt: skip
    is_open = forms.BooleanField(label=_("Ouvert aux agents"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]

    @property
    def data_for_service(self) -> PoolData:
        """What the service takes."""
        return PoolData(**self.cleaned_data)


class ResourceForm(forms.Form):
    """A resource of a pool; fields that its kind does not have are left out."""

    name = forms.CharField(label=_("Nom"), max_length=100)
    phone_number = forms.CharField(
        label=_("Numéro d’appel"), max_length=30, widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
        help_text=_("Par exemple 02 98 00 12 34."),
    )  # fmt: skip
    pin = forms.CharField(
        label=_("Code"), max_length=12, required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    moderator_pin = forms.CharField(
        label=_("Code de l’animateur"), max_length=12, required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    account_ref = forms.CharField(
        label=_("Compte chez le fournisseur"), max_length=200, required=False,
        help_text=_("Adresse ou identifiant du compte animateur."),
    )  # fmt: skip
    capacity = forms.IntegerField(label=_("Places"), min_value=1, max_value=100_000, initial=10)
    equipment = forms.MultipleChoiceField(
        label=_("Équipement"), required=False, choices=_of_rooms, widget=forms.CheckboxSelectMultiple
    )
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Aucun"))
    location = forms.CharField(
        label=_("Où exactement"), max_length=120, required=False, help_text=_("Étage, aile, numéro de porte.")
    )
    owner = forms.CharField(
        label=_("Propriétaire"),
        max_length=120,
        required=False,
        help_text=_("L’opérateur ou le service à qui elle est."),
    )
    contract = forms.ModelChoiceField(
        Contract.objects.none(), label=_("Contrat"), required=False, empty_label=_("Aucun"),
        help_text=_("Son coût annuel sert à dire ce que l’on gagne à en rendre."),
    )  # fmt: skip
    note = forms.CharField(label=_("Remarque"), max_length=300, required=False)
    is_active = forms.BooleanField(label=_("En service"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, pool: Pool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _not_of(pool.kind):
            del self.fields[name]
        if "site" in self.fields:
            self.fields["site"].queryset = sites_for(user, pool)  # type: ignore[attr-defined]
        self.fields["contract"].queryset = contracts_visible_to(user).order_by("name")  # type: ignore[attr-defined]

    @property
    def data_for_service(self) -> ResourceData:
        """What the service takes."""
        return ResourceData(**self.cleaned_data)


def sites_for(user: User, pool: Pool) -> Any:
    """The sites of the pool's entity, of those above it and below it."""
    path = pool.entity.path
    near = Q(entity__path__startswith=path) | Q(entity__path__in=lineage(path))
    return Site.objects.filter(near).order_by("name")


def _not_of(kind: str) -> tuple[str, ...]:
    numbers, room = ("phone_number", "pin", "moderator_pin"), ("equipment", "site", "location")
    if kind == Pool.Kind.PHONE_ROOM:
        return ("account_ref", *room)
    if kind == Pool.Kind.ROOM:
        return (*numbers, "account_ref")
    return (*numbers, *room)


class PasteForm(forms.Form):
    """Several resources, a line each."""

    lines = forms.CharField(
        label=_("Une salle par ligne"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea({"rows": 12, "class": "form-control font-monospace", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Ou un fichier CSV"), required=False, help_text=_("Avec les mêmes titres de colonnes que l’export.")
    )
    owner = forms.CharField(label=_("Propriétaire"), max_length=120, required=False)
    contract = forms.ModelChoiceField(
        Contract.objects.none(), label=_("Contrat"), required=False, empty_label=_("Aucun")
    )
    capacity = forms.IntegerField(label=_("Places de chacune"), min_value=1, max_value=100_000, initial=10)

    def __init__(self, *args: Any, user: User, pool: Pool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool = pool
        self.fields["contract"].queryset = contracts_visible_to(user).order_by("name")  # type: ignore[attr-defined]
        self.fields["lines"].help_text = str(pasting.help_for(pool.kind))

    def clean_file(self) -> str:
        """The file's text, as spreadsheets write it; empty without one."""
        sent = self.cleaned_data["file"]
        if not sent:
            return ""
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(_("Ce fichier est trop gros\u202f: 200 Ko au plus."))
        content = sent.read()
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                return str(content.decode(encoding)).replace("\x00", "")
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(_("Ce fichier n’est pas un fichier CSV."))

    def resources(self) -> list[ResourceData]:
        """What the service takes."""
        data = self.cleaned_data
        return pasting.read(
            data["file"] or data["lines"],
            self.pool.kind,
            owner=data["owner"],
            contract=data["contract"],
            capacity=data["capacity"],
        )


class WhenForm(forms.Form):
    """A day, an hour, how long: of a new booking, of a search, of a move."""

    day = forms.DateField(label=_("Jour"), widget=date_input())
    starts = forms.TimeField(label=_("De"), widget=forms.TimeInput({"type": "time", "step": 300}, "%H:%M"))
    ends = forms.TimeField(label=_("À"), widget=forms.TimeInput({"type": "time", "step": 300}, "%H:%M"))

    def clean(self) -> dict[str, Any]:
        """The end after the start; instants, by Paris's wall clock."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("day") and data.get("starts") is not None and data.get("ends") is not None:
            data["starts_at"] = at(data["day"], data["starts"])
            # Past midnight: the end is of the next day only when it is midnight itself.
            last = data["day"] + timedelta(days=1) if data["ends"] == time(0) else data["day"]
            data["ends_at"] = at(last, data["ends"])
            if data["ends_at"] <= data["starts_at"]:
                self.add_error("ends", _("La fin vient après le début."))
        return data


class MoveForm(WhenForm):
    """Other times; of the later ones of its series too, where it has one."""

    others = forms.BooleanField(label=_("Déplacer aussi les suivantes de la série"), required=False)

    def __init__(self, *args: Any, repeats: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not repeats:
            del self.fields["others"]


class CancelForm(forms.Form):
    """How much of a series is given up."""

    scope = forms.ChoiceField(
        label=_("Cette réservation se répète"),
        choices=[("one", _("Annuler celle-ci seulement")), ("later", _("Annuler celle-ci et les suivantes"))],
        widget=forms.RadioSelect,
        initial="one",
    )


class FindForm(WhenForm):
    """A free room: when, how many, with what, where."""

    people = forms.IntegerField(label=_("Personnes"), min_value=1, max_value=100_000, initial=4)
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Tous"))
    equipment = forms.MultipleChoiceField(
        label=_("Avec"), required=False, choices=_of_rooms, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]


class DaysField(forms.CharField):
    """The days that a series leaves out, however they are separated: a frozenset of them."""

    def __init__(self) -> None:
        example = _("Par exemple 24/12/2026, 31/12/2026.")
        super().__init__(label=_("Sauf ces jours"), max_length=600, required=False, help_text=example)

    def clean(self, value: Any) -> frozenset[date]:
        """Days of the calendar."""
        typed = super().clean(value).replace(";", " ").replace(",", " ").split()
        try:
            return frozenset(datetime.strptime(each, "%d/%m/%Y").replace(tzinfo=PARIS).date() for each in typed)
        except ValueError:
            raise forms.ValidationError(_("Écrivez les jours comme 24/12/2026, séparés par une virgule.")) from None


class BookForm(WhenForm):
    """A booking."""

    title = forms.CharField(label=_("Objet"), max_length=200)
    people = forms.IntegerField(label=_("Personnes"), min_value=1, max_value=100_000, initial=2)
    equipment = forms.MultipleChoiceField(
        label=_("Équipement nécessaire"), required=False, choices=_of_rooms, widget=forms.CheckboxSelectMultiple
    )
    holder = forms.CharField(
        label=_("Pour"), max_length=254, required=False,
        help_text=_("L’adresse électronique d’un collègue\u202f; vide\u202f: pour vous."),
        widget=forms.TextInput({"type": "email", "autocomplete": "off"}),
    )  # fmt: skip
    repeat = forms.ChoiceField(label=_("Répéter"), required=False, choices=REPEATS)
    until = forms.DateField(label=_("Jusqu’au"), required=False, widget=date_input())
    skip = DaysField()
    wait = forms.BooleanField(
        label=_("Si tout est pris, m’inscrire sur la liste d’attente"), required=False,
        help_text=_("Vous êtes prévenu dès qu’une place se libère."),
    )  # fmt: skip
    priority = forms.BooleanField(
        label=_("Réunion prioritaire (cellule de crise)"), required=False,
        help_text=_("Si tout est pris, d’autres sont invités à se déplacer. Rien ne bouge sans leur accord."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, pool: Pool, may_be_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if pool.kind != Pool.Kind.ROOM:
            del self.fields["equipment"]
        if not may_be_first:
            del self.fields["priority"]

    def clean_holder(self) -> Agent | None:
        """An agent in post that the user sees, by address; None: oneself."""
        typed = self.cleaned_data["holder"].strip()
        if not typed:
            return None
        agent = agents_visible_to(self.user).filter(is_active=True, email__iexact=typed).first()
        if agent is None:
            raise forms.ValidationError(_("Aucun agent pour qui vous réservez n’a cette adresse."))
        return agent

    def clean(self) -> dict[str, Any]:
        """What repeats says until when."""
        data = super().clean()
        if data.get("repeat") and "until" not in self.errors:
            if data.get("until") is None:
                self.add_error("until", _("Indiquez jusqu’à quand répéter."))
            elif data.get("day") and data["until"] < data["day"]:
                self.add_error("until", _("Cette date vient après la première réunion."))
        return data

    @property
    def rule(self) -> str:
        """RFC 5545, without DTSTART; empty: once."""
        data = self.cleaned_data
        if not data.get("repeat"):
            return ""
        rule = RULES[data["repeat"]]
        if data["repeat"] == "monthly":
            # The second Tuesday stays the second Tuesday; a fifth one is the last.
            week = (data["day"].day - 1) // 7 + 1
            rule += f";BYDAY={-1 if week > 4 else week}{DAYS[data['day'].weekday()]}"
        return f"{rule};UNTIL={data['until']:%Y%m%d}"

    @property
    def rank(self) -> int:
        """The priority asked for."""
        return Booking.Priority.CRISIS if self.cleaned_data.get("priority") else Booking.Priority.NORMAL


def at(day: date, hour: time) -> datetime:
    """An instant by Paris's wall clock."""
    return datetime.combine(day, hour, PARIS)
