"""A dozen movements of the fictional authority: prepared, under way, late, finished. Deterministic, demo mode only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.directory.demo import AUTHORITY, PERSONAS
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.movements import rules
from parvis.portal.movements.models import Kind, Movement, Note, Step, StepTemplate
from parvis.portal.movements.services import opening, templates

HEADED = "Population et citoyenneté"
"""Nadia Benali's department: she has steps to do."""


@dataclass(frozen=True, slots=True)
class Story:
    """One movement: whom it takes (the `rank`-th agent of an entity's subtree), when, how far it is."""

    kind: Kind
    entity: str
    rank: int
    days: int
    done: int = 0
    """Percent of the steps that are done."""
    to: str = ""
    note: str = ""


STORIES = (
    Story(Kind.JOINER, HEADED, 3, 8, 20, note="Arrive de Plouvallon\u202f: prévoir un double écran."),
    Story(Kind.JOINER, HEADED, 4, -3, 60),
    Story(Kind.LEAVER, HEADED, 5, 12, 10, note="Dossiers à reprendre par l’accueil."),
    Story(Kind.LEAVER, HEADED, 6, -6, 40),
    Story(Kind.MOVER, HEADED, 7, -2, 30, to="Médiathèques"),
    Story(Kind.JOINER, "Budget", 2, 15),
    Story(Kind.MOVER, "Comptabilité", 1, -9, 50, to="Commande publique"),
    Story(Kind.LEAVER, "Collecte", 2, -20, 70),
    Story(Kind.LEAVER, "Applications", 1, 25),
    Story(Kind.JOINER, "Espaces verts", 3, -12, 100),
    Story(Kind.LEAVER, "Musée", 1, -40, 100),
    Story(Kind.MOVER, "Transports", 2, -30, 100, to="Stationnement"),
    Story(Kind.JOINER, "Formation", 1, -1, 40),
)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make steps by default and movements; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if StepTemplate.objects.filter(entity=root).exists():
        return False
    StepTemplate.objects.bulk_create(
        [
            StepTemplate(
                entity=root, movement_kind=kind, kind=part, title=str(title), owner_role=role, days=days
            )
            for kind, part, title, role, days in templates.COMMON
        ]
    )  # fmt: skip
    personas = {persona.email for persona in PERSONAS}
    for story in STORIES:
        _tell(story, root, personas, now)
    return True


def _tell(story: Story, root: Entity, personas: set[str], now: datetime) -> None:
    entity = _entity(story.entity, root)
    agents = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True).exclude(email__in=personas)
    agent = agents.select_related("entity", "user").order_by("pk")[story.rank : story.rank + 1].first()
    if agent is None:
        return
    day = clock.today(now) + timedelta(days=story.days)
    sides = opening.sides(agent, story.kind)
    if story.kind == Kind.MOVER:
        sides = {"from_entity": agent.entity, "to_entity": _entity(story.to, root)}
        if story.days <= 0:
            Agent.objects.filter(pk=agent.pk).update(entity=sides["to_entity"])
    if story.days > 0 and story.kind != Kind.MOVER:
        field = "ends_date" if story.kind == Kind.LEAVER else "starts_date"
        Agent.objects.filter(pk=agent.pk).update(**{field: day})
    if story.kind == Kind.LEAVER and story.days <= 0:
        _has_left(agent)
    begun = now + timedelta(days=min(story.days, 0) - 5)
    movement = opening.begin(
        agent=agent, kind=story.kind, effective_date=day, origin=Movement.Origin.SOURCE, now=now, **sides
    )
    Movement.objects.filter(pk=movement.pk).update(opened_at=begun)
    _progress(movement, story.done, now)
    if story.note:
        Note.objects.create(movement=movement, text=story.note, written_at=now - timedelta(days=1))


def _has_left(agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    if agent.user is not None:
        agent.user.is_active = False
        agent.user.save(update_fields=["is_active"])


def _progress(movement: Movement, percent: int, now: datetime) -> None:
    steps = list(movement.steps.order_by("due_date", "pk"))
    done = steps[: len(steps) * percent // 100]
    for step in done:
        step.outcome, step.done_at = Step.Outcome.REMOVED if step.decision else Step.Outcome.DONE, now
    Step.objects.bulk_update(done, ["outcome", "done_at"])
    if percent == 100:
        Movement.objects.filter(pk=movement.pk).update(state=rules.DONE, closed_at=now)


def _entity(name: str, root: Entity) -> Entity:
    found = Entity.objects.filter(name=name, path__startswith=root.path).order_by("path").first()
    return found or root
