"""Addresses of this room's own pages; those of sign-in are in `entrance_urls`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from parvis.portal.accounts.views import factors, recovery, security, users

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", security.profile, name="profile"),
    path("securite/", security.security, name="security"),
    path("securite/connexions/", security.end_sign_ins, name="end_sign_ins"),
    path("securite/jetons/nouveau/", security.create_token, name="create_token"),
    path("securite/jetons/<int:token_id>/revoquer/", security.revoke_token, name="revoke_token"),
    path("deuxieme-etape/", factors.choose, name="enrolment"),
    path("deuxieme-etape/application/", factors.add_app, name="add_app"),
    path("deuxieme-etape/cle-d-acces/", factors.add_passkey, name="add_passkey"),
    path("deuxieme-etape/codes/", factors.recovery_codes, name="recovery_codes"),
    path("deuxieme-etape/codes/renouveler/", factors.renew_recovery_codes, name="renew_recovery_codes"),
    path("deuxieme-etape/<int:factor_id>/retirer/", factors.remove, name="remove_factor"),
    path("deuxieme-etape/<int:factor_id>/renommer/", factors.rename_passkey, name="rename_passkey"),
    path("recuperations/", recovery.RecoveryList.as_view(), name="recoveries"),
    path("recuperations/<int:recovery_id>/", recovery.detail, name="recovery"),
    path("recuperations/<int:recovery_id>/identite/", recovery.identify, name="identify_recovery"),
    path("recuperations/<int:recovery_id>/approuver/", recovery.approve, name="approve_recovery"),
    path("recuperations/<int:recovery_id>/refuser/", recovery.refuse, name="refuse_recovery"),
    path("utilisateurs/<int:user_id>/recuperation/", recovery.open_for, name="open_recovery"),
    path("utilisateurs/", users.UserList.as_view(), name="users"),
    path("utilisateurs/inviter/", users.invite, name="invite"),
    path("utilisateurs/<int:user_id>/", users.detail, name="user"),
    re_path(
        r"^utilisateurs/(?P<user_id>\d+)/(?P<action>desactiver|reactiver|inviter)/$",
        users.act,
        name="act_on_user",
    ),
]
