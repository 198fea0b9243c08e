"""The body of a kept report, read again."""

from __future__ import annotations

from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import Report
from parvis.portal.inventory.wire import body, reading
from parvis.portal.inventory.wire.problems import Unreadable


def content_of(report: Report) -> Content:
    """What a queued or quarantined report says.

    Raises:
        Unreadable: it has no body any more, or one that cannot be read.
    """
    if not report.body:
        raise Unreadable("malformed")
    return reading.read(body.unpack(bytes(report.body)), client=report.client)
