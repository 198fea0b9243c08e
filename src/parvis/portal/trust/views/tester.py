"""« Ce qui s’appliquerait à… »: every effect for an agent, a device, a place and an hour, in force and in the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff, search_agents
from parvis.portal.kernel import authz, clock
from parvis.portal.trust import queries, rules, snapshot, wording
from parvis.portal.trust.forms import TesterForm
from parvis.portal.trust.models import Network, Rule, RuleSet

AGENTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One effect, in force and in the drafts."""

    label: wording.Text
    icon: str
    value: str
    whole: bool
    why: list[str]
    draft: str
    draft_whole: bool
    draft_why: list[str]
    differs: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The question and its answer; everything is in the address, so that it can be sent to a colleague."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    agents = queries.agents_tested_by(user)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    agent = one(agents, request.GET["agent"]) if request.GET.get("agent") else None
    networks = list(queries.networks_visible_to(user).order_by("name")[:200])
    form = TesterForm(_asked(request, clock.now()), networks=networks)
    context: dict[str, object] = {
        "form": form,
        "agent": agent,
        "asked": asked,
        "found": list(search_agents(agents, asked)[:AGENTS_SHOWN]) if asked else [],
    }
    if agent is not None and form.is_valid():
        context |= _answer(user, agent, form.cleaned_data, networks)
    return render(request, "trust/tester.html", context)


def _asked(request: HttpRequest, now: datetime) -> dict[str, str]:
    local = now.astimezone(clock.PARIS)
    usual = {
        "device": str(int(rules.Level.PRIVATE)),
        "network": "kind:elsewhere",
        "day": str(local.weekday()),
        "at": f"{local:%H:%M}",
    }
    return usual | {name: request.GET[name] for name in usual if request.GET.get(name)}


def _answer(user: User, agent: Agent, data: dict[str, object], networks: list[Network]) -> dict[str, object]:
    known = queries.as_agent(agent)
    situation = _situation(data, networks)
    in_force = rules.decide(known.rules.rules, known.person, situation)
    drafts = list(
        queries.rule_sets_visible_to(user)
        .filter(status=RuleSet.Status.DRAFT)
        .order_by()
        .values_list("pk", "entity__path")
    )
    replaced = {path for _pk, path in drafts}
    planned = [rule for rule in known.rules.rules if rule.owner not in replaced]
    planned += snapshot.of(Rule.objects.filter(rule_set__in=[pk for pk, _path in drafts]))
    then = rules.decide(planned, known.person, situation)
    return {
        "rows": [_row(name, in_force, then) for name in wording.EFFECTS],
        "level": wording.LEVELS[situation.level],
        "has_draft": bool(drafts),
        "devices": list(queries.devices_of_agent(agent)),
    }


def _situation(data: dict[str, object], networks: list[Network]) -> rules.Situation:
    what, _colon, value = str(data["network"]).partition(":")
    network = next((each for each in networks if what == "network" and str(each.pk) == value), None)
    kind = rules.NetworkKind(network.kind if network is not None else value)
    device = rules.Level(int(str(data["device"])))
    level = rules.level_of(signed_in=device > rules.Level.UNKNOWN, supplied=device >= rules.Level.SUPPLIED, kind=kind)
    at = data["at"]
    return rules.Situation(
        level=level,
        kind=kind,
        network=network.pk if network is not None else None,
        weekday=int(str(data["day"])),
        at=at if isinstance(at, time) else time(10),
    )


def _row(name: str, now: rules.Outcome, then: rules.Outcome) -> Row:
    words = wording.EFFECTS[name]
    return Row(
        words.label,
        words.icon,
        wording.value(name, now.effects),
        wording.is_whole(name, now.effects),
        [wording.rule_name(rule) for rule in now.because.get(name, ())],
        wording.value(name, then.effects),
        wording.is_whole(name, then.effects),
        [wording.rule_name(rule) for rule in then.because.get(name, ())],
        getattr(now.effects, name) != getattr(then.effects, name),
    )
