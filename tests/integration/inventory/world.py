"""A métropole with two communes, the address of probes of each, and reports as probes send them."""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parvis.portal.directory.models import Entity
from parvis.portal.inventory.content import Content, Network, Program
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.services import matching
from parvis.portal.kernel import clock
from tests.integration.authority import make_entity

_numbers = itertools.count(1)

LAPTOP = Content(
    device_id="PC-ACCUEIL-2026-01-05-08-30-00",
    client="FusionInventory-Agent_v2.6-3",
    name="PC-ACCUEIL",
    serial="5CG1234ABC",
    uuid="4C4C4544-0042-3510-8052-B4C04F564D32",
    board_serial="/BOARD/CN1296/",
    manufacturer="HP",
    model="HP ProBook 450 G8",
    chassis="Notebook",
    os_name="Microsoft Windows 11 Professionnel",
    os_version="10.0.22631",
    processor="Intel Core i5-1135G7",
    memory_mb=16384,
    disk_mb=512000,
    disk_free_mb=300000,
    encrypted=True,
    antivirus="Microsoft Defender",
    antivirus_current=True,
    networks=(
        Network("Ethernet", "3C:52:82:00:00:01", ("10.1.2.3",)),
        Network("Wi-Fi", "3C:52:82:00:00:02", ("10.1.9.3",)),
    ),
    programs=(
        Program("7-Zip 22.01 (x64)", "22.01", "Igor Pavlov"),
        Program("Mozilla Firefox (x64 fr)", "128.0", "Mozilla"),
    ),
)
"""A laptop as FusionInventory tells it."""


@dataclass
class Authority:
    root: Entity
    here: Entity
    there: Entity
    token: ProbeToken
    """Of `here`."""
    far_token: ProbeToken
    """Of `there`."""
    root_token: ProbeToken


def authority() -> Authority:
    root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
    here = make_entity("Brevalune", root, Entity.Kind.COMMUNE)
    there = make_entity("Kerlann", root, Entity.Kind.COMMUNE)
    return Authority(root, here, there, make_token(here), make_token(there), make_token(root))


def make_token(entity: Entity) -> ProbeToken:
    number = next(_numbers)
    return ProbeToken.objects.create(entity=entity, name=f"Sondes {number}", digest=f"{number:064d}")


def make_report(token: ProbeToken, content: Content = LAPTOP, at: datetime | None = None) -> Report:
    return Report.objects.create(
        token=token,
        received_at=at or clock.now() + timedelta(seconds=next(_numbers)),
        client=content.client,
        device_id=content.device_id,
        body=zlib.compress(b"<REQUEST/>"),
        size=20,
    )


def sent(token: ProbeToken, content: Content = LAPTOP, at: datetime | None = None, **changes: object) -> Report:
    """A report received and taken into account."""
    content = replace(content, **changes)  # type: ignore[arg-type]
    report = make_report(token, content, at)
    matching.apply(report=report, content=content, now=report.received_at)
    return report
