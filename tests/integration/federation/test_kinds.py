"""The three claim sets, from a real provider: ProConnect, Microsoft Entra (Keycloak's is that of `test_sign_in`)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, EntitySiret
from parvis.portal.federation import rules
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_entity
from tests.servers.oidc import OidcProvider

from .conftest import SIRET, TENANT, VERIFICATION, is_signed_in, register, second_step, trip

pytestmark = pytest.mark.django_db


def give_siret(entity: Entity, siret: str, *, is_main: bool = True) -> None:
    EntitySiret.objects.create(entity=entity, siret=siret, is_main=is_main)


@pytest.fixture
def proconnect(signed: OidcProvider, commune: Entity) -> IdentityProvider:
    give_siret(commune, "21290019600029")
    give_siret(commune, SIRET, is_main=False)  # one of several
    row = rules.KINDS[rules.PROCONNECT]
    return register(
        signed,
        commune,
        name="ProConnect",
        slug="proconnect",
        kind=rules.PROCONNECT,
        trusts_second_factor=True,
        accepted_acr=list(row.acr),
        accepted_amr=list(row.amr),
    )


@pytest.fixture
def entra(tenant: OidcProvider, commune: Entity) -> IdentityProvider:
    return register(tenant, commune, name="Entra", slug="entra", kind=rules.ENTRA)


def why() -> str:
    return str(AuditRecord.objects.filter(action="federation.sign_in_refused").first().data["why"])


def link(provider: IdentityProvider, user: User, subject: str) -> None:
    Identity.objects.create(provider=provider, user=user, subject=subject, linked_at=clock.now())


def test_proconnects_userinfo_is_a_signed_token(
    signed: OidcProvider, proconnect: IdentityProvider, claire: User
) -> None:
    browser = Client()
    answer = trip(browser, signed, "claire", "proconnect")
    assert answer.status_code == 302, (why(), AuditRecord.objects.first().data)
    assert answer["Location"] == VERIFICATION
    second_step(browser)
    assert Identity.objects.get().subject == "sub-claire"


def test_proconnects_level_proves_the_second_factor(
    signed: OidcProvider, proconnect: IdentityProvider, claire: User
) -> None:
    link(proconnect, claire, "sub-claire")
    browser = Client()
    assert trip(browser, signed, "claire-2fa", "proconnect")["Location"] == "/"
    assert browser.get("/").status_code == 200


def test_another_level_does_not(signed: OidcProvider, proconnect: IdentityProvider, claire: User) -> None:
    link(proconnect, claire, "sub-claire")
    signed.faults(idToken={"acr": "eidas1"})
    assert trip(Client(), signed, "claire-2fa", "proconnect")["Location"] == VERIFICATION


@pytest.mark.parametrize(("login", "code"), [("foreign-siret", "unknown_siret"), ("no-siret", "claim_missing")])
def test_an_organisation_that_is_not_ours(
    signed: OidcProvider, proconnect: IdentityProvider, claire: User, login: str, code: str
) -> None:
    link(proconnect, claire, "sub-claire")
    answer = trip(Client(), signed, login, "proconnect")
    assert answer.status_code in (403, 503), answer.content.decode()
    assert why() == code
    if code == "unknown_siret":
        assert "35600000000048" in answer.content.decode()


def test_nor_one_of_ours_that_this_provider_does_not_serve(
    signed: OidcProvider, proconnect: IdentityProvider, claire: User, commune: Entity, root: Entity
) -> None:
    link(proconnect, claire, "sub-claire")
    EntitySiret.objects.all().delete()
    give_siret(make_entity("Là-bas", root, Entity.Kind.COMMUNE), SIRET)
    trip(Client(), signed, "claire-2fa", "proconnect")
    assert why() == "unknown_siret"


def test_a_person_is_known_at_entra_by_tenant_and_object(
    tenant: OidcProvider, entra: IdentityProvider, claire: User
) -> None:
    browser = Client()
    assert trip(browser, tenant, "entra", "entra")["Location"] == VERIFICATION
    second_step(browser)
    assert Identity.objects.get().subject == f"{TENANT}:oid-claire"
    # `sub` is another one in each application: it plays no part.
    other = Client()
    tenant.browser.cookies.clear()
    tenant.faults(idToken={"sub": "pairwise"})
    assert trip(other, tenant, "entra", "entra")["Location"] == VERIFICATION


def test_an_address_written_by_an_administrator_of_entra_names_nobody(
    tenant: OidcProvider, entra: IdentityProvider, claire: User
) -> None:
    """The « nOAuth » attack: without `xms_edov` the address proves nothing."""
    answer = trip(Client(), tenant, "entra-noauth", "entra")
    assert answer.status_code == 403
    assert why() == "unverified_email"
    assert not Identity.objects.exists()


def test_nor_does_another_tenant(tenant: OidcProvider, entra: IdentityProvider, claire: User) -> None:
    link(entra, claire, f"{TENANT}:oid-claire")
    answer = trip(Client(), tenant, "entra-foreign", "entra")
    assert answer.status_code == 403
    assert "celui d’une autre organisation" in answer.content.decode()
    assert why() == "foreign_tenant"


def test_a_userinfo_signed_by_somebody_else(
    signed: OidcProvider, proconnect: IdentityProvider, claire: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from parvis.portal.federation import client
    from parvis.portal.federation.tokens import UnknownKey

    link(proconnect, claire, "sub-claire")
    kept: dict[str, Any] = {}
    real = client.read

    def read(raw: str, configuration: client.Configuration) -> Any:
        kept["n"] = kept.get("n", 0) + 1
        if kept["n"] == 2:  # the second token of a sign-in is `userinfo`
            raise UnknownKey
        return real(raw, configuration)

    monkeypatch.setattr(client, "read", read)
    browser = Client()
    trip(browser, signed, "claire-2fa", "proconnect")
    assert not is_signed_in(browser)
    assert why() == "token"
