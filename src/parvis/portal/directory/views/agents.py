"""One agent: the card, and what can be done."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory import cards, colleagues, permissions, queries, role_services, rules, services
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.forms import AgentForm, RoleForm
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock, events
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Conflict, Invalid


def detail(request: HttpRequest, agent_id: int) -> HttpResponse:
    """The card: whole for those whose perimeter has the agent and for themselves, the public part for colleagues."""
    user = signed_in(request)
    agent = queries.agents_visible_to(user).filter(pk=agent_id).first()
    if agent is None:
        agent = one(colleagues.found_by(user), agent_id)
        return render(request, "directory/colleague.html", {"agent": agent, "above": _services_above(user, agent)})
    if agent.user_id != user.pk:
        events.publish(AgentSeen(viewer_id=user.pk, agent_id=agent.pk, page="card", at=clock.now()))
    grants = queries.grants_of(agent.user) if agent.user else RoleGrant.objects.none()
    today = clock.today()
    context = {
        "agent": agent,
        "above": _services_above(user, agent),
        "grants": [(grant, bool(permissions.can_revoke_role(user, grant))) for grant in grants],
        "manages": permissions.can_manage_agents(user, agent.entity),
        "account": permissions.can_manage_account(user, agent),
        "grants_roles": agent.user_id is not None
        and agent.user_id != user.pk
        and queries.has_role(user, Role.HEAD_OF_IT),
        "sections": cards.sections(request, agent),
        "lists": queries.has_role(user, *queries.VIEWING_ROLES),
        "leaves": agent.ends_date if agent.is_active else None,
        "leave_overdue": agent.ends_date is not None and agent.ends_date < today,
        "arrives": agent.starts_date if agent.starts_date and agent.starts_date > today else None,
    }
    return render(request, "directory/agent.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """A new agent."""
    user = signed_in(request)
    require(YES if queries.is_staff(user) else permissions.NOT_STAFF)
    form = AgentForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            agent = services.create_agent(actor=user, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("%(agent)s est dans l’annuaire.") % {"agent": agent})
            return redirect("directory:agent", agent_id=agent.pk)
    return render(request, "directory/agent_form.html", {"form": form, "back_url": reverse("directory:agents")})


def edit(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Change name, job, service."""
    user, agent = _ask(request, agent_id)
    require(permissions.can_manage_agents(user, agent.entity))
    form = AgentForm(request.POST or None, instance=copy(agent), user=user)
    back_url = _card(agent)
    if form.is_valid():
        try:
            services.change_agent(actor=user, agent=agent, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect(back_url)
    return render(request, "directory/agent_form.html", {"form": form, "agent": agent, "back_url": back_url})


def leave(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Ask, then note that the agent has left."""
    user, agent = _ask(request, agent_id)
    require(permissions.can_manage_account(user, agent))
    if request.method == "POST":
        services.deactivate_agent(actor=user, agent=agent, now=clock.now())
        messages.success(request, _("%(agent)s n’est plus en poste.") % {"agent": agent})
        return redirect(_card(agent))
    consequence = _(
        "Son compte est désactivé, ses bureaux à distance se ferment, ses rôles et ordinateurs sont retirés."
    )
    return _confirm(
        request, agent, _("%(agent)s a quitté son poste\u202f?"), consequence, _("Confirmer le départ"), True
    )


def come_back(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Ask, then note that the agent is back."""
    user, agent = _ask(request, agent_id)
    require(permissions.can_manage_account(user, agent))
    if request.method == "POST":
        services.reactivate_agent(actor=user, agent=agent, now=clock.now())
        messages.success(request, _("%(agent)s est de nouveau en poste.") % {"agent": agent})
        return redirect(_card(agent))
    consequence = _("Son compte fonctionne de nouveau. Ses rôles et ses ordinateurs sont à lui redonner.")
    return _confirm(request, agent, _("%(agent)s est de retour\u202f?"), consequence, _("Confirmer le retour"), False)


def open_account(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Ask, then open an account."""
    user, agent = _ask(request, agent_id)
    require(permissions.can_manage_account(user, agent))
    if agent.user_id is not None or not agent.is_active:
        raise Conflict(_("Cet agent a déjà un compte, ou n’est plus en poste."), code="account_exists")
    if request.method == "POST":
        services.open_account(actor=user, agent=agent, now=clock.now())
        messages.success(
            request, _("Le compte est ouvert\u202f: un courriel part à %(email)s.") % {"email": agent.email}
        )
        return redirect(_card(agent))
    consequence = _("Un courriel avec un lien pour choisir son mot de passe lui est envoyé.")
    return _confirm(request, agent, _("Ouvrir un compte à %(agent)s\u202f?"), consequence, _("Ouvrir le compte"), False)


@fresh_second_factor
def grant_role(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Give a role, with a fresh second factor."""
    user, agent = _ask(request, agent_id)
    require(YES if queries.has_role(user, Role.HEAD_OF_IT) else permissions.NOT_HEAD_OF_IT)
    form = RoleForm(request.POST or None, user=user)
    if form.is_valid():
        data = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            role_services.grant_role(actor=user, agent=agent, now=clock.now(), **data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le rôle est attribué."))
            return redirect(_card(agent))
    return render(request, "directory/role_form.html", {"form": form, "agent": agent, "back_url": _card(agent)})


@fresh_second_factor
def revoke_role(request: HttpRequest, agent_id: int, grant_id: int) -> HttpResponse:
    """Ask, then take a role back, with a fresh second factor."""
    user, agent = _ask(request, agent_id)
    grant = one(RoleGrant.objects.filter(user=agent.user).select_related("entity", "user"), grant_id)
    require(permissions.can_revoke_role(user, grant))
    if request.method == "POST":
        role_services.revoke_role(actor=user, grant=grant, now=clock.now())
        messages.success(request, _("Le rôle est retiré."))
        return redirect(_card(agent))
    consequence = _("Le rôle «\u202f%(role)s\u202f» sur «\u202f%(entity)s\u202f» ne vaudra plus.") % {
        "role": grant.get_role_display(),
        "entity": grant.entity,
    }
    return _confirm(request, agent, _("Retirer ce rôle à %(agent)s\u202f?"), consequence, _("Retirer"), True)


def _ask(request: HttpRequest, agent_id: int) -> tuple[User, Agent]:
    user = signed_in(request)
    return user, one(queries.agents_visible_to(user), agent_id)


def _services_above(user: User, agent: Agent) -> QuerySet[Entity]:
    found = colleagues.entities_found_by(user)
    return found.filter(pk__in=rules.ids_of(agent.entity.path)).order_by("path")


def _card(agent: Agent) -> str:
    return reverse("directory:agent", kwargs={"agent_id": agent.pk})


def _confirm(
    request: HttpRequest, agent: Agent, question: str, consequence: str, yes: str, danger: bool
) -> HttpResponse:
    context = {
        "question": question % {"agent": agent},
        "consequence": consequence,
        "yes": yes,
        "danger": danger,
        "back_url": _card(agent),
    }
    return render(request, "ui/confirm.html", context)
