"""The people of the journeys, made in the stack under test."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deploy.demo_stack import DemoStack
from tests.servers.desktop import Desktop

PASSWORD = "Marée basse à 17 h 42"

_MAKE = """
import json
from datetime import timedelta
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory import rules
from parvis.portal.kernel import clock
from parvis.portal.parc.demo import RELAY_SITE
from parvis.portal.parc.models import Computer, Assignment, Site
from parvis.portal.remote_desktop.models import DisplaySettings, Right
want = json.loads({want!r})
now = clock.now(); today = clock.today(now)
first, last = want["name"]
entity = Entity.objects.get(name="État civil")
user = User.objects.create_user(want["email"], want["password"], first_name=first, last_name=last)
User.objects.filter(pk=user.pk).update(is_demo_persona=want["persona"])
agent = Agent.objects.create(user=user, first_name=first, last_name=last, email=want["email"], entity=entity,
    search=rules.search_key(first, last, want["email"], ""))
computer = Computer(entity=entity, name=want["computer"], address="127.0.0.1", probe_port=want["port"],
    reachability="on", last_seen_at=now, checked_at=now)
if want["mac"]:
    computer.mac_address, computer.site = want["mac"], Site.objects.get(name=RELAY_SITE)
    computer.reachability, computer.last_seen_at = "asleep", now - timedelta(hours=15)
computer.save()
Assignment.objects.create(agent=agent, asset=computer)
DisplaySettings.objects.create(computer=computer, **want["display"])
right = Right.objects.create(agent=agent, computer=computer, granted_at=now,
    starts_date=today + timedelta(days=want["days"][0]), ends_date=today + timedelta(days=want["days"][1]))
print(json.dumps({{"computer": computer.pk, "user": user.pk, "right": right.pk}}))
"""


@dataclass
class Office:
    """One office PC: how it is reached, and what its agent types to open it."""

    protocol: str
    port: int
    desktop: Desktop
    username: str | None = None
    password: str | None = None
    checked_port: int | None = None
    """Where the portal looks whether the PC is on; None: the screen's own port."""


@dataclass
class Person:
    """An agent with an account, a computer and a right."""

    email: str
    name: str
    password: str
    computer: int
    computer_name: str
    user: int
    right: int


def make(
    stack: DemoStack,
    name: str,
    office: Office,
    *,
    days: tuple[int, int] = (-30, 60),
    persona: bool = True,
    mac: str = "",
    clipboard_to_pc: bool = False,
    clipboard_from_pc: bool = False,
    autologon: bool = True,
) -> Person:
    """An agent and this office PC of theirs; `name` is a word no other test uses.

    `days`: the right's first and last day, from today. `persona`: signs in by one click, with no second factor to
    enrol. `mac`: the PC sleeps, on the site that has a wake-up relay.
    """
    full_name = ("Agnès", f"Quéméneur-{name.title()}")
    email, computer = f"agnes.{name}@rivemarine.example", f"RIV-{name.upper()}"
    want = {
        "email": email,
        "name": full_name,
        "password": PASSWORD,
        "persona": persona,
        "computer": computer,
        "port": office.checked_port or office.port,
        "mac": mac,
        "days": days,
        "display": {
            "protocol": office.protocol,
            "port": office.port,
            "clipboard_to_pc": clipboard_to_pc,
            "clipboard_from_pc": clipboard_from_pc,
            "autologon": autologon,
        },
    }
    made = json.loads(run(stack, _MAKE.format(want=json.dumps(want))).splitlines()[-1])
    return Person(email, " ".join(full_name), PASSWORD, made["computer"], computer, made["user"], made["right"])


def run(stack: DemoStack, code: str) -> str:
    """What a few lines of Python print, with the portal's models at hand."""
    return stack.manage("shell", "-v", "0", "-c", code).strip()
