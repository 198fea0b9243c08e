"""The REST API of this room: offers, loans; asking for one, granting, refusing, cancelling."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Key, Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agents_visible_to
from parvis.portal.kernel import clock
from parvis.portal.loans import availability, queries
from parvis.portal.loans.models import Item, Loan, Offer, Part
from parvis.portal.loans.services import deciding, requesting
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import assets_visible_to

router = Router(tags=["loans"])


class PartOut(Schema):
    """What an offer is made of."""

    id: int
    label: str
    kind: Asset.Kind
    model_id: int | None
    quantity: int
    is_optional: bool


class OfferOut(Schema):
    """A line of the catalogue."""

    id: int
    entity_id: int
    name: str
    description: str
    max_days: int
    notice_days: int
    extensions: int
    approval: Offer.Approval
    is_open: bool
    parts: list[PartOut]

    @staticmethod
    def resolve_parts(offer: Offer) -> list[Part]:
        """From the prefetched parts."""
        return list(offer.parts.all())


class FreeOut(Schema):
    """What is free of an offer on some days."""

    kits: int
    """How many whole loans can begin and end on these days."""
    binding: str | None
    """The part there is least of."""
    first_free_date: date | None
    """The first day, from the one asked for, that begins as many free days."""


class ItemOut(Schema):
    """One asset of a loan."""

    id: int
    asset_id: int
    asset_name: str
    state: Item.State
    starts_date: date
    ends_date: date

    @staticmethod
    def resolve_asset_name(item: Item) -> str:
        """What people call it."""
        return str(item.asset)


class LoanOut(Schema):
    """An offer for an agent, for some days."""

    id: int
    entity_id: int
    offer_id: int
    agent_id: int
    purpose: str
    starts_date: date
    ends_date: date
    state: Loan.State
    is_overdue: bool
    requested_at: datetime
    decided_at: datetime | None
    refusal: str
    out_at: datetime | None
    back_at: datetime | None
    items: list[ItemOut]

    @staticmethod
    def resolve_items(loan: Loan) -> list[Item]:
        """Without what was given back to others before hand-over."""
        return [item for item in loan.items.all() if item.state != Item.State.RELEASED]

    @staticmethod
    def resolve_is_overdue(loan: Loan) -> bool:
        """Whether it should be back."""
        return loan.state == Loan.State.OUT and loan.ends_date < clock.today()


class LoanFilters(Schema):
    """What a list may be narrowed by."""

    state: Loan.State | None = None
    offer_id: int | None = Field(None, ge=0, le=2**62)
    agent_id: int | None = Field(None, ge=0, le=2**62)
    overdue: bool = False
    """Only what should be back."""


class LoanIn(Schema):
    """A loan to ask for. Both days are included."""

    offer_id: int = Field(ge=0, le=2**62)
    agent_id: int | None = Field(None, ge=0, le=2**62)
    """None: oneself."""
    starts_date: date
    ends_date: date
    purpose: Line = Field("", max_length=300)
    option_ids: list[Key] = Field(default_factory=list, max_length=20)
    """Optional parts."""
    waits: bool = False
    """Ask although nothing is free, and wait."""


class ApprovalIn(Schema):
    """How a loan is granted."""

    asset_ids: list[Key] = Field(default_factory=list, max_length=50)
    """Assets to keep; for the parts they leave out, the best free ones are chosen."""


class RefusalIn(Schema):
    """Why a loan is refused."""

    reason: Line = Field("", max_length=300)


@router.get("/loan-offers", response=list[OfferOut], operation_id="list_loan_offers", summary="The catalogue")
@paginate(Paging)
def list_offers(request: HttpRequest) -> QuerySet[Offer]:
    """What the caller may borrow, and for the IT team all of its perimeter, by name. Scope `read`."""
    user = require_scope(request, "read")
    return queries.offers_visible_to(user).prefetch_related("parts").order_by("name", "pk")


@router.get(
    "/loan-offers/{offer_id}/free", response=FreeOut, operation_id="free_loan_offer", summary="What is free when"
)
def free(
    request: HttpRequest, offer_id: int, starts_date: date | None = None, ends_date: date | None = None
) -> dict[str, object]:
    """Both days are included; without them, today. Scope `read`."""
    offer = one(queries.offers_visible_to(require_scope(request, "read")), offer_id)
    today = clock.today()
    starts = starts_date or today
    ends = ends_date or starts
    requesting.check_days(offer, starts, ends, today=today, lends=True)
    found = availability.of_offer(offer, today)
    binding = found.binding(starts, ends)
    return {
        "kits": found.kits(starts, ends),
        "binding": binding.part.label if binding is not None else None,
        "first_free_date": found.first_free(starts, (ends - starts).days + 1),
    }


@router.get("/loans", response=list[LoanOut], operation_id="list_loans", summary="Loans")
@paginate(Paging)
def list_loans(request: HttpRequest, filters: Query[LoanFilters]) -> QuerySet[Loan]:
    """One's own, one's agents' (heads of department), one's perimeter's (IT team); newest first. Scope `read`."""
    loans = queries.loans_visible_to(require_scope(request, "read")).prefetch_related("items__asset")
    if filters.state is not None:
        loans = loans.filter(state=filters.state)
    if filters.offer_id is not None:
        loans = loans.filter(offer_id=filters.offer_id)
    if filters.agent_id is not None:
        loans = loans.filter(agent_id=filters.agent_id)
    if filters.overdue:
        loans = loans.filter(queries.is_overdue(clock.today()))
    return loans.order_by("-starts_date", "-pk")


