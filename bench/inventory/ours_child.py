"""In the child: reports through the whole chain, from the request to the asset's programs."""

from __future__ import annotations

import resource
import time
from typing import Any

from bench.inventory import reports
from bench.portal import child


def measure(count: str, programs: str) -> dict[str, Any]:
    """By day: reports a second (arrival, reading and matching, both), slowest answer, peak memory (MB)."""
    number, each = int(count), int(programs)
    secret = _address()
    return {
        "first day, all new": _day(secret, number, each, 0),
        "next day, known": _day(secret, number, each, 1),
    }


def _day(secret: str, count: int, programs: int, day: int) -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    from parvis.portal.inventory.models import Report
    from parvis.portal.inventory.services import ingesting
    from parvis.portal.kernel import clock

    bodies = [reports.compressed(number, day=day, programs=programs) for number in range(count)]
    url, client, slowest = reverse("inventory:speak", args=[secret]), Client(), 0.0
    used, started = time.process_time(), time.perf_counter()
    for body in bodies:
        began = time.perf_counter()
        answer = client.post(url, body, content_type="application/x-compress-zlib", headers={"host": "localhost"})
        slowest = max(slowest, time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"HTTP {answer.status_code}")
    arrived = time.perf_counter()
    while not ingesting.drain(clock=clock.now, seconds=3600):
        pass
    ended = time.perf_counter()
    applied = Report.objects.filter(state="applied").count()
    if applied != count * (day + 1):
        raise RuntimeError(f"{applied} of {count * (day + 1)} applied")
    return {
        "arrivals": count / (arrived - started),
        "applied": count / (ended - arrived),
        "per_second": count / (ended - started),
        "cpu_ms": (time.process_time() - used) * 1000 / count,
        "slowest_answer": slowest,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _address() -> str:
    from parvis.portal.directory import rules
    from parvis.portal.directory.models import Entity
    from parvis.portal.inventory.models import ProbeToken
    from parvis.portal.inventory.services.tokens import digest

    root = Entity.objects.create(name="Rivemarine", kind=Entity.Kind.METROPOLE, path="root")
    Entity.objects.filter(pk=root.pk).update(path=rules.child_path("", root.pk))
    secret = "parvis_" + "b" * 43
    ProbeToken.objects.create(entity=root, name="Banc", digest=digest(secret))
    return secret


if __name__ == "__main__":
    child.main(measure)
