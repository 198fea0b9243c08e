"""Reads of texts and acceptances: which text is in force where, who accepted it, who has still to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import Someone, agent_of, perimeter, within
from parvis.portal.directory.rules import lineage
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework.models import Acceptance, Document, Request

BOUND = (Request.State.APPROVED, Request.State.OPEN, Request.State.SUSPENDED)
"""States of a request to which an agreement belongs."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, without its text. `path`: of its entity."""

    pk: int
    path: str
    kind: str
    version: int
    asks_again: bool


def published(kind: str) -> list[Version]:
    """Every published version of a kind. One query."""
    rows = Document.objects.filter(kind=kind, published_at__isnull=False).order_by("entity__path", "version")
    return [Version(*row) for row in rows.values_list("pk", "entity__path", "kind", "version", "asks_again")]


def in_force_at(path: str, versions: Iterable[Version]) -> Version | None:
    """The version in force at `path`: the last of the nearest entity above that has one."""
    found = [each for each in versions if path.startswith(each.path)]
    return max(found, key=lambda each: (len(each.path), each.version), default=None)


def enough(version: Version, versions: Iterable[Version]) -> list[int]:
    """Which versions, accepted, do for `version`: itself, and those before that later ones did not ask again."""
    same = sorted(
        (each for each in versions if each.path == version.path and each.version <= version.version),
        key=lambda each: -each.version,
    )
    found = []
    for each in same:
        found.append(each.pk)
        if each.asks_again:
            break
    return found


def in_force(entity: Entity, kind: str) -> Document | None:
    """The text in force for the agents of an entity; with its entity. Two queries."""
    version = in_force_at(entity.path, published(kind))
    return Document.objects.select_related("entity").filter(pk=version.pk).first() if version is not None else None


def charter_acceptance(agent: Agent) -> Acceptance | None:
    """The acceptance that does for the charter in force, if there is one."""
    return _acceptance(agent, Document.Kind.CHARTER, Q(request=None))


def agreement_acceptance(request: Request) -> Acceptance | None:
    """The acceptance that does for the agreement in force on this very request, if there is one."""
    return _acceptance(request.agent, Document.Kind.AGREEMENT, Q(request=request))


def _acceptance(agent: Agent, kind: str, about: Q) -> Acceptance | None:
    versions = published(kind)
    version = in_force_at(agent.entity.path, versions)
    if version is None:
        return None
    done = Acceptance.objects.filter(about, agent=agent, document__in=enough(version, versions))
    return done.select_related("document").order_by("-accepted_at").first()


def documents_visible_to(user: Someone) -> QuerySet[Document]:
    """Published texts and drafts of one's perimeter (IT team, auditors), and the published ones above it.

    An agent reads those published for their service. With entity.
    """
    paths = perimeter(user, *VIEWING_ROLES)
    condition = within(paths)
    if condition != Q():
        agent = agent_of(user)
        above = {each for path in paths for each in lineage(path)} | set(lineage(agent.entity.path) if agent else ())
        condition |= Q(published_at__isnull=False, entity__path__in=above)
    return Document.objects.filter(condition).select_related("entity", "published_by")


def documents_run_by(user: Someone) -> QuerySet[Document]:
    """Those of the user's perimeter alone (IT team, auditors); with entity."""
    mine = Document.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return mine.select_related("entity", "published_by")


def acceptances_visible_to(user: Someone) -> QuerySet[Acceptance]:
    """One's own; those of agents of one's perimeter (IT team, auditors, heads of department). With text and agent."""
    condition = within(perimeter(user, *VIEWING_ROLES, Role.HEAD_OF_DEPARTMENT), "agent__entity__path")
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(agent__user_id=user.pk)
    return Acceptance.objects.filter(condition).select_related("document__entity", "agent__entity", "agent__user")


def acceptances_of(agent: Agent) -> QuerySet[Acceptance]:
    """An agent's own, newest first; with text."""
    return Acceptance.objects.filter(agent=agent).select_related("document").order_by("-accepted_at", "-pk")


def bound_requests(user: User, document: Document) -> QuerySet[Any]:
    """The requests granted to agents to whom `document` applies, of the user's perimeter; with `done`: accepted.

    With agent and entity; `proof_id`: the acceptance. `document` must be in force: of an older version nobody is
    asked any more.
    """
    return bound(document).filter(within(perimeter(user, *VIEWING_ROLES), "agent__entity__path"))


def bound(document: Document) -> QuerySet[Any]:
    """The same, whoever asks."""
    versions = published(document.kind)
    asked = Request.objects.filter(
        agent__entity__path__startswith=document.entity.path,
        agent__is_active=True,
        state__in=BOUND,
    )
    for path in {each.path for each in versions if each.path != document.entity.path}:
        if path.startswith(document.entity.path):
            asked = asked.exclude(agent__entity__path__startswith=path)  # a nearer text is theirs
    this = next((each for each in versions if each.pk == document.pk), None)
    accepted = Acceptance.objects.filter(
        agent=OuterRef("agent"), document__in=enough(this, versions) if this is not None else []
    )
    if document.kind == Document.Kind.AGREEMENT:
        accepted = accepted.filter(request=OuterRef("pk"))
    proof = Subquery(accepted.order_by("-accepted_at").values("pk")[:1])
    return asked.annotate(done=Exists(accepted), proof_id=proof).select_related("agent__entity", "agent__user")
