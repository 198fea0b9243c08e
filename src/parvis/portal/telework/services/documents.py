"""Charters and agreements: drafted, published once and for all, accepted by agents with proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import audit, context
from parvis.portal.kernel.authz import YES, no, require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.telework import document_queries as reads
from parvis.portal.telework import letters, permissions, queries, team_permissions, text_tasks, texts, wording
from parvis.portal.telework.models import Acceptance, Document, Request
from parvis.portal.ui import formats

NOT_YOURS = no("not_yours", _("Seul l’agent lui-même accepte un texte."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAccept:
    """A text that waits for an agent's acceptance; `request`: the one an agreement is about."""

    document: Document
    request: Request | None = None


# Drafts and publication


@transaction.atomic
def save_draft(
    *,
    actor: User,
    document: Document | None,
    entity: Entity,
    kind: str,
    title: str,
    text: str,
    asks_again: bool,
    now: datetime,
) -> Document:
    """Write the next version of an entity's text (`document` None), or go on with its draft.

    Raises:
        NotAllowed: see `team_permissions.can_set`.
        Invalid: a field that nothing would fill in; no words.
        Conflict: published meanwhile (`published_already`); another draft waits (`draft_exists`).
    """
    require(team_permissions.can_set(actor, entity))
    title, text = " ".join(title.split()), texts.normal(text)
    _check(title, text, kind)
    if document is None:
        document = _next_version(entity, kind, title, text, asks_again, actor, now)
    else:
        facts = {"title": title, "text": text, "asks_again": asks_again}
        if not Document.objects.filter(pk=document.pk, published_at=None).update(**facts):
            raise _published_already()
        document.title, document.text, document.asks_again = title, text, asks_again
    data = {"kind": document.kind, "version": document.version, "digest": texts.published_digest(title, text)}
    audit.record(actor=actor, action="telework.document_drafted", target=document, now=now, data=data)
    return document


@transaction.atomic
def publish(*, actor: User, document: Document, now: datetime) -> Document:
    """Put a draft in force: from now on it never changes, and agents are asked to accept it.

    Raises:
        NotAllowed: see `team_permissions.can_set`.
        Conflict: published or changed meanwhile.
    """
    require(team_permissions.can_set(actor, document.entity))
    digest = texts.published_digest(document.title, document.text)
    # As it was read: what somebody else writes at this moment is not published unseen.
    as_read = Document.objects.filter(pk=document.pk, published_at=None, title=document.title, text=document.text)
    if not as_read.update(published_at=now, published_by=actor, digest=digest):
        raise _published_already()
    document.published_at, document.published_by, document.digest = now, actor, digest
    data = {"version": document.version, "digest": digest, "asks_again": document.asks_again}
    audit.record(actor=actor, action="telework.document_published", target=document, now=now, data=data)
    if document.asks_again:
        text_tasks.tell_published.enqueue(text_id=document.pk)
    return document


@transaction.atomic
def tell_published(*, document: Document, now: datetime) -> int:
    """Write to the teleworkers whom a new text binds and who have not accepted it; how many. Once for each version."""
    waiting = Document.objects.filter(pk=document.pk, published_at__isnull=False, told_at=None)
    if not waiting.update(told_at=now):
        return 0
    told = reads.bound(document).filter(done=False, agent__user__is_active=True)
    for request in told.select_related("agent__user"):
        letters.text_waits(document, request.agent)
    return len(told)


@transaction.atomic
def delete_draft(*, actor: User, document: Document, now: datetime) -> None:
    """Throw a draft away; twice is once.

    Raises:
        NotAllowed: see `team_permissions.can_set`.
        Conflict: it is published (`published_already`).
    """
    require(team_permissions.can_set(actor, document.entity))
    if Document.objects.filter(pk=document.pk, published_at=None).delete()[0]:
        audit.record(actor=actor, action="telework.draft_deleted", target=document, now=now)
    elif Document.objects.filter(pk=document.pk).exists():
        raise _published_already()


def _check(title: str, text: str, kind: str) -> None:
    if not title or not text:
        raise Invalid(fields={"text" if title else "title": [_("Ce champ est obligatoire.")]})
    unknown = texts.unknown_fields(text, kind)
    if unknown:
        sentence = _("Rien ne remplit %(fields)s\u202f: corrigez ou retirez.") % {
            "fields": ", ".join(f"{{{name}}}" for name in unknown)
        }
        raise Invalid(sentence, code="unknown_field", fields={"text": [sentence]})


def _next_version(
    entity: Entity, kind: str, title: str, text: str, asks_again: bool, actor: User, now: datetime
) -> Document:
    waiting = Conflict(
        _("Un brouillon de ce texte existe déjà."),
        code="draft_exists",
        advice=_("Continuez-le, ou jetez-le d’abord."),
    )
    there = Document.objects.filter(entity=entity, kind=kind)
    if there.filter(published_at=None).exists():
        raise waiting
    last = there.aggregate(last=Max("version"))["last"] or 0
    try:
        with transaction.atomic():
            return Document.objects.create(
                entity=entity, kind=kind, version=last + 1, title=title, text=text, asks_again=asks_again,
                created_at=now, created_by=actor,
            )  # fmt: skip
    except IntegrityError:  # of two who begin at once, the number is given once
        raise waiting from None


