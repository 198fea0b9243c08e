"""The IT team's side of calls for help: the list, one call with what was found and what lifts it, the answer."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.parc import queries as parc
from parvis.portal.parc.models import Computer
from parvis.portal.telework import (
    diagnosis_words,
    help_facts,
    help_permissions,
    help_queries,
    help_tables,
    path_wording,
    symptoms,
)
from parvis.portal.telework.diagnosis import Cause, Diagnosis
from parvis.portal.telework.help_forms import AnswerForm
from parvis.portal.telework.help_tables import HelpCallFilter, HelpCallTable
from parvis.portal.telework.models import HelpCall, Try
from parvis.portal.telework.rules import Stage
from parvis.portal.telework.services import help as services
from parvis.portal.telework.views.computer import ICONS
from parvis.portal.ui.listing import BulkAction, ListingView

TRIES_SHOWN = 8


def _take_all(request: HttpRequest, rows: QuerySet[HelpCall]) -> str:
    user, now, count = signed_in(request), clock.now(), 0
    for call in rows:
        try:
            services.take(actor=user, call=call, now=now)
        except ParvisError as problem:
            messages.warning(request, format_html("{}\u202f: {}", str(call.enrolment.agent), str(problem.message)))
        else:
            count += 1
    return ngettext("Vous prenez %(n)d demande d’aide.", "Vous prenez %(n)d demandes d’aide.", count) % {"n": count}


def _answer_all(request: HttpRequest, rows: QuerySet[HelpCall], words: str = "", unblock: bool = False) -> str:
    user, now, count = signed_in(request), clock.now(), 0
    for call in rows:
        try:
            services.answer(actor=user, call=call, words=words, unblock=unblock, now=now)
        except ParvisError as problem:
            messages.warning(request, format_html("{}\u202f: {}", str(call.enrolment.agent), str(problem.message)))
        else:
            count += 1
    return ngettext("%(n)d demande d’aide réglée.", "%(n)d demandes d’aide réglées.", count) % {"n": count}


class HelpCalls(ListingView):
    """« Demandes d’aide »."""

    table_class = HelpCallTable
    filterset_class = HelpCallFilter
    title = gettext_lazy("Demandes d’aide")
    lead = gettext_lazy("Les agents bloqués dans leur mise en service, avec ce que le portail a trouvé.")
    search_fields = ("computer__name",)
    search_folded_fields = ("enrolment__agent__search",)
    search_label = gettext_lazy("Agent ou ordinateur")
    export_name = "demandes-d-aide"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Personne n’attend")
    empty_text = gettext_lazy("Les demandes d’aide des agents apparaissent ici.")
    bulk_actions = (
        BulkAction(
            name="take",
            label=gettext_lazy("Prendre"),
            icon="user-check",
            run=_take_all,
            question=gettext_lazy("Vous occuper de ces demandes\u202f?"),
            consequence=gettext_lazy("Les agents voient votre nom."),
            allowed=is_staff,
        ),
        BulkAction(
            name="answer",
            label=gettext_lazy("Répondre"),
            icon="mail",
            run=_answer_all,
            question=gettext_lazy("Répondre la même chose à ces agents\u202f?"),
            consequence=gettext_lazy("Ils reçoivent un courriel, et leurs demandes sont réglées."),
            allowed=is_staff,
            form_class=AnswerForm,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return help_permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[HelpCall]:
        """Who waits first, the longest first; then what is looked at, then the newest settled."""
        rank = Case(
            When(state=HelpCall.State.WAITING, then=Value(0)),
            When(state=HelpCall.State.TAKEN, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        return (
            help_queries.help_calls_run_by(signed_in(self.request))
            .annotate(rank=rank)
            .order_by("rank", "created_at", "pk")
        )


@require_http_methods(["GET", "HEAD", "POST"])
def help_call(request: HttpRequest, help_call_id: int) -> HttpResponse:
    """One call: what was found then and is found now, what lifts it, the answer."""
    user = signed_in(request)
    authz.require(help_permissions.can_watch(user))
    call = one(help_queries.help_calls_run_by(user), help_call_id)
    helps = bool(help_permissions.can_help(user, call))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    refusal: Conflict | None = None
    if request.method == "POST":
        authz.require(help_permissions.can_help(user, call))
        if form.is_valid():
            try:
                services.answer(actor=user, call=call, now=clock.now(), **form.cleaned_data)
            except Invalid as problem:
                show_problems(form, problem)
            except Conflict as problem:
                refusal = problem
                call.refresh_from_db()
            else:
                messages.success(request, _("La demande est réglée, l’agent est prévenu."))
                return redirect("telework_staff:help_calls")
    now_found = _now(call) if call.state in help_queries.OPEN else None
    cause = now_found.cause if now_found is not None and now_found.is_obstacle else _cause_of(call)
    context = {
        "call": call,
        "state": help_tables.state_of(call),
        "stage": help_tables.stage_words(call.stage),
        "lines": help_facts.lines(call.facts),
        "words": diagnosis_words.WORDS.get(cause) if cause else None,
        "stumbled": path_wording.label_of(call.code),
        "lift_url": _lift_url(cause, call),
        "lift_words": diagnosis_words.LINKS.get(diagnosis_words.WORDS[cause].link) if cause else "",
        "now_found": now_found,
        "checks": [(each, diagnosis_words.STEPS[each.step], ICONS[each.state]) for each in now_found.checks]
        if now_found
        else [],
        "now_words": diagnosis_words.WORDS[now_found.cause] if now_found else None,
        "tries": _tries(call),
        "others": _others(call, cause) if cause else 0,
        "form": form,
        "helps": helps,
        "refusal": refusal,
        "sees_computer": call.computer is not None
        and parc.computers_visible_to(user).filter(pk=call.computer.pk).exists(),
    }
    return render(request, "telework/help_call.html", context, status=409 if refusal else 422 if form.errors else 200)


@require_POST
def take(request: HttpRequest, help_call_id: int) -> HttpResponse:
    """Look at it."""
    user = signed_in(request)
    call = one(help_queries.help_calls_run_by(user), help_call_id)
    try:
        services.take(actor=user, call=call, now=clock.now())
    except Conflict as problem:
        messages.warning(request, f"{problem.message} {problem.advice}".strip())
    return redirect("telework_staff:help_call", help_call_id=call.pk)


@require_POST
def give_back(request: HttpRequest, help_call_id: int) -> HttpResponse:
    """Let a colleague."""
    user = signed_in(request)
    call = one(help_queries.help_calls_run_by(user), help_call_id)
    try:
        services.give_back(actor=user, call=call, now=clock.now())
    except Conflict as problem:
        messages.warning(request, f"{problem.message} {problem.advice}".strip())
        return redirect("telework_staff:help_call", help_call_id=call.pk)
    messages.success(request, _("La demande attend de nouveau quelqu’un."))
    return redirect("telework_staff:help_calls")


def _now(call: HelpCall) -> Diagnosis | None:
    """What stands in the way at this moment, seen from here: the agent's device is not known."""
    if call.stage != Stage.COMPUTER:
        return None
    computer = call.computer
    if computer is None:
        computer = next(iter(symptoms.computers_of(call.enrolment)), None)
    return symptoms.of(call.enrolment, computer, clock.now())[1]


