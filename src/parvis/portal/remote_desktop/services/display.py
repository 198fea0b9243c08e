"""How a computer's screen is reached: set by the IT team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, authz
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import facts, hints, permissions
from parvis.portal.remote_desktop.models import DisplaySettings

FIELDS = (
    "enabled",
    "sensitive_allowed",
    "protocol",
    "port",
    "keyboard_layout",
    "color_depth",
    "autologon",
    "domain",
    "clipboard_to_pc",
    "clipboard_from_pc",
)
"""What may be set; the pin has verbs of its own."""


@transaction.atomic
def configure_display(*, actor: User, computer: Computer, values: Mapping[str, Any], now: datetime) -> DisplaySettings:
    """Set some or all of `FIELDS` for one computer, making its settings at the first time.

    Raises:
        NotAllowed: not of the IT team; `sensitive_allowed` takes the head of IT.
        Invalid: an unknown field, or a value the table refuses.
    """
    authz.require(permissions.can_manage_display(actor, computer))
    if unknown := set(values) - set(FIELDS):
        raise Invalid(fields={name: ["unknown"] for name in sorted(unknown)})
    display = facts.display_of(computer) or DisplaySettings(computer=computer)
    before = {name: getattr(display, name) for name in FIELDS} if display.pk else {}
    if bool(values.get("sensitive_allowed", display.sensitive_allowed)) != display.sensitive_allowed:
        authz.require(permissions.can_open_sensitive(actor, computer))
    for name, value in values.items():
        setattr(display, name, value)
    _check(display)
    display.save()
    # The probe asks the port the screen answers on.
    Computer.objects.filter(pk=computer.pk).exclude(probe_port=display.port).update(probe_port=display.port)
    changed = {name: getattr(display, name) for name in FIELDS if before.get(name) != getattr(display, name)}
    if changed:
        audit.record(
            actor=actor, action="remote_desktop.display_configured", target=computer, now=now, data={"set": changed}
        )
        if changed.keys() & {"enabled", "sensitive_allowed"}:
            hints.ring(session__computer=computer)
    return display


@transaction.atomic
def configure_many(*, actor: User, computers: Iterable[Computer], values: Mapping[str, Any], now: datetime) -> int:
    """Set the same values for several computers, all or none; how many."""
    return len([configure_display(actor=actor, computer=each, values=values, now=now) for each in computers])


def _check(display: DisplaySettings) -> None:
    try:
        display.full_clean(exclude=["computer"], validate_constraints=True)
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
