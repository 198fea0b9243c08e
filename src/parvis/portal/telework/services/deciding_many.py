"""Many requests granted or refused with one answer: a few writes for hundreds, and what follows by the worker.

The answer is one conditional UPDATE for those of a state, which also marks each request with a key: letter and opening
are due. The worker takes each mark away in the transaction that does what it stands for, so that whoever is killed in
between leaves marks for the next, and nothing is told or opened twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, events
from parvis.portal.telework import permissions, request_tasks, rules
from parvis.portal.telework.events import TeleworkDecided
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import requests as singly

BATCH = 500
"""Requests of one transaction: no database takes any number of keys in one statement."""

State = Request.State
TOLD = (State.APPROVED, State.OPEN, State.REFUSED)
"""What was withdrawn or ended since is not told: its end was."""
log = structlog.get_logger("parvis.telework")


@dataclass(slots=True)
class Outcome:
    """What became of many requests: decided now, found decided so by the same person, left out and why."""

    done: int = 0
    already: int = 0
    problems: list[tuple[Request, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What is said to all of them."""

    actor: User
    granted: bool
    reason: str
    now: datetime

    @property
    def to(self) -> State:
        return State.APPROVED if self.granted else State.REFUSED

    def facts(self, key: str) -> dict[str, Any]:
        said = {"decided_at": self.now, "decided_by": self.actor, "refusal": self.reason}
        return {**said, "state": self.to, "follow_up": key}


def decide_many(*, actor: User, requests: Iterable[Request], granted: bool, now: datetime, reason: str = "") -> Outcome:
    """Answer each as `requests.decide` would; one that cannot be decided does not keep the others from it.

    The requests come with agent and entity. Letters, and the opening where the entity opens alone, are the worker's.
    """
    outcome, allowed = Outcome(), []
    may = permissions.decider(actor)
    for request in requests:
        decision = may(request)
        if not decision:
            outcome.problems.append((request, str(decision.reason)))
        elif granted and not request.agent.is_active:
            outcome.problems.append((request, str(singly.gone().message)))
        else:
            allowed.append(request)
    answer = _Answer(actor=actor, granted=granted, reason="" if granted else singly.shortened(reason), now=now)
    for at in range(0, len(allowed), BATCH):
        _decide(answer, {request.pk: request for request in allowed[at : at + BATCH]}, outcome)
    return outcome


@transaction.atomic
def _decide(answer: _Answer, some: Mapping[int, Request], outcome: Outcome) -> None:
    key = secrets.token_hex(16)
    # In one order, whoever comes: of two answers at once neither waits for the other for ever.
    list(Request.objects.select_for_update().filter(pk__in=some).order_by("pk").values_list("pk"))
    for before in sorted(rules.request_sources_of(answer.to)):
        pks = [pk for pk, request in some.items() if request.state == before]
        if pks:
            _move(answer, before, pks, key)
    moved = set(Request.objects.filter(pk__in=some, follow_up=key).values_list("pk", flat=True))
    _record(answer, [some[pk] for pk in sorted(moved)])
    _explain(answer, [request for pk, request in some.items() if pk not in moved], outcome)
    outcome.done += len(moved)
    if moved:
        request_tasks.follow_up.enqueue(key=key)


def _move(answer: _Answer, before: str, pks: Sequence[int], key: str) -> None:
    """Those that are still in the state they were read in, and no other."""
    there, facts = Request.objects.filter(state=before), answer.facts(key)
    if before == State.REFUSED:
        # Alive again: not for who has asked anew.
        there = there.exclude(agent__telework_requests__state__in=rules.LIVE)
    try:
        with transaction.atomic():
            there.filter(pk__in=pks).update(**facts)
    except IntegrityError:  # somebody asks anew at this moment, or two refused requests of one agent were ticked
        for pk in pks:
            with suppress(IntegrityError), transaction.atomic():
                there.filter(pk=pk).update(**facts)


def _record(answer: _Answer, moved: Sequence[Request]) -> None:
    targets = [(request, {"before": request.state}) for request in moved]
    for request in moved:
        request.state = answer.to
    action = "telework.approved" if answer.granted else "telework.refused"
    audit.record_many(actor=answer.actor, action=action, targets=targets, now=answer.now)


def _explain(answer: _Answer, left: Sequence[Request], outcome: Outcome) -> None:
    """Why these were not decided now; what the same person had just decided so (a second click) is no trouble."""
    now_is = Request.objects.filter(pk__in=[request.pk for request in left]).only("state", "decided_by")
    found = {each.pk: each for each in now_is}
    for request in left:
        there = found.get(request.pk)
        if there is not None and there.state == answer.to and there.decided_by_id == answer.actor.pk:
            outcome.already += 1
        elif there is not None and there.state == request.state == State.REFUSED and answer.granted:
            outcome.problems.append((request, str(singly.asked_already().message)))
        else:
            outcome.problems.append((request, str(singly.moved().message)))


def follow_up(*, now: datetime, key: str = "") -> int:
    """Tell and open what these answers (all of them, without a key) still owe; for how many requests it was done."""
    due = Request.objects.filter(follow_up=key) if key else Request.objects.exclude(follow_up="")
    count = 0
    for pk, mark in list(due.order_by("pk").values_list("pk", "follow_up")):
        try:
            count += _follow(pk, mark, now)
        except Exception:
            # The others are told all the same; this one stays due, for the next sweep.
            log.exception("telework_answer_not_followed", request=pk)
    return count


@transaction.atomic
def _follow(pk: int, mark: str, now: datetime) -> bool:
    """Take the mark away with what it stands for: of two workers one does it."""
    if not Request.objects.filter(pk=pk, follow_up=mark).update(follow_up=""):
        return False
    request = Request.objects.select_related("agent__entity", "agent__user").get(pk=pk)
    if request.state == State.APPROVED:
        singly.open_if_alone(request, now)
    if request.state in TOLD:
        granted = request.state != State.REFUSED
        events.publish(TeleworkDecided(request_id=pk, actor_id=request.decided_by_id, at=now, granted=granted))
    return True
