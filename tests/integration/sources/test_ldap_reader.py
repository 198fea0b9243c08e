"""Reading a real OpenLDAP server: pages, limits, groups, people who move, leave and come back."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from parvis.portal.sources.ldap.reader import LdapReader
from parvis.portal.sources.ldap.schema import from_stored
from parvis.portal.sources.records import Fault, Record, SourceBroken
from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX, Slapd, dn_of, group, group_dn, person, slapd

TODAY = date(2026, 11, 22)
NO_LIMIT = f'limits dn.exact="{READER}" size.soft=100 size.hard=100 size.prtotal=unlimited'


def reader(server: Slapd, **stored: Any) -> LdapReader:
    values = {"servers": server.uri, "base_dn": f"ou=agents,{SUFFIX}", "bind_dn": READER, "seconds": 5, **stored}
    return LdapReader(from_stored(values, READER_PASSWORD), today=TODAY)


def records(source: LdapReader) -> dict[str, Record]:
    return {found.email.partition("@")[0]: found for found in source.read() if isinstance(found, Record)}


def faults(source: LdapReader) -> list[Fault]:
    return [found for found in source.read() if isinstance(found, Fault)]


def b64(value: bytes) -> str:
    return f": {base64.b64encode(value).decode()}"


PEOPLE = "".join(
    [
        f"dn: ou=dsi,ou=agents,{SUFFIX}\nobjectClass: organizationalUnit\nou: dsi\n\n",
        f"dn: ou=réseau,ou=dsi,ou=agents,{SUFFIX}\nobjectClass: organizationalUnit\nou: réseau\n\n".replace(
            "dn: ou=réseau", "dn: ou=r\\C3\\A9seau"
        ),
        person(
            "claire",
            sn=b64(b"Le Goff"),
            givenName="Claire",
            title="Archiviste",
            departmentNumber="ARCH",
            telephoneNumber="+33 2 98 00 00 01",
            roomNumber="B 12",
            employeeNumber="00042",
        ),
        person("yann", dn=f"uid=yann,ou=r\\C3\\A9seau,ou=dsi,ou=agents,{SUFFIX}"),
        person("sans-mail", mail=[]),
        person("locked", pwdAccountLockedTime="000001010000Z"),
        person("tired", pwdAccountLockedTime="20261122080000Z"),
        person("double", mail=["claire@rivemarine.example"]),
        group("tous", dn_of("claire"), group_dn("cadres")),
        group("cadres", dn_of("yann").replace("ou=agents", "ou=r\\C3\\A9seau,ou=dsi,ou=agents"), group_dn("boucle")),
        group("boucle", group_dn("tous"), dn_of("tired")),
        group("SRV-Archives", dn_of("claire")),
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with slapd(PEOPLE, modules=["ppolicy"], more="overlay ppolicy") as running:
        yield running


def test_a_person_is_read(server: Slapd) -> None:
    claire = next(
        found for found in reader(server).read() if isinstance(found, Record) and found.first_name == "Claire"
    )
    assert uuid.UUID(claire.key)
    assert (claire.last_name, claire.email, claire.job_title) == ("Le Goff", "claire@rivemarine.example", "Archiviste")
    assert (claire.phone, claire.office, claire.personnel_number) == ("+33 2 98 00 00 01", "B 12", "00042")
    assert (claire.entity, claire.is_active, claire.groups) == ("ARCH", True, frozenset())
    assert claire.where == dn_of("claire")


def test_who_has_no_address_is_a_fault_with_a_key(server: Slapd) -> None:
    (fault,) = faults(reader(server))
    assert (fault.where, fault.problem) == (dn_of("sans-mail"), "Manque\u202f: adresse électronique.")
    assert uuid.UUID(fault.key)


def test_two_people_with_one_address_are_both_told(server: Slapd) -> None:
    same = [found for found in reader(server).read() if isinstance(found, Record) and found.email.startswith("claire")]
    assert len({found.key for found in same}) == 2


def test_locked_by_an_administrator_is_disabled_and_too_many_tries_are_not(server: Slapd) -> None:
    found = records(reader(server))
    assert not found["locked"].is_active
    assert found["tired"].is_active, "anybody could make a colleague leave by typing wrong passwords"


def test_a_filter_of_ones_own_disables(server: Slapd) -> None:
    found = records(reader(server, disabled_filter="(uid=yann)"))
    assert [name for name, each in found.items() if not each.is_active] == ["yann", "locked"]


@pytest.mark.parametrize(("how", "expected"), [("ou", "réseau"), ("ou_path", "dsi / réseau")])
def test_the_service_is_the_organisational_unit(server: Slapd, how: str, expected: str) -> None:
    found = records(reader(server, entity_from=how))
    assert (found["yann"].entity, found["tired"].entity) == (expected, "")


class TestGroups:
    groups = {"group_base_dn": f"ou=groupes,{SUFFIX}", "with_groups": True}

    def test_a_loop_ends(self, server: Slapd) -> None:
        found = records(reader(server, **self.groups))
        assert found["yann"].groups == {"tous", "cadres", "boucle"}
        assert found["tired"].groups == {"tous", "cadres", "boucle"}
        assert found["locked"].groups == frozenset()

    def test_only_the_members_of_one_group(self, server: Slapd) -> None:
        found = records(reader(server, **self.groups, only_group=f"CN=Cadres, OU=groupes,{SUFFIX}"))
        assert set(found) == {"claire", "yann", "tired"}

    def test_the_service_is_a_group(self, server: Slapd) -> None:
        stored = {**self.groups, "entity_from": "group", "group_prefix": "srv-", "with_groups": False}
        found = list(reader(server, **stored).read())
        assert {each.entity for each in found if isinstance(each, Record) and each.first_name == "Claire"} == {
            "Archives"
        }


@pytest.fixture(scope="module")
def crowd() -> Iterator[Slapd]:
    with slapd("".join(person(f"a{number:05d}") for number in range(2500)), more=NO_LIMIT) as running:
        yield running


class TestVolume:
    def test_pages_go_past_the_size_limit(self, crowd: Slapd) -> None:
        assert len(records(reader(crowd, page_size=100))) == 2500

    def test_a_limit_on_the_whole_is_told_and_nothing_is_taken_for_complete(self) -> None:
        people = "".join(person(f"a{number:03d}") for number in range(300))
        limit = f'limits dn.exact="{READER}" size.soft=100 size.hard=100 size.prtotal=150'
        with slapd(people, more=limit) as server, pytest.raises(SourceBroken) as broken:
            list(reader(server, page_size=50).read())
        assert "limite le nombre de fiches" in str(broken.value)

    def test_memory_is_a_page(self, crowd: Slapd) -> None:
        waiting = reader(crowd, page_size=100).read()
        next(waiting)
        waiting.close()  # the connection is closed too: an unclosed one would be a warning, hence a failure


class TestChanges:
    def test_who_moves_or_marries_keeps_the_key_and_who_left_is_not_read(self) -> None:
        with slapd(PEOPLE, modules=["ppolicy"], more="overlay ppolicy") as server:
            before = records(reader(server))
            server.modify(
                f"dn: {dn_of('tired')}\nchangetype: modrdn\nnewrdn: uid=rested\ndeleteoldrdn: 1\n"
                f"newsuperior: ou=dsi,ou=agents,{SUFFIX}\n\n"
                f"dn: {dn_of('locked')}\nchangetype: delete\n\n"
            )
            after = records(reader(server, entity_from="ou"))
        assert after["tired"].key == before["tired"].key
        assert (after["tired"].entity, after["tired"].where) == ("dsi", f"uid=rested,ou=dsi,ou=agents,{SUFFIX}")
        assert "locked" not in after


class TestStrangeValues:
    def test_wrong_encodings_controls_and_size(self) -> None:
        # slapd refuses texts that are not UTF-8; these attributes of AD's schema hold any bytes.
        any_bytes, other = "msDRM-IdentityCertificate", "msDS-Site-Affinity"

        def odd(uid: str, name: bytes, title: bytes) -> str:
            ad = {"objectClass": ["user"], "instanceType": "4", "objectCategory": SUFFIX, "nTSecurityDescriptor": "x"}
            return person(uid, **ad, **{any_bytes: b64(name), other: b64(title)})

        people = (
            odd("latin", "Gaëlle".encode("cp1252"), b"\xff\xfe\x00\x01binaire")
            + odd("tordu", "Le\u202eGoff\x07\n \u200bX".encode(), b"A" * 200_000)
            + odd("illisible", b"\x81\x8d\x8f", b"x")
        )
        attributes = {"last_name": any_bytes, "job_title": other}
        with slapd(people) as server:
            source = reader(server, attributes=attributes, user_filter="(objectClass=user)")
            found = {each.where: each for each in source.read()}
        latin, twisted, unreadable = (found[dn_of(name)] for name in ("latin", "tordu", "illisible"))
        assert isinstance(latin, Record)
        assert isinstance(twisted, Record)
        assert (latin.last_name, latin.job_title) == ("Gaëlle", "")
        assert (twisted.last_name, twisted.job_title) == ("LeGoff X", "")
        assert unreadable == Fault(dn_of("illisible"), "Illisible\u202f: nom.", unreadable.key)


class TestRefusals:
    @pytest.mark.parametrize(
        ("stored", "sentence"),
        [
            ({"base_dn": "ou=ailleurs,dc=rivemarine,dc=example"}, "base de recherche n’existe pas"),
            ({"bind_dn": "cn=intrus,dc=rivemarine,dc=example"}, "refuse le nom ou le mot de passe"),
            ({"user_filter": "(uid=personne)"}, "ne donne aucune personne"),
            ({"user_filter": "(uid=a)(b=c))"}, ""),
            ({"user_filter": "(&(uid=a)(=))"}, "filtre"),
            ({"group_base_dn": "pas un dn", "with_groups": True}, "n’est pas écrit comme"),
        ],
    )
    def test_each_has_its_sentence(self, server: Slapd, stored: dict[str, Any], sentence: str) -> None:
        if not sentence:
            with pytest.raises(Exception, match="invalid"):
                reader(server, **stored)
            return
        with pytest.raises(SourceBroken) as broken:
            list(reader(server, **stored).read())
        assert sentence in str(broken.value)
