"""An agent's texts: what waits for their word, what they accepted, and its proof."""

from __future__ import annotations

from io import BytesIO

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock, files
from parvis.portal.kernel.errors import Conflict
from parvis.portal.telework import document_queries as reads
from parvis.portal.telework import proofs, queries, texts
from parvis.portal.telework.models import Document, Request
from parvis.portal.telework.services import documents
from parvis.portal.telework.team_forms import AcceptForm

PAST_SHOWN = 50


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """« Mes textes »: to accept, accepted."""
    agent = agent_of(signed_in(request))
    context = {
        "agent": agent,
        "waiting": documents.waiting_for(agent) if agent else [],
        "accepted": reads.acceptances_of(agent)[:PAST_SHOWN] if agent else [],
    }
    return render(request, "telework/texts_mine.html", context)


@require_safe
def charter(request: HttpRequest) -> HttpResponse:
    """To the charter that waits; where none does, to one's texts."""
    agent = agent_of(signed_in(request))
    waits = documents.charter_to_accept(agent) if agent else None
    return redirect("telework:accept", text_id=waits.pk) if waits is not None else redirect("telework:texts")


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, text_id: int) -> HttpResponse:
    """Read a text that applies to oneself, and accept it."""
    user = signed_in(request)
    agent = agent_of(user)
    document = one(reads.documents_visible_to(user).filter(published_at__isnull=False), text_id)
    if agent is None or not agent.entity.path.startswith(document.entity.path):
        return redirect("telework_staff:text", text_id=document.pk)  # seen as one of the team, not as who it binds
    about = _about(agent, document)
    form = AcceptForm(request.POST or None)
    problem: Conflict | None = None
    if form.is_valid():
        try:
            documents.accept(
                actor=user,
                agent=agent,
                document=document,
                request=about,
                shown_digest=form.cleaned_data["shown"],
                now=clock.now(),
            )
        except Conflict as found:
            problem = found
        else:
            return _next(request, agent, document)
    shown = documents.shown_to(agent, document, about)
    context = {
        "document": document,
        "blocks": texts.blocks(shown.partition("\n")[2]),
        "shown": texts.digest(shown),
        "form": form,
        "problem": problem,
        **_standing(agent, document, about),
    }
    return render(request, "telework/text_accept.html", context, status=409 if problem else 200)


def _about(agent: Agent, document: Document) -> Request | None:
    """The request an agreement is about."""
    return queries.live_request_of(agent) if document.kind == Document.Kind.AGREEMENT else None


def _standing(agent: Agent, document: Document, about: Request | None) -> dict[str, object]:
    """Whether there is something to accept, or to show that it was."""
    done = reads.acceptances_of(agent).filter(document=document, request=about).first()
    waits = any(each.document.pk == document.pk for each in documents.waiting_for(agent)) if done is None else False
    return {"done": done, "waits": waits}


def _next(request: HttpRequest, agent: Agent, document: Document) -> HttpResponse:
    messages.success(request, _("Vous avez accepté «\u202f%(text)s\u202f».") % {"text": document.title})
    left = documents.waiting_for(agent)
    if left:
        return redirect("telework:accept", text_id=left[0].document.pk)
    live = queries.live_request_of(agent)
    if live is None:
        return redirect("telework:ask")  # where most come from
    return redirect("telework:path" if live.state == Request.State.OPEN else "telework:mine")


@require_safe
def proof(request: HttpRequest, acceptance_id: int) -> HttpResponse:
    """What was accepted, by whom, when: to the agent, their head, the IT team."""
    user = signed_in(request)
    acceptance = one(reads.acceptances_visible_to(user), acceptance_id)
    proofs.check(acceptance)
    context = {
        "acceptance": acceptance,
        "facts": proofs.facts_of(acceptance),
        "blocks": texts.blocks(acceptance.shown.partition("\n")[2]),
        "own": acceptance.agent.user_id == user.pk,
    }
    return render(request, "telework/proof.html", context)


@require_safe
def proof_pdf(request: HttpRequest, acceptance_id: int) -> HttpResponseBase:
    """The same, to keep."""
    acceptance = one(reads.acceptances_visible_to(signed_in(request)), acceptance_id)
    content = proofs.document_of(acceptance, authority=settings.PARVIS.authority_name)
    response = files.download(BytesIO(content), filename=f"acceptation-{acceptance.pk}.pdf")
    response["Cache-Control"] = "private, no-store"
    return response
