"""Setting up providers, and one's own identities."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.federation.models import FederatedSignIn, Identity, IdentityProvider
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_entity, make_member, make_user
from tests.integration.signing_in import browser_of
from tests.servers.oidc import CLIENT, OidcProvider
from tests.servers.process import free_port

from .conftest import TENANT, come_back, leave, trip

pytestmark = pytest.mark.django_db
LIST = "/connexion/fournisseurs/"


@pytest.fixture
def head(commune: Entity) -> Client:
    """The commune's head of IT."""
    return browser_of(make_member(commune, Role.HEAD_OF_IT, "helene"))


def sent(server_or_issuer: str, entity: Entity, **changes: Any) -> dict[str, Any]:
    values = {
        "name": "Compte Ville",
        "kind": "keycloak",
        "issuer": server_or_issuer,
        "client_id": CLIENT["client_id"],
        "secret": CLIENT["client_secret"],
        "entity": entity.pk,
        "email_domains": "@Rivemarine.example\nville.example",
        "accepted_acr": "",
        "accepted_amr": "",
        "button_text": "",
        "position": "10",
    }
    return {**values, **changes}


def test_from_nothing_to_the_button(sso: OidcProvider, head: Client, commune: Entity) -> None:
    answer = head.post(f"{LIST}nouveau/", sent(sso.issuer, commune, trusts_second_factor="on"))
    provider = IdentityProvider.objects.get()
    page = reverse("federation:provider", kwargs={"provider_id": provider.pk})
    assert answer["Location"] == page
    assert (provider.slug, provider.email_domains) == ("compte-ville", ["rivemarine.example", "ville.example"])
    assert (provider.accepted_amr, provider.enabled) == (["mfa", "hwk"], False)
    assert CLIENT["client_secret"] not in provider.stored_secret
    assert provider.secret == CLIENT["client_secret"]

    text = head.get(page).content.decode()
    assert f"{settings.PARVIS.url}/connexion/compte-ville/retour/" in text
    assert "Le test doit réussir avant l’activation." in text
    assert CLIENT["client_secret"] not in text
    assert head.post(f"{page}activer/").status_code == 409

    text = head.post(f"{page}tester/").content.decode()
    assert "Réussi" in text
    assert "RS256" in text
    assert "à l’heure" in text
    assert head.post(f"{page}activer/").status_code == 302
    assert "Se connecter avec Compte Ville" in Client().get("/compte/connexion/").content.decode()

    assert head.post(f"{page}desactiver/").status_code == 302
    assert "Compte Ville" not in Client().get("/compte/connexion/").content.decode()
    assert head.post(f"{page}retirer/").status_code == 302
    assert not IdentityProvider.objects.exists()
    actions = list(AuditRecord.objects.filter(action__startswith="federation.provider").values_list("action", "data"))
    assert len(actions) == 4
    assert CLIENT["client_secret"] not in str(actions)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"skew": 600}, "en avance de 10 minutes"),
        ({"skew": -600}, "en retard de 10 minutes"),
        ({"large": {"openid-configuration": 2 * 2**20}}, "anormalement grande"),
        ({"answer": {"openid-configuration": {"status": 404}}}, "ne répond pas (HTTP 404)"),
        ({"answer": {"jwks": {"status": 200, "body": "{}"}}}, "Clés de signature"),
        ({"answer": {"openid-configuration": {"status": 302, "headers": {"Location": "/x"}}}}, "autre adresse"),
    ],
)
def test_the_test_says_what_is_wrong(
    sso: OidcProvider, keycloak: IdentityProvider, head: Client, what: dict[str, Any], words: str
) -> None:
    sso.faults(**what)
    text = head.post(f"{LIST}{keycloak.pk}/tester/").content.decode()
    assert words in text
    assert "À corriger" in text
    keycloak.refresh_from_db()
    assert keycloak.tested_fault


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ("http://127.0.0.1:{port}", "ne répond pas"),
        ("https://169.254.169.254", "pas permise"),
        ("https://[fe80::1]", "pas permise"),
        ("http://127.0.0.1:{sso}/", "se présente sous une autre adresse"),
    ],
)
def test_and_where_it_may_not_go(
    sso: OidcProvider, keycloak: IdentityProvider, head: Client, issuer: str, words: str
) -> None:
    address = issuer.format(port=free_port(), sso=sso.port)
    IdentityProvider.objects.update(issuer=address)
    assert words in head.post(f"{LIST}{keycloak.pk}/tester/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": "http://sso.rivemarine.example"}, "commence par https://"),
        ({"issuer": "file:///etc/passwd"}, "commence par https://"),
        ({"issuer": "https://user:secret@sso.rivemarine.example"}, "commence par https://"),
        ({"kind": "entra", "issuer": "https://login.microsoftonline.com/common/v2.0"}, "numéro de votre locataire"),
        ({"secret": ""}, "Collez le secret"),
        ({"email_domains": "pas un domaine !"}, "n’est pas un domaine"),
        ({"name": ""}, "obligatoire"),
    ],
)
def test_what_cannot_be_is_refused(head: Client, commune: Entity, changes: dict[str, Any], words: str) -> None:
    answer = head.post(f"{LIST}nouveau/", sent("https://sso.rivemarine.example", commune, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not IdentityProvider.objects.exists()


def test_entra_with_its_tenant_is_accepted(head: Client, commune: Entity) -> None:
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert head.post(f"{LIST}nouveau/", sent(issuer, commune, kind="entra")).status_code == 302


def test_a_secret_left_empty_stays(head: Client, commune: Entity, keycloak: IdentityProvider) -> None:
    head.post(f"{LIST}{keycloak.pk}/modifier/", sent(keycloak.issuer, commune, secret="", name="Autre nom"))
    keycloak.refresh_from_db()
    assert (keycloak.name, keycloak.secret, keycloak.slug) == ("Autre nom", CLIENT["client_secret"], "sso")


def test_the_issuer_stays_once_somebody_is_linked(
    head: Client, commune: Entity, keycloak: IdentityProvider, claire: User
) -> None:
    Identity.objects.create(provider=keycloak, user=claire, subject="s", linked_at=clock.now())
    answer = head.post(f"{LIST}{keycloak.pk}/modifier/", sent("https://evil.example", commune))
    assert "ne changent plus" in answer.content.decode()
    before = keycloak.issuer
    keycloak.refresh_from_db()
    assert keycloak.issuer == before


def test_two_providers_may_have_one_name(head: Client, commune: Entity) -> None:
    for number in range(2):
        head.post(f"{LIST}nouveau/", sent(f"https://sso{number}.rivemarine.example", commune, name="Fournisseurs"))
    assert sorted(IdentityProvider.objects.values_list("slug", flat=True)) == ["fournisseurs-2", "fournisseurs-3"]


def test_another_entitys_providers_do_not_exist(keycloak: IdentityProvider, root: Entity) -> None:
    there = make_entity("Là-bas", root, Entity.Kind.COMMUNE)
    other = browser_of(make_member(there, Role.HEAD_OF_IT))
    assert "Compte Ville" not in other.get(LIST).content.decode()
    for address in ("", "modifier/", "desactiver/", "retirer/"):
        assert other.get(f"{LIST}{keycloak.pk}/{address}").status_code == 404
    for address in ("tester/", "activer/"):
        assert other.post(f"{LIST}{keycloak.pk}/{address}").status_code == 404
    answer = other.post(f"{LIST}nouveau/", sent("https://sso.rivemarine.example", keycloak.entity))
    assert answer.status_code == 200  # no such choice
    assert IdentityProvider.objects.count() == 1


@pytest.mark.parametrize("role", [None, Role.TECHNICIAN, Role.AUDITOR, Role.HEAD_OF_DEPARTMENT, Role.ELECTED_MEMBER])
def test_for_heads_of_it_only(keycloak: IdentityProvider, commune: Entity, role: Role | None) -> None:
    client = browser_of(make_member(commune, role))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{keycloak.pk}/").status_code == 404


def test_and_with_a_fresh_second_factor(keycloak: IdentityProvider, commune: Entity) -> None:
    stale = browser_of(make_member(commune, Role.HEAD_OF_IT), age=600)
    for address in ("nouveau/", f"{keycloak.pk}/modifier/", f"{keycloak.pk}/desactiver/", f"{keycloak.pk}/retirer/"):
        assert "/compte/confirmation/" in stale.get(LIST + address)["Location"]
    for address in ("tester/", "activer/"):
        assert "/compte/confirmation/" in stale.post(f"{LIST}{keycloak.pk}/{address}")["Location"]


def test_the_list_asks_little(
    head: Client, sso: OidcProvider, commune: Entity, django_assert_max_num_queries: Any
) -> None:
    IdentityProvider.objects.bulk_create(
        IdentityProvider(
            name=f"F{n}", slug=f"f{n}", kind="other", issuer=f"https://f{n}.example", client_id="c", entity=commune
        )
        for n in range(40)
    )
    with django_assert_max_num_queries(32):
        assert "F39" in head.get(LIST).content.decode()
    answer = head.get(LIST, {"format": "csv"})
    assert b"F39" in b"".join(answer.streaming_content)


# One's own identities


def test_linking_from_the_security_page(sso: OidcProvider, keycloak: IdentityProvider, claire: User) -> None:
    browser = browser_of(claire)
    assert "Pas encore lié à votre compte" in browser.get("/compte/securite/").content.decode()
    page = browser.post("/connexion/identites/sso/lier/")
    assert page.status_code == 200  # a page that leads there: no form ends up at another site
    assert "prompt=login" in page.context["url"]
    # The address over there need not be the same.
    answer = come_back(browser, sso.sign_in(page.context["url"], "elsewhere"))
    assert answer["Location"] == "/compte/securite/"
    identity = Identity.objects.get()
    assert (identity.user, identity.subject, identity.email) == (claire, "sub-elsewhere", "claire@autre.example")
    text = browser.get("/compte/securite/").content.decode()
    assert "claire@autre.example" in text
    staff = browser_of(make_user(is_superuser=True))
    assert "claire@autre.example" in staff.get(f"/compte/utilisateurs/{claire.pk}/").content.decode()


def test_linking_wants_a_post_and_a_fresh_second_factor(keycloak: IdentityProvider, claire: User) -> None:
    assert browser_of(claire).get("/connexion/identites/sso/lier/").status_code == 405
    answer = browser_of(claire, age=600).post("/connexion/identites/sso/lier/")
    assert "/compte/confirmation/" in answer["Location"]


def test_an_identity_of_somebody_else_is_not_taken(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User, commune: Entity
) -> None:
    Identity.objects.create(
        provider=keycloak, user=make_member(commune), subject="sub-elsewhere", linked_at=clock.now()
    )
    browser = browser_of(claire)
    url = browser.post("/connexion/identites/sso/lier/").context["url"]
    answer = come_back(browser, sso.sign_in(url, "elsewhere"))
    assert "déjà liée à un autre compte" in answer.content.decode()
    assert Identity.objects.count() == 1


def test_a_trip_begun_by_another_account_links_nothing(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User, commune: Entity
) -> None:
    browser = browser_of(claire)
    url = browser.post("/connexion/identites/sso/lier/").context["url"]
    address = sso.sign_in(url, "elsewhere")
    other = browser_of(make_member(commune))
    come_back(other, address)
    assert not Identity.objects.exists()


def test_taking_one_off(keycloak: IdentityProvider, claire: User, commune: Entity) -> None:
    identity = Identity.objects.create(provider=keycloak, user=claire, subject="s", linked_at=clock.now())
    address = f"/connexion/identites/{identity.pk}/retirer/"
    assert browser_of(make_member(commune)).post(address).status_code == 404
    assert "/compte/confirmation/" in browser_of(claire, age=600).post(address)["Location"]
    assert browser_of(claire).post(address)["Location"] == "/compte/securite/"
    assert not Identity.objects.exists()
    assert AuditRecord.objects.filter(action="federation.identity_unlinked").exists()


def test_the_last_way_in_stays(keycloak: IdentityProvider, claire: User) -> None:
    claire.set_unusable_password()
    claire.save()
    identity = Identity.objects.create(provider=keycloak, user=claire, subject="s", linked_at=clock.now())
    browser = browser_of(claire)
    assert "votre seul moyen de connexion" in browser.get("/compte/securite/").content.decode()
    assert browser.post(f"/connexion/identites/{identity.pk}/retirer/").status_code == 409
    assert Identity.objects.exists()


# Giving the second factor again, over there


@pytest.fixture
def at_provider(sso: OidcProvider, trusted: IdentityProvider, claire: User) -> Client:
    """Claire, who came in by the provider an hour ago."""
    Identity.objects.create(provider=trusted, user=claire, subject="sub-claire", linked_at=clock.now())
    client = Client()
    sso.faults(idToken={"auth_time": int(clock.now().timestamp()) - 3600})
    trip(client, sso, "claire-mfa")
    sso.faults()
    assert FederatedSignIn.objects.exists()
    return client


def test_a_fresh_second_factor_is_given_at_the_provider(sso: OidcProvider, at_provider: Client) -> None:
    page = at_provider.get("/compte/confirmation/", {"next": "/compte/mot-de-passe/"})
    assert "Confirmer avec Compte Ville" in page.content.decode()
    url = leave(at_provider, path="/connexion/sso/confirmer/", next="/compte/mot-de-passe/")
    assert "prompt=login" in url
    assert "max_age=0" in url
    answer = come_back(at_provider, sso.sign_in(url, "claire-mfa"))
    assert answer["Location"] == "/compte/mot-de-passe/"
    assert at_provider.get("/compte/mot-de-passe/").status_code == 200
    assert AuditRecord.objects.filter(action="federation.confirmed").exists()


@pytest.mark.parametrize(
    ("login", "faults", "words"),
    [
        ("claire", {}, "n’a pas confirmé votre deuxième étape"),
        ("mathieu-mfa", {}, "Ce n’est pas l’identité Compte Ville liée à votre compte"),
        ("claire-mfa", {"idToken": {"auth_time": 1_000_000_000}}, "arrêtée par prudence"),
        ("claire-mfa", {"idToken": {"auth_time": None}}, "arrêtée par prudence"),
    ],
    ids=["no factor", "another person", "signed in long ago", "untold"],
)
def test_but_not_without_proof(
    sso: OidcProvider, at_provider: Client, login: str, faults: dict[str, Any], words: str
) -> None:
    sso.faults(**faults)
    sso.browser.cookies.clear()
    url = leave(at_provider, path="/connexion/sso/confirmer/")
    answer = come_back(at_provider, sso.sign_in(url, login))
    assert words in answer.content.decode()
    assert "/compte/confirmation/" in at_provider.get("/compte/mot-de-passe/")["Location"]


def test_a_form_that_was_interrupted_is_sent_again(sso: OidcProvider, at_provider: Client, claire: User) -> None:
    identity = Identity.objects.get()
    address = f"/connexion/identites/{identity.pk}/retirer/"
    answer = at_provider.post(address)
    assert answer["Location"].startswith("/compte/confirmation/")
    url = leave(at_provider, path="/connexion/sso/confirmer/", next=address)
    assert come_back(at_provider, sso.sign_in(url, "claire-mfa"))["Location"] == "/compte/securite/"
    assert not Identity.objects.exists()
