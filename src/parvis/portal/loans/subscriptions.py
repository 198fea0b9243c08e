"""What follows from what happened in this room, in rooms below it."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.kernel import clock
from parvis.portal.loans import queries
from parvis.portal.loans.events import LoanItemLost
from parvis.portal.loans.models import Item, Loan
from parvis.portal.loans.services import deciding, requesting
from parvis.portal.parc.events import AssetMoved
from parvis.portal.parc.models import Asset
from parvis.portal.trust.models import SuppliedDevice
from parvis.portal.trust.services import devices


def trust_no_more(event: LoanItemLost) -> None:
    """A computer that is lost or stolen proves nothing any more; sign-ins made through it end now."""
    for device in SuppliedDevice.objects.filter(computer_id=event.asset_id).select_related("computer__entity"):
        devices.revoke(actor=None, device=device, standing=event.kind, now=event.at)


GONE = frozenset({"repair", "lost", "retired", "disposed"})
"""States of an asset in which it is lent to nobody."""


def give_up_loans(event: AgentDeactivated) -> None:
    """Who has left needs nothing any more. What they have comes back by the steps of their departure."""
    loans = Loan.objects.filter(agent_id=event.agent_id, state__in=(Loan.State.REQUESTED, *queries.WAITING))
    for loan in loans.select_related("offer", "agent", "entity"):
        requesting.cancel_loan(actor=None, loan=loan, now=clock.now(), reason="agent_left")


def keep_another(event: AssetMoved) -> None:
    """What was kept for a loan went to repair, is gone, or was given to somebody for good: another is kept in its
    place, where one is free.
    """
    given = event.after == "deployed" and not Item.objects.filter(asset_id=event.asset_id, state="out").exists()
    if event.after in GONE or given:
        asset = Asset.objects.get(pk=event.asset_id)
        deciding.replace_assets(actor=None, asset=asset, now=event.at)
