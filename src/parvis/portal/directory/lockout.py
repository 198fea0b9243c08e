"""Nobody locks an authority out: some account that works keeps the powers that nobody below can give back.

An entity that has a head of IT (there or above, without end date) keeps one, and the instance a superuser. A
superuser may take the last head of IT away: they are there to name the next.
"""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries, rules
from parvis.portal.directory.models import Entity, Role, RoleGrant
from parvis.portal.kernel.errors import Conflict


def keep_head_of_it(actor: User | None, grant: RoleGrant) -> None:
    """Before a role is taken back or given an end. In a transaction.

    Raises:
        Conflict: it is the last head of IT there (`last_head_of_it`).
    """
    if not _counts(actor, grant):
        return
    _one_at_a_time(grant.entity)
    if not queries.covering_heads_of_it(grant.entity).exclude(pk=grant.pk).exists():
        raise _last(grant.entity)


def keep_account(actor: User | None, user: User) -> None:
    """Before an account is closed with all its roles. In a transaction.

    Raises:
        Conflict: it is the last head of IT of an entity, or the last superuser (`last_superuser`).
    """
    if user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        raise Conflict(
            _("C’est le dernier compte administrateur\u202f: Parvis n’aurait plus personne à sa tête."),
            code="last_superuser",
            advice=_("Créez d’abord un autre compte administrateur."),
        )
    for grant in RoleGrant.objects.filter(user=user, role=Role.HEAD_OF_IT).select_related("entity"):
        if _counts(actor, grant):
            _one_at_a_time(grant.entity)
            if not queries.covering_heads_of_it(grant.entity).exclude(user=user).exists():
                raise _last(grant.entity)


def _counts(actor: User | None, grant: RoleGrant) -> bool:
    permanent = grant.role == Role.HEAD_OF_IT and grant.ends_date is None
    return permanent and not (actor is not None and actor.is_superuser)


def _one_at_a_time(entity: Entity) -> None:
    # Two heads of IT who send each other away at once: the second waits for the row, and finds nobody left.
    root = rules.ids_of(entity.path)[0]
    Entity.objects.filter(pk=root).update(path=F("path"))


def _last(entity: Entity) -> Conflict:
    return Conflict(
        _("C’est le dernier responsable informatique de «\u202f%(entity)s\u202f».") % {"entity": entity},
        code="last_head_of_it",
        advice=_("Donnez d’abord ce rôle, sans date de fin, à une autre personne."),
    )
