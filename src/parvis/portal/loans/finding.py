"""What a scanner or a clerk typed at the counter: which loans are meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet
from django.urls import Resolver404, resolve

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agents_visible_to, search_agents
from parvis.portal.loans import queries
from parvis.portal.loans.models import Item, Loan
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.ui.search import words

SOON = timedelta(days=7)
"""A loan that begins later than this is not for today's counter."""
MOST = 20

_SHIFTED = str.maketrans("&é\"'(-è_çà)qQaAzZwW,?", "1234567890-aAqQwWzZmM")
"""What a scanner set to an American keyboard types on a French one, back to what the label says."""


@dataclass(frozen=True, slots=True)
class Found:
    """The loans an entry means; what was scanned, if it was a thing."""

    loans: list[Loan] = field(default_factory=list)
    asset: Asset | None = None
    agent: Agent | None = None


def find(user: User, text: str, *, today: date) -> Found:
    """By a thing's label (number, serial, name, address in a QR code), a badge, or an agent's name. Else nothing."""
    typed = " ".join(text.replace("\x00", "").split())[:300]
    if not typed:
        return Found()
    for each in _readings(typed):
        asset = _asset(user, each)
        if asset is not None:
            return _of_asset(user, asset, today)
    return _of_people(user, typed, today)


def waiting(user: User, today: date) -> QuerySet[Loan]:
    """What the team hands over at the counter about now: granted, begun or beginning today. With items."""
    loans = queries.loans_run_by(user).filter(state__in=queries.WAITING, starts_date__lte=today)
    return loans.prefetch_related("items__asset").order_by("starts_date", "agent__last_name", "pk")


def _readings(typed: str) -> Iterator[str]:
    yield typed
    if (right := typed.translate(_SHIFTED)) != typed:
        yield right


def _asset(user: User, text: str) -> Asset | None:
    visible = assets_visible_to(user)
    pk = _number_in_address(text)
    if pk is not None:
        return visible.filter(pk=pk).first()
    for condition in (Q(tag__iexact=text), Q(serial__iexact=text), Q(name__iexact=text)):
        found = list(visible.filter(condition)[:2])
        if len(found) == 1:
            return found[0]
    return None


def _number_in_address(text: str) -> int | None:
    """The asset an address of this portal is about, whatever name it was reached by."""
    if "/" not in text:
        return None
    try:
        match = resolve(urlsplit(text).path)
    except (Resolver404, ValueError):
        return None
    number = match.kwargs.get("asset_id", match.kwargs.get("computer_id"))
    return number if isinstance(number, int) else None


def _of_asset(user: User, asset: Asset, today: date) -> Found:
    if asset.kind == Asset.Kind.BADGE:
        holder = Agent.objects.filter(assignments__asset=asset).first()
        return _of_agent(user, holder, today) if holder is not None else Found(asset=asset)
    out = Q(items__asset=asset, items__state=Item.State.OUT)
    kept = Q(items__asset=asset, items__state=Item.State.RESERVED, starts_date__lte=today + SOON)
    loans = _at_the_counter(user, today).filter(out | kept).distinct()
    return Found(list(loans[:MOST]), asset)


def _of_agent(user: User, agent: Agent, today: date) -> Found:
    return Found(list(_at_the_counter(user, today).filter(agent=agent)[:MOST]), agent=agent)


def _of_people(user: User, text: str, today: date) -> Found:
    if not words(text):
        return Found()
    people = search_agents(agents_visible_to(user).filter(is_active=True), text, numbers=True)
    return Found(list(_at_the_counter(user, today).filter(agent__in=people.order_by().values("pk"))[:MOST]))


def _at_the_counter(user: User, today: date) -> QuerySet[Loan]:
    soon = Q(state__in=queries.WAITING, starts_date__lte=today + SOON)
    loans = queries.loans_run_by(user).filter(soon | Q(state=Loan.State.OUT)).prefetch_related("items__asset")
    return loans.order_by("starts_date", "pk")
