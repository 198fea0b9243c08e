"""Sheets of QR labels."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, is_staff, perimeter, within
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.stocktake.forms import LabelsForm
from parvis.portal.stocktake.labels import MAX_LABELS, SHEETS, Label, sheet_pdf
from parvis.portal.ui import search


def labels(request: HttpRequest) -> HttpResponse:
    """Choose (GET), count what is chosen (`?…`), then make the PDF (`&pdf=1`). `?asset=` keys: those alone."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = LabelsForm(request.GET if "sheet" in request.GET else None, user=user, initial={"sheet": "l7160"})
    asked = form.is_valid()
    chosen = assets_visible_to(user).filter(within(perimeter(user, *STAFF_ROLES)))
    chosen = chosen.exclude(state=Asset.State.DISPOSED)
    keys = [key for key in request.GET.getlist("asset") if key.isdigit() and len(key) < 19][:MAX_LABELS]
    if keys:
        chosen = chosen.filter(pk__in=keys)
    if asked:
        data = form.cleaned_data
        chosen = chosen.filter(search.matching(data["q"], (), ("search",)))
        chosen = chosen.filter(site=data["site"]) if data["site"] else chosen
        chosen = chosen.filter(kind=data["kind"]) if data["kind"] else chosen
    count = chosen.count() if asked else 0
    if asked and 0 < count <= MAX_LABELS and request.GET.get("pdf"):
        sheet = SHEETS[form.cleaned_data["sheet"]]
        rows = chosen.order_by("site__name", "room", "name", "pk")
        texts = (_label(request, asset) for asset in rows.iterator(chunk_size=500))
        authority = settings.PARVIS.authority_name
        content = sheet_pdf(texts, sheet=sheet, authority=authority, skip=form.cleaned_data["skip"] or 0)
        audit.record(actor=user, action="stocktake.labels_printed", now=clock.now(), data={"count": count})
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{_("etiquettes")}.pdf"'
        return response
    said = ngettext("%(count)d étiquette", "%(count)d étiquettes", count) % {"count": count}
    query = request.GET.copy()
    query["pdf"] = "1"
    context = {
        "form": form,
        "asked": asked,
        "count": count,
        "said": said,
        "too_many": count > MAX_LABELS,
        "max_labels": MAX_LABELS,
        "keys": keys,
        "pdf_url": f"{reverse('stocktake:labels')}?{query.urlencode()}",
    }
    return render(request, "stocktake/labels.html", context)


def _label(request: HttpRequest, asset: Asset) -> Label:
    return Label(
        address=request.build_absolute_uri(reverse("parc:asset", args=[asset.pk])),
        title=asset.tag or asset.name,
        lines=(asset.name if asset.tag else "", str(asset.model or asset.get_kind_display()), asset.serial),
    )
