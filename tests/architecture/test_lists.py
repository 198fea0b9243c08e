"""Requirement 19, lists: no page, export, search or API answer holds a row of the other side.

Generated: every page and every GET of the API is opened by every role, plainly, with a search, and as CSV. All rows of
`object_world` carry their side's word: the foreign one must be nowhere. So that an empty page proves nothing by
chance, a superuser must see the foreign word on it, or the page is named in `SHOWS_NOTHING`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from parvis.portal.directory.models import Agent, Role
from parvis.portal.parc.models import Asset
from parvis.portal.ui.listing import ListingView
from tests.architecture.object_world import COMMON, ROLES, World
from tests.architecture.test_object_access import (
    NOT_OBJECTS,
    _patterns,
    address,
    endpoints,
    objects_of,
    pages,
)
from tests.integration.signing_in import browser_of, program_of

REASONS = {
    "one's own": "shows the user's own things only",
    "form": "a form without a choice of objects, or a question",
    "words": "the same words for everybody",
    "computed": "rows that the room's own tests make, with what they come from",
    "counts": "figures and states of the installation, no row",
}

SHOWS_NOTHING: dict[str, str] = {
    "stocktake:manifest": "words",
    "stocktake:service_worker": "words",
    "/api/v1/gateways": "counts",
    "booking:mine": "one's own",
    "/api/v1/me": "one's own",
    "/api/v1/my/computers": "one's own",
    "/api/v1/tokens": "one's own",
    "accounts:add_app": "one's own",
    "accounts:add_passkey": "one's own",
    "accounts:create_token": "form",
    "accounts:enrolment": "one's own",
    "accounts:invite": "form",
    "accounts:profile": "one's own",
    "accounts:recovery_codes": "one's own",
    "accounts:security": "one's own",
    "equipment:first_steps": "one's own",
    "equipment:tester": "form",
    "conferencing:choose": "words",
    "conferencing:tools": "one's own",
    "home:favourites": "one's own",
    "live_rooms:check": "words",
    "live_rooms:help": "words",
    "loans:catalogue": "one's own",
    "loans:mine": "one's own",
    "imports:template": "words",
    "imports:export": "words",
    "meetings:feed": "one's own",
    "meetings:mine": "one's own",
    "meetings:new": "one's own",
    "meetings:past": "one's own",
    "meetings:people": "form",
    "/api/v1/meetings": "one's own",
    "/api/v1/meetings/suggestion": "form",
    "movements:my_steps": "one's own",
    "/api/v1/presence/statuses": "words",
    "presence:add_status": "form",
    "presence:export": "one's own",
    "presence:feed": "one's own",
    "presence:history": "one's own",
    "presence:mine": "one's own",
    "presence:pattern": "one's own",
    "presence:alerts": "computed",
    "privacy:chain_state": "counts",
    "privacy:consultations": "computed",
    "privacy:kinds": "words",
    "privacy:mine": "one's own",
    "sources:create": "form",
    "sources:template": "words",
    "telework:ask": "one's own",
    "telework:mine": "one's own",
    "telework:path": "one's own",
    "telework:texts": "one's own",
    "telework_staff:ask_for": "form",
    "trust:enrol": "one's own",
    "trust:mine": "one's own",
    "trust:my_devices": "one's own",
    "trust:tester": "form",
    "remote_desktop:mine": "one's own",
    "remote_desktop_staff:gateways": "counts",
    "rollout:simulation": "counts",
    "capacity:overview": "counts",
    "capacity:samples": "counts",
    "remote_desktop_staff:grant": "form",
    "ui:accessibility": "words",
    "ui:site_map": "words",
}
"""Pages and API lists where even a superuser reads nothing of any commune's rows, and why (a key of `REASONS`)."""

QUERIES = ("", f"?q={COMMON}&agent={COMMON}", "?format=csv")


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    return World()


def patterns() -> dict[str, URLPattern]:
    """The pages without an object in their address."""
    return {
        name: pattern
        for name, pattern in _patterns(get_resolver().url_patterns)
        if not name.startswith("api-v1:")
        and ":" in name
        and name not in NOT_OBJECTS
        and not pattern.pattern.converters
        and not pattern.pattern.regex.groupindex
    }


def lists() -> list[str]:
    return sorted(patterns())


def api_lists() -> list[str]:
    return sorted({each.path for each in endpoints() if each.method == "GET" and not each.parameters})


def body(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode(errors="replace"))


def read(browser: Client, name: str) -> str:
    """All that a page shows of itself: plain, searched, as CSV."""
    return "".join(body(browser.get(reverse(name) + query)) for query in QUERIES)


