"""What is done to one step, from the movement's page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.movements import permissions, queries
from parvis.portal.movements.forms import KeepForm, OwnerForm, StepForm, owner_named
from parvis.portal.movements.models import Step
from parvis.portal.movements.services import steps


@require_POST
def done(request: HttpRequest, step_id: int) -> HttpResponse:
    """Tick it."""
    user, step = _seen(request, step_id)
    steps.finish(actor=user, step=step, now=clock.now())
    return _back(request, step, _("Étape faite\u202f: %(step)s.") % {"step": step})


@require_POST
def drop(request: HttpRequest, step_id: int) -> HttpResponse:
    """It has no object here."""
    user, step = _seen(request, step_id)
    steps.finish(actor=user, step=step, now=clock.now(), dropped=True)
    return _back(request, step, _("Étape sans objet\u202f: %(step)s.") % {"step": step})


@require_POST
def take_back(request: HttpRequest, step_id: int) -> HttpResponse:
    """It was not done after all."""
    user, step = _seen(request, step_id)
    steps.take_back(actor=user, step=step, now=clock.now())
    return _back(request, step, _("Étape à refaire\u202f: %(step)s.") % {"step": step})


def keep(request: HttpRequest, step_id: int) -> HttpResponse:
    """Until when the agent keeps it."""
    user, step = _seen(request, step_id)
    authz.require(permissions.can_keep(user, step))
    form = KeepForm(request.POST or None, initial={"until": step.ends_date})
    if request.method == "POST" and form.is_valid():
        try:
            steps.keep(actor=user, step=step, until=form.cleaned_data["until"], now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            return _back(request, step, _("Gardé\u202f: %(step)s.") % {"step": step})
    return _form(request, step, form, heading=step.title, send=_("Garder"))


@fresh_second_factor
def remove(request: HttpRequest, step_id: int) -> HttpResponseBase:
    """Ask, then take it away."""
    user, step = _seen(request, step_id)
    authz.require(permissions.can_manage(user, step.movement))
    if request.method == "POST":
        steps.remove(actor=user, step=step, now=clock.now())
        return _back(request, step, _("Retiré\u202f: %(step)s.") % {"step": step})
    context = {
        "question": _("Retirer à %(agent)s\u202f: %(step)s\u202f?") % {"agent": step.movement.agent, "step": step},
        "consequence": _("L’effet est immédiat."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": _page(step),
    }
    return render(request, "ui/confirm.html", context)


def assign(request: HttpRequest, step_id: int) -> HttpResponse:
    """Give it to a person."""
    user, step = _seen(request, step_id)
    authz.require(permissions.can_manage(user, step.movement))
    form = OwnerForm(request.POST or None, initial={"owner": step.owner.email if step.owner else ""})
    if request.method == "POST" and form.is_valid():
        try:
            owner = owner_named(user, form.cleaned_data["owner"])
        except forms.ValidationError as problem:
            form.add_error("owner", problem)
        else:
            steps.assign(actor=user, steps=[step], owner=owner, now=clock.now())
            return _back(request, step, _("Étape confiée\u202f: %(step)s.") % {"step": step})
    return _form(request, step, form, heading=step.title, send=_("Confier"))


def add(request: HttpRequest, movement_id: int) -> HttpResponse:
    """One more step."""
    user = signed_in(request)
    movement = one(queries.movements_visible_to(user), movement_id)
    authz.require(permissions.can_manage(user, movement))
    form = StepForm(request.POST or None, initial={"due_date": movement.effective_date})
    if request.method == "POST" and form.is_valid():
        step = steps.add(actor=user, movement=movement, now=clock.now(), **form.cleaned_data)
        return _back(request, step, _("L’étape est ajoutée."))
    context = {
        "form": form,
        "heading": _("Ajouter une étape"),
        "send": _("Ajouter"),
        "lead": str(movement),
        "back": str(movement.agent),
        "back_url": reverse("movements:movement", args=[movement.pk]),
    }
    return render(request, "movements/form.html", context)


def _form(request: HttpRequest, step: Step, form: forms.Form, *, heading: str, send: str) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "send": send,
        "lead": str(step.movement),
        "back": str(step.movement.agent),
        "back_url": _page(step),
    }
    return render(request, "movements/form.html", context)


def _seen(request: HttpRequest, step_id: int) -> tuple[User, Step]:
    user = signed_in(request)
    return user, one(queries.steps_visible_to(user), step_id)


def _page(step: Step) -> str:
    return reverse("movements:movement", args=[step.movement_id])


def _back(request: HttpRequest, step: Step, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(f"{_page(step)}#etape-{step.pk}")
