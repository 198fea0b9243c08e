"""Forms of the stage of the screen and of calls for help. What is right or wrong is said by the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.telework import diagnosis_words
from parvis.portal.telework.services.help import ANSWER_LENGTH, MESSAGE_LENGTH


class TroubleForm(forms.Form):
    """What the agent sees."""

    cause = forms.ChoiceField(
        label=_("Que voyez-vous\u202f?"),
        choices=[(cause.value, words) for cause, words in diagnosis_words.SAYABLE.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez une réponse.")},
    )


class HelpForm(forms.Form):
    """A word more, if the agent wants."""

    message = forms.CharField(
        label=_("Une précision, si vous voulez"),
        max_length=MESSAGE_LENGTH,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Par exemple\u202f: où vous joindre, ce que vous voyez. Jamais de mot de passe."),
    )


class AnswerForm(forms.Form):
    """What the IT team answers."""

    words = forms.CharField(
        label=_("Réponse à l’agent"),
        max_length=ANSWER_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Ce qui a été fait, ou ce qu’il doit faire. Il la reçoit par courriel."),
    )
    unblock = forms.BooleanField(
        label=_("Considérer l’étape comme réussie"),
        required=False,
        help_text=_("Si l’agent a ouvert son écran avec vous. Sinon, l’étape se valide seule quand l’écran s’ouvre."),
    )
