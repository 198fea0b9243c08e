"""Waking computers, round by round.

A round takes every wake-up whose turn it is, sends the magic packet of the new ones
(three times, one second apart), probes all of them at once, and notes what came of
it. It comes back two seconds later as long as one of its own is still running. So a
hundred sleeping computers keep one worker thread busy, not a hundred; rounds that
overlap share the work, because taking a wake-up is one conditional UPDATE; and a
round whose worker was killed is simply run again.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.kernel import clock
from parvis.portal.parc import network, services
from parvis.portal.parc.models import Site, WakeUp
from parvis.portal.parc.rules import RUNNING
from parvis.ticket.addresses import AddressForbidden, AddressPolicy

RESERVED_SECONDS = 20
"""A round that is not back by then was killed: another one takes its wake-ups. Longer than any round lasts."""

MOST = 200
"""Wake-ups a round takes: 15 s of work when all are new and none answers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a wake-up is. All in seconds."""

    packets: int = 3
    between_packets: float = 1.0
    probe: float = network.PROBE_SECONDS
    between_rounds: float = 1.0
    give_up_after: float = 180.0


@dataclass(frozen=True, slots=True)
class _Outcome:
    probe: network.Probe
    refusal: str = ""
    """Why the packet did not leave, a key of `rules.WAKE_UP_WORDS`."""


def run_round(limits: Limits | None = None) -> bool:
    """One round. True: come back in `between_rounds` seconds, some of the wake-ups taken are not over."""
    limits = limits or Limits()
    taken = take(clock.now(), timedelta(seconds=RESERVED_SECONDS))
    if not taken:
        return False
    outcomes = asyncio.run(_work(taken, limits))
    for wake_up, outcome in zip(taken, outcomes, strict=True):
        _note(wake_up, outcome, limits, clock.now())
    # Those not over are free for the next round, which is due sooner than `take` reserved them for.
    running = WakeUp.objects.filter(pk__in=[wake_up.pk for wake_up in taken], round=taken[0].round, state__in=RUNNING)
    return bool(running.update(next_step_at=clock.now() + timedelta(seconds=limits.between_rounds)))


def take(now: datetime, turn: timedelta) -> list[WakeUp]:
    """The running wake-ups whose turn it is; nobody else takes them before `turn` is over."""
    token = uuid.uuid4()
    due = WakeUp.objects.filter(state__in=RUNNING, next_step_at__lte=now)
    longest_waiting = list(due.order_by("next_step_at").values_list("pk", flat=True)[:MOST])
    if not due.filter(pk__in=longest_waiting).update(round=token, next_step_at=now + turn):
        return []
    return list(WakeUp.objects.filter(round=token).select_related("computer__site"))


def _keep(token: uuid.UUID | None, limits: Limits, now: datetime) -> bool:
    """Make what this round still holds due for the next one: a refusal comes long before the turn is over."""
    held = WakeUp.objects.filter(round=token, state__in=RUNNING)
    return bool(held.update(next_step_at=now + timedelta(seconds=limits.between_rounds)))


async def _work(taken: list[WakeUp], limits: Limits) -> list[_Outcome]:
    allowed = network.policy()
    turn = asyncio.Semaphore(network.AT_ONCE)

    async def one(wake_up: WakeUp) -> _Outcome:
        async with turn:
            return await _work_on(wake_up, limits, allowed)

    return await asyncio.gather(*(one(wake_up) for wake_up in taken))


async def _work_on(wake_up: WakeUp, limits: Limits, allowed: AddressPolicy) -> _Outcome:
    computer = wake_up.computer
    target = network.Target(computer.pk, computer.address, computer.probe_port)
    refusal = ""
    if wake_up.state == WakeUp.State.REQUESTED:
        refusal = await _send(computer.mac_address, computer.site, limits, allowed)
    return _Outcome(await network.probe(target, allowed, limits.probe), refusal)


async def _send(mac: str, site: Site | None, limits: Limits, allowed: AddressPolicy) -> str:
    """Send the packets; the outcome if they could not leave."""
    if site is None or not site.wake_address or not mac:
        return "not_configured"
    try:
        for number in range(limits.packets):
            if number:
                await asyncio.sleep(limits.between_packets)
            network.send_magic_packet(mac, site.wake_address, site.wake_port, allowed)
    except (AddressForbidden, ValueError):
        return "wake_address_forbidden"
    except OSError:
        return "packet_not_sent"
    return ""


def _note(wake_up: WakeUp, outcome: _Outcome, limits: Limits, now: datetime) -> None:
    services.record_probes([outcome.probe], now=now)
    state, word = _judge(wake_up, outcome, now - wake_up.requested_at >= timedelta(seconds=limits.give_up_after))
    if state != wake_up.state:
        services.move_wake_up(wake_up, state, outcome=word, now=now)


def _judge(wake_up: WakeUp, outcome: _Outcome, too_late: bool) -> tuple[WakeUp.State, str]:
    if outcome.probe.answered:
        return WakeUp.State.AWAKE, "answered"
    if outcome.refusal:
        return WakeUp.State.FAILED, outcome.refusal
    if outcome.probe.answered is None:
        return WakeUp.State.FAILED, "address_unusable"
    if too_late:
        return WakeUp.State.FAILED, "no_answer"
    return WakeUp.State.SENT, "packet_sent"
