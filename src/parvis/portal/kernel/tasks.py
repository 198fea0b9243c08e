"""Work done after the page has answered: `@task()` functions, run by `parvis worker`.

A task is enqueued in the transaction that needs it (the row is the outbox), takes ids
only, and may run twice: it must be idempotent.
"""

from django_tasks import task

__all__ = ["task"]
