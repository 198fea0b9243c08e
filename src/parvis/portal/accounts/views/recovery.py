"""Recovery by two technicians: the person's page between password and second factor, and the team's pages."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from allauth.account.internal.decorators import login_stage_required
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts import permissions, queries, recovery, rules, tasks, throttle
from parvis.portal.accounts.forms import IdentifyForm, LostForm
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

COLORS = {"asked": "orange", "identified": "yellow", "approved": "blue", "used": "green", "refused": "red"}
ASKED_AN_HOUR = 5
CODES_A_MINUTE = 5


@require_http_methods(["GET", "POST"])
@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")
def lost(request: HttpRequest) -> HttpResponseBase:
    """For who gave the right password and has no second factor any more: ask, wait, give the code."""
    stage = request._login_stage  # type: ignore[attr-defined]
    user, now = stage.login.user, clock.now()
    recovery.expire(now=now, user=user)
    standing, form = queries.open_recovery(user), LostForm()
    what = request.POST.get("what", "")
    if what == "ask" and standing is None:
        throttle.hit("recovery", str(user.pk), limit=ASKED_AN_HOUR, seconds=3600)
        recovery.open_request(actor=user, user=user, now=now)
        return redirect("lost_factor")
    if what == "cancel" and standing is not None:
        recovery.cancel(actor=user, request=standing, now=now)
        return redirect("mfa_authenticate")
    if what == "code":
        throttle.hit("recovery-code", str(user.pk), limit=CODES_A_MINUTE, seconds=60)
        form = LostForm(request.POST)
        if form.is_valid():
            if recovery.use_code(user=user, typed=form.cleaned_data["code"], now=now):
                # Signed in by the password alone: no page but the enrolment opens (`SecondFactorMiddleware`).
                answer: HttpResponseBase = stage.exit()
                return answer
            form.add_error("code", _("Ce code n’est pas le bon, ou il n’est plus valable."))
            standing = queries.open_recovery(user)
    return render(request, "accounts/lost.html", {"recovery": standing, "form": form, "person": user})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def refuse_by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The link of the mail: “this is not me”. Asks once, because mail programs follow links by themselves."""
    number = tasks.refusal_of(token)
    found = RecoveryRequest.objects.select_related("user").filter(pk=number or 0, state__in=rules.OPEN).first()
    done = False
    if request.method == "POST" and found is not None:
        recovery.refuse(actor=None, request=found, now=clock.now())
        done = True
    return render(request, "accounts/refuse_by_link.html", {"recovery": found, "done": done})


class RecoveryTable(ListingTable):
    """One request a row."""

    opened_at = tables.DateTimeColumn(
        verbose_name=gettext_lazy("Demandée le"),
        format="d/m/Y H:i",
        linkify=("accounts:recovery", {"recovery_id": tables.A("pk")}),
    )
    user = tables.Column(verbose_name=gettext_lazy("Pour"), order_by=("user__last_name", "user__first_name"))
    state = tables.Column(verbose_name=gettext_lazy("État"))
    identified_by = tables.Column(verbose_name=gettext_lazy("Identité vérifiée par"), default="")
    approved_by = tables.Column(verbose_name=gettext_lazy("Approuvée par"), default="")

    class Meta(ListingTable.Meta):
        model = RecoveryRequest
        fields = ("opened_at", "user", "state", "identified_by", "approved_by")

    def render_state(self, record: RecoveryRequest) -> str:
        """In words."""
        return state_badge(record.get_state_display(), COLORS.get(record.state, "secondary"))

    def value_state(self, record: RecoveryRequest) -> str:
        """In words, for the CSV."""
        return str(record.get_state_display())


class RecoveryFilter(django_filters.FilterSet):
    """By state."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), choices=RecoveryRequest.State.choices, empty_label=gettext_lazy("Tous")
    )

    class Meta:
        model = RecoveryRequest
        fields = ("state",)


class RecoveryList(ListingView):
    """The requests of the team's perimeter."""

    table_class, filterset_class = RecoveryTable, RecoveryFilter
    title = gettext_lazy("Demandes de récupération")
    lead = gettext_lazy(
        "Des personnes qui ont perdu leur deuxième étape. Il faut deux personnes de l’équipe informatique\u202f:"
        " l’une vérifie l’identité, l’autre approuve."
    )
    search_fields = ("user__first_name", "user__last_name", "user__email")
    export_name = "demandes-de-recuperation"
    empty_icon = "lifebuoy"
    empty_title = gettext_lazy("Aucune demande")
    empty_text = gettext_lazy("Quand quelqu’un perd son téléphone et ses codes de secours, sa demande arrive ici.")

    def authorize(self) -> authz.Decision:
        """For the IT team."""
        return permissions.can_administer_accounts(_user(self.request))

    def get_queryset(self) -> QuerySet[RecoveryRequest]:
        """Those of the accounts the user administers."""
        return queries.recoveries_visible_to(_user(self.request))


