"""Texts of the commune of `asking`: its head of IT, a charter and an agreement in force."""

from __future__ import annotations

from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.telework import texts
from parvis.portal.telework.models import Acceptance, Document, Request
from parvis.portal.telework.services import documents
from tests.integration.authority import make_member
from tests.integration.telework.asking import NOW, Authority

WORDS = "# Règles\n{agent} travaille."
AGREED = "{agent} télétravaille\u202f: {jours}, à partir du {debut}, {fin}."


def mails() -> list[dict[str, str]]:
    """What waits for the worker to be sent, oldest first: subject, body, to."""
    waiting = DBTaskResult.objects.filter(task_path__endswith="mail.deliver").order_by("enqueued_at")
    return [each.args_kwargs["kwargs"] for each in waiting]


def make_boss(here: Authority) -> User:
    return make_member(here.root, Role.HEAD_OF_IT)


def make_text(here: Authority, boss: User, **facts: object) -> Document:
    """The next version, in force."""
    values = {"entity": here.root, "kind": "charter", "title": "Charte", "text": WORDS, "asks_again": True}
    draft = documents.save_draft(actor=boss, document=None, now=NOW, **(values | facts))  # type: ignore[arg-type]
    return documents.publish(actor=boss, document=draft, now=NOW)


def make_agreement(here: Authority, boss: User, **facts: object) -> Document:
    return make_text(here, boss, **({"kind": "agreement", "title": "Convention", "text": AGREED} | facts))


def accept(agent: Agent, document: Document, request: Request | None = None) -> Acceptance:
    shown = texts.digest(documents.shown_to(agent, document, request))
    assert agent.user is not None
    return documents.accept(
        actor=agent.user, agent=agent, document=document, request=request, shown_digest=shown, now=NOW
    )
