"""Requirement 19: object-level access, as a generated matrix role × endpoint × foreign object → 404 or 403.

The endpoints are found by walking the URLconf and the OpenAPI document: an address
with an object in it that `object_world` cannot make fails the test, so a new page
cannot be forgotten. The same addresses are tried by a superuser first: if they were
wrong, or their objects missing, the matrix would be full of 404s that prove nothing.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from parvis.portal.config.api import api
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset, Computer
from tests.architecture.object_world import ROLES, Keys, World
from tests.integration.signing_in import browser_of, program_of

REFUSED = {403, 404}

PERSONAL = {
    "export_id",
    "own_pattern_id",
    "own_operation_id",
    "own_place_id",
    "token_id",
    "factor_id",
    "identity_id",
    "private_device_id",
    "room_key",
    "meeting_key",
    "own_booking_id",
    "move_request_id",
}
"""Objects of one account: not even a superuser reaches another's."""

CHOICES = {
    "accounts:act_on_user": {"action": "desactiver"},
    "sources:give_back": {"field": "phone"},
    "presence:edit_status": {"code": "telework"},
    "rollout:publish_wave": {"week": 0},
    "rollout:act_on_wave": {"action": "arreter"},
    "rollout:move_campaign": {"state": "paused"},
    "conferencing:guide": {"kind": "phone"},
    "conferencing:declare": {"kind": "other"},
    "imports:export_table": {"table": "materiels", "form": "csv"},
}
"""Values of URL parameters that designate no object."""

NOT_OBJECTS = {
    **{
        f"federation:{page}": "providers are on the sign-in page; `link` and `confirm` are about one's own account"
        for page in ("start", "back", "logout_told", "link", "confirm")
    },
    "account_reset_password_from_key": "the key from the mail is the right to be there",
    "refuse_recovery": "the signed link from the mail is the right to be there",
    "capacity:gateway": "gateways serve everybody: who may watch sees every one of them",
    "booking:ics": "the secret in the address is the right to be there",
    "presence:ics": "the secret in the address is the right to be there",
    **{
        f"live_rooms:{page}": "the secret in the address is the right to be there"
        for page in ("guest", "guest_ticket", "public", "public_ticket")
    },
    **{
        f"meetings:{page}": "the secret in the address is the right to be there"
        for page in ("invitation", "answer_invitation", "join_invitation", "invitation_ics", "ics")
    },
    "inventory:speak": "the secret in the address is the right to be there, and to send only",
    "DELETE /api/v1/tiles/{tile_id}/favourite": "takes a tile off one's own favourites; where none is, nothing happens",
}
"""Addresses with parameters left out of the matrix, and why."""


SENT = {
    "home:favourite": "favourite=1",
    "home:move_favourite": "step=up",
    "remote_desktop:connect": '{{"session": null}}',
    "remote_desktop:end": '{{"session": "{session_id}"}}',
    "remote_desktop:refused": '{{"session": "{session_id}", "code": "password_wrong"}}',
}
"""Bodies without which a page does not come to look at the object."""

SOON = {
    name: f"{clock.now() + timedelta(hours=hours):%Y-%m-%dT%H:00:00Z}"
    for name, hours in (("starts_at", 24), ("ends_at", 25))
}
"""Times an operation of the API may be asked about: what is free then."""

ASKED = {"remote_desktop:state": "?session={session_id}"}
"""The same in the address."""


