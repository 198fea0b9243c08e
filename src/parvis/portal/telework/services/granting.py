"""A request nobody had to make: what the IT team decided for many at once is granted as if each had asked."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.telework import eligibility, rules, wording
from parvis.portal.telework.models import Request
from parvis.portal.telework.rules import Obstacle

NOTE_LENGTH = 300


@transaction.atomic
def grant_for_campaign(
    *, agent: Agent, level: int, supplied: bool, has_phone: bool, campaign: str, by: User | None, now: datetime
) -> Request:
    """Write a granted request for an agent a campaign equips; `by`: who announced their wave.

    The weekdays are as many as their entity allows, from Monday on: they choose others in their usual week. The
    charter is accepted on the way in. Nobody is written to: the convocation has told them.

    Raises:
        Conflict: something stands in the way (its code is the `rules.Obstacle`), or they have asked at this very
            moment (`already_requested`).
    """
    facts = eligibility.facts_of(agent, now)
    days = list(range(min(facts.most_days, rules.WEEKDAYS)))
    found = [each for each in rules.obstacles(facts, level=level, days=days) if each is not Obstacle.CHARTER]
    if not rules.may_ask(found):
        first = next(each for each in found if each not in rules.LIFTED_LATER)
        said = wording.of(first, facts)
        raise Conflict(said.text, code=first.value, advice=said.advice)
    request = Request(
        agent=agent,
        level=level,
        machine=Request.Machine.SUPPLIED if supplied else Request.Machine.OWN,
        line=Request.Line.UNKNOWN,
        has_phone=has_phone,
        days=rules.mask_of(days),
        starts_date=clock.today(now),
        note=(_("Campagne «\u202f%(name)s\u202f».") % {"name": campaign})[:NOTE_LENGTH],
        state=Request.State.APPROVED,
        requested_at=now,
        requested_by=by,
        decided_at=now,
        decided_by=by,
    )
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError:
        raise Conflict(_("Cet agent vient de faire une demande."), code="already_requested") from None
    data = {"level": level, "days": days, "campaign": campaign}
    audit.record(actor=by, action="telework.granted_for_campaign", target=request, now=now, data=data)
    return request
