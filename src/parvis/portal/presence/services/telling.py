"""The mail of a refusal: which days, and no reason, for none was asked."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.kernel.mail import send_later
from parvis.portal.presence.models import Operation

SHOWN = 31


def tell_refusal(*, operation_id: int) -> None:
    """Queue it, in the transaction of the refusal; agents without account are told by their head."""
    operation = Operation.objects.select_related("agent__user").get(pk=operation_id)
    user = operation.agent.user if operation.agent else None
    if user is None or not user.is_active:
        return
    days = list(operation.changes.order_by("date").values_list("date", flat=True)[:SHOWN])
    with translation.override(user.language):
        facts = {"user": user, "days": days, "url": settings.PARVIS.url + reverse("presence:mine")}
        text = render_to_string(
            "presence/mail/refused.txt", {**facts, "authority_name": settings.PARVIS.authority_name}
        )
    subject, _, body = text.strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])
