"""What this room holds of an asset against probes, for `parc.held_fields`: where a screen is opened."""

from __future__ import annotations

from parvis.portal.parc.models import Asset
from parvis.portal.remote_desktop.models import DisplaySettings


def address(asset: Asset) -> frozenset[str]:
    """The address of a computer whose screen may be opened, unless its certificate is pinned.

    Whoever reads a probe's address on one computer can report any address for any computer of the entity, and so lead
    a screen to a colleague's PC, a server, or one that waits for passwords. A pinned PC cannot be stood in for: another
    machine does not have its key. So its address follows the network, and only a person changes the others'.
    """
    if not asset.is_computer:
        return frozenset()
    pinned = DisplaySettings.objects.filter(protocol=DisplaySettings.Protocol.RDP).exclude(pin="")
    reachable = DisplaySettings.objects.filter(computer_id=asset.pk).exclude(pk__in=pinned.values("pk"))
    return frozenset({"address"}) if reachable.exists() else frozenset()
