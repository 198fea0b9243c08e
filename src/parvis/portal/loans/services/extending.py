"""More days: asked for by the agent, granted by the IT team that lends, never over somebody else's days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import letters, permissions
from parvis.portal.loans.models import Extension, Item, Loan
from parvis.portal.loans.services import booking

EXTENDABLE = (Loan.State.APPROVED, Loan.State.PREPARED, Loan.State.OUT)


def left(loan: Loan) -> int:
    """How many more extensions the offer lets the agent ask for."""
    return max(0, loan.offer.extensions - loan.extensions.filter(state=Extension.State.GRANTED).count())


def latest(loan: Loan) -> date:
    """The last day one extension may reach."""
    return loan.ends_date + timedelta(days=loan.offer.max_days)


@transaction.atomic
def ask(*, actor: User, loan: Loan, ends: date, reason: str, now: datetime) -> Extension:
    """Ask to keep everything until `ends`. The IT team that lends need not ask: theirs is granted at once.

    Raises:
        NotAllowed: neither the agent, their head, nor the IT team.
        Conflict: not under way (`loan_moved`), late (`loan_overdue`), no extension left (`no_extension_left`), one
            waits already (`extension_waiting`), somebody else has booked a thing (`asset_taken`).
        Invalid: not after the last day, or too far.
    """
    require(permissions.can_cancel(actor, loan))
    staff = is_staff(actor, loan.entity)
    today = clock.today(now)
    _check(loan, ends, today, staff=staff)
    _require_free(loan, ends, today)
    try:
        with transaction.atomic():
            extension = Extension.objects.create(
                loan=loan, ends_date=ends, reason=" ".join(reason.split())[:300], requested_at=now
            )
    except IntegrityError:
        raise Conflict(_("Une demande de prolongation attend déjà une réponse."), code="extension_waiting") from None
    audit.record(actor=actor, action="loans.extension_requested", target=loan, now=now, data={"to": ends.isoformat()})
    if staff and loan.agent.user_id != actor.pk:
        grant(actor=actor, extension=extension, now=now)
    return extension


def _check(loan: Loan, ends: date, today: date, *, staff: bool) -> None:
    if loan.state not in EXTENDABLE:
        raise Conflict(_("Ce prêt n’est pas en cours."), code="loan_moved")
    if ends <= max(loan.ends_date, today):
        problem = _("Choisissez un jour après la fin prévue.")
        raise Invalid(problem, fields={"ends_date": [problem]})
    if ends > latest(loan) and not staff:
        problem = ngettext(
            "Une prolongation ne peut pas dépasser %(n)d jour.",
            "Une prolongation ne peut pas dépasser %(n)d jours.",
            loan.offer.max_days,
        ) % {"n": loan.offer.max_days}
        raise Invalid(problem, fields={"ends_date": [problem]})
    if staff:
        return
    if loan.ends_date < today:
        raise Conflict(
            _("Ce prêt est en retard\u202f: il ne se prolonge plus d’ici."),
            code="loan_overdue",
            advice=_("Appelez l’assistance informatique, ou rapportez-le."),
        )
    if not left(loan):
        raise Conflict(
            _("Ce prêt a déjà été prolongé autant que possible."),
            code="no_extension_left",
            advice=_("Rapportez-le à la date prévue, ou appelez l’assistance informatique."),
        )


def _require_free(loan: Loan, ends: date, today: date) -> None:
    """Looked at when it is asked, so that nobody waits for a no; what decides is `booking.extend`, at the grant."""
    for item in loan.items.filter(state__in=(Item.State.RESERVED, Item.State.OUT)).select_related("asset"):
        others = Item.objects.filter(booking.holding(item.starts_date, ends, today), asset_id=item.asset_id)
        if others.exclude(pk=item.pk).exists():
            raise Conflict(
                _("%(asset)s est déjà réservé à quelqu’un d’autre sur ces jours.") % {"asset": item.asset},
                code=booking.TAKEN,
                advice=_("Choisissez un jour plus proche, ou appelez l’assistance informatique."),
            )


@transaction.atomic
def grant(*, actor: User, extension: Extension, now: datetime) -> None:
    """Yes: every item is kept until then.

    Raises:
        NotAllowed: not of the IT team that lends; or it is the actor's own loan.
        Conflict: decided already (`extension_decided`); somebody has booked a thing meanwhile (`asset_taken`).
    """
    loan = extension.loan
    require(permissions.can_extend(actor, loan))
    _decide(extension, Extension.State.GRANTED, actor=actor, now=now)
    kept = loan.items.filter(state__in=(Item.State.RESERVED, Item.State.OUT)).select_related("asset")
    for item in kept.order_by("asset_id"):  # in one order, as `booking.reserve_all`
        booking.extend(item=item, ends=extension.ends_date, now=now)
    under_way = Loan.objects.filter(pk=loan.pk, state__in=EXTENDABLE)
    if not under_way.update(ends_date=extension.ends_date):
        raise Conflict(_("Ce prêt n’est pas en cours."), code="loan_moved")
    loan.ends_date = extension.ends_date
    data = {"to": extension.ends_date.isoformat()}
    audit.record(actor=actor, action="loans.extension_granted", target=loan, now=now, data=data)
    letters.extension_decided(extension)


@transaction.atomic
def refuse(*, actor: User, extension: Extension, reason: str, now: datetime) -> None:
    """No: the loan ends on its day.

    Raises:
        NotAllowed: not of the IT team that lends; or it is the actor's own loan.
        Conflict: decided already (`extension_decided`).
    """
    require(permissions.can_extend(actor, extension.loan))
    _decide(extension, Extension.State.REFUSED, actor=actor, now=now, refusal=" ".join(reason.split())[:300])
    audit.record(actor=actor, action="loans.extension_refused", target=extension.loan, now=now)
    letters.extension_decided(extension)


def _decide(extension: Extension, state: Extension.State, *, actor: User, now: datetime, refusal: str = "") -> None:
    waiting = Extension.objects.filter(pk=extension.pk, state=Extension.State.REQUESTED)
    if not waiting.update(state=state, decided_at=now, decided_by=actor, refusal=refusal):
        raise Conflict(_("Cette demande a déjà une réponse."), code="extension_decided")
    extension.state, extension.decided_at, extension.decided_by, extension.refusal = state, now, actor, refusal
