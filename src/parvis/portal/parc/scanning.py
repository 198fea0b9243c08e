"""What a scanner or a camera reads on an asset, and the asset it is.

A label's QR code holds the address of the asset's page; makers' bar codes hold the serial number; some authorities
have older labels with only an inventory number.
"""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from parvis.portal.parc.models import Asset

MAX_CODE = 200
"""Characters read of one code; the rest is noise."""

_ADDRESS = re.compile(r"\A(?:https?://[^/\s]+)?/?(?:\S*/)?parc/materiel/(?P<id>\d{1,18})/?\Z", re.IGNORECASE)


def normal_code(text: str) -> str:
    """What was scanned, without the control characters that scanners add."""
    return "".join(char for char in text if char.isprintable()).strip()[:MAX_CODE]


def label_path_id(code: str) -> int | None:
    """The asset's id if the code is the address on a label, whatever the host: scanners keep it when it changes."""
    match = _ADDRESS.match(code)
    return int(match["id"]) if match else None


def found_by(assets: QuerySet[Asset], text: str) -> list[Asset]:
    """At most five of `assets` (what the user may see) that the code names; several: the code is not enough."""
    code = normal_code(text)
    if not code:
        return []
    pk = label_path_id(code)
    if pk is not None:
        return list(assets.filter(pk=pk)[:1])
    for condition in (Q(tag__iexact=code), Q(serial__iexact=code), Q(name__iexact=code)):
        found = list(assets.filter(condition).order_by("pk")[:5])
        if found:
            return found
    # HP and others print the serial with a letter before it that the machine itself does not tell.
    return list(assets.filter(serial__iexact=code[1:]).order_by("pk")[:5]) if code[:1].upper() == "S" else []
