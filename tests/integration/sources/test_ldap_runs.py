"""From a real OpenLDAP server to the directory of Parvis: whole runs, and runs that break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.sources import secrets
from parvis.portal.sources.ldap.stored import PASSWORD
from parvis.portal.sources.models import Link, Run, Source
from parvis.portal.sources.services import applying, runs
from tests.integration.authority import make_entity
from tests.servers.cutting import cutting_proxy
from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX, Slapd, dn_of, person, slapd

pytestmark = pytest.mark.django_db

NAMES = [f"agent{number:03d}" for number in range(120)]
PEOPLE = "".join(person(name, departmentNumber="ARCH", title="y" * 100) for name in NAMES)


@pytest.fixture
def server() -> Iterator[Slapd]:
    with slapd(PEOPLE, modules=["ppolicy"], more="overlay ppolicy") as running:
        yield running


@pytest.fixture
def source(server: Slapd) -> Source:
    root = make_entity("Rivemarine", kind=Entity.Kind.METROPOLE)
    for name, code in (("Archives", "ARCH"), ("Voirie", "VOIRIE")):
        Entity.objects.filter(pk=make_entity(name, root).pk).update(code=code)
    settings: dict[str, Any] = {
        "servers": server.uri,
        "base_dn": f"ou=agents,{SUFFIX}",
        "bind_dn": READER,
        "page_size": 20,
        "seconds": 3,
    }
    secrets.put(settings, PASSWORD, READER_PASSWORD)
    return Source.objects.create(name="Annuaire", kind="ldap", root=root, settings=settings, grace_runs=1)


def synchronise(source: Source) -> Run:
    run = runs.start_run(actor=None, source=source, now=clock.now())
    runs.read(run)
    run.refresh_from_db()
    if run.state == Run.State.APPLYING:
        applying.apply(run)
        run.refresh_from_db()
    return run


def facts() -> list[tuple[Any, ...]]:
    return list(Agent.objects.order_by("pk").values_list("email", "last_name", "entity__name", "is_active"))


def test_people_arrive_move_change_their_name_are_disabled_and_vanish(source: Source, server: Slapd) -> None:
    assert synchronise(source).state == Run.State.APPLIED
    assert Agent.objects.filter(entity__name="Archives", is_active=True).count() == 120
    before = facts()
    assert synchronise(source).done == 0
    assert facts() == before, "nothing changed there, something did here"
    change = "dn: {}\nchangetype: modify\nreplace: {}\n{}: {}\n\n"
    server.modify(
        change.format(dn_of(NAMES[0]), "departmentNumber", "departmentNumber", "VOIRIE")
        + change.format(dn_of(NAMES[1]), "sn", "sn", "Mariée")
        + f"dn: {dn_of(NAMES[1])}\nchangetype: modrdn\nnewrdn: uid=mariee\ndeleteoldrdn: 1\n\n"
        + change.format(dn_of(NAMES[2]), "pwdAccountLockedTime", "pwdAccountLockedTime", "000001010000Z")
        + f"dn: {dn_of(NAMES[3])}\nchangetype: delete\n\n"
    )
    assert synchronise(source).state == Run.State.APPLIED
    found = {email.partition("@")[0]: (name, entity, active) for email, name, entity, active in facts()}
    assert found[NAMES[0]] == (NAMES[0].title(), "Voirie", True)
    assert found[NAMES[1]] == ("Mariée", "Archives", True)
    assert not found[NAMES[2]][2]
    assert not found[NAMES[3]][2]
    assert sum(active for _name, _entity, active in found.values()) == 118
    assert Agent.objects.count() == Link.objects.count() == 120, "a renamed person became another one"


@pytest.mark.parametrize("hang", [False, True])
def test_a_server_that_breaks_midway_changes_nothing(source: Source, server: Slapd, hang: bool) -> None:
    synchronise(source)
    before = facts()
    for name in NAMES[:60]:
        server.modify(f"dn: {dn_of(name)}\nchangetype: delete\n\n")
    with cutting_proxy(server.port, 12_000, hang=hang) as port:
        source.settings |= {"servers": f"ldap://127.0.0.1:{port}", "seconds": 1}
        source.save()
        run = synchronise(source)
    assert run.state == Run.State.FAILED
    assert "annuaire" in run.detail
    assert facts() == before


def test_a_person_who_cannot_be_read_has_not_left(source: Source, server: Slapd) -> None:
    synchronise(source)
    server.modify(f"dn: {dn_of(NAMES[5])}\nchangetype: modify\ndelete: mail\n\n")
    assert synchronise(source).state == Run.State.APPLIED
    assert Agent.objects.get(email__startswith=NAMES[5]).is_active


def test_a_filter_that_hides_half_of_the_people_asks_a_person(source: Source) -> None:
    synchronise(source)
    source.settings["user_filter"] = "(&(objectClass=inetOrgPerson)(uid=agent00*))"
    source.save()
    run = synchronise(source)
    assert (run.state, run.leaving) == (Run.State.WAITING, 110)
    assert Agent.objects.filter(is_active=True).count() == 120


def test_nobody_at_all_is_a_breakdown(source: Source) -> None:
    synchronise(source)
    source.settings["user_filter"] = "(uid=personne)"
    source.save()
    assert synchronise(source).problem == "ldap_empty"
    assert Agent.objects.filter(is_active=True).count() == 120
