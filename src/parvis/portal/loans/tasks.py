"""Work of this room done by the worker."""

from __future__ import annotations

from datetime import datetime

from django.core.mail import EmailMessage

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.loans import letters, receipts
from parvis.portal.loans.models import Loan

REMINDER_SECONDS = 900
"""How often the worker should enqueue `remind`."""
REQUESTS_SECONDS = 900
"""How often the worker should enqueue `sweep_requests`."""
SHORTAGES_SECONDS = 6 * 3600
"""How often the worker should enqueue `tell_shortages`."""
SATURDAY = 5


@task()
def send_receipt(loan_id: int) -> None:
    """The signed receipt, to the agent alone."""
    loan = Loan.objects.select_related("agent__user", "offer").filter(pk=loan_id).exclude(receipt="").first()
    if loan is None or not loan.agent.email:
        return
    subject, body = letters.write("receipt", loan.agent, loan)
    message = EmailMessage(subject=subject, body=body, to=[loan.agent.email])
    message.attach(f"recu-{loan.pk}.pdf", receipts.read(loan), "application/pdf")
    message.send()


@task()
def remind() -> None:
    """The reminders that are due, on working days by day. Twice is once."""
    from parvis.portal.loans.services.reminding import remind as remind_all

    now = clock.now()
    if is_telling_time(now):
        remind_all(now=now)


def is_telling_time(now: datetime) -> bool:
    """Monday to Friday, from 7 to 19 in Paris."""
    local = now.astimezone(clock.PARIS)
    return local.weekday() < SATURDAY and 7 <= local.hour < 19


@task()
def sweep_requests() -> None:
    """Give up what passed unanswered, grant what waited only for something to be free. Twice is once."""
    from parvis.portal.loans.services import deciding, passing_time

    now = clock.now()
    passing_time.give_up_past(now=now)
    deciding.grant_waiting(now=now)


@task()
def tell_shortages() -> None:
    """Tell the IT team of weeks without enough to lend, on working days. Twice is once."""
    from parvis.portal.loans.services import passing_time

    now = clock.now()
    if is_telling_time(now):
        passing_time.tell_new_shortages(now=now)
