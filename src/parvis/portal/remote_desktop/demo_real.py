"""Two more computers for the demo's technician: real TigerVNC and xrdp desktops of this machine. Demo mode only.

Made at the first start that finds the programs. Without the programs they stay, and the usual check finds them off.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.kernel import clock
from parvis.portal.parc.demo import LOOPBACK
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import DisplaySettings, Right

OWNER_EMAIL = "yann.kerbrat@rivemarine.example"
NAMES = {"vnc": "RIV-VNC-LINUX", "rdp": "RIV-RDP-LINUX"}


@transaction.atomic
def build(protocols: Iterable[str], now: datetime) -> int:
    """Make those of `vnc` and `rdp` that are missing, and put all on the ports of this start; how many were made."""
    owner = Agent.objects.filter(email=OWNER_EMAIL).first()
    if owner is None:
        return 0
    ports = {"vnc": settings.PARVIS.demo_vnc_port, "rdp": settings.PARVIS.demo_rdp_port}
    made = 0
    for protocol in protocols:
        there = Computer.objects.filter(name=NAMES[protocol], address=LOOPBACK)
        if there.exists():
            # Only the port follows: what a visitor changed, and the certificate's pin, stay.
            DisplaySettings.objects.filter(computer__in=there).update(port=ports[protocol])
            there.update(probe_port=ports[protocol], reachability=Computer.Reachability.UNKNOWN, checked_at=None)
        else:
            _make(owner, protocol, ports[protocol], now)
            made += 1
    return made


def _make(owner: Agent, protocol: str, port: int, now: datetime) -> None:
    own = Assignment.objects.filter(agent=owner).select_related("asset").order_by("pk").first()
    computer = Computer.objects.create(
        entity=owner.entity,
        site=own.asset.site if own else None,
        name=NAMES[protocol],
        address=LOOPBACK,
        probe_port=port,
    )
    Assignment.objects.create(agent=owner, asset=computer)
    DisplaySettings.objects.create(
        computer=computer, protocol=protocol, port=port, clipboard_to_pc=True, clipboard_from_pc=True
    )
    Right.objects.create(
        agent=owner,
        computer=computer,
        starts_date=clock.today(now) - timedelta(days=1),
        granted_by=User.objects.filter(is_demo_persona=True, role_grants__role=Role.HEAD_OF_IT).first(),
        granted_at=now,
    )
