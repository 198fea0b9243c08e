"""The address of one's own calendar of meetings: opened, changed, closed, recognised.

The secret is in the address because calendar programs know no other way. So it opens one thing only, is stored as a
hash, is shown once, can be closed at any time, and guessing is throttled.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import no, require
from parvis.portal.meetings.models import Feed

_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def open_feed(*, actor: User, agent: Agent, now: datetime) -> str:
    """A new secret; the one before opens nothing any more.

    Raises:
        NotAllowed: not the agent.
    """
    _require_own(actor, agent)
    secret = secrets.token_urlsafe(32)
    Feed.objects.update_or_create(agent=agent, defaults={"digest": digest(secret), "created_at": now, "read_at": None})
    audit.record(actor=actor, action="meetings.feed_opened", target=agent, now=now)
    return secret


@transaction.atomic
def close_feed(*, actor: User, agent: Agent, now: datetime) -> None:
    """The address opens nothing any more; twice is once.

    Raises:
        NotAllowed: not the agent.
    """
    _require_own(actor, agent)
    if Feed.objects.filter(agent=agent).delete()[0]:
        audit.record(actor=actor, action="meetings.feed_closed", target=agent, now=now)


def recognise(secret: str, *, now: datetime) -> Agent | None:
    """The agent in post, with a standing account, whose calendar this secret opens. Notes the use."""
    found = Feed.objects.select_related("agent__user", "agent__entity").filter(
        digest=digest(secret), agent__is_active=True, agent__user__is_active=True
    )
    feed = found.first()
    if feed is None:
        return None
    if feed.read_at is None or now - feed.read_at >= _NOTED_EVERY:
        Feed.objects.filter(pk=feed.pk).update(read_at=now)
    return feed.agent


def digest(secret: str) -> str:
    """What is stored for a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_own(actor: User, agent: Agent) -> None:
    if agent.user_id != actor.pk:
        require(no("not_yours", "Ce calendrier est celui d’un autre agent."))
