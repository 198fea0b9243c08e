"""The level of trust for the account menu: worked out only where a page shows it."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from parvis.portal.trust import evaluation, wording


def badge(request: HttpRequest) -> dict[str, object]:
    """`trust_badge`: label, color, icon; nothing before somebody has signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"trust_badge": SimpleLazyObject(lambda: wording.LEVELS[evaluation.of_request(request).level])}
