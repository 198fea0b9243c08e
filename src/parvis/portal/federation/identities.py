"""Who a person at a provider is here, and what ties the two. ADR 0009 says why it is so strict."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts import second_factor
from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory import rules as tree
from parvis.portal.directory.models import Agent
from parvis.portal.federation import queries, refusals, rules
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.federation.rules import Person
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, NotFound


class How(enum.StrEnum):
    """How a person was recognised."""

    LINKED = "linked"
    """By the subject: they have come this way before."""
    TO_CONFIRM = "to_confirm"
    """By the address, for the first time: linked once the account's own second factor is given."""
    TO_OPEN = "to_open"
    """An account that nobody has used yet, or none: opened and linked on the spot."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """Whose account it is. `user` None: to be opened for `agent`."""

    how: How
    user: User | None
    agent: Agent | None = None
    identity: Identity | None = None


def recognise(*, provider: IdentityProvider, person: Person) -> Recognition:
    """The account behind a person: by subject, else by an address that the provider answers for. Writes nothing.

    Raises:
        SignInRefused: nobody here, or not this way; the sentence says what to do.
    """
    _check_organisation(provider, person)
    identity = (
        Identity.objects.select_related("user__agent__entity").filter(provider=provider, subject=person.subject).first()
    )
    if identity is not None:
        _check_in_post(provider, identity.user)
        return Recognition(How.LINKED, identity.user, identity=identity)
    # Before anything is looked up: else the answer would tell a stranger which addresses exist.
    if not rules.domain_is_trusted(person.email, provider.email_domains):
        raise refusals.untrusted_domain(provider, person.email)
    if not person.email_verified:
        raise refusals.unverified_email(provider, person.email)
    return _by_address(provider, person)


@transaction.atomic
def link(*, provider: IdentityProvider, user: User, person_subject: str, email: str, now: datetime) -> Identity:
    """This person at the provider is this account from now on. Twice is once.

    Raises:
        SignInRefused: either is linked to another already.
    """
    existing = Identity.objects.filter(provider=provider, user=user).first()
    if existing is not None and existing.subject == person_subject:
        return existing
    if existing is not None:
        raise refusals.refused("another_identity", provider)
    try:
        with transaction.atomic():
            made = Identity.objects.create(
                provider=provider, user=user, subject=person_subject, email=email[:254], linked_at=now
            )
    except IntegrityError:  # a race, or somebody else's
        raise refusals.refused("linked_to_another", provider) from None
    audit.record(
        actor=user, action="federation.identity_linked", target=user, now=now, data={"provider": provider.slug}
    )
    return made


@transaction.atomic
def open_and_link(
    *, provider: IdentityProvider, person: Person, agent: Agent | None, user: User | None, now: datetime
) -> User:
    """The account of somebody who signs in for the first time (made without password if `user` is None), linked.

    Raises:
        SignInRefused: opened or linked by somebody else in the meantime.
    """
    if user is None:
        assert agent is not None  # noqa: S101 `recognise` gives one of the two
        user = _open(provider, agent, now)
    link(provider=provider, user=user, person_subject=person.subject, email=person.email, now=now)
    return user


@transaction.atomic
def unlink(*, actor: User, identity: Identity, now: datetime) -> None:
    """Take one of the actor's own identities off their account.

    Raises:
        NotFound: it is somebody else's.
        Conflict: there is no other way in.
    """
    # The lock makes two removals at once queue on PostgreSQL; SQLite has one writer at a time.
    User.objects.select_for_update().get(pk=actor.pk)
    if not Identity.objects.filter(pk=identity.pk, user=actor).exists():
        raise NotFound
    if not may_unlink(actor):
        raise Conflict(
            _("C’est votre seul moyen de vous connecter."),
            code="last_way_in",
            advice=_("Choisissez d’abord un mot de passe, ou ajoutez une clé d’accès."),
        )
    identity.delete()
    audit.record(
        actor=actor,
        action="federation.identity_unlinked",
        target=actor,
        now=now,
        data={"provider": identity.provider.slug},
    )


def check_linkable(*, provider: IdentityProvider, user: User, person: Person) -> None:
    """Whether a signed-in user may tie this person to their account. The addresses need not be the same.

    Raises:
        SignInRefused: another organisation's, or a provider that does not serve them.
    """
    _check_organisation(provider, person)
    _check_in_post(provider, user)


def may_unlink(user: User) -> bool:
    """Whether the account has another way in: a password, a passkey, or another provider that is offered."""
    if user.has_usable_password() or second_factor.has_passkey(user):
        return True
    return Identity.objects.filter(user=user, provider__enabled=True).count() > 1


def _open(provider: IdentityProvider, agent: Agent, now: datetime) -> User:
    try:
        with transaction.atomic():
            made = User.objects.create_user(agent.email, None, first_name=agent.first_name, last_name=agent.last_name)
            if not Agent.objects.filter(pk=agent.pk, user=None, is_active=True).update(user=made):
                raise IntegrityError
    except IntegrityError:
        raise refusals.refused("code", provider) from None
    audit.record(actor=None, action="federation.account_opened", target=made, now=now, data={"provider": provider.slug})
    return made


def _check_organisation(provider: IdentityProvider, person: Person) -> None:
    if not rules.KINDS[provider.kind].siret:
        return
    entity = directory.entity_by_siret(person.siret)
    if entity is None or not tree.covers(provider.entity.path, entity.path):
        raise refusals.unknown_siret(provider, person.siret)


def _check_in_post(provider: IdentityProvider, user: User) -> None:
    agent = getattr(user, "agent", None)
    if not user.is_active or (agent is not None and not agent.is_active):
        raise refusals.refused("left", provider)
    if user.is_demo_persona or not queries.serves(provider, user):
        raise refusals.refused("not_served", provider)


def _by_address(provider: IdentityProvider, person: Person) -> Recognition:
    agent = Agent.objects.select_related("entity", "user").filter(email__iexact=person.email).first()
    user = agent.user if agent is not None else None
    if agent is None:
        user = User.objects.filter(email=person.email, agent=None).first()
    if user is not None:
        _check_in_post(provider, user)
        return _of_account(provider, user)
    if agent is None:
        raise refusals.unknown_person(provider, person.email)
    if not agent.is_active:
        raise refusals.refused("left", provider)
    if not tree.covers(provider.entity.path, agent.entity.path):
        raise refusals.refused("not_served", provider)
    if not provider.opens_accounts or User.objects.filter(email=agent.email.lower()).exists():
        raise refusals.unknown_person(provider, person.email)
    return Recognition(How.TO_OPEN, None, agent=agent)


def _of_account(provider: IdentityProvider, user: User) -> Recognition:
    if Identity.objects.filter(provider=provider, user=user).exists():
        raise refusals.refused("another_identity", provider)
    if second_factor.exists_for(user):
        return Recognition(How.TO_CONFIRM, user)
    never_used = user.last_login is None and not user.has_usable_password()
    if never_used and provider.opens_accounts and not queries.reaches_beyond(provider, user):
        return Recognition(How.TO_OPEN, user)
    raise refusals.refused("second_factor_first", provider)
