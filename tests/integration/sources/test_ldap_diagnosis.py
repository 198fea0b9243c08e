"""« Tester la connexion », the form, and an Active Directory as far as OpenLDAP can play one."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache

from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.sources import readers, secrets
from parvis.portal.sources.ldap import passwords, stored
from parvis.portal.sources.ldap.diagnosis import Outcome, Step, diagnose
from parvis.portal.sources.ldap.forms import LdapForm
from parvis.portal.sources.ldap.passwords import Answer
from parvis.portal.sources.ldap.reader import LdapReader
from parvis.portal.sources.ldap.schema import from_stored
from parvis.portal.sources.models import Source
from parvis.portal.sources.records import Fault, Record, SourceBroken
from tests.integration.authority import make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.servers.cutting import cutting_proxy
from tests.servers.process import free_port
from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX, Certificate, Slapd, group, person, slapd

TODAY = date(2026, 11, 22)
GUID = uuid.UUID("0b55dd47-9b2a-4a5c-8f8f-3d4c3b2a1f00")
NEVER, PAST = "9223372036854775807", "132000000000000000"


def ad_user(uid: str, guid: uuid.UUID, **more: Any) -> str:
    """An Active Directory user, by the schema of that name (`msuser.schema`)."""
    return person(
        uid,
        objectClass=["user", "extensibleObject"],
        instanceType="4",
        objectCategory=f"cn=person,{SUFFIX}",
        nTSecurityDescriptor="x",
        objectGUID=f": {base64.b64encode(guid.bytes_le).decode()}",
        **{"userAccountControl": "512", "accountExpires": NEVER, "department": "Archives", **more},
    )


PEOPLE = "".join(
    [
        ad_user("claire", GUID, userPassword="brouette", title="Archiviste"),
        ad_user("parti", uuid.uuid4(), userAccountControl="514"),
        ad_user("expire", uuid.uuid4(), accountExpires=PAST),
        ad_user("mailbox", uuid.uuid4(), mail=[], userPrincipalName="mailbox@rivemarine.example"),
        ad_user("sans-mail", uuid.uuid4(), mail=[]),
        ad_user("membre", uuid.uuid4(), memberOf=f"cn=petit,ou=groupes,{SUFFIX}"),
        group("grand", f"cn=petit,ou=groupes,{SUFFIX}"),
        group("petit", f"uid=membre,ou=agents,{SUFFIX}"),
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with slapd(PEOPLE, certificate=Certificate()) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def kept(server: Slapd, **more: Any) -> dict[str, Any]:
    return {
        "preset": "active_directory",
        "servers": server.uri,
        "base_dn": f"ou=agents,{SUFFIX}",
        "user_filter": "(objectClass=user)",
        "bind_dn": READER,
        "seconds": 2,
        **more,
    }


def try_out(server: Slapd, password: str = READER_PASSWORD, **more: Any) -> list[Step]:
    return diagnose(from_stored(kept(server, **more), password), today=TODAY)


class TestActiveDirectory:
    def people(self, server: Slapd, **more: Any) -> dict[str, Record]:
        source = LdapReader(from_stored(kept(server, **more), READER_PASSWORD), today=TODAY)
        return {each.email.partition("@")[0]: each for each in source.read() if isinstance(each, Record)}

    def test_the_guid_is_the_key(self, server: Slapd) -> None:
        claire = self.people(server)["claire"]
        assert (claire.key, claire.entity, claire.is_active, claire.ends_date) == (str(GUID), "Archives", True, None)

    def test_disabled_and_expired(self, server: Slapd) -> None:
        found = self.people(server)
        assert {name for name, each in found.items() if not each.is_active} == {"parti", "expire"}
        assert found["expire"].ends_date == date(2019, 4, 17)

    def test_the_principal_name_stands_in_for_the_address(self, server: Slapd) -> None:
        assert "mailbox" in self.people(server)

    def test_groups_that_people_tell_of_themselves(self, server: Slapd) -> None:
        groups = {"with_groups": True, "group_base_dn": f"ou=groupes,{SUFFIX}"}
        found = self.people(server, **groups, group_filter="(objectClass=groupOfNames)")
        assert found["membre"].groups == {"petit"}

    def test_the_key_finds_who_signs_in(self, server: Slapd) -> None:
        settings = from_stored(kept(server), READER_PASSWORD)
        assert passwords.check(settings, str(GUID), "brouette") is Answer.RIGHT
        assert passwords.check(settings, str(GUID), "faux") is Answer.WRONG
        assert passwords.check(settings, str(uuid.uuid4()), "brouette") is Answer.WRONG


class TestSteps:
    def test_all_is_well(self, server: Slapd) -> None:
        steps = try_out(server, servers=server.tls_uri, ca_pem=server.ca_pem)
        text = " ".join(f"{step.title} {step.detail}" for step in steps)
        assert "certificat vérifié" in text
        assert f"Accepté\u202f: {READER}" in text
        assert "6 personnes dans la première page. 1 fiche est incomplète." in text
        sample = next(step.sample for step in steps if step.sample)
        assert len(sample) == 5
        assert isinstance(sample[0], Record)
        assert any(isinstance(each, Fault) for each in sample)
        attributes = steps[-1]
        assert (attributes.title, attributes.outcome) == ("Attributs", Outcome.WARNING)
        assert "matricule (employeeID, employeeNumber)" in attributes.detail

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"servers": "ldaps://annuaire.invalid"}, "inconnu du réseau"),
            ({"servers": "ldap://127.0.0.1:{free}"}, "aucun annuaire n’écoute"),
            ({"servers": "ldap://8.8.8.8"}, "pas le droit de joindre"),
            ({"servers": "ldaps://localhost:{tls}"}, "autorité inconnue"),
            ({"servers": "ldaps://127.0.0.1:{tls}", "ca_pem": "{ca}"}, "un autre nom"),
            ({"base_dn": "ou=x,dc=rivemarine,dc=example"}, "base de recherche n’existe pas"),
            ({"user_filter": "(uid=personne)"}, "Aucune personne trouvée"),
            ({"attributes": {"email": "proxyAddresses"}}, "adresse électronique (proxyAddresses)"),
        ],
    )
    def test_what_is_wrong_is_named(self, server: Slapd, more: dict[str, Any], words: str) -> None:
        values = {"free": free_port(), "tls": server.tls_port, "ca": server.ca_pem}
        more = {key: value.format(**values) if isinstance(value, str) else value for key, value in more.items()}
        steps = try_out(server, **more)
        failed = [step for step in steps if step.outcome is Outcome.FAILED]
        assert words in failed[0].detail

    def test_a_wrong_password_is_tried_once_only(self, server: Slapd) -> None:
        steps = try_out(server, "faux", servers=f"{server.uri} ldap://localhost:{server.port}")
        assert "refuse le nom ou le mot de passe" in steps[-1].detail
        assert sum("Compte de lecture" in step.title for step in steps) == 1

    def test_every_server_is_tried_and_the_next_one_reads(self, server: Slapd) -> None:
        steps = try_out(server, servers=f"ldap://127.0.0.1:{free_port()} {server.uri}")
        assert steps[0].outcome is Outcome.FAILED
        assert any("personnes" in step.detail for step in steps)

    def test_a_silent_server_does_not_keep_the_person_waiting(self, server: Slapd) -> None:
        began = time.monotonic()
        with cutting_proxy(server.port, 0, hang=True) as port:
            steps = try_out(server, servers=f"ldap://127.0.0.1:{port}", seconds=1)
        assert "pas répondu à temps" in steps[-1].detail
        assert time.monotonic() - began < 15


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def source(self, server: Slapd) -> Source:
        root = make_entity("Rivemarine", kind=Entity.Kind.METROPOLE)
        settings = kept(server)
        secrets.put(settings, stored.PASSWORD, READER_PASSWORD)
        return Source.objects.create(name="AD", kind="ldap", root=root, settings=settings)

    def test_the_head_of_it_reads_the_steps(self, source: Source) -> None:
        browser = browser_of(make_member(source.root, Role.HEAD_OF_IT))
        page = f"/annuaire/sources/{source.pk}/tester/"
        assert "Tester maintenant" in browser.get(page).content.decode()
        answer = browser.post(page)
        assert "claire@rivemarine.example" in answer.content.decode()
        fragment = browser.post(page, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        assert "claire@rivemarine.example" in fragment
        assert READER_PASSWORD not in fragment + answer.content.decode()
        assert AuditRecord.objects.filter(action="sources.connection_tested").count() == 2

    def test_it_is_no_tool_to_explore_the_network(self, source: Source) -> None:
        browser = browser_of(make_member(source.root, Role.HEAD_OF_IT))
        source.settings["servers"] = f"ldap://127.0.0.1:{free_port()}"
        source.save()
        answers = [browser.post(f"/annuaire/sources/{source.pk}/tester/").status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]

    @pytest.mark.parametrize(("role", "status"), [(Role.TECHNICIAN, 403), (Role.AUDITOR, 403), (None, 404)])
    def test_others_do_not(self, source: Source, role: Role | None, status: int) -> None:
        browser = browser_of(make_member(source.root, role))
        assert browser.post(f"/annuaire/sources/{source.pk}/tester/").status_code == status

    def test_a_neighbour_sees_no_such_source(self, source: Source) -> None:
        browser = browser_of(make_member(make_entity("Ailleurs"), Role.HEAD_OF_IT))
        assert browser.post(f"/annuaire/sources/{source.pk}/tester/").status_code == 404

    def test_settings_that_cannot_be_used_are_a_sentence(self, source: Source) -> None:
        source.settings["servers"] = "n’importe quoi"
        source.save()
        browser = browser_of(make_member(source.root, Role.HEAD_OF_IT))
        answer = browser.post(f"/annuaire/sources/{source.pk}/tester/").content.decode()
        assert "sont à corriger" in answer
        with pytest.raises(SourceBroken):
            readers.reader_of(source)

    def test_the_registry_knows_the_kind(self, source: Source) -> None:
        assert len([each for each in readers.reader_of(source).read() if isinstance(each, Record)]) == 5
        assert readers.load(readers.KINDS["ldap"].form) is LdapForm


class TestForm:
    def form(self, source: Source, **values: Any) -> LdapForm:
        base = {
            "preset": "active_directory",
            "servers": "ldaps://dc1.rivemarine.example",
            "base_dn": "dc=rivemarine,dc=example",
            "bind_dn": "cn=lecture",
            "bind_password": "canari-7",
            "entity_from": "attribute",
        }
        return LdapForm({**base, **values}, source=source)

    def test_what_is_entered_is_kept_encrypted(self) -> None:
        source, settings = Source(kind="ldap"), dict[str, Any]()
        form = self.form(source, attribute_office="roomNumber")
        assert form.is_valid(), form.errors
        form.store(settings)
        assert "canari-7" not in str(settings)
        assert secrets.get(settings, stored.PASSWORD) == "canari-7"
        source.settings = settings
        found = stored.settings_of(source)
        assert (found.bind_password, found.attributes["office"]) == ("canari-7", ("roomNumber",))
        shown = LdapForm(source=source).as_p()
        assert "canari-7" not in shown
        assert "roomNumber" in shown

    def test_a_kept_password_goes_to_no_other_server(self) -> None:
        source, settings = Source(kind="ldap"), dict[str, Any]()
        form = self.form(source)
        assert form.is_valid()
        form.store(settings)
        source.settings = settings
        assert self.form(source, bind_password="").is_valid()
        for change in (
            {"servers": "ldaps://voleur.example"},
            {"ca_pem": "-----BEGIN CERTIFICATE-----"},
            {"bind_dn": "cn=x"},
        ):
            stolen = self.form(source, bind_password="", **change)
            assert "bind_password" in stolen.errors, change

    def test_faults_stand_at_their_field(self) -> None:
        form = self.form(Source(kind="ldap"), servers="http://x", user_filter="x", attribute_email="m)(a=*")
        assert {"servers", "user_filter", "attribute_key"} <= set(form.errors)

    def test_every_field_is_in_one_section(self) -> None:
        form = self.form(Source(kind="ldap"))
        shown = [field.name for section in form.sections() for field in section["fields"]]
        assert sorted(shown) == sorted(form.fields)
