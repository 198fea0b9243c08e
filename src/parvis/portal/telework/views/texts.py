"""Charters and agreements as the IT team runs them: versions, drafts, publication, who has accepted."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, one, show_problems, signed_in
from parvis.portal.directory.forms import entities_where
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock, files
from parvis.portal.kernel.errors import Invalid
from parvis.portal.telework import document_queries as reads
from parvis.portal.telework import proofs, setting_queries, team_permissions, texts
from parvis.portal.telework.models import Document, Request
from parvis.portal.telework.services import documents
from parvis.portal.telework.team_forms import TextForm
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

DRAFT, IN_FORCE, REPLACED = "draft", "in_force", "replaced"
STATES = {
    DRAFT: (gettext_lazy("Brouillon"), "orange", "edit"),
    IN_FORCE: (gettext_lazy("En vigueur"), "green", "circle-check"),
    REPLACED: (gettext_lazy("Remplacé"), "secondary", "history"),
}
FIELDS = ("entity", "kind", "title", "text", "asks_again")


class TextTable(ListingTable):
    """One version a row."""

    title = tables.Column(
        linkify=("telework_staff:text", {"text_id": tables.A("pk")}), verbose_name=gettext_lazy("Titre")
    )
    kind = tables.Column(verbose_name=gettext_lazy("Type"))
    entity = tables.Column(order_by=("entity__path",), verbose_name=gettext_lazy("Entité"))
    version = tables.Column(verbose_name=gettext_lazy("Version"))
    state = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("État"))
    published_at = tables.DateColumn(format="d/m/Y", default="—", verbose_name=gettext_lazy("Publié le"))
    accepted = tables.Column(verbose_name=gettext_lazy("Acceptations"))

    class Meta(ListingTable.Meta):
        model = Document
        fields = ("title", "kind", "entity", "version", "state", "published_at", "accepted")

    def __init__(self, *args: Any, last: frozenset[int] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last = last

    def render_state(self, record: Document) -> SafeString:
        """A badge."""
        return state_badge(*STATES[state_of(record, self.last)])

    def value_state(self, record: Document) -> str:
        """The word."""
        return str(STATES[state_of(record, self.last)][0])


def state_of(document: Document, last: frozenset[int]) -> str:
    """`last`: the ids of the newest published versions."""
    if document.published_at is None:
        return DRAFT
    return IN_FORCE if document.pk in last else REPLACED


def last_versions() -> frozenset[int]:
    """The newest published version of each entity's texts. Two queries."""
    newest: dict[tuple[str, str], int] = {}
    for kind in Document.Kind.values:
        for each in reads.published(kind):  # oldest first
            newest[each.path, kind] = each.pk
    return frozenset(newest.values())


class TextFilter(django_filters.FilterSet):
    """By type and entity."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"), empty_label=gettext_lazy("Tous"), choices=Document.Kind
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Entité"), empty_label=gettext_lazy("Toutes"), method="below"
    )
    entity.field_class = EntityChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["entity"].queryset = setting_queries.entities_of(self.request.user)

    def below(self, rows: QuerySet[Document], _name: str, value: Entity) -> QuerySet[Document]:
        """And all below it."""
        return rows.filter(entity__path__startswith=value.path)


class Texts(ListingView):
    """Every version of the perimeter, newest first."""

    table_class = TextTable
    filterset_class = TextFilter
    template_name = "telework/texts.html"
    title = gettext_lazy("Chartes et conventions")
    lead = gettext_lazy("Les textes que les agents acceptent pour télétravailler, version par version.")
    search_fields = ("title", "entity__name")
    export_name = "textes-du-teletravail"
    empty_icon = "certificate"
    empty_title = gettext_lazy("Aucun texte")
    empty_text = gettext_lazy("Sans charte, un agent demande son télétravail sans rien accepter.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return team_permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Document]:
        """Those of the perimeter, with how many accepted each."""
        mine = reads.documents_run_by(signed_in(self.request)).defer("text")
        return mine.annotate(accepted=Count("acceptances")).order_by("kind", "entity__path", "-version")

    @cached_property
    def _last(self) -> frozenset[int]:
        return last_versions()

    def table_kwargs(self) -> dict[str, object]:
        """Which versions are in force."""
        return {"last": self._last}

    def extra_context(self) -> dict[str, object]:
        """Whether the user may write one."""
        return {"writes": bool(team_permissions.can_set(signed_in(self.request)))}


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A first version, or the next one (`?depuis=`)."""
    user = signed_in(request)
    authz.require(team_permissions.can_set(user))
    before = request.GET.get("depuis")
    source = one(reads.documents_run_by(user), before) if before else None
    return _form(request, user, None, source)


@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, text_id: int) -> HttpResponse:
    """A version: a draft is written on, what is published is read."""
    user = signed_in(request)
    document = one(reads.documents_visible_to(user), text_id)
    authz.require(team_permissions.can_watch(user))
    writes = bool(team_permissions.can_set(user, document.entity))
    if document.published_at is None and writes:
        return _form(request, user, document, document)
    if request.method == "POST":
        authz.require(team_permissions.can_set(user, document.entity))
        messages.info(request, _("Un texte publié ne change plus\u202f: préparez la version suivante."))
    state = state_of(document, last_versions())
    context = {
        "document": document,
        "blocks": texts.blocks(document.text),
        "state": state_badge(*STATES[state]),
        "in_force": state == IN_FORCE,
        "writes": writes,
        "runs": reads.documents_run_by(user).filter(pk=document.pk).exists(),
        "accepted": document.acceptances.count(),
    }
    return render(request, "telework/text.html", context)


