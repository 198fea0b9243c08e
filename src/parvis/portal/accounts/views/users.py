"""Accounts, for the IT team: list, invite, disable, take off a lost second factor."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts import elsewhere, queries, services
from parvis.portal.accounts.forms import InvitationForm
from parvis.portal.accounts.models import User
from parvis.portal.accounts.permissions import can_administer, can_administer_accounts, can_invite_anybody
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge


class UserTable(ListingTable):
    """One account a row."""

    last_name = tables.Column(verbose_name=gettext_lazy("Nom"), linkify=("accounts:user", {"user_id": tables.A("pk")}))
    first_name = tables.Column(verbose_name=gettext_lazy("Prénom"))
    email = tables.Column(verbose_name=gettext_lazy("Adresse électronique"))
    is_active = tables.Column(verbose_name=gettext_lazy("État"))
    has_second_factor = tables.Column(verbose_name=gettext_lazy("Deuxième étape"))
    last_login = tables.DateTimeColumn(verbose_name=gettext_lazy("Dernière connexion"), format="d/m/Y H:i")

    class Meta(ListingTable.Meta):
        model = User
        fields = ("last_name", "first_name", "email", "is_active", "has_second_factor", "last_login")

    def render_is_active(self, value: bool) -> str:
        """In words."""
        return state_badge(_("Actif"), "green") if value else state_badge(_("Désactivé"), "secondary")

    def value_is_active(self, value: bool) -> str:
        """In words, for the CSV."""
        return _("Actif") if value else _("Désactivé")

    def render_has_second_factor(self, value: bool) -> str:
        """In words."""
        return state_badge(_("Enregistrée"), "green") if value else state_badge(_("Pas encore"), "yellow")

    def value_has_second_factor(self, value: bool) -> str:
        """In words, for the CSV."""
        return _("Enregistrée") if value else _("Pas encore")


class UserFilter(django_filters.FilterSet):
    """By state."""

    is_active = django_filters.BooleanFilter(
        label=gettext_lazy("État"),
        widget=forms.Select(
            choices=[("", gettext_lazy("Tous")), ("true", gettext_lazy("Actif")), ("false", gettext_lazy("Désactivé"))]
        ),
    )
    has_second_factor = django_filters.BooleanFilter(
        field_name="has_second_factor",
        label=gettext_lazy("Deuxième étape"),
        widget=forms.Select(
            choices=[
                ("", gettext_lazy("Toutes")),
                ("true", gettext_lazy("Enregistrée")),
                ("false", gettext_lazy("Pas encore")),
            ]
        ),
    )

    class Meta:
        model = User
        fields = ("is_active", "has_second_factor")


class UserList(ListingView):
    """The accounts of the IT team's perimeter."""

    table_class, filterset_class = UserTable, UserFilter
    template_name = "accounts/users.html"
    title = gettext_lazy("Comptes")
    lead = gettext_lazy("Les personnes qui peuvent se connecter au portail, dans votre périmètre.")
    search_fields = ("first_name", "last_name", "email")
    export_name = "comptes"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun compte dans votre périmètre")

    def authorize(self) -> authz.Decision:
        """For the IT team."""
        return can_administer_accounts(_user(self.request))

    def get_queryset(self) -> QuerySet[User]:
        """The accounts the user administers."""
        return queries.visible_to(_user(self.request))


