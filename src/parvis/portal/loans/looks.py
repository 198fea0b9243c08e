"""How states look: the word, the colour, the icon. Never the colour alone."""

from __future__ import annotations

from datetime import date

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.loans import overdue
from parvis.portal.loans.models import Item, Loan
from parvis.portal.ui.templatetags.ui import state_badge

LOAN_LOOKS = {
    Loan.State.REQUESTED: ("orange", "hourglass"),
    Loan.State.APPROVED: ("blue", "calendar-time"),
    Loan.State.PREPARED: ("azure", "package"),
    Loan.State.OUT: ("green", "user-check"),
    Loan.State.BACK: ("purple", "refresh"),
    Loan.State.CLOSED: ("secondary", "circle-check"),
    Loan.State.REFUSED: ("red", "ban"),
    Loan.State.CANCELLED: ("secondary", "x"),
}
ITEM_LOOKS = {
    Item.State.RESERVED: ("blue", "calendar-time"),
    Item.State.OUT: ("green", "user-check"),
    Item.State.BACK: ("secondary", "circle-check"),
    Item.State.LOST: ("red", "alert-triangle"),
    Item.State.STOLEN: ("red", "alert-triangle"),
    Item.State.RELEASED: ("secondary", "x"),
}


def state_of(loan: Loan, today: date) -> SafeString:
    """The state as a badge; what is late says by how much."""
    late = overdue.days_late(loan, today)
    if late:
        return state_badge(late_words(late), "red", "alert-triangle")
    return state_badge(loan.get_state_display(), *LOAN_LOOKS[Loan.State(loan.state)])


def state_words(loan: Loan, today: date) -> str:
    """The same, for a spreadsheet."""
    late = overdue.days_late(loan, today)
    return late_words(late) if late else loan.get_state_display()


def late_words(days: int) -> str:
    """`En retard de 3 jours`."""
    return ngettext("En retard de %(n)d jour", "En retard de %(n)d jours", days) % {"n": days}


def item_state(item: Item, today: date) -> SafeString:
    """The state of an asset in its loan, as a badge."""
    if item.state == Item.State.OUT and item.ends_date < today:
        return state_badge(_("En retard"), "red", "alert-triangle")
    return state_badge(item.get_state_display(), *ITEM_LOOKS[Item.State(item.state)])
