"""Import of computers: a file, then what it would do, then the deed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import importing

SHOWN = 200
"""Lines shown in the preview; those with problems first."""


class FileForm(forms.Form):
    """The file, or its text when it is confirmed."""

    file = forms.FileField(
        label=gettext_lazy("Fichier CSV ou Excel"),
        help_text=gettext_lazy(
            "Colonnes\u202f: nom\u202f; adresse\u202f; mac\u202f; site\u202f; service\u202f; "
            "agent (son adresse électronique)."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> str:
        """Its text."""
        upload: Any = self.cleaned_data["file"]
        try:
            return importing.decode(upload.read(importing.MAX_BYTES + 1))
        except Invalid as problem:
            raise forms.ValidationError(str(problem.message)) from None


def import_computers(request: HttpRequest) -> HttpResponse:
    """Without anything: the form. With a file: what it would do. With the text, confirmed: done."""
    user = signed_in(request)
    require(YES if is_staff(user) else NOT_STAFF)
    if request.POST.get("confirmed") == "1":
        text = importing.decode(request.POST.get("text", "").encode())
        created, updated = importing.apply(actor=user, lines=importing.read(user, text), now=clock.now())
        messages.success(
            request,
            _("Import terminé\u202f: %(created)s ajoutés, %(updated)s mis à jour.")
            % {"created": created, "updated": updated},
        )
        return redirect("parc:computers")
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    if form.is_valid():
        text = form.cleaned_data["file"]
        try:
            return render(request, "parc/import_preview.html", _preview(importing.read(user, text), text))
        except Invalid as problem:
            show_problems(form, problem)
    return render(request, "parc/import.html", {"form": form})


def _preview(lines: list[importing.Line], text: str) -> dict[str, object]:
    wrong = [line for line in lines if line.problems]
    good = [line for line in lines if not line.problems]
    return {
        "text": text,
        "wrong": wrong,
        "new": sum(1 for line in good if line.existing is None),
        "updated": sum(1 for line in good if line.existing is not None),
        "good": len(good),
        "shown": [*wrong, *good][:SHOWN],
        "more": max(len(lines) - SHOWN, 0),
    }
