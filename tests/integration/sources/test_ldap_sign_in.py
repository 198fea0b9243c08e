"""Signing in with the directory's password, against a real OpenLDAP server, through the sign-in page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection as database
from django.test import Client

from parvis.portal.accounts import passwords as accounts_passwords
from parvis.portal.accounts import tasks
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.sources import secrets
from parvis.portal.sources.ldap import passwords, sign_in, stored
from parvis.portal.sources.ldap.passwords import Answer
from parvis.portal.sources.models import Link, Source
from parvis.portal.sources.records import Record
from tests.integration.accounts.conftest import LOGIN, VERIFICATION, code
from tests.integration.authority import grant, make_agent, make_entity
from tests.integration.signing_in import give_second_factor
from tests.integration.sources.test_ldap_reader import reader
from tests.servers.process import free_port
from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX, Slapd, dn_of, person, slapd

WRONG = "n’est pas le bon"
PASSWORD = "brouette de novembre"
AD_TEXT = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {}, v3839"
CODES = ("52e", "525", "775", "532", "773", "533", "701", "530", "531")
PEOPLE = "".join(
    [
        *(person(name, userPassword=PASSWORD) for name in ("claire", "mathieu", "nouvelle", "parti")),
        person(
            "perime", userPassword=PASSWORD, pwdChangedTime="20200101000000Z", pwdPolicySubentry=f"cn=bref,{SUFFIX}"
        ),
        person("remis", userPassword=PASSWORD, pwdReset="TRUE", pwdPolicySubentry=f"cn=long,{SUFFIX}"),
        f"dn: ou=codes,ou=agents,{SUFFIX}\nobjectClass: organizationalUnit\nou: codes\n\n",
        *(person(f"c{each}", dn=f"uid=c{each},ou=codes,ou=agents,{SUFFIX}") for each in CODES),
        *(
            f"dn: cn={name},{SUFFIX}\nobjectClass: person\nobjectClass: pwdPolicy\ncn: {name}\nsn: {name}\n"
            f"pwdAttribute: userPassword\npwdMaxAge: {age}\npwdMustChange: TRUE\n\n"
            for name, age in (("bref", 60), ("long", 0))
        ),
    ]
)
# retcode answers binds below ou=codes with Active Directory's words: slapd itself has none of them.
OVERLAYS = (
    "overlay ppolicy\noverlay retcode\n"
    + f'retcode-parent "ou=codes,ou=agents,{SUFFIX}"\n'
    + "\n".join(f'retcode-item "uid=c{each}" 0x31 op=bind text="{AD_TEXT.format(each)}"' for each in CODES)
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with slapd(PEOPLE, modules=["ppolicy", "retcode"], more=OVERLAYS) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def root() -> Entity:
    return make_entity("Rivemarine", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def source(server: Slapd, root: Entity) -> Source:
    return make_source(server.uri, root)


def make_source(servers: str, root: Entity, **settings: Any) -> Source:
    kept = {"servers": servers, "base_dn": f"ou=agents,{SUFFIX}", "bind_dn": READER, "seconds": 3, "sign_in": True}
    kept |= settings
    secrets.put(kept, stored.PASSWORD, READER_PASSWORD)
    return Source.objects.create(name="Annuaire", kind="ldap", root=root, settings=kept)


def link(source: Source, name: str, *, account: bool = True, key: str = "", entity: Entity | None = None) -> Agent:
    """An agent of the directory, with the key of their entry there."""
    agent = make_agent(entity or source.root, name, account=account)
    found = {each.where: each.key for each in sources_people(source)}
    key = key or next(found[where] for where in found if where.startswith(f"uid={name},"))
    Link.objects.create(source=source, key=key, agent=agent, linked_at=clock.now(), changed_at=clock.now())
    if agent.user:
        give_second_factor(agent.user)
    return agent


def sources_people(source: Source) -> list[Record]:
    from parvis.portal.sources.ldap.reader import reader as reader_of_source

    return [found for found in reader_of_source(source).read() if isinstance(found, Record)]


def try_password(name: str, password: str, client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN, {"login": f"{name}@rivemarine.example", "password": password})


class TestTheRightPassword:
    def test_the_second_factor_follows_as_for_everyone(self, source: Source) -> None:
        link(source, "claire")
        client = Client()
        assert try_password("claire", PASSWORD, client)["Location"] == VERIFICATION
        assert client.get("/compte/").status_code == 302, "the password alone opens nothing"
        assert client.post(VERIFICATION, {"code": code()})["Location"] == "/"
        assert client.get("/compte/").status_code == 200
        assert AuditRecord.objects.get(action="accounts.signed_in").data == {"methods": ["password", "mfa:totp"]}

    def test_without_second_factor_only_its_enrolment_opens(self, source: Source) -> None:
        agent = link(source, "claire")
        agent.user.authenticator_set.all().delete()  # type: ignore[union-attr]
        client = Client()
        try_password("claire", PASSWORD, client)
        answer = client.get("/annuaire/")
        assert answer.status_code == 302
        assert "deuxieme-etape" in answer["Location"]

    def test_a_former_local_password_is_dropped(self, source: Source) -> None:
        user = link(source, "claire").user
        assert user
        user.set_password("ancien mot de passe local")
        user.save()
        try_password("claire", PASSWORD)
        assert AuditRecord.objects.filter(action="sources.local_password_dropped").count() == 1
        assert WRONG in try_password("claire", "ancien mot de passe local").content.decode()

    def test_somebody_who_was_renamed_in_the_directory_still_signs_in(self, source: Source, server: Slapd) -> None:
        link(source, "mathieu")
        server.modify(f"dn: {dn_of('mathieu')}\nchangetype: modrdn\nnewrdn: uid=matthieu\ndeleteoldrdn: 1\n\n")
        try:
            assert try_password("mathieu", PASSWORD).status_code == 302
        finally:
            server.modify(f"dn: {dn_of('matthieu')}\nchangetype: modrdn\nnewrdn: uid=mathieu\ndeleteoldrdn: 1\n\n")


class TestRefused:
    @pytest.mark.parametrize("password", ["faux", PASSWORD + " ", PASSWORD.upper(), "*", "x" * 5000, "a\0b"])
    def test_a_wrong_password(self, source: Source, password: str) -> None:
        link(source, "claire")
        answer = try_password("claire", password)
        assert answer.status_code == 200
        assert "_auth_user_id" not in answer.wsgi_request.session

    @pytest.mark.parametrize("empty", ["", "\0"])
    def test_an_empty_password_is_never_sent(self, source: Source, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
        agent = link(source, "claire")
        monkeypatch.setattr(passwords, "_bind", lambda *_: pytest.fail("sent"))
        assert try_password("claire", empty).status_code == 200
        key = agent.source_links.get().key
        assert passwords.check(stored.settings_of(source), key, empty) is Answer.WRONG
        assert passwords.pretend(stored.settings_of(source), empty) is Answer.WRONG

    def test_a_careless_server_takes_an_empty_password_for_an_anonymous_bind(self) -> None:
        import ldap

        with slapd("", settings="allow bind_anon_dn bind_anon_cred") as careless:
            connection = ldap.initialize(careless.uri)
            connection.simple_bind_s(dn_of("claire"), "")  # does not raise: this is what the check above is for
            connection.unbind_s()

    @pytest.mark.parametrize(
        "login",
        [
            "*@rivemarine.example",
            "claire@rivemarine.example)(uid=*",
            "*)(objectClass=*@x.fr",
            "claire*@rivemarine.example",
        ],
    )
    def test_injection(self, source: Source, login: str) -> None:
        link(source, "claire")
        answer = Client().post(LOGIN, {"login": login, "password": PASSWORD})
        assert answer.status_code == 200

    def test_an_address_written_into_ones_own_entry_opens_nobody_elses_account(
        self, source: Source, server: Slapd
    ) -> None:
        link(source, "claire")
        change = "dn: {}\nchangetype: modify\nreplace: mail\nmail: {}@rivemarine.example\n\n"
        password = "dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: {}\n\n"
        server.modify(change.format(dn_of("parti"), "claire") + password.format(dn_of("parti"), "mien"))
        try:
            assert WRONG in try_password("claire", "mien").content.decode()
        finally:
            server.modify(change.format(dn_of("parti"), "parti") + password.format(dn_of("parti"), PASSWORD))

    @pytest.mark.parametrize(
        "change",
        [
            {"is_gone": True},
            {"is_enabled": False},
        ],
    )
    def test_who_left_the_directory(self, source: Source, change: dict[str, bool]) -> None:
        agent = link(source, "claire")
        agent.source_links.update(**change)
        assert WRONG in try_password("claire", PASSWORD).content.decode()

    def test_who_is_disabled_there_since(self, server: Slapd, root: Entity) -> None:
        source = make_source(server.uri, root, disabled_filter="(uid=claire)")
        link(source, "claire")
        assert WRONG in try_password("claire", PASSWORD).content.decode()

    def test_a_source_that_does_not_say_so(self, server: Slapd, root: Entity) -> None:
        link(make_source(server.uri, root, sign_in=False), "claire")
        assert WRONG in try_password("claire", PASSWORD).content.decode()

    def test_an_administrators_account_is_not_the_directorys(self, source: Source) -> None:
        agent = link(source, "claire")
        User.objects.filter(pk=agent.user_id).update(is_superuser=True)
        assert WRONG in try_password("claire", PASSWORD).content.decode()

    def test_a_directory_opens_no_account_whose_roles_reach_beyond_it(self, server: Slapd, root: Entity) -> None:
        commune = make_entity("Commune", root, Entity.Kind.COMMUNE)
        source = make_source(server.uri, commune)
        agent = link(source, "claire")
        assert try_password("claire", PASSWORD).status_code == 302
        assert agent.user
        grant(agent.user, Role.HEAD_OF_IT, root)
        assert WRONG in try_password("claire", PASSWORD).content.decode()
        link(source, "mathieu", entity=root)
        assert WRONG in try_password("mathieu", PASSWORD).content.decode()


class TestTellingNothing:
    def test_unknown_local_and_directory_accounts_look_the_same(self, source: Source) -> None:
        link(source, "claire")
        make_agent(source.root, "locale", account=True)
        pages = set()
        for name in ("claire", "locale", "personne"):
            page = try_password(name, "faux").content.decode().replace(name, "NAME")
            assert WRONG in page
            pages.add(page.partition("<form")[2].partition("</form>")[0].split("csrfmiddlewaretoken")[0])
        assert len(pages) == 1

    def test_each_asks_the_directory_the_same(self, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        link(source, "claire")
        make_agent(source.root, "locale", account=True)
        binds: list[str] = []
        bind = passwords._bind

        def counted(connected: Any, dn: str, password: str) -> Answer:
            binds.append(password)
            return bind(connected, dn, password)

        monkeypatch.setattr(passwords, "_bind", counted)
        for name in ("claire", "locale", "personne"):
            try_password(name, "mot de passe tapé")
        assert len(binds) == 3
        assert binds.count("mot de passe tapé") == 1, "a local password was sent to the directory"

    def test_throttled_like_the_others(self, source: Source) -> None:
        link(source, "claire")
        for _ in range(5):
            try_password("claire", "faux")
        assert "Patientez" in try_password("claire", PASSWORD).content.decode()
        assert AuditRecord.objects.filter(action="accounts.sign_in_refused").count() >= 5


class TestWordsOfTheDirectory:
    @pytest.mark.parametrize(
        ("code_", "words"),
        [
            ("52e", WRONG),
            ("525", WRONG),
            ("775", WRONG),
            ("532", "a expiré"),
            ("773", "d’abord changer"),
            ("533", "désactivé dans l’annuaire"),
            ("701", "désactivé dans l’annuaire"),
            ("530", "à cette heure"),
            ("531", "à cette heure"),
        ],
    )
    def test_active_directorys_codes(self, source: Source, code_: str, words: str) -> None:
        link(source, f"c{code_}")
        assert words in try_password(f"c{code_}", "n’importe").content.decode()

    @pytest.mark.parametrize(("name", "words"), [("perime", "a expiré"), ("remis", "d’abord changer")])
    def test_openldaps_policy_speaks_after_the_right_password_only(self, source: Source, name: str, words: str) -> None:
        link(source, name)
        assert words in try_password(name, PASSWORD).content.decode()
        assert WRONG in try_password(name, "faux").content.decode()


class TestDirectoryDown:
    def test_it_is_said_to_everyone_alike_and_local_passwords_open(self, root: Entity, server: Slapd) -> None:
        source = make_source(server.uri, root)
        link(source, "claire")
        Source.objects.update(settings={**source.settings, "servers": f"ldap://127.0.0.1:{free_port()}"})
        local = make_agent(root, "locale", account=True).user
        assert local
        local.set_password("mot de passe local")
        local.save()
        give_second_factor(local)
        for name in ("claire", "personne", "locale"):
            assert "l’annuaire ne répond pas" in try_password(name, "faux").content.decode()
        assert try_password("locale", "mot de passe local")["Location"] == VERIFICATION

    def test_it_is_not_asked_again_at_once(self, root: Entity, server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
        link(make_source(server.uri, root), "claire")
        asked: list[int] = []

        def down(*_: Any) -> Answer:
            asked.append(1)
            return Answer.DOWN

        monkeypatch.setattr(passwords, "check", down)
        for _ in range(3):
            try_password("claire", PASSWORD)
        assert len(asked) == 1


class TestFirstSignIn:
    def test_opens_the_account_of_an_agent(self, server: Slapd, root: Entity) -> None:
        agent = link(make_source(server.uri, root, sign_in_opens=True), "nouvelle", account=False)
        assert WRONG in try_password("nouvelle", "faux").content.decode()
        assert not User.objects.filter(agent=agent).exists()
        assert try_password("nouvelle", PASSWORD).status_code == 302
        user = User.objects.get(agent=agent)
        assert (user.email, user.has_usable_password()) == (agent.email, False)
        assert AuditRecord.objects.filter(action="directory.account_opened").count() == 1

    def test_only_if_the_source_says_so(self, source: Source) -> None:
        link(source, "nouvelle", account=False)
        assert WRONG in try_password("nouvelle", PASSWORD).content.decode()
        assert not User.objects.exists()

    def test_not_over_an_account_that_belongs_to_no_agent(self, server: Slapd, root: Entity) -> None:
        link(make_source(server.uri, root, sign_in_opens=True), "nouvelle", account=False)
        User.objects.create_user("nouvelle@rivemarine.example", None, is_superuser=True)
        assert WRONG in try_password("nouvelle", PASSWORD).content.decode()
        assert Agent.objects.get().user is None

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_make_one_account(self, server: Slapd) -> None:
        root = make_entity("Rivemarine", kind=Entity.Kind.METROPOLE)
        link(make_source(server.uri, root, sign_in_opens=True), "nouvelle", account=False)
        found = sign_in.link_of("nouvelle@rivemarine.example")
        assert found
        start, users = threading.Barrier(4), list[Any]()

        def attempt() -> None:
            start.wait()
            try:
                users.append(sign_in._make_account(found))
            finally:
                database.close()

        threads = [threading.Thread(target=attempt) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({user.pk for user in users if user}) == 1
        assert User.objects.count() == 1


class TestItIsNotChangedHere:
    def test_the_pages_say_where(self, server: Slapd, root: Entity) -> None:
        source = make_source(server.uri, root, password_help="Au guichet informatique.")
        agent = link(source, "claire")
        client = Client()
        try_password("claire", PASSWORD, client)
        client.post(VERIFICATION, {"code": code()})
        for page in ("/compte/mot-de-passe/", "/compte/mot-de-passe/choisir/", "/compte/securite/"):
            assert "Au guichet informatique." in client.get(page).content.decode(), page
        answer = client.post("/compte/mot-de-passe/choisir/", {"password1": "x" * 20, "password2": "x" * 20})
        assert "Au guichet informatique." in answer.content.decode()
        assert not User.objects.get(agent=agent).has_usable_password()

    def test_a_forgotten_password_gets_no_link(self, source: Source) -> None:
        agent = link(source, "claire")
        tasks.send_password_reset.func(email=agent.email)
        body = mail.outbox[0].body
        assert "/mot-de-passe/nouveau/" not in body
        assert "ordinateur de bureau" in body

    def test_a_link_from_before_does_not_choose_one(self, source: Source) -> None:
        user = link(source, "claire").user
        assert user
        page = tasks._reset_link(user).partition("/compte")[2]
        client = Client()
        form = client.get("/compte" + page, follow=True)
        where = form.redirect_chain[-1][0] if form.redirect_chain else "/compte" + page
        answer = client.post(where, {"password1": "brouette verte 12", "password2": "brouette verte 12"})
        assert "ordinateur de bureau" in answer.content.decode()
        assert not User.objects.get(pk=user.pk).has_usable_password()

    def test_an_ordinary_account_is_not_concerned(self, source: Source) -> None:
        user = make_agent(source.root, "locale", account=True).user
        assert user
        assert accounts_passwords.kept_elsewhere(user) == ""


def test_the_password_is_nowhere(source: Source, capsys: pytest.CaptureFixture[str], server: Slapd) -> None:
    link(source, "claire")
    try_password("claire", "canari-9f3c")
    assert "canari-9f3c" not in str(list(AuditRecord.objects.values()))
    assert READER_PASSWORD not in str(source.settings)
    assert READER_PASSWORD not in repr(stored.settings_of(source))
    assert "canari-9f3c" not in capsys.readouterr().out + server.log_path.read_text()
    assert reader(server) is not None
