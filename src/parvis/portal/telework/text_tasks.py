"""Work on texts done by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.telework.models import Document


@task()
def tell_published(text_id: int) -> None:
    """Tell the teleworkers that a new version waits for them. Twice is once."""
    from parvis.portal.telework.services import documents

    document = Document.objects.select_related("entity").filter(pk=text_id).first()
    if document is not None:
        documents.tell_published(document=document, now=clock.now())
