"""Merges to decide, and fields given back to their source."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import agents_visible_to
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.sources import permissions, queries, wording
from parvis.portal.sources.items import FIELDS
from parvis.portal.sources.models import Merge
from parvis.portal.sources.services import merging, origins
from parvis.portal.sources.tables import MergeFilter, MergeTable
from parvis.portal.ui.listing import ListingView


class MergeList(ListingView):
    """The open ones first."""

    table_class = MergeTable
    filterset_class = MergeFilter
    template_name = "sources/merges.html"
    title = gettext_lazy("Fusions proposées")
    lead = gettext_lazy(
        "Une source parle d’une personne qui ressemble à un agent déjà présent. C’est vous qui décidez."
    )
    search_fields = ("key",)
    search_folded_fields = ("agent__search",)
    export_name = "fusions"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucune fusion à décider")
    empty_text = gettext_lazy(
        "Quand une source et l’annuaire ont une adresse ou un matricule en commun, la question arrive ici."
    )

    def authorize(self) -> authz.Decision:
        """IT team and auditors."""
        return permissions.can_see_sources(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Merge]:
        """Those to decide at the top."""
        merges = queries.merges_visible_to(signed_in(self.request))
        return merges.annotate(is_open=Q(state=Merge.State.OPEN)).order_by("-is_open", "-proposed_at")


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Both sides, and the question."""
    user = signed_in(request)
    merge = one(queries.merges_visible_to(user), merge_id)
    may_manage = bool(permissions.can_manage(user, merge.source.root))
    if request.method == "POST":
        authz.require(permissions.can_manage(user, merge.source.root))
        return _decide(request, merge)
    context = {
        "merge": merge,
        "rows": _sides(merge),
        "asks": may_manage and merge.state == Merge.State.OPEN,
        "may_manage": may_manage,
        "agent_visible": agents_visible_to(user).filter(pk=merge.agent_id).exists(),
    }
    return render(request, "sources/merge.html", context)


def _decide(request: HttpRequest, merge: Merge) -> HttpResponse:
    user = signed_in(request)
    try:
        if request.POST.get("decision") == "same":
            merging.accept_merge(actor=user, merge=merge, now=clock.now(), kept=request.POST.getlist("keep"))
            messages.success(request, _("%(agent)s est maintenant suivi par la source.") % {"agent": merge.agent})
        elif request.POST.get("decision") == "different":
            merging.refuse_merge(actor=user, merge=merge, now=clock.now())
            messages.success(request, _("C’est noté\u202f: ce sont deux personnes, la question ne reviendra pas."))
    except (Conflict, Invalid) as problem:
        messages.error(request, str(problem.message))
        return redirect("sources:merge", merge.pk)
    return redirect("sources:merges")


def _sides(merge: Merge) -> list[dict[str, object]]:
    values = wording.Values.under(merge.source.root.path)
    rows: list[dict[str, object]] = []
    for name in FIELDS:
        there = merge.agent.entity_id if name == "entity" else getattr(merge.agent, name)
        there = there.isoformat() if hasattr(there, "isoformat") else there
        said = merge.record.get(name)
        if not there and not said:
            continue
        differs = bool(said) and said != there
        fixed = name == "email" and merge.agent.user_id is not None
        here = values.text(name, there) if name != "entity" else str(merge.agent.entity)
        rows.append(
            {
                "field": name, "name": wording.field_name(name), "agent": here, "source": values.text(name, said),
                "differs": differs, "may_keep": differs and not fixed,
            }
        )  # fmt: skip
    return rows


@require_POST
def give_back(request: HttpRequest, agent_id: int, field: str) -> HttpResponse:
    """The source wins this field of an agent again."""
    user = signed_in(request)
    agent = one(agents_visible_to(user), agent_id)
    if field not in wording.FIELD_NAMES:
        raise NotFound
    try:
        origins.give_back(actor=user, agent=agent, field=field, now=clock.now())
    except (Conflict, Invalid) as problem:
        messages.error(request, str(problem.message))
    else:
        messages.success(request, _("Ce champ suit de nouveau la source."))
    return redirect("directory:agent", agent.pk)
