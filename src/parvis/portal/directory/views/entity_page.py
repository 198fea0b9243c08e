"""One entity: where it is in the tree, who heads it, who works there, what is under it."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from parvis.portal.directory import cards, colleagues, permissions, queries, rules
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Agent, Entity, RoleGrant
from parvis.portal.directory.views.agent_list import AgentTable
from parvis.portal.ui.listing import ListingView


class EntityPage(ListingView):
    """The page; its list is the people in post there and below.

    Those whose perimeter has the entity see everything; its agents' colleagues, the professional part.
    """

    table_class = AgentTable
    template_name = "directory/entity.html"
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Nom, fonction, service ou téléphone")
    page_size = 25
    empty_icon = "users"
    empty_title = gettext_lazy("Personne n’y travaille pour le moment")

    @cached_property
    def entity(self) -> Entity:
        """The entity of the address; outside perimeter and colleagues there is none."""
        found = colleagues.entities_found_by(signed_in(self.request))
        return one(found.select_related("parent", "merged_into"), self.kwargs["entity_id"])

    @cached_property
    def viewing(self) -> bool:
        """Whether the user's perimeter has it."""
        return queries.has_role(signed_in(self.request), *queries.VIEWING_ROLES, entity=self.entity)

    @property
    def title(self) -> str:  # type: ignore[override]
        """Its name."""
        return self.entity.name

    @property
    def export_name(self) -> str:  # type: ignore[override]
        """The file is for those whose perimeter it is: a directory is not taken away in one piece."""
        return "agents-du-service" if self.viewing else ""

    def get_queryset(self) -> QuerySet[Agent]:
        """In post, there and below."""
        user = signed_in(self.request)
        rows = queries.agents_visible_to(user) if self.viewing else colleagues.found_by(user)
        return rows.filter(entity__path__startswith=self.entity.path, is_active=True)

    @cached_property
    def rows(self) -> QuerySet[Agent]:
        """Search as everywhere for people."""
        rows = self.get_queryset()
        return queries.search_agents(rows, self.asked, numbers=self.viewing) if self.asked else rows

    def table_kwargs(self) -> dict[str, object]:
        """Accounts are the IT team's matter."""
        return {} if self.viewing else {"exclude": ("user", "personnel_number", "starts_date", "ends_date")}

    def extra_context(self) -> dict[str, object]:
        """What surrounds the list."""
        user, entity = signed_in(self.request), self.entity
        found = colleagues.entities_found_by(user)
        context: dict[str, object] = {
            "entity": entity,
            "above": found.filter(pk__in=rules.ids_of(entity.path)[:-1]).order_by("path"),
            "children": self._children(found),
            "heads": queries.heads_of(entity),
            "viewing": self.viewing,
        }
        if self.viewing:
            grants = RoleGrant.objects.filter(entity=entity).select_related("user__agent")
            context |= {
                "sirets": entity.sirets.all(),
                "aliases": entity.aliases.all(),
                "grants": grants.order_by("role", "user__last_name"),
                "manages": permissions.can_manage_entities(user, entity),
                "closes": permissions.can_manage_entities(user, entity.parent),
                "sections": cards.entity_sections(self.request, entity),
            }
        return context

    def _children(self, found: QuerySet[Entity]) -> list[tuple[Entity, int]]:
        """What is right under it, each with how many are in post there and below. Two queries."""
        children = list(queries.open_entities(found.filter(parent=self.entity)).order_by("name"))
        below = Agent.objects.filter(entity__path__startswith=self.entity.path, is_active=True).order_by()
        counts: Counter[str] = Counter()
        for path, count in below.values_list("entity__path").annotate(Count("pk")):
            counts[rules.lineage(path)[: len(rules.ids_of(self.entity.path)) + 1][-1]] += count
        return [(child, counts[child.path]) for child in children]
