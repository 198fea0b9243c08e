"""What a gateway is said to carry."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.capacity import permissions
from parvis.portal.capacity.models import Capability
from parvis.portal.kernel import audit, authz
from parvis.portal.kernel.errors import Invalid
from parvis.portal.remote_desktop.models import Gateway


@transaction.atomic
def set_capability(
    *, actor: User, gateway: Gateway, sessions: int | None, kbps: int | None, now: datetime
) -> Capability | None:
    """Say how many screens a gateway carries and what its line does; neither: the program's own measure again.

    Raises:
        NotAllowed: not the authority's head of IT.
        Invalid: below 1.
    """
    authz.require(permissions.can_set(actor))
    if any(value is not None and value < 1 for value in (sessions, kbps)):
        raise Invalid(_("Donnez un nombre d’au moins 1, ou laissez vide."))
    row = None
    if sessions is None and kbps is None:
        Capability.objects.filter(gateway=gateway).delete()
    else:
        row, _created = Capability.objects.update_or_create(
            gateway=gateway, defaults={"sessions": sessions, "kbps": kbps}
        )
    audit.record(
        actor=actor,
        action="capacity.capability_set",
        target=gateway,
        now=now,
        data={"sessions": sessions, "kbps": kbps},
    )
    return row
