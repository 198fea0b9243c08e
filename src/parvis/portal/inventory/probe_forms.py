"""Forms of the probes' side: they ask; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.inventory import probe_queries
from parvis.portal.inventory.services.tokens import FREQUENCIES

FREQUENCY_WORDS = {
    4: _("Toutes les 4 heures"),
    8: _("Toutes les 8 heures"),
    12: _("Deux fois par jour"),
    24: _("Une fois par jour"),
    48: _("Tous les deux jours"),
    168: _("Une fois par semaine"),
}


def frequency_words(hours: int) -> str:
    """How often, in words."""
    return str(FREQUENCY_WORDS.get(hours, _("Toutes les %(hours)s heures") % {"hours": hours}))


class FrequencyForm(forms.Form):
    """How often probes report."""

    frequency_hours = forms.TypedChoiceField(
        label=_("Fréquence des relevés"),
        coerce=int,
        choices=[(hours, FREQUENCY_WORDS[hours]) for hours in FREQUENCIES],
        initial=24,
        help_text=_("Chaque ordinateur a son propre moment\u202f: les relevés se répartissent sur la journée."),
    )


class TokenForm(FrequencyForm):
    """A new address."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Collectivité ou service"),
        help_text=_("Les ordinateurs qui utilisent cette adresse y sont rangés. Vous pourrez les déplacer ensuite."),
    )
    name = forms.CharField(
        label=_("Nom"),
        max_length=100,
        help_text=_("Pour vous y retrouver, par exemple «\u202fPostes de la mairie\u202f»."),
    )
    field_order = ("entity", "name", "frequency_hours")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = probe_queries.managed_entities(user)  # type: ignore[attr-defined]
