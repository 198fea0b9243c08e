"""What agents have and lack: by department, agent by agent, one agent."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import has_role, perimeter, within
from parvis.portal.equipment import charts, loading, permissions, queries, rules
from parvis.portal.equipment.loading import Person
from parvis.portal.equipment.permissions import READERS, WATCHERS
from parvis.portal.equipment.queries import Level, Row
from parvis.portal.equipment.tables import AgentFilter, AgentTable, is_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.parc.models import Asset
from parvis.portal.ui import csv
from parvis.portal.ui.listing import ListingView

COLOURS = {rules.THERE: "green", rules.OLD: "orange", rules.LACKING: "red"}
WORDS = {
    rules.THERE: gettext_lazy("Présent"),
    rules.OLD: gettext_lazy("À remplacer"),
    rules.LACKING: gettext_lazy("Manquant"),
}


@require_safe
def top(request: HttpRequest) -> HttpResponse:
    """To the top of what this person sees."""
    user = signed_in(request)
    authz.require(permissions.can_read(user))
    first = queries.entities_read_by(user).first()
    authz.require(authz.YES if first is not None else permissions.NOT_READER)
    return redirect("equipment:department", entity_id=first.pk if first else 0)


@require_safe
def department(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """The level of an entity with all below it: figures, by department, by kind, by profile; or the CSV."""
    user = signed_in(request)
    seen = queries.entities_read_by(user)
    entity = one(seen, entity_id)
    today = clock.today()
    level = queries.level_of(entity, today)
    if request.GET.get("format") == "csv":
        data = {"list": "niveau-equipement", "entity": entity.pk, "rows": len(level.rows)}
        audit.record(actor=user, action="ui.list_exported", target=entity, now=clock.now(), data=data)
        return _export(level, entity)
    watches = has_role(user, *WATCHERS, entity=entity)
    above = [entity.path[:at] for at in range(queries.STEP, len(entity.path), queries.STEP)]
    context = {
        "entity": entity,
        "above": seen.filter(path__in=above),
        "level": level,
        "total_bar": _bar(level.total),
        "rows": [(row, _bar(row.tally)) for row in level.rows],
        "kinds": [
            (row, charts.bar(("green", row.there), ("orange", row.old), ("red", row.lacking))) for row in level.kinds
        ],
        "watches": watches,
        "manages": bool(permissions.can_manage(user, entity)),
        "policy": queries.nearest_policy(entity),
        "today": today,
    }
    return render(request, "equipment/department.html", context)


def _bar(tally: rules.Tally) -> charts.Bar:
    return charts.bar(("green", tally.there), ("orange", tally.old), ("red", tally.lacking))


def _export(level: Level, entity: Entity) -> StreamingHttpResponse:
    head = [
        _("Service"), _("Agents"), _("Sans profil"), _("Complets"), _("Requis"), _("Présent"), _("À remplacer"),
        _("Manquant"), _("Présent (%)"), _("Coût des manques (€)"), _("Coût des remplacements (€)"), _("Coût (€)"),
    ]  # fmt: skip
    rows = [*level.rows, Row(entity, level.total)]
    lines = csv.lines(head, (_line(row, last=row is rows[-1]) for row in rows))
    response = StreamingHttpResponse(iter(list(lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="niveau-equipement-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _line(row: Row, *, last: bool) -> list[object]:
    each = row.tally
    name = _("Total · %(entity)s") if last else _("%(entity)s, sans les services") if row.own else "%(entity)s"
    return [
        name % {"entity": row.entity}, each.agents, each.without_profile, each.complete, each.wanted, each.there,
        each.old, each.lacking, each.percent, each.cost_lacking, each.cost_old, each.cost,
    ]  # fmt: skip


class AgentList(ListingView):
    """Agents with what they have and lack."""

    table_class, filterset_class = AgentTable, AgentFilter
    template_name = "equipment/agents.html"
    title = gettext_lazy("Équipement des agents")
    lead = gettext_lazy("Ce que chacun doit avoir, ce qu’il a, ce qui lui manque.")
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Agent ou fonction")
    export_name = "equipement-agents"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun agent en poste")

    def authorize(self) -> authz.Decision:
        """Who follows a department."""
        return permissions.can_read(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Agent]:
        """Those of the perimeter."""
        return queries.agents_read_by(signed_in(self.request)).order_by("last_name", "first_name")

    @cached_property
    def asked_for(self) -> dict[str, object]:
        """The filters as they were understood."""
        form = self.filterset.form
        return form.cleaned_data if form.is_valid() else {}

    @cached_property
    def people(self) -> dict[int, Person]:
        """The agents of the department asked for, or of the whole perimeter, judged."""
        condition = within(perimeter(signed_in(self.request), *READERS))
        entity = self.asked_for.get("entity")
        if isinstance(entity, Entity):
            condition &= Q(entity__path__startswith=entity.path)
        today = clock.today()
        facts = loading.load(condition, today=today)
        return {person.id: person for person in loading.survey(facts, until_year=loading.NOW).people}

    @cached_property
    def rows(self) -> QuerySet[Agent]:
        """Without those the gap, the kind or the profile asked for leaves out."""
        rows: QuerySet[Agent] = super().rows
        gap, kind, profile = (self.asked_for.get(name) for name in ("gap", "kind", "profile"))
        if not (gap or kind or profile):
            return rows
        kept = [
            person.id
            for person in self.people.values()
            if (not gap or is_in(str(gap), person))
            and (not kind or _lacks(person, str(kind)))
            and (not profile or (person.kit is not None and person.kit.id == getattr(profile, "pk", None)))
        ]
        return rows.filter(pk__in=kept)

    def table_kwargs(self) -> dict[str, object]:
        """What is known of each."""
        return {"people": self.people}


def _lacks(person: Person, kind: str) -> bool:
    return any(
        slot.line.kinds[0] == kind and slot.line.required and slot.state != rules.THERE
        for slot in person.outcome.slots or ()
    )


@require_safe
def agent(request: HttpRequest, agent_id: int) -> HttpResponse:
    """One agent: the profile and why, each thing, what it would cost."""
    user = signed_in(request)
    who = one(queries.agents_read_by(user), agent_id)
    person = queries.person_of(who, clock.today())
    manages = bool(permissions.can_manage(user, who.entity))
    context = {
        "agent": who,
        "person": person,
        "profile": person.kit if person is not None else None,
        "why": why(person) if person is not None else "",
        "slots": slots_shown(person),
        "tally": person.outcome.tally if person is not None else rules.Tally(),
        "manages": manages,
        "equips": bool(permissions.can_equip(user, who)),
        "outfits": queries.outfits_visible_to(user).filter(agent=who)[:10] if manages else [],
    }
    return render(request, "equipment/agent.html", context)


def slots_shown(person: Person | None) -> list[dict[str, object]]:
    """Each thing an agent must have, in words, with its colour."""
    return [
        {
            "slot": slot,
            "label": slot.line.label,
            "kind": Asset.Kind(slot.line.kinds[0]).label,
            "state": WORDS[slot.state],
            "colour": COLOURS[slot.state] if slot.line.required or slot.state != rules.LACKING else "secondary",
            "due": f"{slot.due % 12 + 1:02d}/{slot.due // 12}" if slot.due is not None else "",
        }
        for slot in queries.slots_of(person)
    ]


def why(person: Person) -> str:
    """Why an agent has their profile, in words."""
    if person.kit is None:
        return _("Aucun profil ne convient à sa fonction et à son service.")
    if person.criterion is None:
        return _("Choisi à la main pour cet agent.")
    test = person.kit.tests[person.criterion]
    said = []
    if test.words:
        said.append(_("sa fonction contient %(words)s") % {"words": _(" ou ").join(test.words)})
    if test.path:
        said.append(_("il est dans le bon service"))
    if test.telework == rules.YES:
        said.append(_("il a le droit d’ouvrir son écran à distance"))
    if test.telework == rules.NO:
        said.append(_("il n’a pas le droit d’ouvrir son écran à distance"))
    return _("Parce que %(reasons)s.") % {"reasons": ", ".join(said)} if said else _("Il vaut pour tout le monde.")
