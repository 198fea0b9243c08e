"""Recovery by two technicians: a way back for who lost every second factor (requirements 9 and 20).

The person asks (after their password) or a technician does it for them. A first technician makes sure who they are; a
second one approves, and reads them a one-time code, which together with the password opens the enrolment of a new
second factor. The code is never sent by mail: the mailbox may be what was stolen. What the account had goes only
when the code is used. Where fewer than two people administer the account, the head of IT decides alone, an hour
after having identified the person, who may refuse by a link. The callers have checked that the second factor of the
technician is fresh.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from parvis.portal.accounts import factors, perimeter, permissions, rules, tasks
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed

State = RecoveryRequest.State


@transaction.atomic
def open_request(*, actor: User, user: User, now: datetime) -> RecoveryRequest:
    """A request of `user` themselves, whose password was right, or of a technician for them.

    Raises:
        NotAllowed: a technician who does not administer the account.
        Conflict: one is open already.
    """
    if actor.pk != user.pk:
        require(permissions.can_administer(actor, user))
    expire(now=now, user=user)
    try:
        with transaction.atomic():
            request = RecoveryRequest.objects.create(
                user=user, opened_by=actor, opened_at=now, expires_at=now + rules.STANDS_FOR
            )
    except IntegrityError:
        raise Conflict(_("Une demande est déjà en cours pour ce compte."), code="recovery_open") from None
    by_owner = actor.pk == user.pk
    audit.record(actor=actor, action="accounts.recovery_asked", target=user, now=now, data={"by_owner": by_owner})
    tasks.notify(user=user, what="recovery_asked", now=now)
    _tell_team(user, now, what="recovery_team_identify", but={actor.pk})
    return request


@transaction.atomic
def identify(*, actor: User, request: RecoveryRequest, means: str, note: str, now: datetime) -> None:
    """The actor made sure who the person is (`means`: in person, on video, by calling the directory's number back).

    Raises:
        NotAllowed: see `permissions.can_identify`.
        Invalid: unknown means, or a note too long.
        Conflict: somebody else was faster, or the request is over.
    """
    require(permissions.can_administer(actor, request.user))
    if means not in RecoveryRequest.Means.values or len(note) > 200:
        raise Invalid(fields={"means": [_("Dites comment vous avez vérifié l’identité.")]})
    administrators = perimeter.administrators_of(request.user)
    alone = len(administrators) < 2
    if alone and not any(each.user_id == actor.pk and each.is_head for each in administrators):
        raise NotAllowed(
            _("Ici, une seule personne peut décider\u202f: seul le responsable informatique le fait, après un délai."),
            code="recovery_needs_head",
        )
    not_before = now + rules.ALONE_WAITS if alone else None
    _move(
        request,
        State.IDENTIFIED,
        now,
        means=means,
        note=note,
        identified_by=actor,
        identified_at=now,
        alone=alone,
        not_before_at=not_before,
    )
    data = {"means": means, "alone": alone}
    audit.record(actor=actor, action="accounts.recovery_identified", target=request.user, now=now, data=data)
    if alone:
        tasks.offer_refusal(request=request, now=now)
    else:
        tasks.notify(user=request.user, what="recovery_identified", now=now)
        _tell_team(request.user, now, what="recovery_team_approve", but={actor.pk})


@transaction.atomic
def approve(*, actor: User, request: RecoveryRequest, now: datetime) -> str:
    """The second technician agrees. The code, to be read to the person: nothing can show it again.

    Raises:
        NotAllowed: see `permissions.can_approve`.
        Conflict: somebody else was faster, the waiting time is not over, or the request is over; who identified the
            person has left the team since (`recovery_identified_by_nobody`).
    """
    require(permissions.can_approve(actor, request))
    if not permissions.administers(request.identified_by, request.user):
        raise Conflict(
            _("La personne qui a vérifié l’identité ne fait plus partie de l’équipe informatique de ce service."),
            code="recovery_identified_by_nobody",
            advice=_("Refusez cette demande, puis ouvrez-en une autre."),
        )
    if request.not_before_at is not None and now < request.not_before_at:
        raise Conflict(
            _("Le délai d’une heure n’est pas écoulé\u202f: la personne peut encore refuser."),
            code="recovery_too_early",
        )
    code = rules.new_code()
    _move(
        request,
        State.APPROVED,
        now,
        approved_by=actor,
        approved_at=now,
        code_digest=rules.code_digest(request.pk, code),
        code_expires_at=now + rules.CODE_STANDS_FOR,
    )
    data = {"alone": request.alone, "identified_by": request.identified_by_id}
    audit.record(actor=actor, action="accounts.recovery_approved", target=request.user, now=now, data=data)
    tasks.notify(user=request.user, what="recovery_approved", now=now, detail=str(actor))
    return code


def use_code(*, user: User, typed: str, now: datetime) -> bool:
    """The person, whose password was just right, gives the code: their factors, tokens and sign-ins go. Whether it was
    right; a wrong one is counted, and the fifth ends the request.
    """
    with transaction.atomic():
        request = RecoveryRequest.objects.filter(
            user=user, state=State.APPROVED, code_expires_at__gt=now, tries__lt=rules.TRIES
        ).first()
        if request is None:
            return False
        standing = RecoveryRequest.objects.filter(
            pk=request.pk, state=State.APPROVED, code_digest=rules.code_digest(request.pk, typed), tries__lt=rules.TRIES
        )
        # One conditional UPDATE: of two browsers with one code, one comes in.
        if standing.update(state=State.USED, ended_at=now, code_digest=""):
            audit.record(actor=user, action="accounts.recovery_used", target=user, now=now)
            factors.remove_all(user=user, actor=user, now=now)
            return True
        _wrong_code(request, now)
        return False


@transaction.atomic
def refuse(*, actor: User | None, request: RecoveryRequest, now: datetime) -> None:
    """A technician does not believe it, or the owner (actor None) says by the link of the mail that it is not them.

    Raises:
        NotAllowed: a technician who does not administer the account.
        Conflict: it is over already.
    """
    if actor is not None:
        require(permissions.can_administer(actor, request.user))
    _move(request, State.REFUSED, now, ended_at=now, code_digest="")
    data = {"by_link": actor is None}
    audit.record(actor=actor, action="accounts.recovery_refused", target=request.user, now=now, data=data)
    tasks.notify(user=request.user, what="recovery_refused", now=now)
    if actor is None:
        _tell_team(request.user, now, what="recovery_team_refused", but=set())


@transaction.atomic
def cancel(*, actor: User, request: RecoveryRequest, now: datetime) -> None:
    """The person found their phone again.

    Raises:
        NotAllowed: not one's own.
        Conflict: it is over already.
    """
    if actor.pk != request.user_id:
        raise NotAllowed
    _move(request, State.CANCELLED, now, ended_at=now, code_digest="")
    audit.record(actor=actor, action="accounts.recovery_cancelled", target=request.user, now=now)


def expire(*, now: datetime, user: User | None = None) -> int:
    """End the requests whose time, or whose code's time, is over; how many. Twice is once."""
    open_ones = RecoveryRequest.objects.filter(state__in=rules.OPEN)
    if user is not None:
        open_ones = open_ones.filter(user=user)
    over = open_ones.filter(expires_at__lte=now) | open_ones.filter(code_expires_at__lte=now)
    return sum(_expire(request, now) for request in over.select_related("user")[:500])


@transaction.atomic
def _expire(request: RecoveryRequest, now: datetime) -> int:
    standing = RecoveryRequest.objects.filter(pk=request.pk, state__in=rules.OPEN)
    if not standing.update(state=State.EXPIRED, ended_at=now, code_digest=""):
        return 0
    audit.record(actor=None, action="accounts.recovery_expired", target=request.user, now=now)
    tasks.notify(user=request.user, what="recovery_expired", now=now)
    return 1


def _move(request: RecoveryRequest, to: str, now: datetime, **facts: Any) -> None:
    """One conditional UPDATE: of two people at once, one succeeds.

    Raises:
        Conflict: it is not (any more) in a state that leads there, or its time is over.
    """
    standing = RecoveryRequest.objects.filter(pk=request.pk, state__in=rules.sources(to), expires_at__gt=now)
    if not standing.update(state=to, **facts):
        raise Conflict(
            _("Cette demande a déjà avancé, ou n’est plus valable. Rechargez la page."), code="recovery_moved"
        )
    request.refresh_from_db()


def _wrong_code(request: RecoveryRequest, now: datetime) -> None:
    RecoveryRequest.objects.filter(pk=request.pk).update(tries=F("tries") + 1)
    user = request.user
    audit.record(actor=None, action="accounts.sign_in_refused", target=user, now=now, data={"step": "recovery"})
    spent = RecoveryRequest.objects.filter(pk=request.pk, state=State.APPROVED, tries__gte=rules.TRIES)
    if spent.update(state=State.EXPIRED, ended_at=now, code_digest=""):
        audit.record(actor=None, action="accounts.recovery_expired", target=user, now=now, data={"wrong_codes": True})
        tasks.notify(user=user, what="recovery_expired", now=now)


def _tell_team(user: User, now: datetime, *, what: str, but: set[int]) -> None:
    ids = [each.user_id for each in perimeter.administrators_of(user) if each.user_id not in but]
    for colleague in User.objects.filter(pk__in=ids[:MAILED_AT_MOST]):
        tasks.notify(user=colleague, what=what, now=now, detail=str(user))


MAILED_AT_MOST = 20
"""People of the team told of one step."""
