"""Pages of loans that are granted: who may, what is shown, what is private."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from parvis.portal.directory.models import Role
from parvis.portal.loans.models import Extension, Item, Loan, Loss, Photo
from parvis.portal.loans.services import extending
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.loans.counter import drawn, granted, handed_over, real_days, with_steps
from tests.integration.loans.loaning import Lender, day, make_asset, make_lender
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
__all__ = ["real_days"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any, real_days: None) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lender() -> Lender:
    return make_lender(3)


def picture() -> SimpleUploadedFile:
    file = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Appareil de Zoe"
    Image.new("RGB", (30, 30), "green").save(file, "JPEG", exif=exif)
    return SimpleUploadedFile("../../x.php", file.getvalue(), "text/html")


def test_the_receipt_is_the_agents_and_the_teams_alone(lender: Lender) -> None:
    loan = handed_over(lender)
    address = reverse("loans:receipt", args=[loan.pk])
    for reader in (lender.user, lender.technician):
        answer = browser_of(reader).get(address)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"%PDF-")
        assert answer["Content-Type"] == "application/octet-stream"
        assert "no-store" in answer["Cache-Control"]
    # They see the loan, not what was signed.
    for other in (lender.head, make_member(lender.root, Role.AUDITOR)):
        assert browser_of(other).get(address).status_code == 403
    for stranger in (make_member(lender.department), make_member(make_entity(), Role.HEAD_OF_IT)):
        assert browser_of(stranger).get(address).status_code == 404


def test_no_receipt_before_the_hand_over(lender: Lender) -> None:
    loan = granted(lender)
    assert browser_of(lender.technician).get(reverse("loans:receipt", args=[loan.pk])).status_code == 302


def test_from_preparation_to_stock(lender: Lender) -> None:
    loan, browser = granted(with_steps(lender)), browser_of(lender.technician)
    page = browser.get(reverse("loans:preparations")).content.decode()
    assert lender.laptops[0].name in page
    prepare = reverse("loans:prepare", args=[loan.pk])
    assert browser.post(prepare, {"done": ["Essayer le VPN"], "ready": "1"}).status_code == 409
    assert browser.post(prepare, {"done": ["Essayer le VPN", "Charger la batterie"], "ready": "1"}).status_code == 302
    page = browser.get(reverse("loans:hand_over", args=[loan.pk])).content.decode()
    assert page.count('name="item"') == 2
    items = [item.pk for item in loan.items.all()]
    signed = {"item": items, "signer": "Zoé", "drawing": drawn()}
    answer = browser.post(reverse("loans:hand_over", args=[loan.pk]), signed)
    assert answer.status_code == 302
    data: dict[str, object] = {}
    for pk in items:
        data |= {f"i{pk}-back": "on", f"i{pk}-outcome": "complete"}
    data |= {f"i{items[0]}-outcome": "damaged", f"i{items[0]}-words": "rayé", f"i{items[0]}-photos": picture()}
    answer = browser.post(reverse("loans:take_back", args=[loan.pk]), data)
    assert answer["Location"] == reverse("loans:put_in_order", args=[loan.pk])
    assert "À remettre en état" in browser.get(reverse("loans:preparations")).content.decode()
    browser.post(answer["Location"], {"done": ["Effacer", "Nettoyer"]})
    assert Loan.objects.get().state == "closed"
    page = browser.get(reverse("loans:loan", args=[loan.pk])).content.decode()
    assert "rayé" in page
    assert "Reçu signé" in page


def test_a_photo_is_private_and_says_nothing_of_where(lender: Lender) -> None:
    loan, browser = handed_over(lender), browser_of(lender.technician)
    item = loan.items.order_by("pk")[0]
    data = {f"i{item.pk}-back": "on", f"i{item.pk}-outcome": "damaged", f"i{item.pk}-words": "rayé",
            f"i{item.pk}-photos": picture()}  # fmt: skip
    for other in loan.items.exclude(pk=item.pk):
        data[f"i{other.pk}-outcome"] = "complete"
    assert browser.post(reverse("loans:take_back", args=[loan.pk]), data).status_code == 302
    photo = Photo.objects.get()
    assert photo.file.name.startswith("loans/photos/")
    assert photo.file.name.endswith(".jpg")
    assert b"Zoe" not in Path(photo.file.path).read_bytes()
    address = reverse("loans:photo", args=[photo.pk])
    shown = browser.get(address)
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert browser_of(lender.user).get(address).status_code == 200
    assert browser_of(lender.head).get(address).status_code == 403
    assert browser_of(make_member(lender.department)).get(address).status_code == 404


def test_what_is_no_photo_is_refused_and_nothing_is_taken_back(lender: Lender) -> None:
    loan = handed_over(lender)
    item = loan.items.order_by("pk")[0]
    data: dict[str, object] = {f"i{each.pk}-outcome": "complete" for each in loan.items.all()}
    data |= {
        f"i{item.pk}-back": "on",
        f"i{item.pk}-photos": SimpleUploadedFile("a.jpg", b"<svg onload=x>", "image/jpeg"),
    }
    answer = browser_of(lender.technician).post(reverse("loans:take_back", args=[loan.pk]), data)
    assert answer.status_code == 422
    assert not Photo.objects.exists()
    assert loan.items.filter(state="out").count() == 2


def test_the_agent_asks_for_more_days_and_says_where_it_is(lender: Lender) -> None:
    loan, agent = handed_over(lender), browser_of(lender.user)
    page = agent.get(reverse("loans:loan", args=[loan.pk])).content.decode()
    assert reverse("loans:extend", args=[loan.pk]) in page
    assert reverse("loans:take_back", args=[loan.pk]) not in page
    wrong = agent.post(reverse("loans:extend", args=[loan.pk]), {"ends_date": day(4)})
    assert wrong.status_code == 422
    assert agent.post(reverse("loans:extend", args=[loan.pk]), {"ends_date": day(9)}).status_code == 302
    extension = Extension.objects.get()
    decide = reverse("loans:decide_extension", args=[extension.pk])
    assert agent.get(decide).status_code == 403
    team = browser_of(lender.technician)
    assert decide in team.get(reverse("loans:preparations")).content.decode()
    team.post(decide, {"answer": "grant"})
    assert Loan.objects.get().ends_date == day(9)
    assert agent.post(reverse("loans:leave", args=[loan.pk]), {"place": "accueil"}).status_code == 302
    assert Loan.objects.get().dropped_place == "accueil"


def test_a_theft_from_the_agents_page_to_found_again(lender: Lender) -> None:
    loan, agent = handed_over(lender), browser_of(lender.user)
    item = loan.items.order_by("pk")[0]
    declare = reverse("loans:declare_loss", args=[item.pk])
    assert "santé" in agent.get(declare).content.decode()
    wrong = {"kind": "stolen", "happened_date": day(1), "place": "gare"}
    assert agent.post(declare, wrong).status_code == 422
    assert agent.post(declare, {**wrong, "happened_date": day(0)}).status_code == 302
    loss = Loss.objects.get()
    agent.post(reverse("loans:complaint", args=[loss.pk]), {"complaint": "2026/77"})
    found = reverse("loans:found", args=[loss.pk])
    assert agent.post(found).status_code == 403
    assert browser_of(lender.technician).post(found).status_code == 302
    loss.refresh_from_db()
    assert loss.complaint == "2026/77"
    assert loss.found_at
    assert agent.get(declare).status_code == 302


def make_late(lender: Lender, count: int) -> None:
    for number in range(count):
        agent = make_agent(lender.department, f"tard{number}")
        lender.out(make_asset(lender.root), -10, -2, agent=agent)


def test_late_ones_are_listed_reminded_at_once_and_exported(
    lender: Lender, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_late(lender, 30)
    browser, address = browser_of(lender.technician), reverse("loans:late")
    browser.get(address)
    with django_assert_max_num_queries(30):
        page = browser.get(address).content.decode()
    assert "Rappeler tout le monde" in page
    answer = browser.post(address, {"action": "remind", "all": "1", "confirmed": "1", "expected": "30"}, follow=True)
    assert "30 rappels sont partis" in answer.content.decode()
    csv = b"".join(browser.get(address, {"format": "csv"}).streaming_content).decode()
    assert csv.count("@rivemarine.example") == 30
    assert f"{day(0):%d/%m/%Y}" in csv
    assert browser_of(lender.user).get(address).status_code == 403


def test_the_weeks_list_has_bounded_queries(
    lender: Lender, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        loan = lender.loan(number % 5, 9, state="approved", agent=make_agent(lender.department, f"semaine{number}"))
        Item.objects.create(
            loan=loan, asset=make_asset(lender.root), starts_date=loan.starts_date, ends_date=loan.ends_date
        )
    browser = browser_of(lender.technician)
    browser.get(reverse("loans:preparations"))
    with django_assert_max_num_queries(30):
        page = browser.get(reverse("loans:preparations")).content.decode()
    assert page.count("Préparer<span") == 30


def test_one_extension_each_and_the_team_over_the_count(lender: Lender) -> None:
    loan = handed_over(lender)
    assert extending.left(loan) == 1
    assert extending.latest(loan) == day(19)  # fourteen more days
