"""Forms of the account pages; those of sign-in derive from django-allauth's (`settings.ACCOUNT_FORMS`)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import passwords, policy, second_factor, tasks, totp
from parvis.portal.accounts.models import RecoveryRequest, Scope, Token, User
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address

CODE_ATTRIBUTES = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autofocus": True,
    "spellcheck": "false",
    "class": "code-field",
}
PASSKEY_WANTED = _(
    "Ici, un code ne suffit pas\u202f: utilisez votre clé d’accès. Pour en ajouter une sur cet appareil,"
    " connectez-vous d’abord là où la vôtre fonctionne, puis ouvrez la page « Sécurité »."
)
PASSWORD_HELP = _("12 caractères au moins. Une phrase de quelques mots, facile à retenir, fait un bon mot de passe.")


class SignInForm(allauth_forms.LoginForm):
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Adresse électronique")
        self.fields["login"].widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        self.fields["password"].label = _("Mot de passe")
        _plain(self)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """The current password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Mot de passe actuel")
        _new_password(self)


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    """A new password, twice: after a forgotten one, or the first one of an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password(self)

    def clean(self) -> dict[str, Any]:
        """Not for an account whose password is the directory's: the link may be older than that."""
        cleaned: dict[str, Any] = super().clean()
        if self.user is not None and (where := passwords.kept_elsewhere(self.user)):
            raise forms.ValidationError(str(where))
        return cleaned


class FirstPasswordForm(allauth_forms.SetPasswordForm):
    """A password for an account that has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password(self)


class ForgottenPasswordForm(forms.Form):
    """Asks for the mail with the link. Whatever the address, the page does exactly the same."""

    email = forms.EmailField(
        label=_("Adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )

    def save(self, request: HttpRequest, **_kwargs: Any) -> str:
        """Queue the work: the worker looks whether there is such an account."""
        email: str = self.cleaned_data["email"].lower()
        tasks.send_password_reset.enqueue(email=email)
        return email


class CodeForm(AllauthAuthenticateForm):
    """A code of the authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(
            label=_("Code"), max_length=20, widget=forms.TextInput(attrs=CODE_ATTRIBUTES)
        )

    @property
    def passkey_wanted(self) -> bool:
        """No code would do: the page shows the passkey only."""
        return code_refused(self.user)

    def clean_code(self) -> str:
        """Throttled per account; an app's code works once (`totp.accept`), and so does a recovery code.

        No code is enough for who has a passkey and must use it here; without one, a code leads to enrolling it.
        """
        if self.passkey_wanted:
            raise forms.ValidationError(PASSKEY_WANTED, code="passkey_wanted")
        succeeded = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        factors = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        for factor in sorted(factors, key=lambda each: each.type != Authenticator.Type.TOTP):
            if _accepts(factor, code):
                factor.user = self.user
                self.authenticator = factor
                succeeded()
                return code
        if factors:
            self._emit_authentication_failed(factors[0])
        raise get_adapter().validation_error("incorrect_code")


def code_refused(user: User) -> bool:
    """Whether this person, from where the request comes, must use their passkey and not a code."""
    wanted = policy.of(user, client_address(context.request)).passkey_only
    return wanted and second_factor.has_passkey(user)


class EnrolmentForm(forms.Form):
    """The first code of an app that has just read the QR code."""

    code = forms.CharField(
        label=_("Code affiché par l’application"),
        max_length=12,
        widget=forms.TextInput(attrs={**CODE_ATTRIBUTES, "autofocus": False}),
    )

    def __init__(self, *args: Any, user: User, secret: str, **kwargs: Any) -> None:
        self.user, self.secret = user, secret
        super().__init__(*args, **kwargs)

    def clean_code(self) -> int:
        """The step the code is of."""
        succeeded = check_rate_limit(self.user, error_key="rate_limited")
        step = totp.matching_step(self.secret, self.cleaned_data["code"], now=clock.now())
        if step is None:
            raise forms.ValidationError(
                _("Ce code n’est pas le bon. Attendez que l’application en affiche un nouveau, puis réessayez.")
            )
        succeeded()
        return step


class LostForm(forms.Form):
    """The one-time code that a technician read out."""

    code = forms.CharField(
        label=_("Code donné par l’équipe informatique"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code-field"}),
    )


class IdentifyForm(forms.Form):
    """How the technician made sure who it is."""

    means = forms.ChoiceField(
        label=_("Comment avez-vous vérifié que c’est bien cette personne\u202f?"),
        choices=RecoveryRequest.Means.choices,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Remarque"),
        required=False,
        max_length=200,
        help_text=_("Facultatif. Ce qui s’est passé (téléphone perdu, changé…), jamais rien de médical."),
    )


class PasskeyNameForm(forms.Form):
    """What the person calls a passkey."""

    name = forms.CharField(label=_("Nom de cette clé d’accès"), max_length=100)


class CodesKeptForm(forms.Form):
    """The recovery codes were put somewhere safe."""

    kept = forms.BooleanField(label=_("J’ai imprimé ou recopié ces codes et je les garde en lieu sûr"))


class ProfileForm(forms.Form):
    """One's own preferences."""

    language = forms.ChoiceField(
        label=_("Langue des pages et des messages"), choices=[("fr", "Français"), ("en", "English")]
    )


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new personal token."""

    scopes = forms.MultipleChoiceField(
        label=_("Droits du jeton"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Token
        fields = ["name", "scopes", "expires_date"]
        widgets = {"expires_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"name": _("Par exemple le nom du programme qui s’en servira.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("expires_date", in_ninety_days())


class InvitationForm(forms.Form):
    """A new account. That the address is free is left to the database, which cannot be outrun."""

    first_name = forms.CharField(label=_("Prénom"), max_length=100)
    last_name = forms.CharField(label=_("Nom"), max_length=100)
    email = forms.EmailField(label=_("Adresse électronique"), max_length=254)


def in_ninety_days() -> date:
    """The last day proposed for a token."""
    return clock.today() + timedelta(days=90)


def _accepts(factor: Authenticator, code: str) -> bool:
    if factor.type == Authenticator.Type.TOTP:
        return totp.accept(factor, code, now=clock.now())
    return bool(factor.wrap().validate_code("".join(code.split())))


def _new_password(form: forms.Form) -> None:
    form.fields["password1"].label = _("Nouveau mot de passe")
    form.fields["password1"].help_text = PASSWORD_HELP
    form.fields["password2"].label = _("Le même, une seconde fois")
    _plain(form)


def _plain(form: forms.Form) -> None:
    # allauth puts the label in the placeholder and a link in the help text: our templates have both already.
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name in ("password", "oldpassword", "password2"):
            field.help_text = ""