def _form(request: HttpRequest, user: User, document: Document | None, source: Document | None) -> HttpResponse:
    initial = {name: getattr(source, name) for name in FIELDS} if source is not None else None
    entities = entities_where(user, Role.HEAD_OF_IT)
    form = TextForm(request.POST or None, entities=entities, fixed=source is not None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = documents.save_draft(actor=user, document=document, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le brouillon est enregistré."))
            return redirect("telework_staff:text", text_id=saved.pk)
    context = {"form": form, "document": document, "blocks": texts.blocks(document.text) if document else []}
    return render(request, "telework/text_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, text_id: int) -> HttpResponse:
    """Ask, then put in force."""
    user = signed_in(request)
    document = one(reads.documents_run_by(user), text_id)
    authz.require(team_permissions.can_set(user, document.entity))
    if request.method == "POST":
        documents.publish(actor=user, document=document, now=clock.now())
        messages.success(request, _("«\u202f%(text)s\u202f» est en vigueur.") % {"text": document.title})
        return redirect("telework_staff:text", text_id=document.pk)
    context = {
        "question": _("Publier «\u202f%(text)s\u202f», version %(number)d\u202f?")
        % {"text": document.title, "number": document.version},
        "consequence": _("Il ne changera plus. Les agents le liront et l’accepteront.")
        if document.asks_again
        else _("Il ne changera plus. Qui a accepté la version précédente n’aura rien à faire."),
        "yes": _("Publier"),
        "back_url": reverse("telework_staff:text", args=[document.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, text_id: int) -> HttpResponse:
    """Ask, then throw a draft away."""
    user = signed_in(request)
    document = one(reads.documents_run_by(user), text_id)
    authz.require(team_permissions.can_set(user, document.entity))
    if request.method == "POST":
        documents.delete_draft(actor=user, document=document, now=clock.now())
        messages.success(request, _("Le brouillon est jeté."))
        return redirect("telework_staff:texts")
    context = {
        "question": _("Jeter le brouillon «\u202f%(text)s\u202f»\u202f?") % {"text": document.title},
        "yes": _("Jeter"),
        "danger": True,
        "back_url": reverse("telework_staff:text", args=[document.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_safe
def text_pdf(request: HttpRequest, text_id: int) -> HttpResponseBase:
    """The text to print."""
    user = signed_in(request)
    document = one(reads.documents_visible_to(user), text_id)
    content = proofs.text_of(document, authority=settings.PARVIS.authority_name)
    return files.download(BytesIO(content), filename=f"texte-{document.kind}-v{document.version}.pdf")


# Who has accepted


class PeopleTable(ListingTable):
    """One granted request a row."""

    agent = tables.Column(order_by=("agent__last_name", "agent__first_name"), verbose_name=gettext_lazy("Agent"))
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    state = tables.Column(verbose_name=gettext_lazy("Télétravail"))
    done = tables.Column(verbose_name=gettext_lazy("Texte"))

    class Meta(ListingTable.Meta):
        model = Request
        fields = ("agent", "entity", "state", "done")

    def render_done(self, value: bool, record: Any) -> SafeString:
        """A badge; what is accepted leads to its proof."""
        if value:
            badge = state_badge(_("Accepté"), "green", "circle-check")
            return format_html('<a href="{}">{}</a>', reverse("telework:proof", args=[record.proof_id]), badge)
        return state_badge(_("À accepter"), "orange", "hourglass")

    def value_done(self, value: bool) -> str:
        """The word."""
        return _("Accepté") if value else _("À accepter")


class PeopleFilter(django_filters.FilterSet):
    """Accepted or not."""

    done = django_filters.ChoiceFilter(
        label=gettext_lazy("Texte"),
        empty_label=gettext_lazy("Tous"),
        choices=[("yes", gettext_lazy("Accepté")), ("no", gettext_lazy("À accepter"))],
        method="accepted",
    )

    def accepted(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """One or the other."""
        return rows.filter(done=value == "yes")


def _remind(request: HttpRequest, rows: QuerySet[Any]) -> str:
    user = signed_in(request)
    document = one(reads.documents_run_by(user), _text_id(request))
    waiting = [each for each in rows if not each.done]
    sent = documents.remind(actor=user, document=document, requests=waiting, now=clock.now())
    return ngettext("%(n)d agent relancé.", "%(n)d agents relancés.", sent) % {"n": sent}


def _text_id(request: HttpRequest) -> int:
    match = request.resolver_match
    return int(match.kwargs["text_id"]) if match is not None else 0


class TextPeople(ListingView):
    """The teleworkers a text binds: who accepted it, who has still to."""

    table_class = PeopleTable
    filterset_class = PeopleFilter
    template_name = "telework/text_people.html"
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "acceptations"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun télétravail accordé ici")
    bulk_actions = (
        BulkAction(
            name="remind",
            label=gettext_lazy("Relancer"),
            icon="mail",
            run=_remind,
            question=gettext_lazy("Écrire à ces agents que le texte les attend\u202f?"),
            consequence=gettext_lazy("Ceux qui l’ont accepté ne reçoivent rien."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors, for a text of theirs."""
        return team_permissions.can_watch(signed_in(self.request))

    @cached_property
    def document(self) -> Document:
        """The text."""
        return one(reads.documents_run_by(signed_in(self.request)), _text_id(self.request))

    @property
    def title(self) -> str:  # type: ignore[override]
        """Which text."""
        return _("Acceptations de «\u202f%(text)s\u202f»") % {"text": self.document}

    def get_queryset(self) -> QuerySet[Any]:
        """With whether it is accepted."""
        bound = reads.bound_requests(signed_in(self.request), self.document)
        return bound.order_by("done", "agent__last_name", "agent__first_name", "pk")

    def extra_context(self) -> dict[str, object]:
        """The text."""
        return {"document": self.document}
