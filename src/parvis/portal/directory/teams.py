"""Teams that keep views of lists together: the entities where a person has a role (see `ui.saved_views`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parvis.portal.directory.models import RoleGrant
from parvis.portal.ui.saved_views import Team


def of(user: Any) -> Sequence[Team]:
    """The entities the user has a role on, by name; one query."""
    grants = RoleGrant.objects.filter(user_id=user.pk).order_by("entity__name").values_list("entity_id", "entity__name")
    return [Team(key, name) for key, name in dict.fromkeys(grants)]