def detail(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """One account and what can be done with it."""
    actor = _user(request)
    shown = queries.visible_one(actor, user_id)
    lines = AuditRecord.objects.filter(target_type="accounts.user", target_id=str(shown.pk))[:20]
    context = {
        "shown": shown,
        "may": can_administer(actor, shown),
        "recovery": queries.open_recovery(shown),
        "lines": [(line, ACTIONS.get(line.action, line.action)) for line in lines],
        "sections": elsewhere.door().account_sections(request, shown),
    }
    return render(request, "accounts/user.html", context)


@fresh_second_factor
def invite(request: HttpRequest) -> HttpResponseBase:
    """A new account."""
    authz.require(can_invite_anybody(_user(request)))
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        try:
            invited = services.invite_user(actor=_user(request), now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            for field, faults in problem.fields.items():
                form.add_error(field, faults)
        else:
            messages.success(request, _("L’invitation part par courriel à %(email)s.") % {"email": invited.email})
            return redirect("accounts:users")
    return render(request, "accounts/invite.html", {"form": form})


@fresh_second_factor
def act(request: HttpRequest, user_id: int, action: str) -> HttpResponseBase:
    """Asks, then does one of `DEEDS` to an account."""
    actor = _user(request)
    shown = queries.visible_one(actor, user_id)
    deed = DEEDS[action]
    authz.require(can_administer(actor, shown))
    if request.method == "POST":
        deed["service"](actor=actor, user=shown, now=clock.now())
        messages.success(request, deed["done"])
        return redirect("accounts:user", user_id=shown.pk)
    context = {
        "question": deed["question"] % {"name": shown},
        "consequence": deed["consequence"],
        "yes": deed["yes"],
        "danger": deed["danger"],
        "back_url": reverse("accounts:user", kwargs={"user_id": shown.pk}),
    }
    return render(request, "ui/confirm.html", context)


DEEDS: dict[str, dict[str, Any]] = {
    "desactiver": {
        "service": services.disable_user,
        "question": gettext_lazy("Désactiver le compte de %(name)s\u202f?"),
        "consequence": gettext_lazy(
            "Ses connexions et ses bureaux à distance se ferment aussitôt, ses jetons sont révoqués."
        ),
        "yes": gettext_lazy("Désactiver"),
        "done": gettext_lazy("Le compte est désactivé."),
        "danger": True,
    },
    "reactiver": {
        "service": services.enable_user,
        "question": gettext_lazy("Réactiver le compte de %(name)s\u202f?"),
        "consequence": gettext_lazy("Cette personne pourra de nouveau se connecter, avec son mot de passe."),
        "yes": gettext_lazy("Réactiver"),
        "done": gettext_lazy("Le compte est réactivé."),
        "danger": False,
    },
    "inviter": {
        "service": services.invite_again,
        "question": gettext_lazy("Renvoyer l’invitation à %(name)s\u202f?"),
        "consequence": gettext_lazy("Un courriel avec un lien pour choisir son mot de passe lui est envoyé."),
        "yes": gettext_lazy("Envoyer"),
        "done": gettext_lazy("L’invitation part par courriel."),
        "danger": False,
    },
}

ACTIONS = {
    "accounts.signed_in": gettext_lazy("Connexion"),
    "accounts.signed_out": gettext_lazy("Déconnexion"),
    "accounts.sign_ins_ended": gettext_lazy("Connexions fermées"),
    "accounts.sign_in_refused": gettext_lazy("Connexion refusée"),
    "accounts.password_changed": gettext_lazy("Mot de passe changé"),
    "accounts.second_factor_added": gettext_lazy("Deuxième étape enregistrée"),
    "accounts.second_factor_removed": gettext_lazy("Deuxième étape retirée"),
    "accounts.second_factor_reset": gettext_lazy("Deuxième étape retirée par l’équipe informatique"),
    "accounts.recovery_asked": gettext_lazy("Récupération d’accès demandée"),
    "accounts.recovery_identified": gettext_lazy("Récupération d’accès\u202f: identité vérifiée"),
    "accounts.recovery_approved": gettext_lazy("Récupération d’accès approuvée"),
    "accounts.recovery_used": gettext_lazy("Accès retrouvé"),
    "accounts.recovery_refused": gettext_lazy("Récupération d’accès refusée"),
    "accounts.recovery_cancelled": gettext_lazy("Récupération d’accès annulée"),
    "accounts.recovery_expired": gettext_lazy("Récupération d’accès expirée"),
    "accounts.recovery_code_used": gettext_lazy("Code de secours utilisé"),
    "accounts.recovery_codes_renewed": gettext_lazy("Codes de secours renouvelés"),
    "accounts.user_invited": gettext_lazy("Invitation envoyée"),
    "accounts.user_disabled": gettext_lazy("Compte désactivé"),
    "accounts.user_enabled": gettext_lazy("Compte réactivé"),
    "federation.identity_linked": gettext_lazy("Identité d’un fournisseur liée"),
    "federation.identity_unlinked": gettext_lazy("Identité d’un fournisseur retirée"),
    "federation.account_opened": gettext_lazy("Compte ouvert à la première connexion"),
    "federation.confirmed": gettext_lazy("Deuxième étape donnée chez le fournisseur d’identité"),
}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the login middleware let nobody else in
    return request.user
