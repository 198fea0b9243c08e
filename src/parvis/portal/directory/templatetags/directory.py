"""`{% load directory %}`: phone numbers."""

from __future__ import annotations

from django import template

from parvis.portal.directory import rules

register = template.Library()

register.filter("phone", rules.phone_shown)
register.filter("dialled", rules.digits)
