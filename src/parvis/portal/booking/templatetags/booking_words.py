"""`{% load booking_words %}`: hours, telephone numbers and codes as they are read."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from parvis.portal.booking import looks, phones
from parvis.portal.booking.models import Booking, Pool

register = template.Library()


@register.filter
def hours(booking: Booking) -> str:
    """`10:00 – 11:30`."""
    return looks.hours(booking.starts_at, booking.ends_at)


@register.filter
def whole(booking: Booking) -> str:
    """`lundi 23 novembre 2026, 10:00 – 11:30`."""
    return looks.when(booking)


@register.filter
def number(value: str) -> str:
    """`02 98 00 12 34`."""
    return phones.shown(value)


@register.filter
def pin(value: str) -> str:
    """`482 117`."""
    return phones.pin_shown(value)


@register.filter
def equipment(codes: list[str]) -> str:
    """The equipment in words."""
    return ", ".join(looks.equipment_words(codes))


@register.filter
def booking_state(booking: Booking) -> SafeString:
    """Its state as a badge."""
    return looks.state_of(booking)


@register.filter
def kind_icon(kind: str) -> str:
    """The icon of a kind of pool."""
    return looks.ICONS[Pool.Kind(kind)]
