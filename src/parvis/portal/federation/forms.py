"""The form of a provider. What is right or wrong is said by the services."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.rules import KINDS

DOMAIN = re.compile(r"\A(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\Z")


class WordsField(forms.CharField):
    """Several words, one a line or separated by commas; a list of them."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Each once, in the order written."""
        return list(dict.fromkeys(re.split(r"[\s,;]+", str(value or "").strip()))) if value else []


class DomainsField(WordsField):
    """Domains of e-mail addresses."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """In lower case, without the at sign people write in front."""
        return [each.lower().lstrip("@") for each in super().to_python(value)]

    def validate(self, value: Any) -> None:
        """Each must be one.

        Raises:
            ValidationError: naming the first that is none.
        """
        super().validate(value)
        for each in value:
            if not DOMAIN.match(each):
                raise forms.ValidationError(_("«\u202f%(word)s\u202f» n’est pas un domaine.") % {"word": each[:60]})


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a provider."""

    entity = EntityChoiceField(
        Entity.objects.none(),
        label=gettext_lazy("Pour les agents de"),
        help_text=gettext_lazy("Cette entité et tout ce qui est au-dessous."),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret client"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    email_domains = DomainsField(
        label=gettext_lazy("Domaines de courriel"),
        required=False,
        help_text=gettext_lazy(
            "Un par ligne. À la première connexion, un agent est reconnu par son adresse dans ces domaines."
        ),
    )
    accepted_acr = WordsField(
        label=gettext_lazy("Niveaux acceptés (acr)"),
        required=False,
        help_text=gettext_lazy("Laissez vide pour prendre ceux du produit."),
    )
    accepted_amr = WordsField(label=gettext_lazy("Moyens acceptés (amr)"), required=False)

    class Meta:
        model = IdentityProvider
        fields = (
            "name", "kind", "issuer", "client_id", "secret", "entity", "email_domains", "opens_accounts",
            "trusts_second_factor", "accepted_acr", "accepted_amr", "button_text", "position",
        )  # fmt: skip
        help_texts = {
            "issuer": gettext_lazy(
                "Telle que le fournisseur la publie, par exemple https://sso.exemple.fr/realms/ville."
            ),
            "opens_accounts": gettext_lazy(
                "Pour un agent déjà dans l’annuaire, sans compte ou qui ne s’est jamais connecté. Personne d’autre."
            ),
            "trusts_second_factor": gettext_lazy(
                "Si le fournisseur prouve une deuxième étape, le portail ne la redemande pas. Les comptes dont les"
                " rôles dépassent cette entité donnent toujours celle du portail."
            ),
            "button_text": gettext_lazy("«\u202fSe connecter avec…\u202f» si vide. Celui de ProConnect est imposé."),
            "position": gettext_lazy("Le plus petit est en haut."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Choisissez")), *IdentityProvider.Kind.choices]  # type: ignore[attr-defined]
        mine = Entity.objects.filter(within(perimeter(user, Role.HEAD_OF_IT), "path")).order_by("path")
        self.fields["entity"].queryset = mine  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["secret"].help_text = _("Laissez vide pour garder le secret actuel.")

    def clean(self) -> dict[str, Any]:
        """The product's own words where the second factor is trusted and none are given."""
        data = super().clean() or {}
        row = KINDS.get(data.get("kind", ""))
        if data.get("trusts_second_factor") and row and not (data.get("accepted_acr") or data.get("accepted_amr")):
            data["accepted_acr"], data["accepted_amr"] = list(row.acr), list(row.amr)
        return data

    def _post_clean(self) -> None:
        # The services write: the instance stays what the database says.
        pass
