"""Addresses of django-allauth's pages that exist here, in French, under the names it expects.

Absent on purpose: sign-up, management of e-mail addresses, re-authentication by password.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.urls import URLPattern, path, re_path

from parvis.portal.accounts.passwords import own_password_only
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.accounts.views import demo, entrance, factors, recovery

urlpatterns: list[URLPattern] = [
    path("connexion/", entrance.login, name="account_login"),
    path("connexion/verification/", mfa.authenticate, name="mfa_authenticate"),
    path("connexion/cle-d-acces/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("connexion/perdu/", recovery.lost, name="lost_factor"),
    path("recuperation/refuser/<str:token>/", recovery.refuse_by_link, name="refuse_recovery"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("desactive/", account.account_inactive, name="account_inactive"),
    path("confirmation/", factors.give_again, name="mfa_reauthenticate"),
    path(
        "mot-de-passe/", own_password_only(fresh_second_factor(account.password_change)), name="account_change_password"
    ),
    path(
        "mot-de-passe/choisir/",
        own_password_only(fresh_second_factor(account.password_set)),
        name="account_set_password",
    ),
    path("mot-de-passe/oublie/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/oublie/envoye/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/nouveau/fait/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

DEMO_URLS = [path("demonstration/", demo.sign_in, name="demo_sign_in")]
if settings.PARVIS.demo:
    urlpatterns += DEMO_URLS
