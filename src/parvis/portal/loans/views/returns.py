"""Taking back, photos of it, what was left without passing by the counter, what does not come back."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, Unavailable
from parvis.portal.loans import permissions, photos, queries
from parvis.portal.loans.models import Item, Loan, Loss, Photo
from parvis.portal.loans.services import losing, returning
from parvis.portal.loans.services.returning import Returned
from parvis.portal.loans.under_way_forms import ComplaintForm, LeaveForm, LossForm, ReturnForm
from parvis.portal.loans.views.counter import _shown, at_counter, take_back_context


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Item by item: whole, something missing, damaged; photos. From the counter or from the loan's page."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_manage(user, loan.entity))
    out = loan.items.filter(state=Item.State.OUT).select_related("asset__model", "part")
    if not out and request.method != "POST":
        return redirect("loans:loan", loan_id=loan.pk)
    if "not_there" in request.POST:
        returning.not_there(actor=user, loan=loan, now=clock.now())
        messages.success(request, _("C’est noté : le matériel est toujours chez l’agent."))
        return redirect("loans:loan", loan_id=loan.pk)
    forms = [ReturnForm(request.POST if request.method == "POST" else None, item=item) for item in out]
    problem = ""
    if request.method == "POST" and all(form.is_valid() for form in forms):
        try:
            items = returning.take_back(actor=user, loan=loan, returned=_returned(request, forms), now=clock.now())
        except (Conflict, Invalid) as refused:
            problem = next((words for faults in getattr(refused, "fields", {}).values() for words in faults), "")
            problem = problem or str(refused.message)
            loan.refresh_from_db()
        else:
            return _taken(request, user, loan, items)
    context = {**take_back_context(loan, forms), "problem": problem, "loan": loan}
    status = 422 if problem or any(form.errors for form in forms) else 200
    if at_counter(request):
        return _shown(request, user, context, status)
    return render(request, "loans/take_back.html", context, status=status)


def _returned(request: HttpRequest, forms: list[ReturnForm]) -> list[Returned]:
    """What the forms say. Photos are read last, and only of what comes back."""
    chosen = [form for form in forms if form.cleaned_data["back"]]
    return [
        Returned(
            form.item.pk,
            Item.Outcome(form.cleaned_data["outcome"]),
            form.cleaned_data["words"],
            form.cleaned_data["repair"],
            _photos(request, form),
        )
        for form in chosen
    ]


def _photos(request: HttpRequest, form: ReturnForm) -> list[bytes]:
    sent = request.FILES.getlist(form.photos_name)
    if len(sent) > returning.MAX_PHOTOS:
        raise Invalid(_("%(max)d photos au plus par matériel.") % {"max": returning.MAX_PHOTOS})
    return [photos.photo(cast(BinaryIO, each), size=each.size or 0) for each in sent]


def _taken(request: HttpRequest, user: User, loan: Loan, items: list[Item]) -> HttpResponse:
    left = loan.items.filter(state=Item.State.OUT).count()
    said = (
        _("Repris de %(agent)s, il reste %(n)d matériel à rendre.") % {"agent": loan.agent, "n": left}
        if left
        else _("Tout est repris de %(agent)s.") % {"agent": loan.agent}
    )
    wipe = [item for item in items if item.asset.pool.needs_wipe] if _pooled(items) else []
    if at_counter(request):
        return _shown(request, user, {"answer": "ok", "said": said, "wipe": loan if wipe else None})
    messages.success(request, said)
    return redirect("loans:put_in_order" if wipe else "loans:loan", loan_id=loan.pk)


def _pooled(items: list[Item]) -> bool:
    return all(hasattr(item.asset, "pool") for item in items)


@require_safe
def photo(request: HttpRequest, photo_id: int) -> HttpResponse:
    """A photo of a return: for the agent and the IT team that lends."""
    user = signed_in(request)
    seen = Photo.objects.filter(item__loan__in=queries.loans_visible_to(user))
    found = one(seen.select_related("item__loan__agent", "item__loan__entity"), photo_id)
    loan = found.item.loan
    if loan.agent.user_id != user.pk:
        authz.require(permissions.can_manage(user, loan.entity))
    try:
        with found.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type="image/jpeg")
    except OSError:
        raise Unavailable(_("Le fichier de cette photo manque."), code="photo_missing") from None
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = f'inline; filename="photo-{found.pk}.jpg"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, loan_id: int) -> HttpResponse:
    """« Je l’ai déposé »: where, and nobody looked yet."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_cancel(user, loan))
    if loan.state != Loan.State.OUT:
        return redirect("loans:loan", loan_id=loan.pk)
    form = LeaveForm(request.POST or None)
    if form.is_valid():
        try:
            returning.leave(actor=user, loan=loan, place=form.cleaned_data["place"], now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(
                request, _("C’est noté. L’équipe informatique vérifie le matériel et vous confirme le retour.")
            )
            return redirect("loans:loan", loan_id=loan.pk)
    return _form(request, form, _("Rendu sans passage au comptoir"), loan, yes=_("Je l’ai déposé"))


def _form(request: HttpRequest, form: object, title: str, loan: Loan, *, yes: str, lead: str = "") -> HttpResponse:
    status = 422 if getattr(form, "errors", None) else 200
    context = {"form": form, "title": title, "loan": loan, "yes": yes, "lead": lead}
    return render(request, "loans/under_way_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, loan_item_id: int) -> HttpResponse:
    """Lost or stolen: what, when, where."""
    user = signed_in(request)
    seen = Item.objects.filter(loan__in=queries.loans_visible_to(user))
    item = one(
        seen.select_related("asset__entity", "loan__agent__entity", "loan__agent__user", "loan__offer"), loan_item_id
    )
    authz.require(permissions.can_cancel(user, item.loan))
    if item.state != Item.State.OUT:
        return redirect("loans:loan", loan_id=item.loan_id)
    form = LossForm(request.POST or None, initial={"kind": request.GET.get("quoi", "lost")})
    if form.is_valid():
        data = form.cleaned_data
        try:
            losing.declare(
                actor=user, item=item, kind=data["kind"], happened=data["happened_date"], place=data["place"],
                complaint=data["complaint"], now=clock.now(),
            )  # fmt: skip
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La déclaration est enregistrée. L’équipe informatique est prévenue."))
            return redirect("loans:loan", loan_id=item.loan_id)
    title = _("Perte ou vol\u202f: %(asset)s") % {"asset": item.asset}
    lead = _("Si c’est un ordinateur, il n’est plus reconnu par le portail et ses connexions se ferment tout de suite.")
    return _form(request, form, title, item.loan, yes=_("Déclarer"), lead=lead)


def _losses(user: User) -> QuerySet[Loss]:
    seen = Loss.objects.filter(item__loan__in=queries.loans_visible_to(user))
    return seen.select_related(
        "item__asset__entity", "item__loan__offer", "item__loan__agent__entity", "item__loan__entity"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request: HttpRequest, loss_id: int) -> HttpResponse:
    """The number of the police report."""
    user = signed_in(request)
    loss = one(_losses(user), loss_id)
    authz.require(permissions.can_cancel(user, loss.item.loan))
    form = ComplaintForm(request.POST or None, initial={"complaint": loss.complaint})
    if form.is_valid():
        losing.add_complaint(actor=user, loss=loss, complaint=form.cleaned_data["complaint"], now=clock.now())
        messages.success(request, _("Le numéro de plainte est enregistré."))
        return redirect("loans:loan", loan_id=loss.item.loan_id)
    return _form(request, form, _("Plainte\u202f: %(asset)s") % {"asset": loss.item.asset}, loss.item.loan,
                 yes=_("Enregistrer"))  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, loss_id: int) -> HttpResponse:
    """It is there again."""
    user = signed_in(request)
    loss = one(_losses(user), loss_id)
    loan = loss.item.loan
    authz.require(permissions.can_manage(user, loan.entity))
    if request.method == "POST":
        losing.found(actor=user, loss=loss, now=clock.now())
        messages.success(request, _("%(asset)s est de nouveau en stock.") % {"asset": loss.item.asset})
        return redirect("loans:put_in_order", loan_id=loan.pk)
    context = {
        "question": _("%(asset)s est retrouvé\u202f?") % {"asset": loss.item.asset},
        "consequence": _(
            "Il revient en stock et attend d’être remis en état. Un ordinateur doit être enregistré de nouveau comme"
            " poste fourni."
        ),
        "yes": _("Il est retrouvé"),
        "back_url": reverse("loans:loan", args=[loan.pk]),
    }
    return render(request, "ui/confirm.html", context)
