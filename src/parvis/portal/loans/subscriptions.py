"""What follows from what happened in this room, in rooms below it."""

from __future__ import annotations

from parvis.portal.loans.events import LoanItemLost
from parvis.portal.trust.models import SuppliedDevice
from parvis.portal.trust.services import devices


def trust_no_more(event: LoanItemLost) -> None:
    """A computer that is lost or stolen proves nothing any more; sign-ins made through it end now."""
    for device in SuppliedDevice.objects.filter(computer_id=event.asset_id).select_related("computer__entity"):
        devices.revoke(actor=None, device=device, standing=event.kind, now=event.at)
