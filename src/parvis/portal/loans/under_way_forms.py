"""Forms of a loan under way: they ask and shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Invalid
from parvis.portal.loans import photos
from parvis.portal.loans.models import Item, Loan, Loss
from parvis.portal.loans.receipts import Signature


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class SignForm(forms.Form):
    """Who signs, and how: by hand on the screen, or by writing their name and agreeing."""

    signer = forms.CharField(label=_("Nom de la personne qui signe"), max_length=150)
    drawing = forms.CharField(required=False, max_length=photos.MAX_SIGNATURE_BYTES, widget=forms.HiddenInput)
    typed_name = forms.CharField(label=_("Nom et prénom, écrits par la personne"), max_length=150, required=False)
    agrees = forms.BooleanField(label=_("J’ai reçu ce matériel et j’accepte les conditions du prêt."), required=False)
    signature: Signature | None = None

    def clean(self) -> dict[str, Any]:
        """A drawing, or a name with the agreement."""
        data: dict[str, Any] = super().clean() or {}
        drawing, typed = data.get("drawing"), (data.get("typed_name") or "").strip()
        try:
            if drawing:
                self.signature = Signature(str(data.get("signer", "")).strip(), photos.signature(drawing))
            elif typed and data.get("agrees"):
                self.signature = Signature(typed)
            else:
                self.add_error(
                    None, _("Il manque la signature\u202f: signez dans le cadre, ou écrivez le nom et cochez.")
                )
        except Invalid as problem:
            self.add_error(None, str(problem.message))
        return data


class ReturnForm(forms.Form):
    """How one item came back."""

    back = forms.BooleanField(label=_("Rendu"), required=False, initial=True)
    outcome = forms.ChoiceField(label=_("État"), choices=Item.Outcome.choices, initial=Item.Outcome.COMPLETE)
    words = forms.CharField(label=_("Ce qui manque ou est abîmé"), max_length=300, required=False)
    repair = forms.BooleanField(label=_("À envoyer en réparation"), required=False)

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": f"i{item.pk}"})
        self.item = item

    @property
    def photos_name(self) -> str:
        """The name of this item's files."""
        return f"{self.prefix}-photos"


class LeaveForm(forms.Form):
    """Where everything was left."""

    place = forms.CharField(
        label=_("Où l’avez-vous déposé\u202f?"),
        max_length=120,
        help_text=_("Par exemple\u202f: accueil de la mairie, courrier interne, casier de l’assistance."),
    )


class ExtendForm(forms.Form):
    """Until when, and why."""

    ends_date = forms.DateField(label=_("Jusqu’au"), widget=DayInput())
    reason = forms.CharField(label=_("Motif"), max_length=300, required=False)


class DecideExtensionForm(forms.Form):
    """Yes or no."""

    answer = forms.ChoiceField(
        label=_("Réponse"),
        choices=[("grant", _("Accorder")), ("refuse", _("Refuser"))],
        widget=forms.RadioSelect,
        initial="grant",
    )
    refusal = forms.CharField(label=_("Motif du refus"), max_length=300, required=False)


class LossForm(forms.ModelForm):  # type: ignore[type-arg]
    """What happened: facts about the thing, none about the person."""

    class Meta:
        model = Loss
        fields = ("kind", "happened_date", "place", "complaint")
        widgets = {"kind": forms.RadioSelect, "happened_date": DayInput()}
        help_texts = {
            "place": _("Où cela s’est passé. N’écrivez rien sur votre santé ni sur d’autres personnes."),
            "complaint": _("S’il s’agit d’un vol. Vous pourrez l’ajouter plus tard."),
        }


class ComplaintForm(forms.Form):
    """The number of the police report."""

    complaint = forms.CharField(label=_("Numéro de plainte"), max_length=60)


def sign_form(loans: list[Loan], data: Any = None) -> SignForm:
    """For one loan or several that one person takes away: their name is the first agent's, until it is changed."""
    return SignForm(data, initial={"signer": str(loans[0].agent) if loans else ""})
