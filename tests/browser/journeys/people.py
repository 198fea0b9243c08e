"""The people of the journeys, made in the stack under test."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deploy.demo_stack import DemoStack

PASSWORD = "Marée basse à 17 h 42"

_MAKE = """
import json, sys
from datetime import timedelta
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory import rules
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer, Assignment
from parvis.portal.remote_desktop.models import DisplaySettings, Right
want = json.loads({want!r})
now = clock.now(); today = clock.today(now)
entity = Entity.objects.get(name="État civil")
user = User.objects.create_user(want["email"], want["password"], first_name="Agnès", last_name="Quéméneur")
agent = Agent.objects.create(user=user, first_name="Agnès", last_name="Quéméneur", email=want["email"], entity=entity,
    search=rules.search_key("Agnès", "Quéméneur", want["email"], ""))
computer = Computer.objects.create(entity=entity, name=want["computer"], address="127.0.0.1", probe_port=want["port"],
    reachability="on", last_seen_at=now, checked_at=now, mac_address=want["mac"])
Assignment.objects.create(agent=agent, computer=computer)
DisplaySettings.objects.create(computer=computer, **want["display"])
Right.objects.create(agent=agent, computer=computer, granted_at=now,
    starts_date=today - timedelta(days=30), ends_date=today + timedelta(days=want["days_left"]))
print(json.dumps({{"computer": computer.pk, "user": user.pk}}))
"""


@dataclass
class Person:
    """An agent with an account, a computer and a right."""

    email: str
    password: str
    computer: int
    computer_name: str
    user: int


def make(
    stack: DemoStack,
    name: str,
    port: int,
    *,
    protocol: str,
    days_left: int = 60,
    clipboard_to_pc: bool = False,
    clipboard_from_pc: bool = False,
    autologon: bool = True,
) -> Person:
    """An agent whose office PC listens on this loopback port."""
    want = {
        "email": f"agnes.{name}@rivemarine.example",
        "password": PASSWORD,
        "computer": f"RIV-{name.upper()}",
        "port": port,
        "mac": "",
        "days_left": days_left,
        "display": {
            "protocol": protocol,
            "port": port,
            "clipboard_to_pc": clipboard_to_pc,
            "clipboard_from_pc": clipboard_from_pc,
            "autologon": autologon,
        },
    }
    made = json.loads(
        stack.manage("shell", "-v", "0", "-c", _MAKE.format(want=json.dumps(want))).strip().splitlines()[-1]
    )
    return Person(want["email"], PASSWORD, made["computer"], want["computer"], made["user"])
