"""Signing in with the directory's password.

Not django-auth-ldap: it takes one directory from the settings file, searches by what was typed, makes users of its
own and mirrors groups at sign-in. Here sources are rows, people are found by their stable key, accounts belong to
agents, and addresses and certificates are judged already: one bind would remain of it.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from parvis.portal.accounts import passwords as accounts_passwords
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import reaches_beyond
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Text, Unavailable
from parvis.portal.sources.ldap import passwords, stored
from parvis.portal.sources.ldap.passwords import Answer
from parvis.portal.sources.models import Link, Source

log = structlog.get_logger("parvis.ldap")

DOWN_SECONDS = 20
"""After a silence, the directory is not asked again for so long: threads that wait for it would stop the portal."""


class LdapBackend(ModelBackend):
    """After the local passwords: agents linked to a directory whose source says « connexion avec le mot de passe… »."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, email: str = "", password: str = "", **_credentials: Any
    ) -> User | None:
        """The account, if the directory accepts the password.

        A refusal that means something else than a wrong password is told to the sign-in page (`accounts.passwords`).
        """
        if request is None or not email or not password:
            return None
        link = link_of(email)
        source = link.source if link else _first_source()
        if source is None:
            return None
        answer = _ask(source, link.key if link else None, password)
        if link is not None and answer is Answer.RIGHT:
            return _open(link)
        if answer in passwords.SENTENCES:
            log.info("ldap_sign_in_refused", answer=answer.value, source=source.pk)
            accounts_passwords.tell(request, passwords.SENTENCES[answer])
        return None


def link_of(email: str) -> Link | None:
    """The person of a directory that this address may sign in as; the source that speaks first wins."""
    typed = email.strip().lower()
    who = Q(agent__user__email=typed, agent__user__is_active=True) | Q(agent__user=None, agent__email=typed)
    links = _signing_in().filter(who, agent__is_active=True, is_enabled=True, is_gone=False)
    for link in links.select_related("source__root", "agent__user", "agent__entity"):
        if _may(link):
            return link
    return None


def where_to_change(user: User) -> Text:
    """For `accounts.passwords`: the sentence of the source that this user signs in by; empty if none."""
    if user.is_superuser or user.is_demo_persona:
        return ""
    links = _signing_in().filter(agent__user_id=user.pk, agent__is_active=True)
    for link in links.select_related("source__root", "agent__user", "agent__entity"):
        if _may(link):
            usual = _("Il se change sur votre ordinateur de bureau, comme d’habitude.")
            return str(link.source.settings.get("password_help") or usual)
    return ""


def _signing_in() -> QuerySet[Link]:
    return Link.objects.filter(
        source__kind=Source.Kind.LDAP, source__is_active=True, source__settings__sign_in=True
    ).order_by("source__priority", "source_id")


def _may(link: Link) -> bool:
    """Whether this source may open this account.

    An administrator's account has its own password, whatever a directory says. Who runs the directory of a commune
    does not thereby open the account of somebody whose place or roles reach beyond it.
    """
    user, root = link.agent.user, link.source.root
    if not link.agent.entity.path.startswith(root.path):
        return False
    if user is None:
        return bool(link.source.settings.get("sign_in_opens"))
    return not user.is_demo_persona and not reaches_beyond(user, root)


def _first_source() -> Source | None:
    """The source whose time an unknown account takes."""
    sources = Source.objects.filter(kind=Source.Kind.LDAP, is_active=True, settings__sign_in=True)
    return sources.order_by("priority", "pk").first()


def _ask(source: Source, key: str | None, password: str) -> Answer:
    mark = f"ldap-down:{source.pk}:{source.revision}"
    if cache.get(mark):
        return Answer.DOWN
    try:
        settings = stored.settings_of(source)
    except Unavailable as broken:
        log.error("ldap_source_unusable", source=source.pk, code=broken.code)
        return Answer.DOWN
    answer = passwords.pretend(settings, password) if key is None else passwords.check(settings, key, password)
    if answer is Answer.DOWN:
        cache.set(mark, 1, timeout=DOWN_SECONDS)
    return answer


def _open(link: Link) -> User | None:
    """The account of who has just proved who they are; made, if they have none and the source says so."""
    now, user = clock.now(), link.agent.user
    if user is None:
        return _make_account(link)
    if user.has_usable_password():
        # From now on it is the directory's alone: a former local password would outlive a departure.
        user.set_unusable_password()
        user.save(update_fields=["password"])
        audit.record(actor=user, action="sources.local_password_dropped", target=user, now=now)
    return user


def _make_account(link: Link) -> User | None:
    agent, now = link.agent, clock.now()
    try:
        with transaction.atomic():
            user = User.objects.create_user(agent.email, None, first_name=agent.first_name, last_name=agent.last_name)
            if not Agent.objects.filter(pk=agent.pk, user=None).update(user=user):
                raise IntegrityError("two sign-ins at once")
            audit.record(
                actor=None,
                action="directory.account_opened",
                target=agent,
                now=now,
                data={"user": user.pk, "source": link.source_id},
            )
            return user
    except IntegrityError:
        # The other of two first sign-ins made it, or the address is an account's that belongs to no agent.
        return User.objects.filter(agent=agent.pk, is_active=True).first()
