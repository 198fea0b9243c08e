"""What the page of a loan says and offers once it is granted: the next verb, the receipt, what came back and how."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import clock
from parvis.portal.loans import blocks, queries
from parvis.portal.loans.models import Extension, Item, Loan, Loss
from parvis.portal.loans.services import extending
from parvis.portal.loans.services.settling import to_put_in_order

MAIN, SIDE = "loans/under_way_main.html", "loans/under_way_side.html"


@dataclass(frozen=True, slots=True)
class Verb:
    """A button."""

    label: str
    icon: str
    url: str
    first: bool = False


def register() -> None:
    """Add both to the page of a loan."""
    blocks.register(MAIN, main)
    blocks.register(SIDE, side, blocks.SIDE)


def main(request: HttpRequest, loan: Loan) -> dict[str, object] | None:
    """What can be done with it now, by this user; what was said of it."""
    user = signed_in(request)
    manages, mine = is_staff(user, loan.entity), loan.agent.user_id == user.pk
    verbs = [
        *(_team_verbs(loan) if manages else ()),
        *(_agent_verbs(loan, mine, lends=manages and not mine) if mine or manages else ()),
    ]
    out = list(loan.items.filter(state=Item.State.OUT).select_related("asset")) if mine or manages else []
    extensions = list(loan.extensions.all()[:10])
    if not (verbs or out or extensions or loan.dropped_at):
        return None
    return {
        "verbs": verbs,
        "losable": [(item, reverse("loans:declare_loss", args=[item.pk])) for item in out],
        "extensions": extensions,
        "waiting": _waiting(loan, extensions),
        "manages": manages,
    }


def _waiting(loan: Loan, extensions: list[Extension]) -> Extension | None:
    if loan.state not in extending.EXTENDABLE:
        return None  # given back meanwhile: nothing to answer
    return next((each for each in extensions if each.state == Extension.State.REQUESTED), None)


def _team_verbs(loan: Loan) -> list[Verb]:
    verbs = []
    if loan.state == Loan.State.APPROVED:
        verbs.append(Verb(_("Préparer"), "package", reverse("loans:prepare", args=[loan.pk])))
    if loan.state in queries.WAITING:
        ready = loan.state == Loan.State.PREPARED
        verbs.append(Verb(_("Remettre"), "writing-sign", reverse("loans:hand_over", args=[loan.pk]), first=ready))
    if loan.state == Loan.State.OUT:
        verbs.append(Verb(_("Reprendre"), "refresh", reverse("loans:take_back", args=[loan.pk]), first=True))
    if to_put_in_order(loan):
        words = _("Remettre en état")
        verbs.append(Verb(words, "list-check", reverse("loans:put_in_order", args=[loan.pk]), first=True))
    return verbs


def _agent_verbs(loan: Loan, mine: bool, *, lends: bool) -> list[Verb]:
    """`lends`: for the IT team, which gives more days whatever the day and the count."""
    verbs = []
    asked = loan.extensions.filter(state=Extension.State.REQUESTED).exists()
    may = lends or (loan.ends_date >= clock.today() and extending.left(loan))
    if loan.state in extending.EXTENDABLE and not asked and may:
        verbs.append(Verb(_("Prolonger"), "calendar-time", reverse("loans:extend", args=[loan.pk])))
    if mine and loan.state == Loan.State.OUT and loan.dropped_at is None:
        words = _("Je l’ai déposé sans passer au comptoir")
        verbs.append(Verb(words, "truck-delivery", reverse("loans:leave", args=[loan.pk])))
    return verbs


def side(request: HttpRequest, loan: Loan) -> dict[str, object] | None:
    """The receipt, what came back and how, photos, losses: for the agent and the IT team that lends."""
    user = signed_in(request)
    manages = is_staff(user, loan.entity)
    if not manages and loan.agent.user_id != user.pk:
        return None
    items = loan.items.filter(state=Item.State.BACK).select_related("asset").prefetch_related("photos")
    losses = Loss.objects.filter(item__loan=loan).select_related("item__asset")
    if not (loan.receipt or items or losses):
        return None
    return {"items": items, "losses": losses, "manages": manages}
