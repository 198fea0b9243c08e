"""The worker: runs queued tasks in a few threads and the periodic work of `config.schedule`.

Tasks that a killed worker left half-way are put back in the queue: they are idempotent.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

import django
import structlog

log = structlog.get_logger("parvis.serve.worker")

QUEUES = {"default": 2, "network": 4, "reports": 1, "plans": 1}
"""Threads per queue: checks and wake-ups wait for the network and must not delay mail; a rollout's plan takes up to a
minute and must delay nothing either; reports are read one at a time, so that their memory is one report's."""
POLL_SECONDS = 1.0


def main() -> int:
    """Work until SIGTERM; the task under way is finished first (10 s at most, see the supervisor)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.portal.config.settings")
    django.setup()
    from django_tasks_db.management.commands.db_worker import Worker

    from parvis.portal.config import schedule, sealing

    if not sealing.claim_at_start():
        return 2
    stop = threading.Event()

    def stopping(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopping)
    signal.signal(signal.SIGINT, stopping)
    recovered = requeue_orphans()
    if recovered:
        log.warning("tasks_requeued", count=recovered)
    workers = [
        Worker(
            queue_names=[queue],
            interval=POLL_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=f"{socket.gethostname()[:40]}:{os.getpid()}:{queue}{number}",
            excluded_queue_names=[],
        )
        for queue, count in QUEUES.items()
        for number in range(count)
    ]
    threads = [threading.Thread(target=_work, args=(worker, stop), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    schedule.run_until(stop)
    for worker in workers:
        worker.running = False
    deadline = time.monotonic() + 8
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return 0


def _work(worker: object, stop: threading.Event) -> None:
    """Run the loop again if the database went away."""
    while not stop.is_set():
        try:
            worker.run()  # type: ignore[attr-defined]
        except Exception:
            log.exception("worker_thread_failed")
            stop.wait(2)


def requeue_orphans() -> int:
    """Put back tasks claimed by processes of this machine that are no more; how many."""
    from django_tasks import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    host = socket.gethostname()[:40]
    orphans = [
        row.pk
        for row in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
        if row.worker_ids and _is_gone(row.worker_ids[-1], host)
    ]
    return int(
        DBTaskResult.objects.filter(pk__in=orphans, status=TaskResultStatus.RUNNING).update(
            status=TaskResultStatus.READY, started_at=None
        )
    )


def _is_gone(worker_id: str, host: str) -> bool:
    where, _, rest = worker_id.rpartition(":")
    owner, _, pid = where.rpartition(":")
    if not rest or owner != host or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # a former process that had our number: our own threads have not started yet
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


if __name__ == "__main__":
    sys.exit(main())