def read_api(program: Client, path: str, world: World) -> str:
    """All that a list of the API shows; the other side's word is added where only an id tells."""
    told = ""
    for query in ({}, {"limit": 500}, {"q": COMMON}):
        answer = program.get(path, query)
        told += body(answer)
        if answer.status_code == 200 and world.word not in told and names_by_id(answer.json(), world):
            told += world.word
    return told


def names_by_id(value: Any, world: World) -> bool:
    """Whether an answer holds the key of a foreign object, under the name addresses give it."""
    if isinstance(value, dict):
        return any(
            names_by_id(inner, world) or (key in world.there and inner and str(inner) == str(world.there[key]))
            for key, inner in value.items()
        )
    return isinstance(value, list) and any(names_by_id(inner, world) for inner in value)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "agent")
def test_no_list_shows_a_foreign_row(world: World, role: Role | None) -> None:
    browser, program = browser_of(world.member(role)), program_of(world.member(role))
    leaks = [name for name in lists() if world.word in read(browser, name)]
    leaks += [path for path in api_lists() if world.word in read_api(program, path, world)]
    assert not leaks


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "agent")
def test_no_page_of_an_own_object_shows_a_foreign_row(world: World, role: Role | None) -> None:
    """Choices of a form, rows beside the object, what is near it."""
    browser, leaks = browser_of(world.member(role)), []
    for page in pages():
        if not set(objects_of(page.parameters, page.name)) <= set(world.here):
            continue  # not declared: `test_object_access` says so
        keys = {name: world.here[name] for name in objects_of(page.parameters, page.name)}
        if world.word in body(browser.get(address(page, keys))):
            leaks.append(page.name)
    assert not leaks


def test_every_list_shows_rows_or_is_known_not_to(world: World) -> None:
    browser, program = browser_of(world.superuser()), program_of(world.superuser())
    silent = set()
    for name in lists():
        answer = browser.get(reverse(name))
        # Elsewhere, another method, another kind of file: nothing is read there.
        if answer.status_code == 200 and world.word not in read(browser, name):
            silent.add(name)
    silent |= {path for path in api_lists() if world.word not in read_api(program, path, world)}
    new = sorted(silent - set(SHOWS_NOTHING))
    assert not new, "declare a row of this kind in object_world, or the page in SHOWS_NOTHING"
    assert not sorted(set(SHOWS_NOTHING) - silent), "these show rows after all"
    assert set(SHOWS_NOTHING.values()) <= set(REASONS)


def test_bulk_actions_reach_no_foreign_row(world: World) -> None:
    browser, reached, tried = browser_of(world.member(Role.HEAD_OF_IT)), [], 0
    for name, pattern in patterns().items():
        view = getattr(pattern.callback, "view_class", None)
        if view is None or not issubclass(view, ListingView):
            continue
        page = body(browser.get(reverse(name)))
        foreign = world.rows.get(view.table_class._meta.model, [])
        for action in re.findall(r'name="action" value="([\w-]+)"', page):
            for pk in foreign:
                tried += 1
                answer = browser.post(reverse(name), {"action": action, "pk": pk, "confirmed": "1", "expected": "1"})
                if answer.status_code not in {403, 404, 422}:
                    reached.append(f"{name} {action}: {answer.status_code}")
    assert tried
    assert not reached


@pytest.mark.parametrize("apart", [False, True], ids=["one authority", "two authorities"])
def test_two_it_teams_do_not_see_each_other(db: None, apart: bool) -> None:
    world = World(apart=apart)
    for role in (Role.HEAD_OF_IT, Role.TECHNICIAN):
        browser = browser_of(world.member(role))
        for name in (
            "directory:agents",
            "directory:people",
            "directory:roles",
            "directory:entities",
            "accounts:users",
            "parc:computers",
            "parc:sites",
            "remote_desktop_staff:history",
            "remote_desktop_staff:rights",
            "home:tiles",
            "home:announcements",
            "home:manage_services",
        ):
            shown = read(browser, name)
            assert world.own_word in shown, name
            assert world.word not in shown, name


def test_the_lists_see_a_hole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, program = browser_of(world.member(Role.AUDITOR)), program_of(world.member(Role.AUDITOR))
    monkeypatch.setattr("parvis.portal.parc.record_queries.watched_assets", lambda user: Asset.objects.all())
    monkeypatch.setattr("parvis.portal.directory.colleagues.found_by", lambda user: Agent.objects.all())
    assert world.word in read(browser, "parc:computers")
    assert world.word in read(browser, "directory:people")
    assert world.word in read_api(program, "/api/v1/colleagues", world)
