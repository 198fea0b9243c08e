"""What a head does for a whole department: declare with a preview, undo, see what was done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.presence import permissions, queries, rules, services, staffing
from parvis.portal.presence.forms import DeclareForm
from parvis.portal.presence.models import Operation
from parvis.portal.presence.services.bulk import UNDO_DAYS
from parvis.portal.presence.services.days import check_span
from parvis.portal.ui import formats

SHOWN = 50
SHORT_SHOWN = 8


class ManyForm(DeclareForm):
    """The same, for a department."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        del self.fields["seen"]
        self.fields["ends_date"].help_text = gettext_lazy("Dernier jour compris.")

    def clean(self) -> dict[str, object]:
        """Hidden revisions mean nothing here."""
        data: dict[str, object] = super().clean()
        data["seen"] = ""
        return data


def declare_many(request: HttpRequest, entity_id: int) -> HttpResponse:
    """First what would happen, then the deed."""
    user, entity = _headed(request, entity_id)
    form = ManyForm(
        request.POST or None,
        statuses=queries.offered(to_head=True),
        initial={"starts_date": clock.today(), "half": ""},
    )
    if request.method == "POST" and form.is_valid():
        asked = form.arguments()
        asked.pop("seen")
        problem = None
        try:
            if request.POST.get("confirmed") == "1":
                return _do(request, user, entity, asked)
            return _ask(request, entity, form, asked)
        except Invalid as found:
            problem = found
        show_problems(form, problem)
    return render(request, "presence/team/declare_many.html", {"form": form, "entity": entity})


def _ask(request: HttpRequest, entity: Entity, form: ManyForm, asked: dict[str, object]) -> HttpResponse:
    starts, ends, status = form.cleaned_data["starts_date"], form.cleaned_data["ends_date"], str(asked["status"])
    check_span(starts, ends, today=clock.today(), late_days=rules.HEAD_LATE_DAYS)
    seen = staffing.preview(entity, starts, ends, status, form.arguments()["half"])
    label = queries.statuses()[status].label if status else _("Semaine habituelle")
    facts = [
        ngettext("%(n)d agent", "%(n)d agents", seen.agents) % {"n": seen.agents},
        ngettext("%(n)d jour travaillé", "%(n)d jours travaillés", seen.worked_days) % {"n": seen.worked_days},
    ]
    if seen.closed:
        count = len(seen.closed)
        facts.append(
            ngettext("%(n)d jour férié ou fermé ignoré", "%(n)d jours fériés ou fermés ignorés", count) % {"n": count}
        )
    context = {
        "entity": entity,
        "question": _("%(status)s pour «\u202f%(entity)s\u202f»\u202f?") % {"status": label, "entity": entity},
        "facts": facts,
        "span": (starts, ends),
        "closed": seen.closed[:SHORT_SHOWN],
        "short": seen.short[:SHORT_SHOWN],
        "more_short": max(len(seen.short) - SHORT_SHOWN, 0),
        "yes": _("Déclarer pour %(n)d agents") % {"n": seen.agents},
        "back_url": reverse("presence:department", args=[entity.pk]),
        "hidden": [(name, request.POST.get(name, "")) for name in ("starts_date", "ends_date", "half", "status")],
    }
    return render(request, "presence/team/confirm_many.html", context)


def _do(request: HttpRequest, user: User, entity: Entity, asked: dict[str, object]) -> HttpResponse:
    outcome = services.declare_for_department(actor=user, entity=entity, now=clock.now(), **asked)  # type: ignore[arg-type]
    if outcome.operation is not None and outcome.operation.carried_out_at is None:
        messages.success(request, _("C’est beaucoup de jours\u202f: ils s’écrivent dans les minutes qui viennent."))
    else:
        count = len(outcome.written)
        said = ngettext("%(n)d jour déclaré.", "%(n)d jours déclarés.", count) % {"n": count}
        messages.success(request, said + " " + _("Vous pouvez annuler ci-dessous."))
    return redirect("presence:operations", entity_id=entity.pk)


@require_safe
def operations(request: HttpRequest, entity_id: int) -> HttpResponse:
    """What was done for the department, with what may be undone."""
    user = signed_in(request)
    entity = one(queries.departments_in_detail(user), entity_id)
    statuses = queries.statuses()
    today, now = clock.today(), clock.now()
    rows = []
    for each in queries.operations_in(entity)[:SHOWN]:
        code = each.am or each.pm
        undone = getattr(each, "undone_by", None)
        rows.append(
            {
                "operation": each,
                "label": statuses[code].label if code in statuses else _("Semaine habituelle"),
                "undone": undone,
                "undoable": undone is None and each.actor_id == user.pk and now - each.at < UNDO_DAYS,
            }
        )
    context = {"entity": entity, "rows": rows, "today": today, "heads": permissions.can_declare_for(user, entity)}
    return render(request, "presence/team/operations.html", context)


def undo_many(request: HttpRequest, own_operation_id: int) -> HttpResponse:
    """Ask, then put back what an operation changed."""
    user = signed_in(request)
    mine = Operation.objects.filter(actor=user, kind=Operation.Kind.BULK).select_related("entity")
    operation = one(mine, own_operation_id)
    entity = operation.entity
    authz.require(permissions.can_declare_for(user, entity) if entity else permissions.NOT_HEAD)
    back_url = reverse("presence:operations", args=[operation.entity_id])
    if request.method == "POST":
        outcome = services.undo(actor=user, operation=operation, now=clock.now())
        said = _("C’est annulé.")
        if outcome.skipped:
            count = len(outcome.skipped)
            said += " " + ngettext(
                "%(n)d jour changé depuis est resté tel quel.",
                "%(n)d jours changés depuis sont restés tels quels.",
                count,
            ) % {"n": count}
        messages.success(request, said)
        return redirect(back_url)
    context = {
        "question": _("Annuler cette déclaration\u202f?"),
        "consequence": _(
            "Du %(first)s au %(last)s, pour «\u202f%(entity)s\u202f»\u202f: ce qui était là avant revient."
        )
        % {
            "first": formats.day(operation.starts_date),
            "last": formats.day(operation.ends_date),
            "entity": operation.entity,
        },
        "yes": _("Annuler la déclaration"),
        "danger": True,
        "back_url": back_url,
    }
    return render(request, "ui/confirm.html", context)


def _headed(request: HttpRequest, entity_id: int) -> tuple[User, Entity]:
    user = signed_in(request)
    entity = one(queries.departments_in_detail(user), entity_id)
    authz.require(permissions.can_declare_for(user, entity))
    return user, entity
