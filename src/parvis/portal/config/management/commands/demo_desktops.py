"""`parvis manage demo_desktops FOLDER [vnc] [rdp]`: who sits at each demonstration desktop, and who may be tried."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.parc.demo import LOOPBACK
from parvis.portal.parc.models import Assignment
from parvis.portal.remote_desktop import demo_real


class Command(BaseCommand):
    """Writes `desktops.json` (port → who) and `personas.json` (name, role) for `parvis demo`."""

    help = "Tells the demonstration desktops and the console who is who."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to write, and which real desktops this start has."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("real", nargs="*", metavar="vnc|rdp")  # `choices` refuses an empty list in Python 3.11

    def handle(self, *args: Any, **options: Any) -> None:
        """The computers of the real desktops, and two small files made anew at each start."""
        demo_real.build(options["real"], clock.now())
        folder: Path = options["folder"]
        (folder / "desktops.json").write_text(json.dumps(_desktops(), ensure_ascii=False, indent=1), encoding="utf-8")
        (folder / "personas.json").write_text(json.dumps(_personas(), ensure_ascii=False, indent=1), encoding="utf-8")


def _desktops() -> dict[str, dict[str, str]]:
    assigned = Assignment.objects.filter(asset__address=LOOPBACK).select_related("agent__entity", "asset__entity")
    return {
        str(assignment.asset.probe_port): {
            "computer": assignment.asset.name,
            "agent": str(assignment.agent),
            "service": assignment.agent.entity.name,
            "entity": assignment.asset.entity.name,
        }
        for assignment in assigned
    }


def _personas() -> list[dict[str, str]]:
    # Of several, the last by code: the head of IT is one before being the head of her own department.
    roles = {grant.user_id: grant.get_role_display() for grant in RoleGrant.objects.order_by("role")}
    personas = User.objects.filter(is_demo_persona=True).select_related("agent__entity").order_by("pk")
    return [
        {
            "name": str(user),
            "role": " · ".join([str(roles.get(user.pk, "Agent")), user.agent.entity.name]),
        }
        for user in personas
    ]
