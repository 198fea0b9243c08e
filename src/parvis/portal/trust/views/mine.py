"""What an agent sees: their level of trust, what is on or off and why, and their own devices."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock
from parvis.portal.trust import evaluation, private_devices, queries, wording
from parvis.portal.trust.evaluation import Trust
from parvis.portal.trust.forms import DeviceNameForm
from parvis.portal.trust.services import private


@dataclass(frozen=True, slots=True)
class Line:
    """One effect on the page."""

    label: wording.Text
    icon: str
    value: str
    whole: bool
    why: list[str]
    help: str
    """What would give it back, in words; empty if nothing would, or nothing is missing."""


def lines(trust: Trust) -> list[Line]:
    """Every effect: what holds, why, what would help."""
    found = []
    for name, words in wording.EFFECTS.items():
        whole = wording.is_whole(name, trust.effects)
        ways = [] if whole else wording.remedies(trust, name)
        found.append(
            Line(
                words.label,
                words.icon,
                wording.value(name, trust.effects),
                whole,
                wording.why(trust, name),
                wording.joined(ways),
            )
        )
    return found


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """« Niveau de confiance »: where one stands, and why certain things are off."""
    signed_in(request)
    trust = queries.trust_of(request)
    shown = lines(trust)
    context = {
        "trust": trust,
        "level": wording.LEVELS[trust.level],
        "refusal": wording.refusal(trust),
        "kind": wording.KINDS[trust.kind],
        "limited": [line for line in shown if not line.whole],
        "open": [line for line in shown if line.whole],
        "can_enrol": trust.refused in {"", "unknown"} and trust.device is None,
    }
    return render(request, "trust/mine.html", context)


@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """« Mes appareils »."""
    user = signed_in(request)
    agent = agent_of(user)
    here = private_devices.digest_of(private_devices.number_of(request)[0])
    trust = evaluation.of_request(request)
    context = {
        "private": [(each, each.digest == here) for each in queries.private_devices_of(user)[:200]],
        "supplied": list(queries.devices_of_agent(agent)) if agent is not None else [],
        "trust": trust,
        "now": clock.now(),
    }
    return render(request, "trust/my_devices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: HttpRequest, private_device_id: int) -> HttpResponse:
    """Another name."""
    user = signed_in(request)
    device = one(queries.private_devices_of(user), private_device_id)
    form = DeviceNameForm(request.POST or None, initial={"name": device.name})
    if form.is_valid():
        private.rename(actor=user, device_id=device.pk, name=form.cleaned_data["name"])
        messages.success(request, _("Le nom est enregistré."))
        return redirect("trust:my_devices")
    context = {"form": form, "title": _("Renommer cet appareil"), "back_url": reverse("trust:my_devices")}
    return render(request, "trust/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest, private_device_id: int) -> HttpResponse:
    """Ask, then forget."""
    user = signed_in(request)
    device = one(queries.private_devices_of(user), private_device_id)
    if request.method == "POST":
        private.forget(actor=user, device_id=device.pk, now=clock.now())
        messages.success(request, _("L’appareil est oublié."))
        return redirect("trust:my_devices")
    context = {
        "question": _("Oublier «\u202f%(device)s\u202f»\u202f?") % {"device": device},
        "consequence": _(
            "Il reste utilisable. À sa prochaine connexion, vous recevrez un courriel comme pour un nouvel appareil."
        ),
        "yes": _("Oublier"),
        "back_url": reverse("trust:my_devices"),
    }
    return render(request, "ui/confirm.html", context)