@fresh_second_factor
def open_for(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Asks, then opens a request for somebody who called."""
    actor = _user(request)
    person = queries.visible_one(actor, user_id)
    authz.require(permissions.can_administer(actor, person))
    if request.method == "POST":
        opened = recovery.open_request(actor=actor, user=person, now=clock.now())
        return redirect("accounts:recovery", recovery_id=opened.pk)
    context = {
        "question": _("Ouvrir une demande de récupération pour %(name)s\u202f?") % {"name": person},
        "consequence": _(
            "Vous ou un collègue vérifierez son identité, puis une autre personne de l’équipe approuvera."
            " Sa deuxième étape actuelle n’est retirée qu’à la fin. Elle en est informée par courriel."
        ),
        "yes": _("Ouvrir la demande"),
        "back_url": reverse("accounts:user", kwargs={"user_id": person.pk}),
    }
    return render(request, "ui/confirm.html", context)


@never_cache
def detail(request: HttpRequest, recovery_id: int) -> HttpResponseBase:
    """One request and what can be done with it."""
    actor, now = _user(request), clock.now()
    found = queries.one_recovery(actor, recovery_id)
    return render(request, "accounts/recovery.html", _shown(actor, found, now))


@fresh_second_factor
def identify(request: HttpRequest, recovery_id: int) -> HttpResponseBase:
    """How the identity was checked."""
    actor, now = _user(request), clock.now()
    found = queries.one_recovery(actor, recovery_id)
    form = IdentifyForm(request.POST or None)
    if form.is_valid():
        recovery.identify(actor=actor, request=found, now=now, **form.cleaned_data)
        messages.success(
            request,
            _("C’est noté. Le délai d’une heure commence.")
            if found.alone
            else _("C’est noté. Une autre personne de l’équipe doit maintenant approuver."),
        )
        return redirect("accounts:recovery", recovery_id=found.pk)
    return render(request, "accounts/recovery.html", {**_shown(actor, found, now), "form": form})


@never_cache
@fresh_second_factor
def approve(request: HttpRequest, recovery_id: int) -> HttpResponseBase:
    """Asks, then shows the code, once."""
    actor, now = _user(request), clock.now()
    found = queries.one_recovery(actor, recovery_id)
    authz.require(permissions.can_approve(actor, found))
    if request.method == "POST":
        code = recovery.approve(actor=actor, request=found, now=now)
        return render(request, "accounts/recovery_code.html", {"recovery": found, "code": code})
    if found.state != RecoveryRequest.State.IDENTIFIED:
        raise Conflict
    context = {
        "question": _("Approuver la récupération d’accès de %(name)s\u202f?") % {"name": found.user},
        "consequence": _(
            "Un code vous sera montré une seule fois\u202f: ayez la personne devant vous ou au téléphone, au numéro"
            " de l’annuaire, pour le lui lire. Il est valable trente minutes, avec son mot de passe."
        ),
        "yes": _("Approuver et montrer le code"),
        "back_url": reverse("accounts:recovery", kwargs={"recovery_id": found.pk}),
    }
    return render(request, "ui/confirm.html", context)


@fresh_second_factor
def refuse(request: HttpRequest, recovery_id: int) -> HttpResponseBase:
    """Asks, then refuses."""
    actor, now = _user(request), clock.now()
    found = queries.one_recovery(actor, recovery_id)
    if request.method == "POST":
        recovery.refuse(actor=actor, request=found, now=now)
        messages.success(request, _("La demande est refusée."))
        return redirect("accounts:recoveries")
    context = {
        "question": _("Refuser la demande de %(name)s\u202f?") % {"name": found.user},
        "consequence": _("La personne en est informée par courriel. Elle pourra demander de nouveau."),
        "yes": _("Refuser"),
        "danger": True,
        "back_url": reverse("accounts:recovery", kwargs={"recovery_id": found.pk}),
    }
    return render(request, "ui/confirm.html", context)


def _shown(actor: User, found: RecoveryRequest, now: Any) -> dict[str, Any]:
    standing = found.state in rules.OPEN and now < found.expires_at
    return {
        "recovery": found,
        "standing": standing,
        "color": COLORS.get(found.state, "secondary"),
        "form": IdentifyForm() if standing and found.state == "asked" else None,
        "may_approve": permissions.can_approve(actor, found) if standing and found.state == "identified" else None,
        "too_early": found.not_before_at is not None and now < found.not_before_at,
        "by_owner": found.opened_by_id == found.user_id,
    }


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the login middleware let nobody else in
    return request.user
