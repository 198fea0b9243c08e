"""Who may administer accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import perimeter
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.kernel.authz import YES, Decision, no


def can_administer_accounts(actor: User) -> Decision:
    """See the list of accounts, create some. For the IT team."""
    if perimeter.of(actor) is None:
        return no("not_staff", _("La gestion des comptes est réservée à l’équipe informatique."))
    return YES


def can_invite_anybody(actor: User) -> Decision:
    """Make an account that belongs to no agent. The IT team opens accounts from the agents' pages."""
    if not actor.is_superuser:
        return no("not_superuser", _("Ouvrez le compte depuis la fiche de l’agent, dans l’annuaire."))
    return YES


def can_administer(actor: User, user: User) -> Decision:
    """Disable this account, take off its second factor. `user` comes from `queries.visible_to(actor)`."""
    if actor.pk == user.pk:
        return no("own_account", _("Vous ne pouvez pas faire cela sur votre propre compte."))
    if user.is_superuser and not actor.is_superuser:
        return no("superuser", _("Seul un administrateur peut modifier le compte d’un administrateur."))
    return can_administer_accounts(actor)


def administers(actor: User | None, user: User) -> bool:
    """Whether the actor, as they are now, may administer this account."""
    condition = perimeter.of(actor) if actor is not None else None
    if actor is None or condition is None or not can_administer(actor, user):
        return False
    return User.objects.filter(condition, pk=user.pk).exists()


def can_approve(actor: User, request: RecoveryRequest) -> Decision:
    """Give the one-time code. Whoever identified the person does not approve too, unless there still is nobody else."""
    if actor.pk == request.identified_by_id and not (
        request.alone and len(perimeter.administrators_of(request.user)) < 2
    ):
        return no(
            "second_technician",
            _("Vous avez vérifié l’identité\u202f: une autre personne de l’équipe informatique doit approuver."),
        )
    return can_administer(actor, request.user)
