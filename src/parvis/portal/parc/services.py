"""Checks and wake-ups: asked for here, done by `tasks`, noted here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, authz
from parvis.portal.kernel.errors import Conflict
from parvis.portal.parc import permissions, queries, rules
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, Computer, Site, WakeUp
from parvis.portal.parc.network import Probe

WATCHED_KINDS = (Asset.Kind.SERVER, Asset.Kind.NETWORK, Asset.Kind.PRINTER)
"""What is checked though nobody works on it."""


@transaction.atomic
def request_check(*, computer: Computer, now: datetime) -> bool:
    """Have the computer probed, unless somebody asked less than ten seconds ago. Whether it will be.

    For pages that show a computer: no permission is needed beyond seeing it, and nothing is audited.
    """
    from parvis.portal.parc import tasks

    if not _take_check([computer.pk], older_than=now - rules.CHECK_EVERY, now=now):
        return False
    tasks.check.enqueue([computer.pk])
    return True


@transaction.atomic
def due_for_check(now: datetime, limit: int) -> list[int]:
    """Take up to `limit` assets whose state is older than five minutes, the oldest first.

    Computers somebody works on, and what others depend on (`WATCHED_KINDS`), as far as they have an address.

    They count as asked for from now on: a second sweep at the same time gets others.
    """
    old = Q(check_requested_at__isnull=True) | Q(check_requested_at__lte=now - rules.SWEEP_EVERY)
    wanted = Q(queries.is_assigned(), kind__in=COMPUTER_KINDS) | Q(kind__in=WATCHED_KINDS)
    computers = Asset.objects.filter(old, wanted).exclude(address="").exclude(state__in=["retired", "disposed"])
    if settings.PARVIS.demo:  # the others do not exist, their made-up state stays
        computers = computers.filter(address__in=[host for host, _port in settings.PARVIS.addresses.loopback_targets])
    oldest_first = computers.order_by(F("check_requested_at").asc(nulls_first=True), "pk")
    ids = list(oldest_first.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:limit])
    _take_check(ids, older_than=now - rules.SWEEP_EVERY, now=now)
    return ids


def _take_check(computer_ids: Collection[int], *, older_than: datetime, now: datetime) -> int:
    free = Q(check_requested_at__isnull=True) | Q(check_requested_at__lte=older_than)
    return Asset.objects.filter(free, pk__in=computer_ids).update(check_requested_at=now)


@transaction.atomic
def record_probes(probes: Iterable[Probe], *, now: datetime) -> None:
    """Note what probes found, with at most one UPDATE per state."""
    answers = {probe.computer_id: probe.answered for probe in probes}
    found: dict[str, list[int]] = defaultdict(list)
    for computer in Asset.objects.filter(pk__in=answers).select_related("site"):
        state = rules.reachability(
            answered=answers[computer.pk],
            last_seen_at=computer.last_seen_at,
            now=now,
            mac_known=bool(computer.mac_address),
            site_wakes=bool(computer.site and computer.site.wake_by != Site.WakeBy.NONE),
        )
        found[state].append(computer.pk)
    for state, ids in found.items():
        seen = {"last_seen_at": now} if state == Computer.Reachability.ON else {}
        Asset.objects.filter(pk__in=ids).update(reachability=state, checked_at=now, **seen)


def wake_up(*, actor: User, computer: Computer, now: datetime, decision: authz.Decision | None = None) -> WakeUp:
    """Wake a computer: the wake-up that runs from now on, or the one that runs already.

    `decision`: of a room above, which has its own reason to allow it (a right on the computer); by default
    `permissions.can_wake_up`.

    Raises:
        NotAllowed: it is not the actor's to wake.
        Conflict: its MAC address or its site's wake-up is not known (`wake_up_impossible`).
    """
    authz.require(permissions.can_wake_up(actor, computer) if decision is None else decision)
    if not queries.can_be_woken(computer):
        raise Conflict(
            _("Cet ordinateur ne peut pas être réveillé à distance."),
            code="wake_up_impossible",
            advice=_("Demandez à un collègue sur place de l’allumer, ou appelez l’assistance informatique."),
        )
    try:
        return _start_wake_up(actor, computer, now)
    except IntegrityError:
        running = WakeUp.objects.filter(computer=computer, state__in=rules.RUNNING).first()
        return running or _start_wake_up(actor, computer, now)  # None: it ended in between


@transaction.atomic
def _start_wake_up(actor: User, computer: Computer, now: datetime) -> WakeUp:
    from parvis.portal.parc import tasks

    started = WakeUp.objects.create(computer=computer, requested_by=actor, requested_at=now, next_step_at=now)
    audit.record(actor=actor, action="parc.wake_up_requested", target=computer, now=now)
    tasks.wake_round.enqueue()
    return started


@transaction.atomic
def move_wake_up(wake_up: WakeUp, state: WakeUp.State, *, outcome: str, now: datetime) -> bool:
    """Take a wake-up to `state`, if the table of moves lets it; False if it has gone elsewhere meanwhile."""
    ended = {} if state in rules.RUNNING else {"ended_at": now}
    waiting = WakeUp.objects.filter(pk=wake_up.pk, state__in=rules.sources_of(state))
    if not waiting.update(state=state, outcome=outcome, **ended):
        return False
    if ended:
        audit.record(
            actor=None,
            action="parc.wake_up_ended",
            target=wake_up.computer,
            now=now,
            data={"wake_up": wake_up.pk, "state": state.value, "outcome": outcome},
        )
    return True
