"""Signing in at a real provider, the way people do it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.federation.models import FederatedSignIn, Identity, IdentityProvider
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import grant, make_agent, make_entity
from tests.servers.oidc import OidcProvider

from .conftest import LOGIN, PASSWORD, VERIFICATION, come_back, is_signed_in, leave, second_step, trip

pytestmark = pytest.mark.django_db


def linked(provider: IdentityProvider, user: User, subject: str = "sub-claire") -> Identity:
    return Identity.objects.create(provider=provider, user=user, subject=subject, linked_at=clock.now())


def refusal(answer: Any, status: int = 403) -> str:
    text = answer.content.decode()
    assert answer.status_code == status, text
    return text


def why() -> str:
    return str(AuditRecord.objects.filter(action="federation.sign_in_refused").first().data["why"])


def test_the_first_time_the_accounts_own_second_factor_makes_the_link(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    browser = Client()
    answer = trip(browser, sso, "claire", next="/compte/securite/")
    assert answer["Location"] == VERIFICATION
    assert not is_signed_in(browser)
    assert not Identity.objects.exists()

    answer = second_step(browser)
    assert answer["Location"] == "/compte/securite/"
    assert is_signed_in(browser)
    identity = Identity.objects.get()
    assert (identity.user, identity.subject, identity.provider) == (claire, "sub-claire", keycloak)
    assert FederatedSignIn.objects.get().identity == identity
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"federation.identity_linked", "accounts.signed_in"} <= actions
    assert AuditRecord.objects.get(action="accounts.signed_in").data["methods"] == ["openid", "mfa:totp"]


def test_afterwards_the_subject_is_known_whatever_the_address(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    linked(keycloak, claire)
    browser = Client()
    assert trip(browser, sso, "claire-renamed")["Location"] == VERIFICATION
    second_step(browser)
    assert is_signed_in(browser)
    claire.refresh_from_db()
    assert claire.email == "claire@rivemarine.example"


def test_without_proof_of_a_second_factor_ours_is_asked(
    sso: OidcProvider, trusted: IdentityProvider, claire: User
) -> None:
    linked(trusted, claire)
    browser = Client()
    assert trip(browser, sso, "claire")["Location"] == VERIFICATION
    assert not is_signed_in(browser)


def test_a_second_factor_proved_by_amr_suffices_and_is_fresh(
    sso: OidcProvider, trusted: IdentityProvider, claire: User
) -> None:
    linked(trusted, claire)
    browser = Client()
    assert trip(browser, sso, "claire-mfa")["Location"] == "/"
    assert browser.get("/").status_code == 200
    assert browser.get("/compte/mot-de-passe/").status_code == 200  # wants a fresh one


def test_the_same_from_a_provider_not_trusted_for_it_does_not(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    linked(keycloak, claire)
    browser = Client()
    assert trip(browser, sso, "claire-mfa")["Location"] == VERIFICATION


def test_a_second_factor_given_long_ago_at_the_provider_is_not_fresh(
    sso: OidcProvider, trusted: IdentityProvider, claire: User
) -> None:
    linked(trusted, claire)
    browser = Client()
    sso.faults(idToken={"auth_time": int(clock.now().timestamp()) - 3600})
    trip(browser, sso, "claire-mfa")
    assert browser.get("/").status_code == 200
    assert "/compte/confirmation/" in browser.get("/compte/mot-de-passe/")["Location"]


def test_nor_one_whose_time_is_not_told(sso: OidcProvider, trusted: IdentityProvider, claire: User) -> None:
    linked(trusted, claire)
    browser = Client()
    sso.faults(idToken={"auth_time": None})
    trip(browser, sso, "claire-mfa")
    assert browser.get("/").status_code == 200
    assert "/compte/confirmation/" in browser.get("/compte/mot-de-passe/")["Location"]


def test_who_can_do_more_than_the_providers_entity_gives_their_own_second_factor(
    sso: OidcProvider, trusted: IdentityProvider, claire: User, root: Entity
) -> None:
    linked(trusted, claire)
    grant(claire, Role.TECHNICIAN, root)
    assert trip(Client(), sso, "claire-mfa")["Location"] == VERIFICATION


def test_the_first_link_wants_our_second_factor_even_if_theirs_is_trusted(
    sso: OidcProvider, trusted: IdentityProvider, claire: User
) -> None:
    browser = Client()
    assert trip(browser, sso, "claire-mfa")["Location"] == VERIFICATION
    assert not Identity.objects.exists()


def test_an_abandoned_trip_links_nothing_to_who_signs_in_next(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    browser = Client()
    trip(browser, sso, "claire")
    session = browser.session
    del session["account_login"]  # allauth's own memory of the trip: its page « Vérification » would go on with it
    session.save()
    browser.post(LOGIN, {"login": claire.email, "password": PASSWORD})
    second_step(browser)
    assert is_signed_in(browser)
    assert not Identity.objects.exists()


def test_the_account_of_a_known_agent_is_opened_at_the_first_sign_in(
    sso: OidcProvider, keycloak: IdentityProvider, mathieu: Agent
) -> None:
    keycloak.opens_accounts = True
    keycloak.save()
    browser = Client()
    trip(browser, sso, "mathieu")
    mathieu.refresh_from_db()
    assert mathieu.user
    assert not mathieu.user.has_usable_password()
    assert Identity.objects.get().user == mathieu.user
    # A second factor is still wanted: theirs was not proved, so ours is enrolled.
    assert browser.get("/")["Location"].startswith("/compte/deuxieme-etape/")


def test_and_opens_the_pages_at_once_if_the_provider_proved_it(
    sso: OidcProvider, trusted: IdentityProvider, mathieu: Agent
) -> None:
    trusted.opens_accounts = True
    trusted.save()
    browser = Client()
    trip(browser, sso, "mathieu-mfa")
    assert browser.get("/").status_code == 200


def test_an_unattended_screen_of_such_an_account_takes_no_new_second_factor(
    sso: OidcProvider, trusted: IdentityProvider, mathieu: Agent
) -> None:
    trusted.opens_accounts = True
    trusted.save()
    browser = Client()
    sso.faults(idToken={"auth_time": int(clock.now().timestamp()) - 3600})
    trip(browser, sso, "mathieu-mfa")
    answer = browser.get("/compte/deuxieme-etape/application/", follow=True)
    assert "Confirmer avec Compte Ville" in answer.content.decode()


def test_no_account_is_opened_unless_the_provider_is_set_up_for_it(
    sso: OidcProvider, keycloak: IdentityProvider, mathieu: Agent
) -> None:
    assert "ne connaît pas l’adresse mathieu@" in refusal(trip(Client(), sso, "mathieu"))
    assert User.objects.count() == 0


def test_a_stranger_gets_no_account(sso: OidcProvider, keycloak: IdentityProvider, settings: Any) -> None:
    keycloak.opens_accounts = True
    keycloak.save()
    text = refusal(trip(Client(), sso, "stranger"))
    assert "ne connaît pas l’adresse stranger@rivemarine.example" in text
    assert "assistance informatique" in text
    assert not User.objects.exists()
    assert why() == "unknown"


@pytest.mark.parametrize("login", ["claire-unverified", "claire-silent"])
def test_an_unverified_address_names_nobody(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User, login: str
) -> None:
    answer = trip(Client(), sso, login)
    if login == "claire-silent":  # Keycloak always says
        assert why() == "claim_missing"
        refusal(answer, 503)
    else:
        assert "n’a pas vérifié" in refusal(answer)
    assert not Identity.objects.exists()


def test_an_address_outside_the_providers_domains_names_nobody(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    assert "claire@autre.example" in refusal(trip(Client(), sso, "elsewhere"))
    assert why() == "untrusted_domain"


def test_a_second_identity_with_the_same_address_is_refused(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User
) -> None:
    linked(keycloak, claire)
    assert "déjà lié à une autre identité" in refusal(trip(Client(), sso, "impostor"))


def test_a_disabled_account_stays_shut(sso: OidcProvider, keycloak: IdentityProvider, claire: User) -> None:
    linked(keycloak, claire)
    User.objects.filter(pk=claire.pk).update(is_active=False)
    assert "désactivé" in refusal(trip(Client(), sso, "claire"))


def test_and_so_does_that_of_an_agent_who_left(sso: OidcProvider, keycloak: IdentityProvider, claire: User) -> None:
    linked(keycloak, claire)
    Agent.objects.filter(user=claire).update(is_active=False)
    assert "désactivé" in refusal(trip(Client(), sso, "claire"))


def test_an_agent_of_another_entity_is_not_served(
    sso: OidcProvider, keycloak: IdentityProvider, claire: User, root: Entity
) -> None:
    Agent.objects.filter(user=claire).update(entity=make_entity("Là-bas", root, Entity.Kind.COMMUNE))
    assert "pas prévu pour les agents de votre service" in refusal(trip(Client(), sso, "claire"))


def test_an_account_without_second_factor_is_not_linked_by_its_address(
    sso: OidcProvider, keycloak: IdentityProvider, commune: Entity
) -> None:
    user = make_agent(commune, "claire", account=True).user
    assert user
    user.set_password("correct horse battery staple")
    user.save()
    keycloak.opens_accounts = True
    keycloak.save()
    assert "pas encore de deuxième étape" in refusal(trip(Client(), sso, "claire"))


def test_an_invited_account_that_nobody_used_is_opened(
    sso: OidcProvider, keycloak: IdentityProvider, commune: Entity
) -> None:
    user = make_agent(commune, "claire", account=True).user
    keycloak.opens_accounts = True
    keycloak.save()
    trip(Client(), sso, "claire")
    assert Identity.objects.get().user == user


@pytest.mark.parametrize(
    "hostile", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_afterwards(
    sso: OidcProvider, trusted: IdentityProvider, claire: User, hostile: str
) -> None:
    linked(trusted, claire)
    browser = Client()
    assert trip(browser, sso, "claire-mfa", next=hostile)["Location"] == "/"
    assert browser.get("/connexion/sso/", {"next": hostile})["Location"] == "/"


def test_the_buttons_are_on_the_sign_in_page(keycloak: IdentityProvider) -> None:
    page = Client().get(LOGIN, {"next": "/annuaire/"}).content.decode()
    assert "Se connecter avec Compte Ville" in page
    assert "/connexion/sso/?next=%2Fannuaire%2F" in page
    page = Client().get(LOGIN, {"next": "https://evil.example/"}).content.decode()
    assert 'href="/connexion/sso/"' in page
    IdentityProvider.objects.update(enabled=False)
    assert "Compte Ville" not in Client().get(LOGIN).content.decode()
    assert Client().get("/connexion/sso/").status_code == 404
    assert Client().get("/connexion/sso/retour/").status_code == 404


def test_proconnects_wording_is_its_own(keycloak: IdentityProvider) -> None:
    IdentityProvider.objects.update(kind="proconnect", button_text="Autre chose")
    page = Client().get(LOGIN).content.decode()
    assert "S’identifier avec ProConnect" in page
    assert "Autre chose" not in page


def test_what_is_sent_to_the_provider(keycloak: IdentityProvider, sso: OidcProvider) -> None:
    first, second = (parse_qs(urlsplit(leave(Client())).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["response_type"] == ["code"]
    for each in ("state", "nonce", "code_challenge"):
        assert len(first[each][0]) >= 32
        assert first[each] != second[each]


def test_back_pressed_twice_is_no_error(sso: OidcProvider, trusted: IdentityProvider, claire: User) -> None:
    linked(trusted, claire)
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    come_back(browser, address)
    assert come_back(browser, address)["Location"] == "/"
    assert leave(browser) == "/"


def test_a_few_queries(
    sso: OidcProvider, trusted: IdentityProvider, claire: User, django_assert_max_num_queries: Any
) -> None:
    linked(trusted, claire)
    with django_assert_max_num_queries(3):
        Client().get(LOGIN)
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    with django_assert_max_num_queries(60):
        come_back(browser, address)


@pytest.mark.parametrize("account", ["claire", "claire-mfa"])
def test_who_can_do_more_and_has_no_factor_of_their_own_does_not_come_in_this_way(
    sso: OidcProvider, trusted: IdentityProvider, claire: User, root: Entity, account: str
) -> None:
    """Else whoever runs the provider would enrol a first second factor on an account with roles beyond it."""
    linked(trusted, claire)
    Authenticator.objects.filter(user=claire).delete()
    grant(claire, Role.TECHNICIAN, root)
    browser = Client()
    refusal(trip(browser, sso, account))
    assert why() == "second_factor_first"
    assert not is_signed_in(browser)
