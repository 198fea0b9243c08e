"""Work of this room done by the worker."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task


@task()
def check_chain(check_id: int) -> None:
    """See `chain.run`."""
    from parvis.portal.privacy import chain

    chain.run(check_id)


@task()
def build_export(export_id: int) -> None:
    """See `exports.build`."""
    from parvis.portal.privacy import exports

    exports.build(export_id, address=settings.PARVIS.url + reverse("privacy:mine"))


@task()
def purge() -> None:
    """Delete what is past its retention, of every kind, and the exports that are over. Twice is once."""
    from parvis.portal.privacy import exports, retention

    now = clock.now()
    retention.purge_all(now)
    exports.expire(now)
