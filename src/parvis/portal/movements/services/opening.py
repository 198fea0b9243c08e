"""Movements begin: by an event of the directory, by a date that comes, by a person who prepares one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.services import update_agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.movements import permissions, registry, rules
from parvis.portal.movements.models import Kind, Movement, Step, StepKind
from parvis.portal.movements.queries import templates_for


@transaction.atomic
def begin(
    *,
    agent: Agent,
    kind: str,
    effective_date: date,
    origin: str,
    now: datetime,
    actor: User | None = None,
    from_entity: Entity | None = None,
    to_entity: Entity | None = None,
) -> Movement:
    """The agent's movement of this kind, with its steps: the live one brought up to date, else a new one.

    Planned if its day is to come, open from that day on.
    """
    state = rules.PLANNED if effective_date > clock.today(now) else rules.OPEN
    facts: dict[str, Any] = {"effective_date": effective_date, "from_entity": from_entity, "to_entity": to_entity}
    movement, created = _live_or_new(agent, kind, facts, state=state, origin=origin, actor=actor, now=now)
    if not created:
        _bring_up_to_date(movement, facts, now)
    if state == rules.OPEN:
        open_planned(movement, now=now)
    gather_steps(movement, now=now)
    return movement


def plan(*, actor: User, agent: Agent, kind: str, day: date, to_entity: Entity | None, now: datetime) -> Movement:
    """A person prepares an arrival, a change or a departure. The directory keeps the days of arrival and departure.

    Raises:
        NotAllowed: not of the IT team of the agent's department (and of the new one).
        Invalid: a day in the past, a change without another department.
        Conflict: the agent is not in post.
    """
    require(permissions.can_plan(actor, agent.entity))
    if not agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_left")
    if day < clock.today(now):
        _invalid("day", _("Choisissez un jour à venir."))
    if kind == Kind.MOVER:
        if to_entity is None or to_entity.pk == agent.entity_id:
            _invalid("to_entity", _("Choisissez un autre service."))
        require(permissions.can_plan(actor, to_entity or agent.entity))
        return begin(
            agent=agent, kind=kind, effective_date=day, origin=Movement.Origin.PERSON, now=now, actor=actor,
            from_entity=agent.entity, to_entity=to_entity,
        )  # fmt: skip
    with transaction.atomic():
        movement = begin(agent=agent, kind=kind, effective_date=day, origin=Movement.Origin.PERSON, now=now,
                         actor=actor, **sides(agent, kind))  # fmt: skip
        update_agent(actor=actor, agent=agent, now=now, **{_DATE_OF[Kind(kind)]: day})
        return movement


_DATE_OF = {Kind.JOINER: "starts_date", Kind.LEAVER: "ends_date"}


def sides(agent: Agent, kind: str) -> dict[str, Any]:
    """The entity of an arrival or departure, by the side it is on."""
    return {"from_entity" if kind == Kind.LEAVER else "to_entity": agent.entity}


def open_planned(movement: Movement, *, now: datetime) -> bool:
    """Its day has come; twice is once."""
    if not Movement.objects.filter(pk=movement.pk, state=rules.PLANNED).update(state=rules.OPEN):
        return False
    movement.state = rules.OPEN
    audit.record(actor=None, action="movements.opened", target=movement, now=now, data={"kind": movement.kind})
    return True


@transaction.atomic
def gather_steps(movement: Movement, *, now: datetime) -> int:
    """Ask the rooms and the templates for steps; what is known stays as it is, what has happened is ticked."""
    # What is written is read later by others: it is in the authority's language, not the actor's.
    with translation.override(settings.LANGUAGE_CODE):
        told = [_from_item(movement, room, item, now) for room, item in registry.everything(movement.agent, movement)]
    told += _from_templates(movement)
    known = {step.key: step for step in movement.steps.all()}
    Step.objects.bulk_create([step for step in told if step.key not in known], ignore_conflicts=True)
    happened = [step.key for step in told if step.outcome and step.key in known and not known[step.key].outcome]
    movement.steps.filter(key__in=happened, outcome="").update(outcome=Step.Outcome.DONE, done_at=now)
    return len(told)


def _live_or_new(
    agent: Agent,
    kind: str,
    facts: dict[str, Any],
    *,
    state: str,
    origin: str,
    actor: User | None,
    now: datetime,
) -> tuple[Movement, bool]:
    live = Movement.objects.filter(agent=agent, kind=kind, state__in=rules.LIVE)
    if found := live.first():
        return found, False
    try:
        with transaction.atomic():
            movement = Movement.objects.create(
                agent=agent, kind=kind, state=state, origin=origin, opened_by=actor, opened_at=now, **facts
            )
    except IntegrityError:  # another one was faster: `movement_live_once`
        return live.get(), False
    audit.record(
        actor=actor,
        action=f"movements.{'planned' if state == rules.PLANNED else 'opened'}",
        target=movement,
        now=now,
        data={"kind": kind, "agent": agent.pk, "date": movement.effective_date, "origin": origin},
    )
    return movement, True


def _bring_up_to_date(movement: Movement, facts: dict[str, Any], now: datetime) -> None:
    """Another day, another destination: steps not done follow the day; where somebody comes from stays."""
    shift = facts["effective_date"] - movement.effective_date
    movement.effective_date = facts["effective_date"]
    movement.from_entity = movement.from_entity or facts["from_entity"]
    movement.to_entity = facts["to_entity"] or movement.to_entity
    movement.save(update_fields=["effective_date", "from_entity", "to_entity"])
    if not shift:
        return
    moved = [step for step in movement.steps.filter(outcome="") if step.due_date]
    for step in moved:
        step.due_date += shift
        if step.ends_date:
            step.ends_date += shift
    Step.objects.bulk_update(moved, ["due_date", "ends_date"])
    audit.record(actor=None, action="movements.date_changed", target=movement, now=now, data={"days": shift.days})


def _from_item(movement: Movement, room: str, item: registry.Item, now: datetime) -> Step:
    entity = movement.to_entity if item.kind == StepKind.OPENS else movement.from_entity
    fallback = entity or movement.entity or movement.agent.entity
    return Step(
        movement=movement,
        key=f"{room}:{item.key}"[:80],
        room=room,
        kind=item.kind,
        title=item.title[:200],
        why=item.why[:300],
        link=item.link,
        owner_role=item.owner_role,
        owner_entity_id=item.owner_entity_id or fallback.pk,
        due_date=item.due_date or movement.effective_date,
        decision=item.ends_date is not None,
        ends_date=item.ends_date,
        outcome=Step.Outcome.DONE if item.done else "",
        done_at=now if item.done else None,
    )


def _from_templates(movement: Movement) -> list[Step]:
    entity = movement.entity or movement.agent.entity
    return [
        Step(
            movement=movement,
            key=f"template:{each.pk}",
            room="movements",
            kind=each.kind,
            title=each.title,
            why=each.why,
            owner_role=each.owner_role,
            owner_entity=(movement.from_entity if each.kind == StepKind.COMES_BACK else None) or entity,
            due_date=rules.due_date(movement.effective_date, each.days),
        )
        for each in templates_for(movement.kind, entity)
    ]


def _invalid(field: str, problem: str) -> None:
    raise Invalid(problem, fields={field: [problem]})
