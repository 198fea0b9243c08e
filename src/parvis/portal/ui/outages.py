"""What the portal says while its database or its disk is at fault: 503, what to do, and nothing invented."""

from __future__ import annotations

import errno
from enum import Enum

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import context

RETRY_SECONDS = 10
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DISK_FULL = "53100"
"""PostgreSQL's code for it."""


class Outage(Enum):
    """What is at fault; its value is the code programs read."""

    DATABASE = "database_unavailable"
    NO_ROOM = "no_room"

    @property
    def title(self) -> str | Promise:
        """One sentence for a person."""
        if self is Outage.NO_ROOM:
            return _("Le portail n’a plus de place pour enregistrer")
        return _("Le portail ne peut pas répondre pour le moment")

    @property
    def advice(self) -> str | Promise:
        """What to do next."""
        if self is Outage.NO_ROOM:
            return _(
                "Ce que vous veniez d’envoyer n’est pas enregistré\u202f; ce qui l’était déjà est intact. Prévenez"
                " l’assistance informatique."
            )
        return _(
            "Sa base de données ne répond pas. Ce n’est pas de votre fait\u202f: attendez une minute, puis réessayez."
            " Si vous veniez d’enregistrer quelque chose, regardez d’abord si c’est fait."
        )


def outage_of(error: BaseException | None) -> Outage | None:
    """Which outage an exception speaks of; None: it is a fault of the program."""
    if isinstance(error, OSError):
        return Outage.NO_ROOM if error.errno in _NO_ROOM else None
    if not isinstance(error, (OperationalError, InterfaceError)):
        return None
    # SQLite names it in words only (sqlite3ErrStr); « disk I/O error » is what a quota gives.
    full = any(words in str(error) for words in ("disk is full", "disk I/O error"))
    return Outage.NO_ROOM if full or getattr(error.__cause__, "sqlstate", "") == _DISK_FULL else Outage.DATABASE


def answer(request: HttpRequest, outage: Outage) -> HttpResponse:
    """503, as a page, or as problem+json for programs. Reads neither the database nor the session."""
    if request.path_info.startswith(("/api/", "/internal/")):
        body = {"code": outage.value, "title": str(outage.title), "status": 503, "advice": str(outage.advice)}
        response: HttpResponse = JsonResponse(body, status=503, content_type="application/problem+json")
    else:
        template = engines["django"].from_string("{% include '503.html' %}")
        response = HttpResponse(
            template.render({"outage": outage, "correlation": context.correlation.get()}), status=503
        )
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