@dataclass(frozen=True)
class Page:
    """An address of the pages with objects in it."""

    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Endpoint:
    """An operation of the API."""

    method: str
    path: str
    parameters: tuple[str, ...]
    schema: dict[str, Any] | None
    query: tuple[str, ...] = ()
    """What must be asked for in the address, as it is sent."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def pages() -> list[Page]:
    found = [
        Page(name, tuple(sorted(pattern.pattern.converters) or _named_groups(pattern)))
        for name, pattern in _patterns(get_resolver().url_patterns)
        if not name.startswith("api-v1:") and name not in NOT_OBJECTS
    ]
    return [page for page in found if page.parameters]


def _patterns(items: list[URLPattern | URLResolver], names: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for item in items:
        if isinstance(item, URLResolver):
            inside = (*names, item.namespace) if item.namespace else names
            yield from _patterns(item.url_patterns, inside)
        else:
            yield ":".join((*names, item.name or str(item.pattern))), item


def _named_groups(pattern: URLPattern) -> tuple[str, ...]:
    return tuple(sorted(pattern.pattern.regex.groupindex))


def endpoints() -> list[Endpoint]:
    document = api.get_openapi_schema()
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            schema = _resolve(body, document) if body else None
            query = tuple(
                f"{name}={SOON.get(name) or example(_resolve(each['schema'], document), {}, name)}"
                for each in operation.get("parameters", [])
                for name in [each["name"]]
                if each["in"] == "query" and each.get("required")
            )
            found.append(Endpoint(method.upper(), path, tuple(re.findall(r"{(\w+)}", path)), schema, query))
    return [each for each in found if str(each) not in NOT_OBJECTS]


def _resolve(schema: Any, document: Any) -> Any:
    """The schema without references."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _resolve(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
        return {key: _resolve(value, document) for key, value in schema.items()}
    return [_resolve(item, document) for item in schema] if isinstance(schema, list) else schema


def example(schema: dict[str, Any], keys: Keys, name: str = "") -> Any:
    """A value the schema accepts, with the keys of existing objects where names say so."""
    if "enum" in schema:
        return schema["enum"][0]
    if name in keys:
        return keys[name] if isinstance(keys[name], int) else str(keys[name])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(schema[several][0], keys, name)
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        return {
            key: example(value, keys, key) for key, value in schema.get("properties", {}).items() if key in required
        }
    if kind == "string":
        return EXAMPLES.get(schema.get("format", ""), EXAMPLES.get(name, "essai"))
    return {"integer": 1, "number": 1.0, "boolean": True, "array": []}[kind or "string"]


EXAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2030-01-01",
    "date-time": "2030-01-01T08:00:00Z",
    "email": "essai@rivemarine.example",
    "fingerprint": "ab" * 32,
    "pin": "ab" * 32,
}


def foreign_mixes(parameters: tuple[str, ...], world: World) -> Iterator[Keys]:
    """The objects of an address, at least one of them foreign."""
    for sides in itertools.product((world.there, world.here), repeat=len(parameters)):
        if any(side is world.there for side in sides):
            yield {name: side[name] for name, side in zip(parameters, sides, strict=True)}


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    return World()


def address(page: Page, keys: Keys) -> str:
    return reverse(page.name, kwargs={**CHOICES.get(page.name, {}), **keys})


def objects_of(parameters: tuple[str, ...], name: str = "") -> tuple[str, ...]:
    return tuple(each for each in parameters if each not in CHOICES.get(name, {}))


def test_every_object_in_an_address_is_declared(world: World) -> None:
    unknown = {
        f"{page.name}: {parameter}"
        for page in pages()
        for parameter in objects_of(page.parameters, page.name)
        if parameter not in world.there
    } | {str(each) for each in endpoints() for parameter in each.parameters if parameter not in world.there}
    assert not unknown, "declare these objects in tests/architecture/object_world.py"
    assert len(pages()) > 20
    assert len([each for each in endpoints() if each.parameters]) > 10


def test_nothing_is_left_out_that_does_not_exist() -> None:
    names = {name for name, _ in _patterns(get_resolver().url_patterns)}
    names |= {f"{m.upper()} {path}" for path, methods in api.get_openapi_schema()["paths"].items() for m in methods}
    assert set(NOT_OBJECTS) | set(CHOICES) <= names


