"""« Mes données »: what is kept of me, a copy of it, and who looked at my sheet."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from parvis.portal.accounts import throttle
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock, files
from parvis.portal.privacy import archive, consultations, exports, registry, retention
from parvis.portal.privacy.models import DataExport

A_DAY = 3
"""Copies one may ask for in a day."""


@never_cache
def mine(request: HttpRequest) -> HttpResponseBase:
    """The page; a part of it refreshes itself while a copy is being made (`?partie=copie`)."""
    user, now = signed_in(request), clock.now()
    export = DataExport.objects.filter(user=user).exclude(state=DataExport.State.GONE).first()
    if export is not None and export.expires_at is not None and export.expires_at <= now:
        export = None
    context: dict[str, object] = {"export": export}
    if request.GET.get("partie") == "copie":
        return render(request, "privacy/mine_export.html", context)
    agent = Agent.objects.select_related("entity").filter(user=user).first()
    months = retention.months_by_kind()
    context |= {
        "agent": agent,
        "kinds": [(kind, months[kind.name]) for kind in registry.kinds() if kind.export is not None],
        "consultations": consultations.of_agent(agent) if agent else [],
    }
    return render(request, "privacy/mine.html", context)


@require_POST
@fresh_second_factor
def ask(request: HttpRequest) -> HttpResponseBase:
    """Have the copy made."""
    user = signed_in(request)
    throttle.hit("data-export", str(user.pk), limit=A_DAY, seconds=86400)
    exports.ask(actor=user, now=clock.now())
    messages.success(request, _("Votre copie se prépare. Vous recevrez un courriel quand elle sera prête."))
    return redirect("privacy:mine")


@never_cache
@fresh_second_factor
def download(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The file, to its owner and to nobody else."""
    now = clock.now()
    _export, file = exports.one(signed_in(request), export_id, now=now)
    return files.download(file, filename=archive.file_name(now))
