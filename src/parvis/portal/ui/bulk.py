"""Bulk actions of a list: a few ticked rows, or all that answer the search, with a confirmation in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.kernel.errors import Invalid, NotFound

Text = str | Promise
NAMES_SHOWN = 10


def everyone(_user: Any) -> bool:
    """Any user who sees the list."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """Something done to many rows at once.

    `run(request, rows, **answers)` calls a service and returns the sentence shown afterwards; `rows` is a queryset of
    what the user sees and chose; `answers` are the cleaned data of `form_class`, asked on the confirmation page.
    `pages(request, chosen)`, where a room has one, answers every step itself instead.
    """

    name: str
    label: Text
    icon: str
    run: Callable[..., Text] | None = None
    question: Text = ""
    consequence: Text = ""
    danger: bool = False
    allowed: Callable[[Any], bool] = everyone
    form_class: type[forms.Form] | None = None
    pages: Callable[[HttpRequest, Chosen], HttpResponse] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen, for an action with pages of its own."""

    rows: QuerySet[Any]
    count: int
    hidden: list[tuple[str, str]]
    """Names and values that say the same again in the next form."""
    back_url: str
    confirmed: bool
    """Confirmed, and still as many as when it was asked."""


def answer(request: HttpRequest, *, actions: Sequence[BulkAction], rows: QuerySet[Any], back_url: str) -> HttpResponse:
    """The confirmation page, or the deed and the way back.

    The count the person confirmed is sent again: if the rows changed meanwhile, they are asked once more.

    Raises:
        NotFound: no such action, or not for this user.
        Invalid: nothing was chosen.
    """
    action = next((each for each in actions if each.name == request.POST.get("action")), None)
    if action is None:
        raise NotFound
    chosen = _chosen(request, rows)
    count = chosen.count()
    if count == 0:
        raise Invalid(_("Aucune ligne n’est choisie."), advice=_("Cochez au moins une ligne, puis recommencez."))
    confirmed = request.POST.get("confirmed") == "1" and request.POST.get("expected") == str(count)
    if action.pages is not None:
        return action.pages(request, Chosen(chosen, count, _hidden(request, action, count), back_url, confirmed))
    if action.run is None:
        raise NotFound
    form = _form(action, request if confirmed else None)
    if not confirmed or (form is not None and not form.is_valid()):
        return _ask(request, action, chosen, count, form, back_url)
    sentence = action.run(request, chosen, **(form.cleaned_data if form is not None else {}))
    messages.success(request, str(sentence))
    return HttpResponseRedirect(back_url)


def _chosen(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    if request.POST.get("all") == "1":
        return rows
    key = rows.model._meta.pk
    wanted = []
    for text in request.POST.getlist("pk")[:500]:
        try:
            wanted.append(key.to_python(text))
        except forms.ValidationError:
            raise NotFound from None
    return rows.filter(pk__in=wanted)


def _form(action: BulkAction, request: HttpRequest | None) -> forms.Form | None:
    if action.form_class is None:
        return None
    return action.form_class(request.POST if request is not None else None)


def _hidden(request: HttpRequest, action: BulkAction, count: int) -> list[tuple[str, str]]:
    again = [("action", action.name), ("expected", str(count))]
    if request.POST.get("all") == "1":
        return [*again, ("all", "1")]
    return again + [("pk", pk) for pk in request.POST.getlist("pk")[:500]]


def _ask(
    request: HttpRequest,
    action: BulkAction,
    chosen: QuerySet[Any],
    count: int,
    form: forms.Form | None,
    back_url: str,
) -> HttpResponse:
    context = {
        "question": action.question,
        "consequence": action.consequence,
        "names": [str(row) for row in chosen[:NAMES_SHOWN]],
        "more": max(count - NAMES_SHOWN, 0),
        "yes": ngettext("%(label)s (%(n)d ligne)", "%(label)s (%(n)d lignes)", count)
        % {"label": action.label, "n": count},
        "danger": action.danger,
        "back_url": back_url,
        "hidden": _hidden(request, action, count),
        "form": form,
    }
    return render(request, "ui/confirm.html", context)
