"""Asking for a loan, and giving it up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import availability, permissions, queries, rules
from parvis.portal.loans.events import LoanCancelled, LoanRequested
from parvis.portal.loans.models import Loan, Offer, Part
from parvis.portal.loans.services import booking, deciding
from parvis.portal.ui import formats

PURPOSE_LENGTH = 300


@transaction.atomic
def request_loan(
    *,
    actor: User | None,
    offer: Offer,
    agent: Agent,
    starts: date,
    ends: date,
    now: datetime,
    purpose: str = "",
    options: Iterable[Part] = (),
    waits: bool = False,
) -> Loan:
    """Ask for `offer` for an agent, from `starts` to `ends` (both included).

    Who asks, for themselves or their agent, for what nobody has to agree to has it at once, if it is free. The IT
    team that lends needs no notice, and grants with `deciding.approve`. `waits`: ask though nothing is free, and wait.
    `actor` None: the portal itself, for what the IT team has decided elsewhere; it grants it next, nobody is asked.

    Raises:
        NotAllowed: see `permissions.can_request`.
        Invalid: the days cannot be had: `fields` says why.
        Conflict: the agent has not given back another loan (`loan_overdue`); nothing is free (`nothing_free`); the
            same is asked for already (`already_requested`).
    """
    if actor is not None:
        require(permissions.can_request(actor, offer, agent))
    today = clock.today(now)
    lends = actor is None or is_staff(actor, offer.entity)
    check_days(offer, starts, ends, today=today, lends=lends)
    deciding.refuse_if_overdue(agent, today)
    if not waits and not lends:
        refuse_if_taken(offer, starts, ends, today)
    loan = Loan(
        entity_id=offer.entity_id,
        offer=offer,
        agent=agent,
        purpose=" ".join(purpose.split())[:PURPOSE_LENGTH],
        starts_date=starts,
        ends_date=ends,
        requested_at=now,
        requested_by=actor,
    )
    _save_once(loan)
    loan.options.set([part for part in options if part.offer_id == offer.pk and part.is_optional])
    data = {"offer": offer.pk, "agent": agent.pk, "from": starts.isoformat(), "to": ends.isoformat()}
    audit.record(actor=actor, action="loans.loan_requested", target=loan, now=now, data=data)
    # The IT team grants what it lends itself, with the things it has chosen.
    if offer.approval == Offer.Approval.NONE and (not lends or (actor is not None and agent.user_id == actor.pk)):
        deciding.grant_if_free(loan=loan, now=now)
    if loan.state == Loan.State.REQUESTED and actor is not None:
        events.publish(LoanRequested(loan_id=loan.pk, at=now))
    return loan


def _save_once(loan: Loan) -> None:
    """Of a button pressed twice, one request: also where the first was granted before the second came.

    Raises:
        Conflict: `already_requested`.
    """
    try:
        with transaction.atomic():
            loan.save()  # one that is being asked for at this moment is waited for here
    except IntegrityError:
        raise _asked_already() from None
    same = Loan.objects.filter(agent=loan.agent, offer=loan.offer, starts_date=loan.starts_date)
    if same.filter(state__in=queries.WAITING).exclude(pk=loan.pk).exists():
        raise _asked_already()


def _asked_already() -> Conflict:
    return Conflict(
        _("Ce prêt est déjà demandé pour ces dates."),
        code="already_requested",
        advice=_("Vous le trouvez dans «\u202fMes prêts\u202f»."),
    )


@transaction.atomic
def cancel_loan(*, actor: User | None, loan: Loan, now: datetime, reason: str = "") -> None:
    """Give up a loan that was not handed over; what was kept for it is free again. `actor` None: the portal itself.

    Raises:
        NotAllowed: see `permissions.can_cancel`.
        Conflict: it was handed over, or is over.
    """
    if actor is not None:
        require(permissions.can_cancel(actor, loan))
    deciding.move_loan(loan, Loan.State.CANCELLED, now=now, closed_at=now)
    released = booking.release_all(loan=loan, now=now)
    data = {"released": released, "reason": reason[:100]}
    audit.record(actor=actor, action="loans.loan_cancelled", target=loan, now=now, data=data)
    events.publish(LoanCancelled(loan_id=loan.pk, actor_id=actor.pk if actor is not None else None, at=now))


def check_days(offer: Offer, starts: date, ends: date, *, today: date, lends: bool) -> None:
    """Whether these days may be asked for at all. `lends`: it is the IT team that asks.

    Raises:
        Invalid: `fields` names the day and says why.
    """
    notice = 0 if lends else offer.notice_days
    wrong = rules.wrong_with_days(starts, ends, today=today, max_days=offer.max_days, notice_days=notice)
    if wrong is None:
        return
    field, why = wrong
    words = {
        "past": _("Ce jour est passé."),
        "reversed": _("Le dernier jour ne peut pas être avant le premier."),
        "too_far": _("Un prêt se demande au plus un an à l’avance."),
        "too_soon": ngettext(
            "Il faut %(n)d jour pour préparer ce prêt\u202f: choisissez le %(day)s ou plus tard.",
            "Il faut %(n)d jours pour préparer ce prêt\u202f: choisissez le %(day)s ou plus tard.",
            notice,
        )
        % {"n": notice, "day": formats.day(rules.earliest(today, notice))},
        "too_long": ngettext(
            "Ce prêt dure %(n)d jour au plus\u202f: jusqu’au %(day)s.",
            "Ce prêt dure %(n)d jours au plus\u202f: jusqu’au %(day)s.",
            offer.max_days,
        )
        % {"n": offer.max_days, "day": formats.day(rules.latest_end(starts, offer.max_days))},
    }
    raise Invalid(words[why], code=why, fields={field: [words[why]]})


def refuse_if_taken(offer: Offer, starts: date, ends: date, today: date) -> None:
    """Whether a whole kit is free on these days.

    Raises:
        Conflict: `nothing_free`; its advice is the nearest days on which one is.
    """
    found = availability.of_offer(offer, today)
    short = found.short(starts, ends)
    if not short:
        return
    raise Conflict(
        _("Plus rien de libre sur ces jours\u202f: %(parts)s.")
        % {"parts": ", ".join(stock.part.label for stock in short)},
        code="nothing_free",
        advice=nearest_words(found, starts, ends),
    )


def nearest_words(found: availability.Availability, starts: date, ends: date) -> str:
    """What could be had instead: fewer days from the same day, or as many days later."""
    days = rules.days_between(starts, ends)
    said = []
    shorter = found.longest_from(starts, days - 1)
    if shorter:
        end = rules.latest_end(starts, shorter)
        said.append(_("le même jour, jusqu’au %(day)s") % {"day": formats.day(end)})
    later = found.first_free(starts, days)
    if later:
        said.append(_("aussi longtemps, à partir du %(day)s") % {"day": formats.day(later)})
    if not said:
        return _("Rien ne se libère dans l’année\u202f: vous pouvez demander à attendre.")
    return _("C’est possible %(days)s. Vous pouvez aussi demander à attendre.") % {"days": _(" ou ").join(said)}
