"""The IT team's pages about announcements."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.home import permissions, queries, tables
from parvis.portal.home.forms import AnnouncementForm
from parvis.portal.home.models import Announcement
from parvis.portal.home.services import announcements as services
from parvis.portal.home.services.published import require_somewhere
from parvis.portal.home.views.asked import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.ui.listing import ListingView


class AnnouncementList(ListingView):
    """The announcements of the perimeter, the newest first."""

    table_class = tables.AnnouncementTable
    filterset_class = tables.AnnouncementFilter
    template_name = "home/manage/announcements.html"
    title = _("Annonces")
    lead = _("Les messages affichés en haut de la page d’accueil des agents.")
    search_fields = ("title", "text")
    export_name = "annonces"
    empty_icon = "speakerphone"
    empty_title = _("Aucune annonce pour le moment")
    empty_text = _("Une maintenance prévue, une consigne\u202f: dites-le ici.")

    def authorize(self) -> authz.Decision:
        """The IT team."""
        return permissions.can_publish_somewhere(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Announcement]:
        """With the services of the audience."""
        mine = queries.announcements_managed_by(signed_in(self.request))
        return mine.prefetch_related("services_concerned").order_by("-starts_at")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new announcement."""
    user = signed_in(request)
    require_somewhere(user)
    initial = {
        "entity": queries.entities_managed_by(user).first(),
        "level": Announcement.Level.INFO,
        "starts_at": clock.now().astimezone(clock.PARIS).replace(tzinfo=None),
    }
    form = AnnouncementForm(request.POST or None, user=user, initial=initial)
    if form.is_valid():
        try:
            services.create_announcement(actor=user, content=form.content, now=clock.now())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("L’annonce est enregistrée."))
            return redirect("home:announcements")
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Change an announcement."""
    announcement = _announcement(request, announcement_id)
    user = signed_in(request)
    form = AnnouncementForm(request.POST or None, user=user, initial=AnnouncementForm.initial_of(announcement))
    if form.is_valid():
        try:
            services.change_announcement(actor=user, announcement=announcement, content=form.content, now=clock.now())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("L’annonce est enregistrée."))
            return redirect("home:announcements")
    return _form_page(request, form, announcement)


@require_POST
def end(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Stop showing it."""
    announcement = _announcement(request, announcement_id)
    services.end_announcement(actor=signed_in(request), announcement=announcement, now=clock.now())
    messages.success(
        request, gettext("L’annonce «\u202f%(title)s\u202f» n’est plus affichée.") % {"title": announcement}
    )
    return redirect("home:announcements")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Ask, then delete."""
    announcement = _announcement(request, announcement_id)
    if request.method == "POST" and request.POST.get("confirmed") == "1":
        services.delete_announcement(actor=signed_in(request), announcement=announcement, now=clock.now())
        messages.success(request, gettext("L’annonce «\u202f%(title)s\u202f» est supprimée.") % {"title": announcement})
        return redirect("home:announcements")
    context = {
        "question": gettext("Supprimer l’annonce «\u202f%(title)s\u202f»\u202f?") % {"title": announcement},
        "consequence": gettext("Les agents ne la verront plus, et elle disparaît de cette liste."),
        "yes": gettext("Supprimer"),
        "danger": True,
        "back_url": reverse("home:announcement", args=[announcement.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _announcement(request: HttpRequest, announcement_id: int) -> Announcement:
    announcement = queries.announcements_managed_by(signed_in(request)).filter(pk=announcement_id).first()
    if announcement is None:
        raise NotFound
    return announcement


def _form_page(request: HttpRequest, form: AnnouncementForm, announcement: Announcement | None) -> HttpResponse:
    running = announcement is not None and tables.announcement_state(announcement)[1] == "green"
    context = {"form": form, "announcement": announcement, "running": running}
    return render(request, "home/manage/announcement.html", context, status=422 if form.is_bound else 200)
