"""An authority with a computer, a technician, a head of IT, an agent; certificates as a CA would issue them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.trust import proofs, rules
from parvis.portal.trust.models import Rule, RuleSet
from parvis.portal.trust.services import devices, rulesets
from tests.integration.authority import make_agent, make_computer, make_entity, make_member

SECRET = "s" * 40
PROXY = "127.0.0.1"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal trusts a reverse proxy on loopback that knows the secret."""
    known = replace(settings.PARVIS, trusted_proxies=frozenset({PROXY}), proxy_secret=SECRET)
    monkeypatch.setattr(settings, "PARVIS", known)


@dataclass(frozen=True)
class Authority:
    """A CA made by the test."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(
        self, name: str, *, days: int = 365, age: int = 1, key: ec.EllipticCurvePrivateKey | None = None
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A client certificate, `age` days old, for `days` from its beginning."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        start = datetime.now(UTC) - timedelta(days=age)
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return made, key


def make_ca(name: str = "AC Rivemarine") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    start = datetime.now(UTC) - timedelta(days=800)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_name(name), key, certificate)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def shown(certificate: x509.Certificate, *, secret: str = SECRET, verify: str = "SUCCESS") -> dict[str, str]:
    """The headers nginx adds."""
    return {
        "X-Parvis-Client-Verify": verify,
        "X-Parvis-Client-Cert": quote(pem(certificate)),
        "X-Parvis-Proxy-Secret": secret,
    }


@pytest.fixture(scope="session")
def ca() -> Authority:
    return make_ca()


@dataclass
class Town:
    """A commune, its people, and a computer of the agent's."""

    entity: Entity
    other: Entity
    agent: Agent
    user: User
    technician: User
    head: User
    computer: Computer

    def rules(self, *effects: rules.Effects, **conditions: Any) -> RuleSet:
        """Publish these rules in the entity."""
        now = clock.now()
        draft = rulesets.start_draft(actor=self.head, entity=self.entity, now=now)
        draft.rules.all().delete()
        for number, each in enumerate(effects):
            content = replace(EMPTY, name=f"Règle {number}", effects=each, **conditions)
            rulesets.save_rule(actor=self.head, rule_set=draft, rule=None, content=content, now=now)
        rulesets.publish(actor=self.head, rule_set=draft, note="", now=now)
        return draft

    def enrol(self, certificate: x509.Certificate) -> Any:
        """The computer is known by this certificate."""
        found = proofs.parse(pem(certificate))
        assert found
        return devices.enrol(
            actor=self.technician, computer=self.computer, agents=[self.agent], certificate=found, now=clock.now()
        )


EMPTY = rulesets.RuleContent(
    name="",
    entity=None,
    roles=(),
    up_to=int(rules.Level.INSIDE),
    kinds=(),
    networks=(),
    days=(),
    starts_time=None,
    ends_time=None,
    effects=rules.NOTHING_TAKEN,
)


def make_town(root: Entity | None = None) -> Town:
    entity = make_entity(parent=root, kind=Entity.Kind.COMMUNE)
    agent = make_agent(entity, account=True)
    assert agent.user
    return Town(
        entity=entity,
        other=make_entity(parent=root, kind=Entity.Kind.COMMUNE),
        agent=agent,
        user=agent.user,
        technician=make_member(entity, Role.TECHNICIAN),
        head=make_member(entity, Role.HEAD_OF_IT),
        computer=make_computer(entity, agent, address="10.0.0.9"),
    )


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def level_seen(client: Client, **headers: str) -> str:
    """What « Niveau de confiance » says."""
    answer = client.get("/confiance/", headers=headers)
    assert answer.status_code == 200, answer.status_code
    return str(answer.context["level"].label)


__all__ = ["Rule", "Town", "level_seen", "make_ca", "make_town", "pem", "shown"]
