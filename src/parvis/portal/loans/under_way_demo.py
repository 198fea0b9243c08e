"""What goes on with the demo's loans: signed receipts, returns that wait, more days asked for, a thing left, a theft.

Rows, not services: nobody is written to when the demo is made.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.loans import receipts
from parvis.portal.loans.models import Checklist, Extension, Item, Loan, Loss, Photo, PoolAsset, Reminder, Step
from parvis.portal.loans.receipts import Signature
from parvis.portal.parc.models import Asset, AssetEvent, Assignment

PERSONAS = ("claire.legoff@", "mathieu.riou@")


def go_on(*, team: User, now: datetime) -> None:
    """Let the loans that are out go on; those of the personas keep their receipt."""
    out = list(
        Loan.objects.filter(state=Loan.State.OUT)
        .select_related("offer", "agent__entity", "agent__user", "entity")
        .order_by("pk")
    )
    theirs = [loan for loan in out if loan.agent.email.startswith(PERSONAS)]
    others = [loan for loan in out if loan not in theirs and loan.ends_date > clock.today(now)]
    for loan in theirs:
        _sign(loan, team)
    if len(others) > 6:
        for loan in others[:3]:
            _bring_back(loan, team, now)
        for loan in others[3:5]:
            ends = loan.ends_date + timedelta(days=5)
            Extension.objects.create(loan=loan, ends_date=ends, reason="Le chantier dure", requested_at=now)
        left = others[5]
        Loan.objects.filter(pk=left.pk).update(
            dropped_at=now - timedelta(hours=2), dropped_place="accueil de la mairie"
        )
        _steal(others[6], now)
    _note(now)
    _remind(now)


def _sign(loan: Loan, team: User) -> None:
    items = list(loan.items.select_related("asset__model", "part"))
    receipt = receipts.build(
        loan, items, Signature(str(loan.agent), _scrawl()), authority=settings.PARVIS.authority_name,
        clerk=str(team), now=loan.out_at or loan.requested_at,
    )  # fmt: skip
    loan.receipt_digest, loan.signed_name = receipt.digest, str(loan.agent)
    loan.receipt.save(f"{secrets.token_hex(16)}.pdf", ContentFile(receipt.content), save=False)
    loan.save(update_fields=["receipt", "receipt_digest", "signed_name"])


def _scrawl() -> bytes:
    """A signature of nobody's."""
    picture = Image.new("L", (420, 120), "white")
    points = [(10, 80), (60, 20), (90, 100), (140, 40), (170, 90), (230, 60), (300, 75), (410, 50)]
    ImageDraw.Draw(picture).line(points, fill="black", width=4, joint="curve")
    return _written(picture, "PNG")


def _written(picture: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _bring_back(loan: Loan, team: User, now: datetime) -> None:
    """Back this morning, the first thing scratched; nothing put in order yet."""
    at = now - timedelta(hours=1)
    assets = list(loan.items.values_list("asset_id", flat=True))
    loan.items.update(state=Item.State.BACK, back_at=at, outcome=Item.Outcome.COMPLETE)
    first = loan.items.order_by("pk")[0]
    Item.objects.filter(pk=first.pk).update(outcome=Item.Outcome.DAMAGED, condition="capot rayé")
    photo = Photo(item=first, media_type="image/jpeg", taken_at=at)
    photo.file.save(f"{secrets.token_hex(16)}.jpg", ContentFile(_written(Image.new("RGB", (320, 200), "#889"), "JPEG")),
                    save=False)  # fmt: skip
    photo.save()
    Asset.objects.filter(pk__in=assets).update(state=Asset.State.STOCK, state_since_date=clock.today(now))
    Assignment.objects.filter(asset__in=assets, agent=loan.agent).delete()
    PoolAsset.objects.filter(asset__in=assets).update(needs_wipe=True)
    Loan.objects.filter(pk=loan.pk).update(state=Loan.State.BACK, back_at=at)
    for rank, step in enumerate(loan.offer.checklist.filter(phase=Checklist.Phase.RETURN)):
        done = {} if rank else {"done_at": now, "done_by": team}
        Step.objects.create(loan=loan, phase=step.phase, title=step.title, **done)


def _steal(loan: Loan, now: datetime) -> None:
    item = loan.items.order_by("pk")[0]
    Item.objects.filter(pk=item.pk).update(state=Item.State.STOLEN)
    Asset.objects.filter(pk=item.asset_id).update(state=Asset.State.LOST, state_since_date=clock.today(now))
    Assignment.objects.filter(asset=item.asset_id).delete()
    Loss.objects.create(
        item=item, kind="stolen", happened_date=clock.today(now) - timedelta(days=1), place="Gare de Rivemarine",
        declared_at=now - timedelta(hours=5), declared_by=loan.agent.user,
    )  # fmt: skip


def _note(now: datetime) -> None:
    """The history of each asset: lent, and given back."""
    events = []
    for item in Item.objects.filter(out_at__isnull=False).select_related("loan__offer", "loan__agent", "loan__out_by"):
        data = {"loan": item.loan_id, "offer": str(item.loan.offer), "until": item.ends_date.isoformat()}
        common = {"asset_id": item.asset_id, "agent": item.loan.agent, "actor": item.loan.out_by, "data": data}
        events.append(AssetEvent(at=item.out_at or now, kind=AssetEvent.Kind.LENT, **common))
        if item.back_at:
            events.append(AssetEvent(at=item.back_at, kind=AssetEvent.Kind.RETURNED, **common))
    AssetEvent.objects.bulk_create(events, batch_size=500)


def _remind(now: datetime) -> None:
    """Those who are late were told the day after."""
    late = Loan.objects.filter(state=Loan.State.OUT, ends_date__lt=clock.today(now) - timedelta(days=1))
    Reminder.objects.bulk_create(
        Reminder(loan=loan, kind="late-0", ends_date=loan.ends_date, sent_at=now - timedelta(days=1)) for loan in late
    )
