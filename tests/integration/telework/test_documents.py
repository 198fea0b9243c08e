"""Charter and agreement: published once and for all, accepted by the agent alone, with a proof that tells a change."""

from __future__ import annotations

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework import document_queries as reads
from parvis.portal.telework import eligibility, proofs, text_tasks, texts
from parvis.portal.telework.models import Acceptance, Document
from parvis.portal.telework.services import documents
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.telework.asking import NOW, Authority, day, make_authority
from tests.integration.telework.texting import WORDS, accept, mails, make_agreement, make_boss, make_text

pytestmark = pytest.mark.django_db

DRAFT = {"kind": "charter", "title": "Charte", "text": WORDS, "asks_again": True}


@pytest.fixture
def here() -> Authority:
    return make_authority()


def test_what_is_published_never_changes(here: Authority) -> None:
    boss = make_boss(here)
    charter = make_text(here, boss)
    assert charter.digest == texts.published_digest("Charte", WORDS)
    for act in (
        lambda: documents.save_draft(actor=boss, document=charter, entity=here.root, now=NOW, **DRAFT),  # type: ignore[arg-type]
        lambda: documents.publish(actor=boss, document=charter, now=NOW),
        lambda: documents.delete_draft(actor=boss, document=charter, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "published_already"
    charter.refresh_from_db()
    assert (charter.text, charter.version) == (WORDS, 1)


def test_what_somebody_else_writes_meanwhile_is_not_published_unseen(here: Authority) -> None:
    boss = make_boss(here)
    draft = documents.save_draft(actor=boss, document=None, entity=here.root, now=NOW, **DRAFT)  # type: ignore[arg-type]
    Document.objects.filter(pk=draft.pk).update(text="Autre chose.")
    with pytest.raises(Conflict):
        documents.publish(actor=boss, document=draft, now=NOW)
    assert Document.objects.get().published_at is None


def test_one_draft_at_a_time_and_numbers_in_order(here: Authority) -> None:
    boss = make_boss(here)
    make_text(here, boss)
    second = documents.save_draft(actor=boss, document=None, entity=here.root, now=NOW, **DRAFT)  # type: ignore[arg-type]
    assert second.version == 2
    with pytest.raises(Conflict) as refused:
        documents.save_draft(actor=boss, document=None, entity=here.root, now=NOW, **DRAFT)  # type: ignore[arg-type]
    assert refused.value.code == "draft_exists"
    documents.delete_draft(actor=boss, document=second, now=NOW)
    documents.delete_draft(actor=boss, document=second, now=NOW)
    assert AuditRecord.objects.filter(action="telework.draft_deleted").count() == 1


@pytest.mark.parametrize("text", ["{jours}", "{prenom} {nom}"])
def test_a_field_nothing_fills_in_is_refused(here: Authority, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        documents.save_draft(
            actor=make_boss(here),
            document=None,
            entity=here.root,
            now=NOW,
            **(DRAFT | {"text": text}),  # type: ignore[arg-type]
        )
    assert "text" in refused.value.fields


@pytest.mark.parametrize("who", ["technician", "head", "user"])
def test_only_the_head_of_it_writes_texts(here: Authority, who: str) -> None:
    with pytest.raises(NotAllowed):
        documents.save_draft(
            actor=getattr(here, who),
            document=None,
            entity=here.root,
            now=NOW,
            **DRAFT,  # type: ignore[arg-type]
        )


def test_the_charter_is_asked_once_then_again_with_the_next_version(here: Authority) -> None:
    boss = make_boss(here)
    assert documents.charter_to_accept(here.agent) is None
    charter = make_text(here, boss)
    assert documents.charter_to_accept(here.agent) == charter
    accept(here.agent, charter)
    assert documents.charter_to_accept(here.agent) is None
    make_text(here, boss, text=f"{WORDS} Bien.", asks_again=False)
    assert documents.charter_to_accept(here.agent) is None
    third = make_text(here, boss, text=f"{WORDS} Mieux.")
    assert documents.charter_to_accept(here.agent) == third


def test_eligibility_and_the_page_agree_on_the_charter(here: Authority) -> None:
    boss = make_boss(here)
    nearer = {"entity": here.department}
    for facts in ({}, {"asks_again": False}, nearer, nearer | {"asks_again": False}, nearer):
        charter = make_text(here, boss, **facts)
        waits = documents.charter_to_accept(here.agent) is not None
        assert eligibility.facts_of(here.agent, NOW).charter_accepted is not waits
        if waits:
            accept(here.agent, charter)
            assert eligibility.facts_of(here.agent, NOW).charter_accepted


def test_the_agreement_says_the_days_and_belongs_to_the_request(here: Authority) -> None:
    agreement = make_agreement(here, make_boss(here))
    request = here.request(state="approved", ends_date=day(30))
    assert [each.document for each in documents.waiting_for(here.agent)] == [agreement]
    acceptance = accept(here.agent, agreement, request)
    assert "lundi, jeudi, à partir du lundi 23 novembre 2026, mercredi 23 décembre 2026." in acceptance.shown
    assert documents.waiting_for(here.agent) == []
    request.state = "ended"
    request.save()
    again = here.request(state="approved")
    assert [each.request for each in documents.waiting_for(here.agent)] == [again]


def test_an_agreement_without_a_granted_request_is_not_accepted(here: Authority) -> None:
    agreement = make_agreement(here, make_boss(here))
    with pytest.raises(Conflict) as refused:
        accept(here.agent, agreement, here.request())
    assert refused.value.code == "no_request"


def test_what_reads_otherwise_by_now_is_not_accepted(here: Authority) -> None:
    agreement = make_agreement(here, make_boss(here))
    request = here.request(state="approved")
    shown = texts.digest(documents.shown_to(here.agent, agreement, request))
    request.days = 1
    request.save()
    with pytest.raises(Conflict) as refused:
        documents.accept(
            actor=here.user, agent=here.agent, document=agreement, request=request, shown_digest=shown, now=NOW
        )
    assert refused.value.code == "text_changed"
    assert not Acceptance.objects.exists()


def test_an_older_version_is_not_accepted_any_more(here: Authority) -> None:
    boss = make_boss(here)
    old = make_text(here, boss)
    make_text(here, boss, text="Autre.")
    with pytest.raises(Conflict) as refused:
        accept(here.agent, old)
    assert refused.value.code == "text_replaced"


@pytest.mark.parametrize("who", ["head", "technician"])
def test_nobody_accepts_for_another(here: Authority, who: str) -> None:
    charter = make_text(here, make_boss(here))
    with pytest.raises(NotAllowed):
        documents.accept(
            actor=getattr(here, who), agent=here.agent, document=charter, now=NOW,
            shown_digest=texts.digest(documents.shown_to(here.agent, charter)),
        )  # fmt: skip


def test_the_proof_has_its_line_in_the_trail_and_tells_a_change(here: Authority) -> None:
    acceptance = accept(here.agent, make_text(here, make_boss(here)))
    line = AuditRecord.objects.get(action=proofs.ACTION)
    assert line.data["shown"] == acceptance.digest == texts.digest(acceptance.shown)
    assert line.hash in dict(proofs.facts_of(acceptance))["Ligne du journal d’audit"]
    document = proofs.document_of(acceptance, authority="Rivemarine")
    assert document.startswith(b"%PDF-")
    assert document == proofs.document_of(acceptance, authority="Rivemarine")
    forged = acceptance.shown.replace("travaille", "ne travaille pas")
    Acceptance.objects.update(shown=forged, digest=texts.digest(forged))  # who can write in the table writes both
    with pytest.raises(Unavailable) as refused:
        proofs.document_of(Acceptance.objects.get(), authority="Rivemarine")
    assert refused.value.code == "proof_altered"


def test_texts_and_proofs_stay_within_their_perimeter(here: Authority) -> None:
    boss = make_boss(here)
    charter = make_text(here, boss)
    acceptance = accept(here.agent, charter)
    draft = documents.save_draft(actor=boss, document=None, entity=here.root, now=NOW, **DRAFT)  # type: ignore[arg-type]
    stranger = make_member(make_entity("Ailleurs"), Role.HEAD_OF_IT)
    colleague = make_agent(here.department, account=True).user
    assert colleague is not None
    for user, seen in ((here.user, [charter]), (colleague, [charter]), (boss, [charter, draft]), (stranger, [])):
        assert sorted(reads.documents_visible_to(user).values_list("pk", flat=True)) == [each.pk for each in seen]
    for user, proof in ((here.user, True), (here.head, True), (boss, True), (colleague, False), (stranger, False)):
        assert reads.acceptances_visible_to(user).filter(pk=acceptance.pk).exists() is proof


def test_who_is_bound_and_has_not_accepted_is_reminded(here: Authority) -> None:
    boss = make_boss(here)
    charter = make_text(here, boss)
    other = make_agent(here.department, account=True)
    nearer = make_entity("Port", here.root)
    make_text(here, boss, entity=nearer)
    here.request(state="open")
    here.request(other, state="approved")
    here.request(make_agent(nearer, account=True), state="open")
    accept(other, charter)
    rows = reads.bound_requests(boss, charter)
    assert {row.agent: row.done for row in rows} == {here.agent: False, other: True}
    sent = documents.remind(actor=here.technician, document=charter, requests=[r for r in rows if not r.done], now=NOW)
    assert sent == 1
    (message,) = mails()
    assert message["to"] == [here.user.email]
    assert "/mon-teletravail/textes/" in message["body"]
    with pytest.raises(NotAllowed):
        documents.remind(actor=here.user, document=charter, requests=rows, now=NOW)


def test_teleworkers_are_told_of_a_new_version_once(here: Authority) -> None:
    boss = make_boss(here)
    other = make_agent(here.department, account=True)
    here.request(state="open")
    here.request(other, state="ended")
    first = make_text(here, boss)
    for _twice in range(2):
        text_tasks.tell_published.func(text_id=first.pk)
    assert [each["to"] for each in mails()] == [[here.user.email]]
    accept(here.agent, first)
    mended = make_text(here, boss, text="Une faute de moins.", asks_again=False)
    text_tasks.tell_published.func(text_id=mended.pk)
    assert len(mails()) == 1


def test_publishing_asks_the_worker_to_tell(here: Authority) -> None:
    boss = make_boss(here)
    make_text(here, boss)
    make_text(here, boss, text="Une faute de moins.", asks_again=False)
    asked = DBTaskResult.objects.filter(task_path__endswith="text_tasks.tell_published")
    assert asked.count() == 1