def test_a_superuser_reaches_them(world: World) -> None:
    browser, program = browser_of(world.superuser()), program_of(world.superuser())
    lost = []
    for page in pages():
        parameters = objects_of(page.parameters, page.name)
        if page.name.startswith("remote_desktop:") or PERSONAL & set(parameters):
            continue  # one's own PC and account: no role opens another's
        url = address(page, {name: world.there[name] for name in parameters})
        page_of_it = browser.get(url)
        if page_of_it.status_code == 404:
            lost.append(url)
        if page_of_it.streaming:
            list(page_of_it.streaming_content)  # read to its end, a file is closed
    for each in endpoints():
        if each.method == "GET" and not PERSONAL & set(each.parameters):
            answer = call(program, each, world.there, world.there)
            if answer.status_code not in {200, 404} or (answer.status_code == 404 and "wake-up" not in each.path):
                lost.append(f"{each}: {answer.status_code}")
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "agent")
def test_no_page_shows_or_changes_a_foreign_object(world: World, role: Role | None) -> None:
    reached = pages_reached(browser_of(world.member(role)), world)
    assert not reached, "\n".join(reached)


def test_the_matrix_sees_a_hole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parvis.portal.parc.queries.assets_visible_to", lambda user: Asset.objects.all())
    monkeypatch.setattr("parvis.portal.parc.queries.computers_visible_to", lambda user: Computer.objects.all())
    reached = " ".join(pages_reached(browser_of(world.member(Role.AUDITOR)), world))
    assert "parc:asset " in reached
    assert "parc:computer " in reached
    assert "parc:computer_state " in reached


def pages_reached(browser: Client, world: World) -> list[str]:
    """The addresses of foreign objects that are not refused."""
    reached = []
    for page in pages():
        for keys in foreign_mixes(objects_of(page.parameters, page.name), world):
            statuses = visit(browser, page, address(page, keys), world.there)
            if not refused(statuses):
                reached.append(f"{page.name} {keys}: {statuses}")
    return reached


def visit(browser: Client, page: Page, url: str, keys: Keys) -> dict[str, int]:
    url += ASKED.get(page.name, "").format(**keys)
    body = SENT.get(page.name)
    kind = "application/json" if body and body.startswith("{") else "application/x-www-form-urlencoded"
    posted = browser.generic("POST", url, (body or "").format(**keys), content_type=kind)
    return {"GET": browser.get(url).status_code, "POST": posted.status_code}


def refused(statuses: dict[str, int]) -> bool:
    """Each method is refused, or does not exist; and one at least exists."""
    return set(statuses.values()) <= REFUSED | {405} and set(statuses.values()) != {405}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "agent")
def test_no_endpoint_shows_or_changes_a_foreign_object(world: World, role: Role | None) -> None:
    program, reached = program_of(world.member(role)), []
    for each in endpoints():
        for keys in foreign_mixes(each.parameters, world) if each.parameters else ():
            answer = call(program, each, keys, world.here)
            if answer.status_code not in REFUSED:
                reached.append(f"{each} {keys}: {answer.status_code} {answer.content[:200]!r}")
    assert not reached


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "agent")
def test_no_body_brings_in_a_foreign_object(world: World, role: Role | None) -> None:
    """One's own object in the address, a foreign one in the body."""
    program, reached, tried = program_of(world.member(role)), [], 0
    for each in endpoints():
        for name in (each.schema or {}).get("properties", {}):
            if name not in world.there:
                continue
            body = {**example(each.schema or {}, world.here), name: plain(world.there[name])}
            answer = call(program, each, world.here, world.here, body)
            tried += 1
            if answer.status_code not in REFUSED:
                reached.append(f"{each} {body}: {answer.status_code} {answer.content[:200]!r}")
    assert tried > 5
    assert not reached


def call(program: Client, endpoint: Endpoint, keys: Keys, body_keys: Keys, body: dict[str, Any] | None = None) -> Any:
    path = endpoint.path.format(**keys) + ("?" + "&".join(endpoint.query) if endpoint.query else "")
    if body is None and endpoint.schema is not None:
        body = example(endpoint.schema, body_keys)
    data = "" if body is None else json.dumps(body)
    return program.generic(endpoint.method, path, data, content_type="application/json")


def plain(key: object) -> object:
    return key if isinstance(key, int) else str(key)
