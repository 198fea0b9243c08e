"""Demonstration: two providers as they would be set up, not offered to anybody (there is no such server)."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.portal.accounts import vault
from parvis.portal.directory.models import Entity
from parvis.portal.federation import rules
from parvis.portal.federation.models import IdentityProvider


def build(now: datetime) -> None:
    """ProConnect and a Keycloak of the fictional authority."""
    root = Entity.objects.filter(parent=None).order_by("pk").first()
    if root is None or IdentityProvider.objects.exists():
        return
    proconnect = rules.KINDS[rules.PROCONNECT]
    common = {"entity": root, "stored_secret": vault.encrypt("demonstration"), "email_domains": ["rivemarine.example"]}
    IdentityProvider.objects.bulk_create(
        [
            IdentityProvider(
                name="ProConnect",
                slug="proconnect",
                kind=rules.PROCONNECT,
                issuer="https://auth.agentconnect.example/api/v2",
                client_id="rivemarine-portail",
                trusts_second_factor=True,
                accepted_acr=list(proconnect.acr),
                accepted_amr=list(proconnect.amr),
                position=1,
                tested_at=now - timedelta(days=3),
                tested_fault="unreachable",
                **common,
            ),
            IdentityProvider(
                name="Compte Rivemarine",
                slug="compte-rivemarine",
                kind=rules.KEYCLOAK,
                issuer="https://sso.rivemarine.example/realms/agents",
                client_id="parvis",
                opens_accounts=True,
                position=2,
                **common,
            ),
        ]
    )
