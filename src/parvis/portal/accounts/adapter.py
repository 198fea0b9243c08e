"""What django-allauth asks us."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import elsewhere, passwords, refusals, second_factor, sign_ins, throttle, vault
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address

WRONG = _("L’adresse ou le mot de passe n’est pas le bon.")
"""The same for an unknown account, a wrong password and an account without password."""
TOO_MANY = _("Trop d’essais. Patientez cinq minutes, puis réessayez.")
WRONG_CODE = _("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant, puis réessayez.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the DSI: there is no sign-up. A password alone never re-opens anything."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": WRONG,
        "invalid_login": WRONG,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
        "incorrect_code": WRONG_CODE,
        "enter_current_password": _("Ce n’est pas votre mot de passe actuel."),
        "invalid_password_reset": _("Ce lien n’est plus valable. Demandez-en un nouveau."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The browser's address, as the audit trail writes it."""
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Per account and address: nobody locks an agent out from elsewhere. `refusals` guards the account as a whole.
        return f"{credentials.get('email', '').lower()}|{throttle.network(client_address(request))}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Before the password is looked at.

        Raises:
            ValidationError: too many refusals for this account.
        """
        if refusals.too_many(credentials.get("email", "")):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The password was refused.

        Raises:
            ValidationError: another room has a better sentence for it (an expired password of the directory).
        """
        refusals.password_refused(email=credentials.get("email", ""), now=clock.now())
        if sentence := passwords.told(request):
            raise ValidationError(str(sentence), code="password_elsewhere")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Signed in: another room may have something to note, last of all."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        elsewhere.door().signed_in(request, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Sign out: the sign-in ends for the other rooms too (remote sessions close)."""
        kept = elsewhere.door().leaving(request)
        if isinstance(request.user, User) and (current := sign_ins.current(request)):
            sign_ins.end(
                user=request.user,
                actor=request.user,
                now=clock.now(),
                reason=sign_ins.Reason.SIGNED_OUT,
                only={current},
            )
        super().logout(request)
        elsewhere.keep(request, kept)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Where one can sign in again, or sign out at the identity provider too."""
        return elsewhere.door().page_after(request) or reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Changing the password signs out everywhere."""
        return reverse("account_login")

    def is_reauthentication_required(self, *, app: str = "", **_kwargs: Any) -> bool:
        """Not when the second factor is fresh, nor for an account that is about to get its first one."""
        request = self.request
        return second_factor.exists_for(request.user) and not second_factor.is_fresh(request)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """The second factor, and nothing else. `url` is the page that asks for it."""
        if not user.is_authenticated:
            return []
        description = gettext("Votre code ou votre clé d’accès")
        return [{"id": "mfa_reauthenticate", "description": description, "url": reverse("mfa_reauthenticate")}]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth sends nothing by itself: our mails leave by `accounts.tasks`."""
        raise AssertionError(f"allauth wanted to send {template_prefix}")


class MFAAdapter(DefaultMFAAdapter):
    """How second factors are named and kept."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        """Secrets are encrypted at rest."""
        return vault.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The inverse of `encrypt`."""
        return vault.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        """The name the app shows beside the code."""
        return str(settings.PARVIS.authority_name)

    def _get_site_name(self) -> str:
        return str(settings.PARVIS.authority_name)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """The name proposed for a passkey; the person may change it."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Clé d’accès") if count == 0 else gettext("Clé d’accès %(number)d") % {"number": count + 1}
