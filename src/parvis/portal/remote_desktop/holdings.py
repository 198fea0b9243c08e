"""What this room holds of an agent, for `movements.registry`: rights to screens, sessions under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, events
from parvis.portal.movements import rules as movement_rules
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item
from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.events import RightRevoked
from parvis.portal.remote_desktop.models import RemoteSession, Right
from parvis.portal.remote_desktop.services import revoke_right


def screens(agent: Agent, movement: Movement) -> Iterator[Item]:
    """Rights are kept until a day or removed; a leaver's live sessions have ended with their account."""
    if movement.kind == Kind.JOINER:
        return
    if movement.kind == Kind.LEAVER:
        yield from _sessions(agent, movement)
    patience = movement_rules.LEAVER_RIGHTS_END if movement.kind == Kind.LEAVER else movement_rules.KEPT_AFTER_MOVE
    end = movement.effective_date + patience
    for right in _rights(agent, movement):
        yield Item(
            key=f"right:{right.pk}",
            kind=StepKind.COMES_BACK,
            title=_("Accès à distance à %(computer)s") % {"computer": right.computer},
            why=_("Sans décision, ce droit est retiré à cette date."),
            owner_entity_id=right.computer.entity_id,
            link=reverse("remote_desktop_staff:rights"),
            due_date=end,
            ends_date=end,
        )


def let_go_of_right(agent: Agent, key: str, actor: User | None, now: datetime) -> None:
    """Take a right back: by a person with their own right to do so, or because its last day is past.

    Raises:
        NotAllowed: the person may not.
    """
    found = Right.objects.select_related("agent__entity", "computer__entity")
    right = found.filter(pk=int(key.partition(":")[2]), agent=agent).first()
    if right is None:
        return
    if actor is not None:
        revoke_right(actor=actor, right=right, now=now)
    elif Right.objects.filter(pk=right.pk, revoked_at__isnull=True).update(revoked_at=now):
        audit.record(actor=None, action="remote_desktop.right_revoked", target=right, now=now)
        events.publish(RightRevoked(right_id=right.pk, at=now))


def _rights(agent: Agent, movement: Movement) -> list[Right]:
    standing = Right.objects.filter(agent=agent, revoked_at__isnull=True).select_related("computer")
    # Those that end before the movement's day are gone by themselves.
    return [each for each in standing if each.ends_date is None or each.ends_date >= movement.effective_date]


def _sessions(agent: Agent, movement: Movement) -> Iterator[Item]:
    if agent.user_id is None:
        return
    theirs = RemoteSession.objects.filter(user_id=agent.user_id)
    live = theirs.filter(state__in=rules.LIVE_STATES).count()
    ended = theirs.filter(end_reason="account_disabled", ended_at__gte=movement.opened_at).count()
    if (live and agent.is_active) or not (live or ended):
        return  # before the departure a session under way is work as usual
    yield Item(
        key="sessions",
        kind=StepKind.COMES_BACK,
        title=_("Sessions à distance en cours"),
        why=ngettext("%(n)d session fermée au départ.", "%(n)d sessions fermées au départ.", live + ended)
        % {"n": live + ended},
        done=not live,
    )