@router.get("/loans/{loan_id}", response=LoanOut, operation_id="get_loan", summary="One loan")
def get_loan(request: HttpRequest, loan_id: int) -> Loan:
    """Scope `read`."""
    return one(queries.loans_visible_to(require_scope(request, "read")), loan_id)


@router.post("/loans", response={201: LoanOut}, operation_id="request_loan", summary="Ask for a loan")
def request_loan(request: HttpRequest, body: LoanIn) -> Status[Loan]:
    """409 `nothing_free` (its advice is the nearest days), `loan_overdue`; 422 for days that cannot be had. Scope
    `write`.
    """
    user = require_scope(request, "write")
    offer = one(queries.offers_visible_to(user), body.offer_id)
    mine = Agent.objects.filter(user_id=user.pk, is_active=True).select_related("entity")
    agent = mine.get() if body.agent_id is None and mine.exists() else one(agents_visible_to(user), body.agent_id)
    loan = requesting.request_loan(
        actor=user,
        offer=offer,
        agent=agent,
        starts=body.starts_date,
        ends=body.ends_date,
        purpose=body.purpose,
        options=list(offer.parts.filter(pk__in=body.option_ids)),
        waits=body.waits,
        now=clock.now(),
    )
    return Status(201, loan)


@router.post("/loans/{loan_id}/approve", response=LoanOut, operation_id="approve_loan", summary="Grant a loan")
def approve_loan(request: HttpRequest, loan_id: int, body: ApprovalIn) -> Loan:
    """Assets are kept for its days. 409 `nothing_free`, `asset_taken`, `loan_moved`. Scope `write`."""
    user = require_scope(request, "write")
    loan = one(queries.loans_visible_to(user), loan_id)
    assets = [one(assets_visible_to(user), pk) for pk in body.asset_ids]
    deciding.approve(actor=user, loan=loan, now=clock.now(), assets=assets or None)
    return loan


@router.post("/loans/{loan_id}/refuse", response=LoanOut, operation_id="refuse_loan", summary="Refuse a loan")
def refuse_loan(request: HttpRequest, loan_id: int, body: RefusalIn) -> Loan:
    """The agent reads the reason. Scope `write`."""
    user = require_scope(request, "write")
    loan = one(queries.loans_visible_to(user), loan_id)
    deciding.refuse(actor=user, loan=loan, reason=body.reason, now=clock.now())
    return loan


@router.post("/loans/{loan_id}/cancel", response=LoanOut, operation_id="cancel_loan", summary="Give up a loan")
def cancel_loan(request: HttpRequest, loan_id: int) -> Loan:
    """One that was not handed over. Scope `write`."""
    user = require_scope(request, "write")
    loan = one(queries.loans_visible_to(user), loan_id)
    requesting.cancel_loan(actor=user, loan=loan, now=clock.now())
    return loan
