"""Where the pages of other rooms are."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parvis.portal.parc.models import Asset


def asset_url(asset_id: int) -> str:
    """The page of an asset."""
    return reverse("parc:asset", kwargs={"asset_id": asset_id})


def asset_link(asset: Asset) -> SafeString:
    """Its name, which leads to its page."""
    return format_html('<a href="{}">{}</a>', asset_url(asset.pk), asset.name)
