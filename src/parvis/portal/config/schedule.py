"""The periodic work of the portal: all of it, on this page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import close_old_connections

from parvis.portal.kernel import claims, clock

ASKED_AGAIN_SECONDS = 5
"""After the database did not say whose turn it is."""
log = structlog.get_logger("parvis.schedule")


@dataclass(frozen=True, slots=True)
class Job:
    """`run()` is called every `seconds`, by one worker at a time."""

    name: str
    seconds: int
    run: Callable[[], object]


def jobs() -> list[Job]:
    """What is done, how often."""
    from parvis.portal.accounts import tasks as accounts
    from parvis.portal.accounts import terms
    from parvis.portal.booking import tasks as booking
    from parvis.portal.capacity import outlook as capacity_outlook
    from parvis.portal.capacity import sampling
    from parvis.portal.capacity import tasks as capacity
    from parvis.portal.conferencing import tasks as conferencing
    from parvis.portal.config import housekeeping
    from parvis.portal.directory import tasks as directory
    from parvis.portal.home import tasks as home
    from parvis.portal.imports import tasks as imports
    from parvis.portal.inventory import counting
    from parvis.portal.inventory import tasks as inventory
    from parvis.portal.live_rooms import tasks as live_rooms
    from parvis.portal.loans import tasks as loans
    from parvis.portal.meetings import letter_tasks as meetings_letters
    from parvis.portal.meetings import tasks_opening as meetings_opening
    from parvis.portal.movements import tasks as movements
    from parvis.portal.parc import tasks as parc
    from parvis.portal.presence import tasks as presence
    from parvis.portal.privacy import chain
    from parvis.portal.privacy import tasks as privacy
    from parvis.portal.remote_desktop import tasks as remote_desktop
    from parvis.portal.rollout import tasks as rollout
    from parvis.portal.rollout import wave_tasks as waves
    from parvis.portal.sources import tasks as sources
    from parvis.portal.telework import path_tasks as enrolment_path
    from parvis.portal.telework import request_tasks as telework_requests

    return [
        Job("housekeeping", 3600, housekeeping.run),
        Job("personal_data_purge", 3600, privacy.purge.enqueue),
        Job("chain_check", 3600, chain.daily),
        Job("cache_sweep", 300, housekeeping.sweep_cache),
        Job("sign_in_sweep", 60, terms.sweep),
        Job("recovery_sweep", 60, accounts.expire_recoveries.enqueue),
        Job("directory_sweep", directory.SWEEP_SECONDS, directory.sweep.enqueue),
        Job("booking_sweep", booking.SWEEP_SECONDS, booking.sweep.enqueue),
        Job("home_sweep", 30, home.sweep),
        Job("conferencing_sweep", conferencing.SWEEP_SECONDS, conferencing.sweep),
        Job("live_rooms_sweep", 30, live_rooms.sweep),
        Job("loans_reminders", loans.REMINDER_SECONDS, loans.remind.enqueue),
        Job("loans_requests", loans.REQUESTS_SECONDS, loans.sweep_requests.enqueue),
        Job("loans_shortages", loans.SHORTAGES_SECONDS, loans.tell_shortages.enqueue),
        Job("inventory_sweep", inventory.SWEEP_SECONDS, inventory.sweep.enqueue),
        Job("software_recount", counting.EVERY_SECONDS, counting.recount.enqueue),
        Job("imports_sweep", 60, imports.sweep.enqueue),
        Job("meetings_letters", meetings_letters.SWEEP_SECONDS, meetings_letters.sweep_letters.enqueue),
        Job("meetings_opening", meetings_opening.SWEEP_SECONDS, meetings_opening.sweep.enqueue),
        Job("movements_sweep", movements.SWEEP_SECONDS, movements.sweep.enqueue),
        Job("parc_sweep", 60, parc.sweep.enqueue),
        Job("presence_counts", presence.REFRESH_SECONDS, presence.sweep),
        Job("presence_alerts", presence.ALERT_SECONDS, presence.tell_alerts.enqueue),
        Job("presence_recount", presence.RECOUNT_SECONDS, presence.recount.enqueue),
        Job("remote_desktop_sweep", remote_desktop.SWEEP_SECONDS, remote_desktop.sweep.enqueue),
        Job("rollout_plans", rollout.SWEEP_SECONDS, rollout.sweep.enqueue),
        Job("rollout_waves", waves.SWEEP_SECONDS, waves.sweep.enqueue),
        Job("sources_sweep", 60, sources.sweep.enqueue),
        Job("telework_path_reminders", enrolment_path.REMINDER_SECONDS, enrolment_path.remind.enqueue),
        Job("telework_requests", telework_requests.SWEEP_SECONDS, telework_requests.sweep.enqueue),
        Job("telework_waiting", telework_requests.REMIND_SECONDS, telework_requests.remind_deciders.enqueue),
        Job("capacity_sample", sampling.EVERY_SECONDS, capacity.sample),
        Job("capacity_outlook", capacity_outlook.REFRESH_SECONDS, capacity.refresh.enqueue),
        Job("capacity_tell", capacity.TELL_SECONDS, capacity.tell.enqueue),
        Job("capacity_purge", capacity.PURGE_SECONDS, capacity.purge.enqueue),
    ]


def run_until(stop: threading.Event, *, tick: float = 1.0) -> None:
    """Call the jobs that are due until `stop` is set. A job that fails is logged and tried again at its next time."""
    table = jobs()
    due = dict.fromkeys([job.name for job in table], 0.0)
    while not stop.wait(tick):
        for job in table:
            if time.monotonic() < due[job.name]:
                continue
            due[job.name] = time.monotonic() + job.seconds
            if not _run(job):
                due[job.name] = time.monotonic() + min(job.seconds, ASKED_AGAIN_SECONDS)


def _run(job: Job) -> bool:
    """Do the work if this period's is ours; False: whose it is could not be known."""
    close_old_connections()
    known = False
    try:
        # Several workers, of one machine or more: the first to claim this period does the work.
        ours = claims.take(f"schedule:{job.name}", seconds=max(job.seconds - 1, 1), now=clock.now())
        known = True
        if ours:
            job.run()
    except Exception:
        log.exception("job_failed", job=job.name)
    finally:
        close_old_connections()
    return known
