"""Import of computers: what a file says, what is wrong in it, what it does."""

from __future__ import annotations

import contextlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import importing, queries
from parvis.portal.parc.models import Computer
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db

HEADER = "nom;adresse;mac;site;service;agent\n"


@pytest.fixture
def here() -> Entity:
    return make_entity("Ici", make_entity("Métropole"))


@pytest.fixture
def technician(here: Entity) -> User:
    return make_member(here, Role.TECHNICIAN)


def send(browser: Client, text: str | bytes) -> object:
    raw = text if isinstance(text, bytes) else text.encode()
    return browser.post(reverse("parc:import_computers"), {"file": SimpleUploadedFile("parc.csv", raw)})


def test_a_file_is_shown_then_done(technician: User, here: Entity) -> None:
    site, agent = make_site(here, name="Mairie"), make_agent(here, "anne")
    old = make_computer(here, name="RIV-2", address="10.0.0.2")
    text = HEADER + (
        f"RIV-1;10.0.0.1;0252.494f.5501;mairie;ici;{agent.email.upper()}\n"
        "RIV-2;;02-00-00-00-00-02;;Métropole / Ici;\n"
        "RIV-3;http://x;zz;Ailleurs;Nulle part;personne@ex.fr\n"
        "RIV-1;;;;Ici;\n"
    )
    browser = browser_of(technician)
    preview = send(browser, text)
    assert [(line.number, bool(line.problems)) for line in preview.context["shown"]] == [  # type: ignore[attr-defined]
        (4, True), (5, True), (2, False), (3, False),
    ]  # fmt: skip
    assert len(preview.context["wrong"][0].problems) == 5  # type: ignore[attr-defined]
    assert Computer.objects.count() == 1
    done = browser.post(reverse("parc:import_computers"), {"confirmed": "1", "text": preview.context["text"]})  # type: ignore[attr-defined]
    assert done.status_code == 302
    made = Computer.objects.get(name="RIV-1")
    assert (made.address, made.mac_address, made.site) == ("10.0.0.1", "02:52:49:4F:55:01", site)
    assert list(queries.computers_of(agent)) == [made]
    old.refresh_from_db()
    assert (old.address, old.mac_address) == ("10.0.0.2", "02:00:00:00:00:02")
    assert not Computer.objects.filter(name="RIV-3").exists()


def test_a_foreign_service_site_and_agent_are_unknown(technician: User) -> None:
    there = make_entity("Là-bas")
    make_site(there, name="Gare")
    stranger = make_agent(there)
    lines = importing.read(technician, HEADER + f"PC-1;;;Gare;Là-bas;{stranger.email}\n")
    assert len(lines[0].problems) == 3


def test_excel_on_windows_is_understood(technician: User) -> None:
    browser = browser_of(technician)
    make_entity("État civil", Entity.objects.get(name="Ici"))
    preview = send(browser, (HEADER + "PC-1;;;;État civil;\n").encode("cp1252"))
    assert preview.context["new"] == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "content", [b"", b"a;b\n1;2\n", b"\x00\x01", b"x" * (importing.MAX_BYTES + 1), b"nom;service\n" + b"a;b\n" * 1001]
)
def test_what_is_no_list_of_computers_is_refused(technician: User, content: bytes) -> None:
    answer = send(browser_of(technician), content)
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert answer.context["form"].errors  # type: ignore[attr-defined]


def test_import_is_for_the_it_team(here: Entity) -> None:
    for role in (None, Role.AUDITOR):
        assert browser_of(make_member(here, role)).get(reverse("parc:import_computers")).status_code == 403


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_lines_or_a_complaint(technician: User, body: str) -> None:
    with contextlib.suppress(Invalid):
        importing.read(technician, importing.decode((HEADER + body).encode()))
