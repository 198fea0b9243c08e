"""The REST API of this room, and how every room's API knows who calls."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema, Status
from ninja.security import HttpBearer

from parvis.portal.accounts import throttle, tokens
from parvis.portal.accounts.models import Token, User
from parvis.portal.kernel import clock, context
from parvis.portal.kernel.errors import NotAllowed, ParvisError

router = Router(tags=["accounts"])

CALLS_PER_MINUTE = 600
FAILURES_PER_MINUTE = 30


class Unauthenticated(ParvisError):
    """No token, or one that does not open anything (which of the two is not told)."""

    status = HTTPStatus.UNAUTHORIZED
    default_code = "unauthenticated"
    default_message = _("Jeton d’accès absent, inconnu ou expiré.")


class TokenAuth(HttpBearer):
    """`Authorization: Bearer parvis_…`. After it `request.user` and `request.auth` are the token's user."""

    def __call__(self, request: HttpRequest) -> User:
        """The caller.

        Raises:
            Unauthenticated: no token, unknown, revoked, expired, account disabled or without second factor.
            TooMany: too many calls, or too many wrong tokens from this address.
        """
        user: User | None = super().__call__(request)
        if user is None:
            throttle.hit(
                "token-failure", throttle.network(context.client_address.get()), limit=FAILURES_PER_MINUTE, seconds=60
            )
            raise Unauthenticated
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The user of a standing token."""
        found = tokens.recognise(token.strip(), address=context.client_address.get(), now=clock.now())
        if found is None:
            return None
        throttle.hit("token", str(found.pk), limit=CALLS_PER_MINUTE, seconds=60)
        request.user = found.user
        request.api_token = found  # type: ignore[attr-defined]
        return found.user


def require_scope(request: HttpRequest, scope: str) -> User:
    """The caller, if their token has this scope (`read`, `write`, `connect` or `admin`).

    Raises:
        NotAllowed: with code `scope_missing`.
    """
    token: Token = request.api_token  # type: ignore[attr-defined]
    if scope not in token.scopes:
        raise NotAllowed(_("Ce jeton ne donne pas ce droit."), code="scope_missing")
    return token.user


class Me(Schema):
    """The caller's account."""

    id: int
    email: str
    first_name: str
    last_name: str
    language: str
    scopes: list[str]
    """What the token used for this call may do."""


class TokenOut(Schema):
    """A personal token, without its secret."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_date: date
    last_used_at: datetime | None


@router.get("/me", response=Me, operation_id="me", summary="Who am I")
def me(request: HttpRequest) -> dict[str, object]:
    """The account the token belongs to. Any scope will do."""
    token: Token = request.api_token  # type: ignore[attr-defined]
    user = token.user
    return {
        "id": user.pk,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "language": user.language,
        "scopes": token.scopes,
    }


@router.get("/tokens", response=list[TokenOut], operation_id="list_tokens", summary="My personal tokens")
def list_tokens(request: HttpRequest) -> list[Token]:
    """The caller's tokens that were not revoked, newest first. Scope `read`."""
    return list(tokens.of_user(require_scope(request, "read"))[:500])


@router.delete("/tokens/{token_id}", response={204: None}, operation_id="revoke_token", summary="Revoke a token")
def revoke_token(request: HttpRequest, token_id: int) -> Status[None]:
    """End one of the caller's tokens, this one included. Scope `write`."""
    tokens.revoke(actor=require_scope(request, "write"), token_id=token_id, now=clock.now())
    return Status(204, None)
