"""Rights are given and taken back; expiry needs nobody: the rules read the dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, authz, clock, events
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop import facts, hints, permissions, rules, wording
from parvis.portal.remote_desktop.events import RightGranted, RightRevoked
from parvis.portal.remote_desktop.models import Right


def grant_right(
    *,
    actor: User | None,
    agent: Agent,
    computer: Computer,
    starts_date: date,
    ends_date: date | None,
    now: datetime,
    reason: str = "",
) -> Right:
    """Let an agent reach a computer's screen between two days, both included.

    The caller asked for a fresh second factor (requirement 10). `actor` None: the portal itself, for what people
    allowed to have decided already (telework that was granted opens at its hour).

    Raises:
        NotAllowed: not of the IT team, or one's own right.
        Invalid: the dates, a missing end, a machine that is not for telework.
        Conflict: the same right exists.
    """
    if actor is not None:
        authz.require(permissions.can_grant_right(actor, agent, computer))
    display = facts.display_of(computer)
    problem = rules.why_not_grant(
        own=actor is not None and agent.user_id == actor.pk,
        starts=starts_date,
        ends=ends_date,
        today=clock.today(now),
        assigned=Assignment.objects.filter(agent=agent, asset=computer).exists(),
        kind=computer.kind,
        sensitive_allowed=display is not None and display.sensitive_allowed,
    )
    if problem is not None:
        field = "computer" if problem == "kind_forbidden" else "agent" if problem == "own_right" else "ends_date"
        sentence = str(wording.GRANT_WORDS[problem])
        raise Invalid(sentence, code=problem, fields={field: [sentence]})
    try:
        with transaction.atomic():
            right = Right.objects.create(
                agent=agent,
                computer=computer,
                starts_date=starts_date,
                ends_date=ends_date,
                reason=reason[:200],
                granted_by=actor,
                granted_at=now,
            )
            audit.record(
                actor=actor,
                action="remote_desktop.right_granted",
                target=right,
                now=now,
                data={"starts": starts_date, "ends": ends_date, "reason": right.reason},
            )
            events.publish(RightGranted(right_id=right.pk, at=now))
    except IntegrityError:
        raise Conflict(wording.GRANT_WORDS["right_exists"], code="right_exists") from None
    return right


@dataclass(frozen=True, slots=True)
class BulkGrant:
    """What a bulk grant did: rights given, agents who had one already, and those left out with the reason."""

    granted: list[Right]
    already: list[Agent]
    skipped: list[tuple[Agent, str]]


def grant_to_many(
    *, actor: User, agents: Iterable[Agent], starts_date: date, ends_date: date | None, now: datetime, reason: str = ""
) -> BulkGrant:
    """Give each agent a right on each of their own computers; who has one for the same days keeps it.

    One agent's refusal does not stop the others.
    """
    done = BulkGrant([], [], [])
    for agent in agents:
        own = list(
            Computer.objects.filter(assignments__agent=agent)
            .exclude(kind__in=rules.SENSITIVE_KINDS)
            .select_related("entity", "display")
        )
        if not own:
            done.skipped.append((agent, "no_computer"))
        for computer in own:
            _grant_one(done, actor, agent, computer, starts_date, ends_date, now, reason)
    return done


def _grant_one(
    done: BulkGrant,
    actor: User,
    agent: Agent,
    computer: Computer,
    starts: date,
    ends: date | None,
    now: datetime,
    reason: str,
) -> None:
    covered = Q(ends_date__isnull=True) | (Q(ends_date__gte=ends) if ends is not None else Q(pk__in=[]))
    held = Right.objects.filter(covered, agent=agent, computer=computer, revoked_at__isnull=True)
    if held.filter(starts_date__lte=starts).exists():
        done.already.append(agent)
        return
    try:
        right = grant_right(
            actor=actor,
            agent=agent,
            computer=computer,
            starts_date=starts,
            ends_date=ends,
            now=now,
            reason=reason,
        )
    except Conflict:
        done.already.append(agent)
    except (NotAllowed, Invalid) as refused:
        done.skipped.append((agent, refused.code))
    else:
        done.granted.append(right)


@transaction.atomic
def shorten_right(*, actor: User | None, right: Right, ends_date: date, now: datetime) -> bool:
    """Bring the last day of a right forward; one that ends sooner stays as it is. Whether this changed it.

    A right that has not begun by then is taken back. `actor`: as above.

    Raises:
        NotAllowed: not of the IT team.
    """
    if ends_date < right.starts_date:
        return revoke_right(actor=actor, right=right, now=now)
    if actor is not None:
        authz.require(permissions.can_revoke_right(actor, right))
    longer = Right.objects.filter(Q(ends_date__isnull=True) | Q(ends_date__gt=ends_date), revoked_at__isnull=True)
    if not longer.filter(pk=right.pk).update(ends_date=ends_date):
        return False
    data = {"before": right.ends_date, "ends": ends_date}
    audit.record(actor=actor, action="remote_desktop.right_shortened", target=right, now=now, data=data)
    right.ends_date = ends_date
    hints.ring(session__agent=right.agent_id, session__computer=right.computer_id)
    return True


@transaction.atomic
def revoke_right(*, actor: User | None, right: Right, now: datetime) -> bool:
    """Take a right back; twice is once. Live screens close at once: their gateways are told to ask. `actor`: as above.

    Raises:
        NotAllowed: not of the IT team.
    """
    if actor is not None:
        authz.require(permissions.can_revoke_right(actor, right))
    if not Right.objects.filter(pk=right.pk, revoked_at__isnull=True).update(revoked_at=now, revoked_by=actor):
        return False
    audit.record(actor=actor, action="remote_desktop.right_revoked", target=right, now=now)
    events.publish(RightRevoked(right_id=right.pk, at=now))
    hints.ring(session__agent=right.agent_id, session__computer=right.computer_id)
    return True
