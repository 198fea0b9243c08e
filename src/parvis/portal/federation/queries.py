"""Reads of this room."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory import rules as tree
from parvis.portal.directory.models import Role
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.federation.models import FederatedSignIn, Identity, IdentityProvider


def providers_managed_by(actor: User) -> QuerySet[IdentityProvider]:
    """Those of the entities whose head of IT the actor is; with `identity_count`."""
    return (
        IdentityProvider.objects.filter(within(perimeter(actor, Role.HEAD_OF_IT)))
        .select_related("entity")
        .annotate(identity_count=Count("identities"))
    )


def offered() -> QuerySet[IdentityProvider]:
    """Those one may sign in with, in the order of their buttons."""
    return IdentityProvider.objects.filter(enabled=True).select_related("entity")


def identities_of(user: User) -> QuerySet[Identity]:
    """The account's, with their providers."""
    return Identity.objects.filter(user=user).select_related("provider__entity").order_by("linked_at")


def linkable_by(user: User) -> QuerySet[IdentityProvider]:
    """The providers offered to this account's agent that it is not linked to yet."""
    served = _serving(user)
    return offered().filter(served).exclude(identities__user=user)


def federated(sign_in: str) -> FederatedSignIn | None:
    """How this sign-in began, if it was at a provider."""
    if not sign_in:
        return None
    return FederatedSignIn.objects.select_related("identity__provider").filter(sign_in=sign_in).first()


def serves(provider: IdentityProvider, user: User) -> bool:
    """Whether the account is of the provider's entity or below; one of no agent is of the root's only."""
    agent = getattr(user, "agent", None)
    if agent is None:
        return provider.entity.parent_id is None
    return tree.covers(provider.entity.path, agent.entity.path)


def reaches_beyond(provider: IdentityProvider, user: User) -> bool:
    """Whether the account can do more than the provider's entity: then who runs that provider is not enough.

    Else the head of IT of one commune would hold, by way of a provider of theirs, the roles of the métropole.
    """
    return directory.reaches_beyond(user, provider.entity)


def _serving(user: User) -> Q:
    agent = getattr(user, "agent", None)
    if agent is None:
        return Q(entity__parent=None)
    path: str = agent.entity.path
    return Q(entity__path__in=[path[: end + 1] for end, char in enumerate(path) if char == "."])