def _published_already() -> Conflict:
    return Conflict(
        _("Ce texte a été publié ou modifié entre-temps."),
        code="published_already",
        advice=_("Rechargez la page. Un texte publié ne change plus\u202f: préparez la version suivante."),
    )


# What an agent has to accept


def charter_to_accept(agent: Agent) -> Document | None:
    """The charter in force that this agent has not accepted yet; None: nothing to accept."""
    charter = reads.in_force(agent.entity, Document.Kind.CHARTER)
    return None if charter is None or reads.charter_acceptance(agent) is not None else charter


def agreement_to_accept(request: Request) -> Document | None:
    """The agreement in force, if this request is granted and its agent has not accepted it for it yet."""
    if request.state not in reads.BOUND:
        return None
    agreement = reads.in_force(request.agent.entity, Document.Kind.AGREEMENT)
    return None if agreement is None or reads.agreement_acceptance(request) is not None else agreement


def waiting_for(agent: Agent) -> list[ToAccept]:
    """All that waits for this agent's acceptance: the charter, then the agreement on their live request."""
    found = []
    charter = charter_to_accept(agent)
    if charter is not None:
        found.append(ToAccept(document=charter))
    request = queries.live_request_of(agent)
    agreement = agreement_to_accept(request) if request is not None else None
    if agreement is not None:
        found.append(ToAccept(document=agreement, request=request))
    return found


def shown_to(agent: Agent, document: Document, request: Request | None = None) -> str:
    """The text as this agent has it before them: title, then words with their fields filled in.

    In French: it is a document of the authority, whatever the reader's language.
    """
    with translation.override("fr"):
        return f"{document.title}\n\n{texts.filled(document.text, _values(agent, request))}"


def _values(agent: Agent, request: Request | None) -> dict[str, str]:
    values = {
        "agent": f"{agent.first_name} {agent.last_name}",
        "fonction": agent.job_title or "—",
        "service": str(agent.entity),
        "collectivite": settings.PARVIS.authority_name,
    }
    if request is None:
        return values
    return values | {
        "niveau": str(request.get_level_display()),
        "jours": wording.days(request.days),
        "debut": formats.day(request.starts_date),
        "fin": formats.day(request.ends_date) if request.ends_date else _("sans date de fin"),
    }


# Acceptance


@transaction.atomic
def accept(
    *, actor: User, agent: Agent, document: Document, shown_digest: str, now: datetime, request: Request | None = None
) -> Acceptance:
    """Write down that an agent accepts what they have just read; twice is once.

    `shown_digest`: of the text on the page they read (`texts.digest` of `shown_to`).

    Raises:
        NotAllowed: it is not the agent's own account.
        Conflict: another text is in force by now (`text_replaced`); it reads otherwise by now, for the days of
            telework changed (`text_changed`).
    """
    require(YES if agent.user_id == actor.pk else NOT_YOURS)
    about = request if document.kind == Document.Kind.AGREEMENT else None
    there = Acceptance.objects.filter(agent=agent, document=document, request=about).first()
    if there is not None:
        return there
    _refuse_if_replaced(agent, document, about)
    shown = shown_to(agent, document, about)
    digest = texts.digest(shown)
    if digest != shown_digest:
        raise Conflict(
            _("Ce texte a changé depuis que vous l’avez ouvert."),
            code="text_changed",
            advice=_("Relisez-le, puis acceptez-le."),
        )
    acceptance = Acceptance(
        document=document, agent=agent, request=about, accepted_at=now, shown=shown, digest=digest,
        client_address=context.client_address.get(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            acceptance.save()
    except IntegrityError:  # the button pressed twice
        return Acceptance.objects.get(agent=agent, document=document, request=about)
    data = {"document": document.pk, "version": document.version, "published": document.digest, "shown": digest}
    audit.record(actor=actor, action="telework.document_accepted", target=acceptance, now=now, data=data)
    return acceptance


def _refuse_if_replaced(agent: Agent, document: Document, request: Request | None) -> None:
    agreement = document.kind == Document.Kind.AGREEMENT
    current = reads.in_force(agent.entity, document.kind)
    if current is None or current.pk != document.pk:
        raise Conflict(
            _("Ce texte n’est plus celui en vigueur."), code="text_replaced", advice=_("Ouvrez le texte à jour.")
        )
    if agreement and (request is None or request.agent_id != agent.pk or request.state not in reads.BOUND):
        raise Conflict(
            _("Cette convention accompagne un télétravail accordé."),
            code="no_request",
            advice=_("Demandez d’abord votre télétravail."),
        )


@transaction.atomic
def remind(*, actor: User, document: Document, requests: Iterable[Request], now: datetime) -> int:
    """Write to the agents of these requests that the text waits for them; how many mails.

    Raises:
        NotAllowed: not of the IT team of one of them; then nobody is written to.
    """
    told = [each for each in requests if each.agent.user is not None and each.agent.user.is_active]
    for request in told:
        require(YES if permissions.leads(actor, request.agent) else permissions.NOT_YOUR_AGENT)
    for request in told:
        letters.text_waits(document, request.agent)
    if told:
        data = {"people": len(told)}
        audit.record(actor=actor, action="telework.acceptance_reminded", target=document, now=now, data=data)
    return len(told)
