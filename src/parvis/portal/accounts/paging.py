"""Pages of API lists: `@paginate(Paging)` under the router's decorator, the view returns a whole queryset."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from ninja.pagination import PaginationBase

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


class Paging(PaginationBase):
    """`?limit=` (50, at most 500) and `?offset=`; the answer is `{items, count}`."""

    class Input(Schema):
        """What the caller may ask for."""

        limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many items at most.")
        offset: int = Field(0, ge=0, le=2**31, description="How many items to skip.")

    class Output(Schema):
        """A part of the list, and how long the whole is."""

        items: list[Any] = Field(description="The items asked for, in the list's order.")
        count: int = Field(description="How many items there are in all.")

    def paginate_queryset(
        self, queryset: QuerySet[Any], pagination: Input, request: HttpRequest, **params: Any
    ) -> dict[str, Any]:
        """Two queries: the count and the items."""
        rows = queryset[pagination.offset : pagination.offset + pagination.limit]
        return {"items": list(rows), "count": queryset.count()}
