"""A commune whose agents sign in at a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.federation import rules
from parvis.portal.federation.models import IdentityProvider
from tests.integration.accounts.conftest import PASSWORD, SECRET, code
from tests.integration.authority import make_agent, make_entity
from tests.integration.signing_in import give_second_factor
from tests.servers.oidc import CLIENT, OidcProvider, oidc_provider

TENANT = "11111111-2222-4333-8444-555555555555"
SLUGS = ("sso", "proconnect", "entra")
SIRET = "21290019600011"
LOGIN = "/compte/connexion/"
VERIFICATION = "/compte/connexion/verification/"
EIDAS2 = "https://proconnect.gouv.fr/assurance/consistency-checked-2fa"

__all__ = ["PASSWORD", "SECRET", "code"]


def person(name: str, **more: Any) -> dict[str, Any]:
    """An account of the test provider; `acr` and `amr` are how they signed in, all else is claims."""
    about: dict[str, Any] = {"claims": {}}
    for key in ("acr", "amr"):
        if key in more:
            about[key] = more.pop(key)
    claims = {
        "sub": f"sub-{name}",
        "email": f"{name}@rivemarine.example",
        "email_verified": True,
        "given_name": name.title(),
        "family_name": "Essai",
        "usual_name": "Essai",
        "uid": f"uid-{name}",
        "siret": SIRET,
    }
    about["claims"] = {key: value for key, value in {**claims, **more}.items() if value is not None}
    return about


ACCOUNTS = {
    "claire": person("claire"),
    "claire-mfa": person("claire", amr=["pwd", "mfa"]),
    "leaver": person("claire", sub="leaver", amr=["mfa"]),  # the test provider's logout tokens name the account
    "claire-2fa": person("claire", acr=EIDAS2),
    "claire-renamed": person("claire", email="claire.durand@rivemarine.example"),
    "claire-unverified": person("claire", sub="sub-attacker", email_verified=False),
    "claire-silent": person("claire", sub="sub-attacker", email_verified=None),
    "impostor": person("claire", sub="sub-impostor"),
    "stranger": person("stranger"),
    "elsewhere": person("claire", sub="sub-elsewhere", email="claire@autre.example"),
    "foreign-siret": person("claire", siret="35600000000048"),
    "no-siret": person("claire", siret=None),
    "mathieu": person("mathieu"),
    "mathieu-mfa": person("mathieu", amr=["mfa"]),
    "left": person("left"),
    "entra": person("claire", sub="pairwise", oid="oid-claire", tid=TENANT, xms_edov=True, email_verified=None),
    "entra-noauth": person("claire", sub="pairwise-2", oid="oid-evil", tid=TENANT, email_verified=None),
    "entra-foreign": person("claire", oid="oid-claire", tid="9" * 8 + TENANT[8:], xms_edov=True),
}


def returns() -> list[str]:
    """Where the provider may send browsers back to."""
    return [f"{settings.PARVIS.url}/connexion/{slug}/retour/" for slug in SLUGS]


def running_provider(**more: Any) -> Any:
    """A provider with `ACCOUNTS`."""
    usual: dict[str, Any] = {
        "post_logout_redirect_uris": [settings.PARVIS.url + LOGIN],
        "backchannel_logout_uri": "http://127.0.0.1:9/",  # nobody there: tests bring the tokens themselves
        "backchannel_logout_session_required": True,
    }
    levels = [*rules.KINDS[rules.PROCONNECT].acr, "1"]
    return oidc_provider(accounts=ACCOUNTS, redirect_uris=returns(), acr_values=levels, **{**usual, **more})


@pytest.fixture(scope="session")
def running_sso() -> Iterator[OidcProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def running_signed() -> Iterator[OidcProvider]:
    """One whose `userinfo` is a signed token, as ProConnect's."""
    with running_provider(userinfo_signed_response_alg="RS256") as provider:
        yield provider


@pytest.fixture(scope="session")
def running_entra() -> Iterator[OidcProvider]:
    with running_provider(path=f"/{TENANT}/v2.0") as provider:
        yield provider


def _clean(provider: OidcProvider) -> OidcProvider:
    provider.faults()
    provider.browser.cookies.clear()
    cache.clear()
    return provider


@pytest.fixture
def sso(running_sso: OidcProvider) -> OidcProvider:
    """A Keycloak, say: nothing is wrong with it, nobody is signed in there."""
    return _clean(running_sso)


@pytest.fixture
def signed(running_signed: OidcProvider) -> OidcProvider:
    return _clean(running_signed)


@pytest.fixture
def tenant(running_entra: OidcProvider) -> OidcProvider:
    return _clean(running_entra)


@pytest.fixture
def root(db: None) -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def commune(root: Entity) -> Entity:
    return make_entity("Ici", root, Entity.Kind.COMMUNE)


@pytest.fixture
def claire(commune: Entity) -> User:
    """An agent with password and second factor."""
    user = make_agent(commune, "claire", account=True).user
    assert user
    user.set_password(PASSWORD)
    user.save()
    give_second_factor(user)
    return user


@pytest.fixture
def mathieu(commune: Entity) -> Agent:
    """An agent of the directory without account."""
    return make_agent(commune, "mathieu")


def register(server: OidcProvider, entity: Entity, **facts: Any) -> IdentityProvider:
    """What a head of IT has set up, tested and enabled."""
    values: dict[str, Any] = {
        "name": "Compte Ville",
        "slug": "sso",
        "kind": rules.KEYCLOAK,
        "issuer": server.issuer,
        "client_id": CLIENT["client_id"],
        "stored_secret": vault.encrypt(CLIENT["client_secret"]),
        "entity": entity,
        "email_domains": ["rivemarine.example"],
        "enabled": True,
    }
    return IdentityProvider.objects.create(**{**values, **facts})


@pytest.fixture
def keycloak(sso: OidcProvider, commune: Entity) -> IdentityProvider:
    return register(sso, commune)


@pytest.fixture
def trusted(keycloak: IdentityProvider) -> IdentityProvider:
    """Its second factor suffices."""
    keycloak.trusts_second_factor, keycloak.accepted_amr = True, ["mfa"]
    keycloak.save()
    return keycloak


def leave(client: Client, slug: str = "sso", path: str = "", **query: str) -> str:
    """Click on the button: the provider's address."""
    answer = client.get(path or f"/connexion/{slug}/", query)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def come_back(client: Client, address: str, **changes: str | None) -> Any:
    """Follow the provider's redirection to us; `changes` in its query (None: without)."""
    parts = urlsplit(address)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = value
    return client.get(parts.path, query)


def trip(client: Client, server: OidcProvider, login: str | None, slug: str = "sso", **query: str) -> Any:
    """There and back."""
    return come_back(client, server.sign_in(leave(client, slug, **query), login))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def second_step(client: Client, offset: int = 0) -> Any:
    """The account's own code."""
    return client.post(VERIFICATION, {"code": code(offset)})
