"""What the portal writes into a call for help: what it saw, so that neither the agent nor the team has to ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from parvis.portal.accounts import devices
from parvis.portal.parc import queries as parc
from parvis.portal.parc.models import Computer
from parvis.portal.telework import path_wording
from parvis.portal.telework.diagnosis import Diagnosis
from parvis.portal.telework.models import Enrolment, Try

BROWSER_LENGTH = 200


def gather(
    enrolment: Enrolment, computer: Computer | None, found: Diagnosis | None, request: HttpRequest | None, now: datetime
) -> dict[str, Any]:
    """JSON types only. `request`: of the agent's own browser, if it is they who ask."""
    facts: dict[str, Any] = {"at": now.isoformat(timespec="seconds")}
    if found is not None:
        facts["cause"] = found.cause.value
        facts["checks"] = [{"step": each.step.value, "state": each.state} for each in found.checks]
    if computer is not None:
        wake_up = parc.wake_up_progress(computer)
        facts["reachability"] = computer.reachability
        facts["last_seen"] = computer.last_seen_at.isoformat(timespec="seconds") if computer.last_seen_at else ""
        facts["wake_up"] = wake_up.outcome if wake_up is not None else ""
    facts["line"] = {"down_kbps": enrolment.down_kbps, "latency_ms": enrolment.latency_ms}
    facts["failed_tries"] = enrolment.tries.filter(outcome=Try.Outcome.FAILED).count()
    if request is not None:
        facts["browser"] = request.headers.get("User-Agent", "")[:BROWSER_LENGTH]
    return facts


def lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The same for people: name and value. What is not known is left out."""
    found: list[tuple[str, str]] = []
    if cause := facts.get("cause"):
        found.append((_("Ce qui a été trouvé"), path_wording.label_of(str(cause))))
    if (down := _number(facts, "down_kbps")) is not None:
        found.append((_("Débit à la maison"), _("%(n)s Mbit/s") % {"n": number_format(down / 1000, decimal_pos=1)}))
    if (latency := _number(facts, "latency_ms")) is not None:
        found.append((_("Délai jusqu’à la passerelle"), _("%(n)d ms") % {"n": latency}))
    if tries := facts.get("failed_tries"):
        found.append((_("Essais manqués"), str(tries)))
    if browser := facts.get("browser"):
        found.append((_("Navigateur"), devices.describe(str(browser))))
    return found


def _number(facts: dict[str, Any], name: str) -> int | None:
    line = facts.get("line")
    value = line.get(name) if isinstance(line, dict) else None
    return value if isinstance(value, int) else None