def _cause_of(call: HelpCall) -> Cause | None:
    return Cause(call.code) if call.code in set(Cause) else None


def _lift_url(cause: Cause | None, call: HelpCall) -> str:
    """Where the IT team lifts a cause; empty: nowhere in the portal."""
    if cause is None:
        return ""
    link, computer, agent = diagnosis_words.WORDS[cause].link, call.computer, call.enrolment.agent
    if link == "gateways":
        return reverse("remote_desktop_staff:gateways")
    if link == "assets":
        return reverse("directory:agent", args=[agent.pk])
    if link == "right":
        return f"{reverse('remote_desktop_staff:grant')}?{urlencode({'agent': agent.email})}"
    if link == "rules":
        return reverse("trust:tester")
    if link == "sessions":
        return reverse("remote_desktop_staff:history")
    return _computer_url(link, computer)


def _computer_url(link: str, computer: Computer | None) -> str:
    if computer is None:
        return ""
    if link == "site":
        return reverse("parc:site", args=[computer.site_id]) if computer.site_id else ""
    if link == "display":
        return reverse("remote_desktop_staff:display", args=[computer.pk])
    return reverse("parc:computer", args=[computer.pk]) if link == "computer" else ""


def _tries(call: HelpCall) -> list[tuple[Try, str, str]]:
    found = call.enrolment.tries.order_by("-at", "-pk")[:TRIES_SHOWN]
    return [(each, help_tables.stage_words(each.stage), path_wording.label_of(each.code)) for each in found]


def _others(call: HelpCall, cause: Cause) -> int:
    """How many other open calls of the agent's own entity say the same: a common cause is mended once."""
    same = Q(code=cause.value, enrolment__agent__entity=call.enrolment.agent.entity_id)
    there = HelpCall.objects.filter(same, state__in=help_queries.OPEN).exclude(pk=call.pk)
    return int(there.aggregate(n=Count("pk"))["n"])
