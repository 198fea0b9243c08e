"""One movement: its page, its sheet to print, what is decided about it as a whole."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.models import Agent
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, is_staff, perimeter, search_agents, within
from parvis.portal.kernel import authz, clock, events
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.movements import permissions, queries, rules
from parvis.portal.movements.forms import NoteForm, PlanForm
from parvis.portal.movements.models import Movement, Step, StepKind
from parvis.portal.movements.services import opening, settling, steps
from parvis.portal.movements.tables import standing, state_of

SUGGESTIONS = 12


def detail(request: HttpRequest, movement_id: int) -> HttpResponse:
    """The page."""
    return render(request, "movements/movement.html", _context(request, movement_id))


def sheet(request: HttpRequest, movement_id: int) -> HttpResponse:
    """On paper, to be signed: what was handed over, what came back."""
    return render(request, "movements/sheet.html", _context(request, movement_id))


def _context(request: HttpRequest, movement_id: int) -> dict[str, object]:
    user, movement = _seen(request, movement_id)
    if movement.agent.user_id != user.pk:
        events.publish(AgentSeen(viewer_id=user.pk, agent_id=movement.agent_id, page="movement", at=clock.now()))
    manages = bool(permissions.can_manage(user, movement))
    rows = list(queries.steps_of(movement))
    for step in rows:
        step.movement = movement
    done = sum(bool(step.outcome) for step in rows)
    return {
        "movement": movement,
        "state": state_of(movement),
        "parts": [(part.label, part.value, _lines(user, rows, part, manages)) for part in StepKind],
        "done": done,
        "total": len(rows),
        "percent": rules.progress(done, len(rows)),
        "notes": movement.notes.select_related("author"),
        "note_form": NoteForm() if permissions.can_write(user, movement) else None,
        "manages": manages,
        "lists": bool(permissions.sees_list(user)),
        "today": clock.today(),
    }


def _lines(user: User, rows: list[Step], part: StepKind, manages: bool) -> list[dict[str, object]]:
    return [
        {
            "step": step,
            "standing": standing(step),
            "mine": manages or bool(permissions.can_do(user, step)),
            "keeps": step.decision and manages and bool(permissions.can_keep(user, step)),
        }
        for step in rows
        if step.kind == part
    ]


def plan(request: HttpRequest) -> HttpResponse:
    """Prepare an arrival, a change, a departure."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = PlanForm(request.POST or None, user=user, initial={"agent": request.GET.get("agent", "")[:254]})
    if request.method == "POST" and form.is_valid():
        try:
            movement = opening.plan(actor=user, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, str(problem.message))
        else:
            messages.success(request, _("C’est prévu. Les responsables recevront leurs étapes par message."))
            return redirect("movements:movement", movement_id=movement.pk)
    context = {"form": form, "back_url": reverse("movements:movements")}
    return render(request, "movements/plan.html", context)


@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """Agents whose name begins like this, for the form's list."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    asked = request.GET.get("agent", "")[:100]
    agents = Agent.objects.filter(within(perimeter(user, *STAFF_ROLES)), is_active=True).select_related("entity")
    found = search_agents(agents, asked.replace("@", " ").replace(".", " "))[:SUGGESTIONS] if len(asked) > 1 else []
    return render(request, "movements/suggestions.html", {"agents": found})


@require_POST
def note(request: HttpRequest, movement_id: int) -> HttpResponse:
    """Leave a note."""
    user, movement = _seen(request, movement_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise Invalid(str(form.errors["text"][0]))
    steps.write_note(actor=user, movement=movement, text=form.cleaned_data["text"], now=clock.now())
    messages.success(request, _("La note est ajoutée."))
    return redirect("movements:movement", movement_id=movement.pk)


def cancel(request: HttpRequest, movement_id: int) -> HttpResponse:
    """Ask, then cancel."""
    user, movement = _seen(request, movement_id)
    authz.require(permissions.can_manage(user, movement))
    if request.method == "POST":
        settling.cancel(actor=user, movement=movement, now=clock.now())
        messages.success(request, _("Le mouvement est annulé."))
        return redirect("movements:movements")
    return _ask(
        request,
        movement,
        question=_("Annuler ce mouvement\u202f? %(movement)s") % {"movement": movement},
        consequence=_("Les étapes restantes n’ont plus lieu. L’annuaire ne change pas."),
        yes=_("Annuler le mouvement"),
    )


def close(request: HttpRequest, movement_id: int) -> HttpResponse:
    """Ask, then finish with what is left undone."""
    user, movement = _seen(request, movement_id)
    authz.require(permissions.can_manage(user, movement))
    if request.method == "POST":
        settling.close(actor=user, movement=movement, now=clock.now())
        messages.success(request, _("Le mouvement est terminé."))
        return redirect("movements:movement", movement_id=movement.pk)
    left = movement.steps.filter(queries.TO_DO)
    return _ask(
        request,
        movement,
        question=_("Terminer\u202f? %(movement)s") % {"movement": movement},
        consequence=ngettext(
            "%(n)d étape n’est pas faite\u202f: elle sera sans objet.",
            "%(n)d étapes ne sont pas faites\u202f: elles seront sans objet.",
            len(left),
        )
        % {"n": len(left)}
        if left
        else "",
        names=[str(step) for step in left[:10]],
        yes=_("Terminer"),
    )


def _ask(request: HttpRequest, movement: Movement, **words: object) -> HttpResponse:
    back_url = reverse("movements:movement", args=[movement.pk])
    return render(request, "ui/confirm.html", {**words, "back_url": back_url, "danger": True})


def _seen(request: HttpRequest, movement_id: int) -> tuple[User, Movement]:
    user = signed_in(request)
    return user, one(queries.movements_visible_to(user), movement_id)
