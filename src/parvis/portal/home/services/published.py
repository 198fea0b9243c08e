"""What tiles and announcements share: an owner and an audience, both inside the actor's perimeter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.home import permissions
from parvis.portal.kernel import authz
from parvis.portal.kernel.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceChoice:
    """Who is to see it: everyone in the entity, or these services (with all below them) and these roles."""

    for_everyone: bool = True
    services: Collection[Entity] = field(default=())
    roles: Collection[str] = field(default=())


EVERYONE = AudienceChoice()


def check_owner(actor: User, entity: Entity) -> None:
    """The actor may publish in this entity's name.

    Raises:
        NotFound: the entity is outside the actor's perimeter.
    """
    if not permissions.can_publish(actor, entity):
        raise NotFound


def check_audience(entity: Entity, audience: AudienceChoice) -> None:
    """The audience is inside the entity, its roles exist, and somebody is in it.

    Raises:
        Invalid: with the field at fault.
    """
    if any(not service.path.startswith(entity.path) for service in audience.services):
        text = _("Choisissez des services de l’entité qui publie.")
        raise Invalid(code="audience_outside", fields={"services_concerned": [text]})
    if any(role not in Role.values for role in audience.roles):
        raise Invalid(code="unknown_role", fields={"roles_concerned": [_("Ce rôle n’existe pas.")]})
    if not audience.for_everyone and not audience.services and not audience.roles:
        text = _("Choisissez au moins un service ou un rôle, ou publiez pour tous les agents.")
        raise Invalid(code="audience_empty", fields={"services_concerned": [text]})


def require_somewhere(actor: User) -> None:
    """The actor publishes for some entity at least.

    Raises:
        NotAllowed: they are not of an IT team.
    """
    authz.require(permissions.can_publish_somewhere(actor))
