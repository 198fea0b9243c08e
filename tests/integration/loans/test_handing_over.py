"""Preparation and hand-over: who has the things, what is signed, what is kept of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core import mail
from pypdf import PdfReader

from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.loans import photos, receipts, tasks
from parvis.portal.loans.models import Checklist, Item, Loan, PoolAsset
from parvis.portal.loans.receipts import Signature
from parvis.portal.loans.services import handing_over, preparing
from parvis.portal.parc.models import AssetEvent, Assignment
from tests.integration.authority import make_member
from tests.integration.loans.counter import SIGNED, drawn, granted, handed_over, with_steps
from tests.integration.loans.loaning import NOW, Lender, day, make_lender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def lender() -> Lender:
    return with_steps(make_lender())


def text_of(content: bytes) -> str:
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return " ".join(words.replace("\u00a0", " ").split())


def test_steps_are_ticked_until_all_is_ready(lender: Lender) -> None:
    loan, clerk = granted(lender), lender.technician
    with pytest.raises(Conflict, match="steps_left"):
        preparing.finish(actor=clerk, loan=loan, now=NOW)
    assert preparing.tick(actor=clerk, loan=loan, done=["Essayer le VPN"], now=NOW) == 1
    # The offer's list changes: a loan that was begun keeps its own.
    Checklist.objects.create(offer=lender.offer, phase="prepare", title="Autre chose")
    assert preparing.titles(loan, Checklist.Phase.PREPARE) == [("Charger la batterie", False), ("Essayer le VPN", True)]
    assert preparing.tick(actor=clerk, loan=loan, done=["Charger la batterie", "Essayer le VPN"], now=NOW) == 0
    assert preparing.finish(actor=clerk, loan=loan, now=NOW)
    assert not preparing.finish(actor=clerk, loan=loan, now=NOW)
    assert Loan.objects.get().state == "prepared"
    assert {step.done_by for step in loan.steps.all()} == {clerk}


def test_what_leaves_is_the_agents_and_in_service(lender: Lender) -> None:
    loan = handed_over(lender)
    laptop = lender.laptops[0]
    laptop.refresh_from_db()
    assert (loan.state, laptop.state) == ("out", "deployed")
    assert Assignment.objects.filter(asset=laptop, agent=lender.agent).exists()
    lent = AssetEvent.objects.get(asset=laptop, kind="lent")
    assert (lent.agent, lent.actor, lent.data["until"]) == (lender.agent, lender.technician, day(5).isoformat())
    assert "Essai" not in str(lent.data), "no name of a person in the asset's history"
    assert set(loan.items.values_list("state", flat=True)) == {"out"}
    line = AuditRecord.objects.get(action="loans.loan_handed_over")
    assert line.data["receipt"] == loan.receipt_digest
    assert line.entity_id == lender.root.pk


def test_the_receipt_says_who_what_until_when_and_is_signed(lender: Lender) -> None:
    lender.offer.terms = "Je ne prête pas ce matériel.\nJe le rends <propre> & complet."
    lender.offer.save()
    lender.laptops[0].serial = "SN-ÀÉ-0042"
    lender.laptops[0].save()
    loan = granted(lender)
    drawing = photos.signature(drawn())
    handing_over.hand_over(actor=lender.technician, loan=loan, signature=Signature("Zoé Œuvrard", drawing), now=NOW)
    content = receipts.read(loan)
    said = text_of(content)
    for words in (
        str(lender.agent), "Poste nomade", "samedi 28 novembre 2026", lender.laptops[0].name, "SN-ÀÉ-0042",
        "Je le rends <propre> & complet.", "Signé à l’écran par Zoé Œuvrard, lundi 23 novembre 2026 à 09:00",
        f"Remis par {lender.technician}", "2 matériels remis",
    ):  # fmt: skip
        assert words in said, said
    page = PdfReader(BytesIO(content)).pages[0]
    assert len(page.images) == 1
    assert hashlib.sha256(content).hexdigest() == loan.receipt_digest


def test_a_typed_name_signs_as_well(lender: Lender) -> None:
    loan = handed_over(lender)
    assert "Accord donné en écrivant son nom : Zoé Œuvrard" in text_of(receipts.read(loan))
    assert not PdfReader(BytesIO(receipts.read(loan))).pages[0].images


def test_a_receipt_never_changes_and_one_that_did_is_not_given_out(lender: Lender) -> None:
    loan = handed_over(lender)
    first = receipts.read(loan)
    lender.offer.name, lender.agent.last_name = "Autre nom", "Autrement"
    lender.offer.save()
    lender.agent.save()
    assert receipts.read(Loan.objects.get()) == first
    Path(loan.receipt.path).write_bytes(first + b"\n")
    with pytest.raises(Unavailable, match="receipt_altered"):
        receipts.read(Loan.objects.get())
    Path(loan.receipt.path).unlink()
    with pytest.raises(Unavailable, match="receipt_altered"):
        receipts.read(Loan.objects.get())


def test_the_receipt_goes_to_the_agent_by_mail(lender: Lender) -> None:
    loan = handed_over(lender)
    tasks.send_receipt.func(loan_id=loan.pk)
    (message,) = mail.outbox
    assert message.to == [lender.agent.email]
    assert message.attachments[0].filename == f"recu-{loan.pk}.pdf"
    assert message.attachments[0].content == receipts.read(loan)


def test_twice_is_once(lender: Lender) -> None:
    loan = granted(lender)
    again = Loan.objects.select_related("offer", "agent", "entity").get()
    handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=NOW)
    with pytest.raises(Conflict, match="handed_over_already"):
        handing_over.hand_over(actor=lender.technician, loan=again, signature=Signature("Un autre"), now=NOW)
    assert Loan.objects.get().signed_name == "Zoé Œuvrard"
    assert AssetEvent.objects.filter(kind="lent").count() == 2


def test_what_stays_behind_is_free_for_others(lender: Lender) -> None:
    loan = granted(lender)
    laptop = loan.items.get(asset__kind="laptop")
    handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=NOW, only=[laptop.pk])
    assert loan.items.get(asset__kind="accessory").state == "released"
    lender.bags[0].refresh_from_db()
    assert lender.bags[0].state == "stock"


@pytest.mark.parametrize("what", ["wipe", "repair", "gone", "nameless", "nothing", "foreign"])
def test_what_cannot_leave_does_not_and_nothing_is_written(lender: Lender, what: str) -> None:
    loan, clerk, signature = granted(lender), lender.technician, SIGNED
    only = None
    if what == "wipe":
        PoolAsset.objects.filter(asset=lender.bags[0]).update(needs_wipe=True)
    elif what == "repair":
        type(lender.bags[0]).objects.filter(pk=lender.bags[0].pk).update(state="repair")
    elif what == "gone":
        lender.agent.is_active = False
        lender.agent.save()
        loan = Loan.objects.get()
    elif what == "nameless":
        signature = Signature("  ")
    elif what == "nothing":
        only = [0]
    else:
        clerk = make_member(lender.department)
    with pytest.raises((Conflict, Invalid, NotAllowed)):
        handing_over.hand_over(actor=clerk, loan=loan, signature=signature, now=NOW, only=only)
    assert Loan.objects.get().state == "approved"
    assert not AssetEvent.objects.filter(kind="lent").exists()
    assert set(Item.objects.values_list("state", flat=True)) == {"reserved"}


def test_handed_over_before_its_first_day_only_if_nobody_has_it(lender: Lender) -> None:
    later = granted(lender, 3, 6)
    sooner = granted(lender, 0, 2)
    with pytest.raises(Conflict, match="asset_taken"):
        handing_over.hand_over(actor=lender.technician, loan=later, signature=SIGNED, now=NOW)
    Item.objects.filter(loan=sooner).update(state="released")
    handing_over.hand_over(
        actor=lender.technician, loan=Loan.objects.get(pk=later.pk), signature=SIGNED, now=NOW + timedelta(hours=1)
    )
    assert Loan.objects.get(pk=later.pk).starts_date == day(0)


def test_a_hand_over_that_fails_at_the_end_leaves_no_signed_paper(
    lender: Lender, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loan = granted(lender)

    def fail(**_more: object) -> None:
        raise OSError("the queue is away")

    monkeypatch.setattr(handing_over.tasks, "send_receipt", type("Task", (), {"enqueue": staticmethod(fail)}))
    with pytest.raises(OSError, match="queue"):
        handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=NOW)
    assert Loan.objects.get().state == "approved"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    monkeypatch.undo()


def test_who_comes_second_leaves_the_first_ones_paper(lender: Lender) -> None:
    first, second = granted(lender), Loan.objects.select_related("offer", "agent__entity", "entity").get()
    handing_over.hand_over(actor=lender.technician, loan=first, signature=SIGNED, now=NOW)
    with pytest.raises(Conflict, match="handed_over_already"):
        handing_over.hand_over(actor=lender.technician, loan=second, signature=SIGNED, now=NOW)
    assert receipts.read(Loan.objects.get()).startswith(b"%PDF")
