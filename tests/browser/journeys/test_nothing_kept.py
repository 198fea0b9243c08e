"""Passwords and tickets pass through, and stay nowhere: not in a log, a journal or the database."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen, wait

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

TICKET = b"parvis1."


def _forms(secret: str) -> Iterator[bytes]:
    """As it is typed, as Windows writes it, and as a careless log would show either."""
    for raw in (secret.encode(), secret.encode("utf-16-le")):
        yield raw
        yield raw.hex().encode()
        yield base64.b64encode(raw).rstrip(b"=")[:-1]  # the last character depends on what follows


def _files(folder: Path) -> dict[str, bytes]:
    """Everything the installation keeps, except what the demonstration desktops themselves hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "desktops" not in path.relative_to(folder).parts
    }


@pytest.mark.parametrize("kind", ["nla", "vnc"])
def test_no_password_and_no_ticket_is_kept(world: World, home: Page, kind: str) -> None:
    office = offices.of_kind(kind, world)
    person = people.make(world.stack, f"{kind}.secret", office, persona=False)
    portal.give_password(home, world.url, person)
    phone = portal.enrol_totp(home)
    portal.open_screen(home, world.url, person)
    screen = Screen(home)
    screen.connect(username=office.username, password=office.password)
    screen.wait_live()
    screen.end()
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()

    log = str(Path("log") / "gateway.log")
    wait(lambda: b"session_ended" in _files(world.stack.data_dir)[log], "the session is not in the log")
    kept = _files(world.stack.data_dir)
    # The search can find: what must be there is there.
    assert any(person.computer_name.encode() in content for content in kept.values())

    secrets = [office.password or "", person.password, phone.secret]
    found = [
        name
        for name, content in kept.items()
        if TICKET in content or any(form in content for secret in secrets for form in _forms(secret))
    ]
    assert not found
