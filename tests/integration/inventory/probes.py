"""A probe of paper: what it sends to an address, and what it makes of the answer."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.inventory.models import ProbeToken
from parvis.portal.inventory.services import tokens
from parvis.portal.kernel import clock
from tests.integration.authority import make_entity, make_member

ZLIB = "application/x-compress-zlib"
PACK: dict[str, Callable[[bytes], bytes]] = {
    ZLIB: zlib.compress,
    "application/x-compress": zlib.compress,
    "application/x-compress-gzip": gzip.compress,
}


@dataclass
class Address:
    """An address of a commune, and whom it belongs to."""

    token: ProbeToken
    secret: str
    technician: User
    commune: Entity


def open_address(commune: Entity | None = None, name: str = "Postes", frequency_hours: int = 24) -> Address:
    commune = commune or make_entity("Landerneau", kind=Entity.Kind.COMMUNE)
    technician = make_member(commune, Role.TECHNICIAN)
    token, secret = tokens.create_token(
        actor=technician, entity=commune, name=name, frequency_hours=frequency_hours, now=clock.now()
    )
    return Address(token, secret, technician, commune)


@dataclass
class Probe:
    """Sends as its program does."""

    secret: str
    agent: str = "FusionInventory-Agent_v2.6-3"
    content_type: str = ZLIB
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    answer_type: str = ""

    def send(self, text: str | bytes) -> str:
        """The answer, decompressed as its header says."""
        data = text.encode() if isinstance(text, str) else text
        return self.send_raw(PACK.get(self.content_type, bytes)(data))

    def send_raw(self, data: bytes) -> str:
        response: Any = Client().post(
            reverse("inventory:speak", args=[self.secret]),
            data,
            content_type=self.content_type,
            headers={"user-agent": self.agent, "pragma": "no-cache", **self.headers},
        )
        self.status, self.answer_type = response.status_code, response["Content-Type"]
        assert not response.cookies
        return unpacked(response.content, self.answer_type)

    def send_json(self, message: dict[str, Any]) -> dict[str, Any]:
        found = json.loads(self.send(json.dumps(message)))
        assert isinstance(found, dict)
        return found


def glpi_agent(secret: str) -> Probe:
    identity = {"glpi-agent-id": "7b1d8c12-0000-4000-8000-000000000042"}
    return Probe(secret, "GLPI-Agent_v1.12", headers=identity)


def unpacked(body: bytes, content_type: str) -> str:
    if content_type == ZLIB:
        return zlib.decompress(body).decode()
    if content_type == "application/x-compress-gzip":
        return gzip.decompress(body).decode()
    assert content_type.split(";")[0] in {"application/xml", "application/json", "text/plain"}, content_type
    return body.decode()


def said(answer: str, tag: str) -> str:
    """The text of a tag of an answer in XML."""
    found = re.search(f"<{tag}>(.*?)</{tag}>", answer)
    return found[1] if found else ""
