"""What this room keeps of a person: the account, its factors, sign-ins, tokens, recovery requests.

See `privacy.registry.Kind`. An agent is named by their id only: the directory is a room above.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet

from parvis.portal.accounts import devices, rules
from parvis.portal.accounts.models import RecoveryRequest, Scope, Token, User

BATCH = 500
ANONYMOUS = "anonyme.invalid"
"""Domain of the e-mail of an account without a person any more (RFC 2606: it will never exist)."""

Row = dict[str, Any]


def export_account(user_id: int | None) -> Iterator[Row]:
    """The account and its second factors; no secret."""
    user = User.objects.filter(pk=user_id or 0).first()
    if user is None:
        return
    kinds = {"totp": "Application d’authentification", "webauthn": "Clé d’accès", "recovery_codes": "Codes de secours"}
    yield {
        "Prénom": user.first_name,
        "Nom": user.last_name,
        "Adresse électronique": user.email,
        "Langue": user.get_language_display(),
        "Compte créé le": user.date_joined,
        "Dernière connexion": user.last_login,
        "Actif": user.is_active,
        "Deuxième étape": [
            {
                "Type": kinds.get(factor.type, factor.type),
                "Nom": str(factor.data.get("name", "")) if factor.type == Authenticator.Type.WEBAUTHN else "",
                "Ajoutée le": factor.created_at,
                "Dernière utilisation": factor.last_used_at,
            }
            for factor in Authenticator.objects.filter(user=user).order_by("created_at")
        ],
    }


def export_sign_ins(user_id: int | None) -> Iterator[Row]:
    """The sign-ins under way. Past ones are in the audit trail."""
    for row in UserSession.objects.filter(user_id=user_id or 0).order_by("-last_seen_at"):
        yield {
            "Appareil": devices.describe(row.user_agent),
            "Adresse": row.ip,
            "Depuis": row.created_at,
            "Dernière activité": row.last_seen_at,
        }


def export_tokens(user_id: int | None) -> Iterator[Row]:
    """Personal tokens; not their secret, which nobody has."""
    for token in Token.objects.filter(user_id=user_id or 0).order_by("-created_at").iterator(chunk_size=BATCH):
        yield {
            "Nom": token.name,
            "Droits": [str(Scope(each).label) for each in token.scopes],
            "Créé le": token.created_at,
            "Valable jusqu’au": token.expires_date,
            "Dernière utilisation": token.last_used_at,
            "Révoqué le": token.revoked_at,
        }


def export_recoveries(user_id: int | None) -> Iterator[Row]:
    """The recovery requests for the account."""
    for request in RecoveryRequest.objects.filter(user_id=user_id or 0).order_by("-opened_at"):
        yield {
            "Demandée le": request.opened_at,
            "État": request.get_state_display(),
            "Identité vérifiée": request.get_means_display(),
            "Remarque": request.note,
            "Terminée le": request.ended_at,
        }


def past_sign_ins() -> QuerySet[Any]:
    """All sign-ins; those of today are never old enough."""
    rows: QuerySet[Any] = UserSession.objects.all()
    return rows


def past_tokens() -> QuerySet[Token]:
    """Tokens that work no more, by their last day."""
    return Token.objects.all()


def past_recoveries() -> QuerySet[RecoveryRequest]:
    """Requests that are over."""
    return RecoveryRequest.objects.exclude(state__in=rules.OPEN)


def purge_sign_ins(before: datetime) -> int:
    """Rows of sign-ins nobody has used since; their browser session has expired long ago."""
    keys = list(past_sign_ins().filter(last_seen_at__lt=before).values_list("pk", flat=True)[:BATCH])
    UserSession.objects.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def forget(user_ids: list[int]) -> None:
    """Make accounts anonymous: the rows stay, for what refers to them, but nobody is in them any more."""
    for user in User.objects.filter(pk__in=user_ids):
        user.set_unusable_password()
        User.objects.filter(pk=user.pk).update(
            first_name="",
            last_name="",
            email=f"compte-{user.pk}@{ANONYMOUS}",
            is_active=False,
            is_superuser=False,
            password=user.password,
            last_login=None,
        )
    Authenticator.objects.filter(user_id__in=user_ids).delete()
    Token.objects.filter(user_id__in=user_ids).delete()
    UserSession.objects.filter(user_id__in=user_ids).delete()
    RecoveryRequest.objects.filter(user_id__in=user_ids).delete()
