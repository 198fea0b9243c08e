"""In the child: each page asked for many times through the whole middleware, its time and its queries."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bench.portal import child

HOST = "localhost"


@dataclass(frozen=True, slots=True)
class Page:
    """`view` by its name, as one of the demo's people asks for it."""

    title: str
    persona: str
    view: str
    query: str = ""
    computer: bool = False
    """The address needs the number of the persona's own computer."""


AGENT, TECHNICIAN = "claire.legoff@rivemarine.example", "yann.kerbrat@rivemarine.example"
PAGES = (
    Page("livez (the floor)", "", "livez"),
    Page("home", AGENT, "home:home"),
    Page("search from home", AGENT, "home:search", "?q=courrier"),
    Page("Mon bureau", AGENT, "remote_desktop:mine"),
    Page("the screen's page", AGENT, "remote_desktop:screen", computer=True),
    Page("computers", TECHNICIAN, "parc:computers"),
    Page("computers, last page", TECHNICIAN, "parc:computers", "?page=999"),
    Page("computers, search", TECHNICIAN, "parc:computers", "?q=RIV-PC-012"),
    Page("people", TECHNICIAN, "directory:agents"),
    Page("people, search", TECHNICIAN, "directory:agents", "?q=le+goff"),
    Page("telework overview", TECHNICIAN, "remote_desktop_staff:overview"),
    Page("history", TECHNICIAN, "remote_desktop_staff:history"),
    Page("history, page 900", TECHNICIAN, "remote_desktop_staff:history", "?page=900"),
    Page("history, search", TECHNICIAN, "remote_desktop_staff:history", "?q=le+goff"),
    Page("rights", TECHNICIAN, "remote_desktop_staff:rights"),
)


def measure(runs: str, rows: str) -> dict[str, Any]:
    """Of each page: milliseconds and processor time of each run, statements, status, size. Pages are interleaved."""
    from django.core.management import call_command

    from bench.portal.history import lengthen
    from parvis.portal.directory.models import Agent
    from parvis.portal.parc.models import Computer
    from parvis.portal.remote_desktop.models import RemoteSession

    call_command("demo_data", verbosity=0)
    lengthen(int(rows))
    pages = _Pages()
    answers = [pages.ask(page) for page in PAGES]  # once for templates, caches and the first sign-in
    times: list[list[float]] = [[] for _ in PAGES]
    processor: list[list[float]] = [[] for _ in PAGES]
    for _ in range(int(runs)):
        for number, page in enumerate(PAGES):
            answer = pages.ask(page)
            times[number].append(answer["ms"])
            processor[number].append(answer["cpu_ms"])
    return {
        "sizes": {
            "agents": Agent.objects.count(),
            "computers": Computer.objects.count(),
            "sessions": RemoteSession.objects.count(),
        },
        "pages": [
            {"title": page.title, **answer, "ms": values, "cpu_ms": spent}
            for page, answer, values, spent in zip(PAGES, answers, times, processor, strict=True)
        ],
    }


class _Pages:
    """A signed-in client for each persona, made when first needed."""

    def __init__(self) -> None:
        from django.test import Client

        self._clients: dict[str, Client] = {}

    def ask(self, page: Page) -> dict[str, Any]:
        from django.db import connection

        client, address = self._client(page.persona), _address(page)
        queries = _Counter()
        with connection.execute_wrapper(queries):
            started, cpu = time.perf_counter(), time.process_time()
            response = client.get(address, HTTP_HOST=HOST)
            spent, cpu = time.perf_counter() - started, time.process_time() - cpu
        return {
            "ms": spent * 1000,
            "cpu_ms": cpu * 1000,
            "status": response.status_code,
            "queries": queries.count,
            "kilobytes": len(response.content) / 1000,
        }

    def _client(self, persona: str) -> Any:
        from django.test import Client
        from django.urls import reverse

        from parvis.portal.accounts.models import User

        if persona not in self._clients:
            client = Client()
            if persona:
                user = User.objects.get(email=persona)
                client.post(reverse("demo_sign_in"), {"persona": user.pk}, HTTP_HOST=HOST)
            self._clients[persona] = client
        return self._clients[persona]


class _Counter:
    """Counts statements (Django's `execute_wrapper`)."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def _address(page: Page) -> str:
    from django.urls import reverse

    from parvis.portal.parc.models import Assignment

    if page.view == "livez":
        return "/livez"
    arguments = {}
    if page.computer:
        arguments["computer_id"] = Assignment.objects.filter(agent__user__email=page.persona).first().asset_id  # type: ignore[union-attr]
    return reverse(page.view, kwargs=arguments) + page.query


if __name__ == "__main__":
    child.main(measure)
