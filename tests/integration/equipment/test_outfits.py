"""« Équiper cette personne »: one confirmation, each part by itself, twice is once."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.equipment import first_steps, holdings, personal_data, tasks
from parvis.portal.equipment.models import Outfit, Part
from parvis.portal.equipment.services import outfits
from parvis.portal.equipment.services.outfits import Wishes
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.loans.models import Loan, Offer, PoolAsset
from parvis.portal.loans.models import Part as OfferPart
from parvis.portal.movements.models import Movement
from parvis.portal.parc.models import Asset, Assignment, Computer
from parvis.portal.remote_desktop.models import Right
from tests.integration.authority import grant, make_agent, make_member
from tests.integration.equipment.conftest import NOW, TODAY, Town, make_asset
from tests.integration.signing_in import browser_of


def make_offer(town: Town, kind: str = "phone", **fields: object) -> Offer:
    offer = Offer.objects.create(entity=town.root, name="Téléphone de prêt", max_days=20, **fields)
    OfferPart.objects.create(offer=offer, kind=kind, label="Téléphone")
    PoolAsset.objects.create(asset=make_asset(town.here, kind))
    return offer


def start(town: Town, agent: Agent, wishes: Wishes, token: uuid.UUID | None = None) -> Outfit:
    return outfits.start(actor=town.technician, agent=agent, wishes=wishes, token=token or uuid.uuid4(), now=NOW)


def carry_out(town: Town, outfit: Outfit) -> int:
    return outfits.carry_out(actor=town.technician, outfit=outfit, now=NOW)


def states(outfit: Outfit) -> dict[str, str]:
    return {part.kind: part.state for part in outfit.parts.all()}


def fill(browser: Client, agent: Agent, **chosen: object) -> dict[str, object]:
    """The form as it is shown, with other choices."""
    page = browser.get(f"/equipement/equiper/{agent.pk}/").content.decode()
    token = re.search(r'name="token" value="([\w-]+)"', page)
    assert token
    return {"token": token[1], **chosen}


def test_from_the_profile_to_the_receipt_in_one_confirmation(town: Town) -> None:
    pc = make_asset(town.here, "office", serial="S-77", tag="I-9")
    screen = make_asset(town.here, "screen")
    offer = make_offer(town)
    browser = browser_of(town.technician)
    page = browser.get(f"/equipement/equiper/{town.claire.pk}/").content.decode()
    assert f'value="asset:{pc.pk}" selected' in page, "what is required, lacks and is free is proposed"
    assert page.count(f'value="asset:{screen.pk}" selected') == 1, "one screen is not proposed for two needs"
    sent = fill(
        browser, town.claire, account="on", guide="on", new_screens="on", need_0=f"asset:{pc.pk}",
        need_1=f"asset:{screen.pk}", need_2="", need_3=f"offer:{offer.pk}", loan_ends=str(TODAY + timedelta(days=60)),
    )  # fmt: skip
    asked = browser.post(f"/equipement/equiper/{town.claire.pk}/", sent).content.decode()
    for words in (
        f"Affecter Poste de bureau {pc}",
        f"Affecter Écran {screen}",
        "samedi 12 décembre 2026",
        "Laisser ouvrir",
    ):
        assert words in asked
    assert not Outfit.objects.exists(), "nothing is done before the confirmation"
    answer = browser.post(f"/equipement/equiper/{town.claire.pk}/", {**sent, "confirmed": "1"})
    outfit = Outfit.objects.get()
    assert answer.url == f"/equipement/remises/{outfit.pk}/"  # type: ignore[attr-defined]
    assert set(states(outfit).values()) == {Part.State.DONE}
    town.claire.refresh_from_db()
    assert town.claire.user is not None
    assert set(Assignment.objects.filter(agent=town.claire).values_list("asset_id", flat=True)) == {pc.pk, screen.pk}
    pc.refresh_from_db()
    assert pc.state == Asset.State.DEPLOYED
    assert Right.objects.get(agent=town.claire).computer_id == pc.pk
    loan = Loan.objects.get(agent=town.claire)
    assert (loan.state, loan.ends_date) == (Loan.State.APPROVED, TODAY + timedelta(days=19))
    page = browser.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert f"/prets/{loan.pk}/" in page
    pdf = browser.get(f"/equipement/remises/{outfit.pk}/recu.pdf")
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf.content)).pages)
    assert "S-77" in text
    assert "I-9" in text
    assert str(town.claire) in text


def test_the_same_confirmation_twice_is_one_outfit(town: Town) -> None:
    pc, token = make_asset(town.here, "office"), uuid.uuid4()
    first = start(town, town.claire, Wishes(assets=[pc], guide=True), token)
    again = start(town, town.claire, Wishes(assets=[pc], guide=True), token)
    assert first == again
    assert carry_out(town, first) == carry_out(town, first) == 0
    assert Part.objects.count() == 2
    assert AuditRecord.objects.filter(action="equipment.part_done").count() == 2
    with pytest.raises(Conflict):
        start(town, town.marc, Wishes(guide=True), token)


def test_what_fails_leaves_the_rest_and_is_tried_again_alone(town: Town) -> None:
    pc, screen = make_asset(town.here, "office"), make_asset(town.here, "screen")
    outfit = start(town, town.claire, Wishes(account=True, assets=[pc, screen], guide=True))
    Asset.objects.filter(pk=pc.pk).update(state="repair")
    assert carry_out(town, outfit) == 1
    failed = outfit.parts.get(asset=pc)
    assert failed.state == Part.State.FAILED
    assert "plus libre en stock" in failed.problem
    assert Assignment.objects.get(agent=town.claire).asset_id == screen.pk
    browser = browser_of(town.technician)
    page = browser.get(f"/equipement/remises/{outfit.pk}/").content.decode()
    assert "Réessayer ce qui reste" in page
    assert failed.problem in page
    Asset.objects.filter(pk=pc.pk).update(state="stock")
    browser.post(f"/equipement/remises/{outfit.pk}/reste/")
    assert set(states(outfit).values()) == {Part.State.DONE}
    assert User.objects.filter(email=town.claire.email).count() == 1
    assert AuditRecord.objects.filter(action="directory.account_opened").count() == 1


def test_what_cannot_be_done_is_given_up(town: Town) -> None:
    pc = make_asset(town.here, "office")
    outfit = start(town, town.claire, Wishes(assets=[pc]))
    Asset.objects.filter(pk=pc.pk).update(state="lost")
    carry_out(town, outfit)
    part = outfit.parts.get()
    browser = browser_of(town.technician)
    browser.post(f"/equipement/remises/parties/{part.pk}/abandonner/")
    browser.post(f"/equipement/remises/parties/{part.pk}/abandonner/")
    assert states(outfit) == {"assign": Part.State.DROPPED}
    assert carry_out(town, outfit) == 0
    assert browser.get(f"/equipement/remises/{outfit.pk}/recu.pdf").status_code == 404


def test_a_loan_that_cannot_be_granted_leaves_no_request_behind(town: Town) -> None:
    offer = make_offer(town)
    PoolAsset.objects.all().delete()
    outfit = start(town, town.claire, Wishes(loans=[(offer, TODAY + timedelta(days=3))]))
    assert carry_out(town, outfit) == 1
    assert not Loan.objects.exists()


def test_a_right_that_is_there_already_is_fine(town: Town) -> None:
    computer = Computer.objects.get(pk=make_asset(town.here, "office", town.claire).pk)
    for _time in range(2):
        assert carry_out(town, start(town, town.claire, Wishes(screens=[computer]))) == 0
    assert Right.objects.count() == 1


def test_nobody_equips_oneself_nor_somebody_elsewhere(town: Town) -> None:
    technician = town.technician.agent
    with pytest.raises(NotAllowed):
        outfits.start(actor=town.technician, agent=technician, wishes=Wishes(guide=True), token=uuid.uuid4(), now=NOW)
    assert browser_of(town.technician).get(f"/equipement/equiper/{technician.pk}/").status_code == 403
    local = make_member(town.there, Role.TECHNICIAN)
    assert browser_of(local).get(f"/equipement/equiper/{town.claire.pk}/").status_code == 404
    assert browser_of(town.head).get(f"/equipement/equiper/{town.claire.pk}/").status_code == 403


def test_a_thing_out_of_reach_is_not_offered_nor_taken(town: Town) -> None:
    local = make_member(town.there, Role.TECHNICIAN)
    foreign = make_asset(town.here, "office")
    browser = browser_of(local)
    page = browser.get(f"/equipement/equiper/{town.far.pk}/").content.decode()
    assert str(foreign) not in page
    sent = fill(browser, town.far, need_0=f"asset:{foreign.pk}", confirmed="1")
    browser.post(f"/equipement/equiper/{town.far.pk}/", sent)
    assert not Outfit.objects.exists()


def test_giving_rights_asks_for_a_fresh_second_factor(town: Town) -> None:
    stale = browser_of(town.technician, age=3600)
    assert stale.get(f"/equipement/equiper/{town.claire.pk}/").status_code == 302
    outfit = start(town, town.claire, Wishes(guide=True))
    stale.post(f"/equipement/remises/{outfit.pk}/reste/")
    assert states(outfit) == {"guide": Part.State.TO_DO}


def test_nothing_chosen_or_the_same_twice_is_refused(town: Town) -> None:
    pc = make_asset(town.here, "office")
    with pytest.raises(Invalid):
        start(town, town.claire, Wishes())
    with pytest.raises(Invalid):
        start(town, town.claire, Wishes(assets=[pc, pc]))
    browser = browser_of(town.technician)
    screen = make_asset(town.here, "screen")
    twice = fill(browser, town.claire, need_1=f"asset:{screen.pk}", need_2=f"asset:{screen.pk}")
    assert "choisi deux fois" in browser.post(f"/equipement/equiper/{town.claire.pk}/", twice).content.decode()


# First steps


def test_the_first_steps_say_what_one_has_and_whom_to_call(town: Town) -> None:
    helper = town.technician.agent
    make_asset(town.here, "office", town.claire, name="PC-CLAIRE")
    assert first_steps.of(town.claire, TODAY).helpers == [helper]
    tasks.send_first_steps.call(agent_id=town.claire.pk)
    sent = DBTaskResult.objects.get(task_path="parvis.portal.kernel.mail.deliver").args_kwargs["kwargs"]
    assert sent["to"] == [town.claire.email]
    assert "PC-CLAIRE" in sent["body"]
    assert helper.email in sent["body"]


def test_an_agent_sees_their_own_outfit_and_no_other(town: Town) -> None:
    user = make_member(town.here)
    pc = make_asset(town.here, "office")
    mine = start(town, user.agent, Wishes(assets=[pc]))
    carry_out(town, mine)
    other = start(town, town.claire, Wishes(guide=True))
    browser = browser_of(user)
    assert str(pc) in browser.get("/equipement/premiers-pas/").content.decode()
    assert browser.get(f"/equipement/remises/{mine.pk}/").status_code == 200
    assert browser.get(f"/equipement/remises/{mine.pk}/recu.pdf").status_code == 200
    assert browser.get(f"/equipement/remises/{other.pk}/").status_code == 404
    assert browser.post(f"/equipement/remises/{mine.pk}/reste/").status_code == 403


def test_an_arrival_leads_to_the_flow(town: Town) -> None:
    agent = make_agent(town.here)
    joiner = Movement.objects.create(
        kind="joiner", agent=agent, effective_date=TODAY, to_entity=town.here, origin="person", opened_at=NOW
    )
    item = next(holdings.outfit(agent, joiner))
    assert (item.link, item.done) == (f"/equipement/equiper/{agent.pk}/", False)
    start(town, agent, Wishes(guide=True))
    assert next(holdings.outfit(agent, joiner)).done
    joiner.kind = "leaver"
    assert not list(holdings.outfit(agent, joiner))


def test_outfits_are_exported_and_purged(town: Town) -> None:
    outfit = start(town, town.claire, Wishes(guide=True))
    assert [row["Sorte"] for row in personal_data.export(town.claire)] == ["Équipement"]
    assert personal_data.purge(outfit.made_at) == 0
    assert personal_data.purge(outfit.made_at + timedelta(days=1)) == 1
    assert not Outfit.objects.exists()


def test_a_technician_of_the_agents_town_alone_gives_what_their_town_has(town: Town) -> None:
    local = make_member(town.here)
    grant(local, Role.TECHNICIAN, town.here)
    pc = make_asset(town.here, "office")
    outfit = outfits.start(actor=local, agent=town.claire, wishes=Wishes(assets=[pc]), token=uuid.uuid4(), now=NOW)
    assert outfits.carry_out(actor=local, outfit=outfit, now=NOW) == 0
