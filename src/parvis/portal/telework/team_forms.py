"""Forms of texts and rules. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import lazystr
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.telework import texts
from parvis.portal.telework.models import Document, JobRule, MostLevel, Policy


class TextForm(forms.Form):
    """A version of a text."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Entité"),
        help_text=_("Le texte vaut pour cette entité et tout ce qui est en dessous, sauf texte plus local."),
    )
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=Document.Kind,
        help_text=_(
            "La charte s’accepte avant de demander\u202f; la convention, une fois la demande accordée, pour ses jours."
        ),
    )
    title = forms.CharField(label=_("Titre"), max_length=150)
    text = forms.CharField(label=_("Texte"), max_length=60_000, widget=forms.Textarea({"rows": 22}))
    asks_again = forms.BooleanField(
        label=_("À accepter de nouveau par tous"),
        required=False,
        initial=True,
        help_text=_("Décochez pour une faute corrigée\u202f: qui a accepté la version précédente n’a rien à faire."),
    )

    def __init__(self, *args: Any, entities: QuerySet[Entity], fixed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]
        for name in ("entity", "kind"):
            self.fields[name].disabled = fixed
        self.fields["text"].help_text = lazystr(_help())


def _help() -> str:
    fields = ", ".join(f"{{{name}}} ({words})" for name, words in texts.FIELDS.items())
    return gettext_now(
        "«\u202f# Titre\u202f» commence une partie, «\u202f- \u202f» une ligne de liste. Se remplissent seuls\u202f:"
        " %(fields)s."
    ) % {"fields": fields}


class AcceptForm(forms.Form):
    """One's word, and what was read."""

    agreed = forms.BooleanField(
        label=_("J’ai lu ce texte et je l’accepte."),
        error_messages={"required": _("Cochez cette case pour accepter.")},
    )
    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)


_AS_ABOVE = _("Comme l’entité au-dessus")


def _yes_no(label: Any, help_text: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("", _AS_ABOVE), ("True", _("Oui")), ("False", _("Non"))],
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
        help_text=help_text,
    )


class PolicyForm(forms.Form):
    """What an entity asks. Empty: as the entity above."""

    default_level = forms.TypedChoiceField(
        label=_("Métiers non cités"),
        choices=[("", _AS_ABOVE), *MostLevel.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Ce que permet un métier dont aucune règle ne parle."),
    )
    most_days = forms.TypedChoiceField(
        label=_("Jours de télétravail par semaine, au plus"),
        choices=[("", _AS_ABOVE), *((n, str(n)) for n in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    head_approves = _yes_no(
        _("Le responsable du service donne son accord"), _("Non\u202f: une demande possible est accordée aussitôt.")
    )
    opens_alone = _yes_no(
        _("Ouverture sans intervention de la DSI"),
        _("Oui\u202f: une demande accordée s’ouvre d’elle-même le premier jour."),
    )

    @staticmethod
    def initial_of(policy: Policy | None) -> dict[str, object]:
        """What a row says, as the fields have it."""
        if policy is None:
            return {}
        return {name: getattr(policy, name) for name in PolicyForm.base_fields}


class JobForm(forms.Form):
    """What some jobs allow."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Entité"),
        help_text=_("La règle vaut ici et en dessous. La plus locale l’emporte, puis la plus stricte."),
    )
    words = forms.CharField(
        label=_("Mots de la fonction"),
        max_length=300,
        help_text=_("Séparés par des virgules, un seul suffit\u202f: «\u202faccueil, ATSEM, cuisin\u202f»."),
    )
    level = forms.TypedChoiceField(label=_("Permet au plus"), choices=MostLevel, coerce=int)
    reason = forms.CharField(
        label=_("Pourquoi"),
        max_length=200,
        required=False,
        help_text=_("L’agent le lit\u202f: «\u202fCe métier reçoit le public.\u202f»"),
    )

    def __init__(self, *args: Any, entities: QuerySet[Entity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(job: JobRule | None) -> dict[str, object]:
        """What a row says."""
        if job is None:
            return {}
        return {"entity": job.entity_id, "words": job.words, "level": job.level, "reason": job.reason}


class TryForm(forms.Form):
    """Which job, where: what would be said?"""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Service"))
    job_title = forms.CharField(label=_("Fonction"), max_length=150)

    def __init__(self, *args: Any, entities: QuerySet[Entity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]
