"""What the IT team does to many agents at once, from the list."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.accounts.models import User
from parvis.portal.directory import services
from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.forms import date_input, entities_where
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, ParvisError
from parvis.portal.ui.listing import BulkAction

MOST = 500
"""Agents at once: some seconds of work."""
REASONS_SHOWN = 3


def actions_for(user: User) -> list[BulkAction]:
    """The actions, with the choices of this user."""

    class MoveForm(forms.Form):
        """Where to."""

        entity = EntityChoiceField(entities_where(user, *STAFF_ROLES), label=gettext_lazy("Nouveau service"))

    return [
        BulkAction(
            name="move",
            label=gettext_lazy("Changer de service"),
            icon="sitemap",
            run=move,
            question=gettext_lazy("Changer ces agents de service\u202f?"),
            form_class=MoveForm,
        ),
        BulkAction(
            name="open_accounts",
            label=gettext_lazy("Ouvrir les comptes"),
            icon="user-check",
            run=open_accounts,
            question=gettext_lazy("Ouvrir un compte à ces agents\u202f?"),
            consequence=gettext_lazy("Chacun reçoit un courriel avec un lien pour choisir son mot de passe."),
        ),
        BulkAction(
            name="departure",
            label=gettext_lazy("Noter un départ"),
            icon="user-off",
            run=departure,
            question=gettext_lazy("Noter le départ de ces agents\u202f?"),
            consequence=gettext_lazy(
                "Le lendemain du dernier jour, leurs comptes sont fermés, leurs rôles et ordinateurs retirés."
            ),
            danger=True,
            form_class=DepartureForm,
        ),
    ]


class DepartureForm(forms.Form):
    """When."""

    ends_date = forms.DateField(label=gettext_lazy("Dernier jour en poste"), widget=date_input())


def move(request: HttpRequest, rows: QuerySet[Agent], *, entity: Entity) -> str:
    """All to one service."""
    user, now = signed_in(request), clock.now()
    return _each(rows, lambda agent: services.move_agent(actor=user, agent=agent, entity=entity, now=now))


def open_accounts(request: HttpRequest, rows: QuerySet[Agent]) -> str:
    """For those who have none."""
    user, now = signed_in(request), clock.now()
    return _each(rows, lambda agent: services.open_account(actor=user, agent=agent, now=now))


def departure(request: HttpRequest, rows: QuerySet[Agent], *, ends_date: object) -> str:
    """A last day; one that is over is a departure now."""
    user, now = signed_in(request), clock.now()

    def leave(agent: Agent) -> None:
        services.update_agent(actor=user, agent=agent, now=now, ends_date=ends_date)
        if agent.ends_date is not None and agent.ends_date < clock.today(now):
            services.deactivate_agent(actor=user, agent=agent, now=now)

    return _each(rows, leave)


def _each(rows: QuerySet[Agent], act: Callable[[Agent], object]) -> str:
    """Each agent wholly or not at all; those who are refused are counted, and why."""
    agents = list(rows.select_related("entity", "user")[: MOST + 1])
    if len(agents) > MOST:
        raise Invalid(_("Au plus %(n)d agents à la fois.") % {"n": MOST}, advice=_("Affinez la recherche."))
    done, refused = 0, list[tuple[Agent, str]]()
    for agent in agents:
        try:
            with transaction.atomic():
                act(agent)
        except ParvisError as problem:
            refused.append((agent, str(problem.message)))
        else:
            done += 1
    sentence = ngettext("C’est fait pour %(n)d agent.", "C’est fait pour %(n)d agents.", done) % {"n": done}
    if refused:
        sentence += " " + ngettext("%(n)d refus\u202f:", "%(n)d refus\u202f:", len(refused)) % {"n": len(refused)}
        sentence += " " + " ".join(f"{agent}\u202f: {why}" for agent, why in refused[:REASONS_SHOWN])
    return sentence
