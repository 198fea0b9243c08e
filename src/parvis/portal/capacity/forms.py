"""Forms: they ask and shape; the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_SESSIONS = 5000
"""What one gateway may report at once (`remote_desktop.gateway_schemas.MAX_CONNECTIONS`)."""
MOST_KBPS = 100_000_000


class CapabilityForm(forms.Form):
    """What a gateway carries."""

    sessions = forms.IntegerField(
        label=_("Écrans à la fois, au plus"),
        required=False,
        min_value=1,
        max_value=MOST_SESSIONS,
        help_text=_(
            "Laissez vide pour suivre la mesure. Sur la machine de la passerelle, "
            "«\u202fparvis simulate-sessions\u202f» dit ce qu’elle porte."
        ),
    )
    kbps = forms.IntegerField(
        label=_("Débit de sa ligne (kbit/s)"),
        required=False,
        min_value=1,
        max_value=MOST_KBPS,
        help_text=_("Par exemple 1000000 pour une fibre de 1 Gbit/s. Laissez vide si la ligne n’est pas une limite."),
    )
