"""Two who open at once. The double is first made without the guard, then refused with it."""

from __future__ import annotations

import threading

import pytest

from parvis.portal.kernel.errors import Conflict
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.presence.models import Pattern
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework.models import Acceptance, Document, Enrolment, Request
from parvis.portal.telework.services import documents, opening, requests
from tests.integration.telework.asking import NOW, TODAY, Authority, day, make_authority, ready_computer
from tests.integration.telework.test_request_races import together
from tests.integration.telework.texting import accept, make_boss, make_text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> Authority:
    return make_authority()


def read(pk: int) -> Request:
    return Request.objects.select_related("agent__entity", "agent__user").get(pk=pk)


def test_looking_before_writing_gives_two_weeks(here: Authority) -> None:
    """What opening would do alone: look whether the agent has a week, then write one. Both look first."""
    both_have_looked = threading.Barrier(2)

    def look_then_write() -> None:
        assert not Pattern.objects.filter(agent=here.agent).exists()
        both_have_looked.wait(timeout=20)
        Pattern.objects.create(
            agent=here.agent, starts_date=TODAY, halves="on_site", state="confirmed", proposed_at=NOW
        )

    assert together(look_then_write, look_then_write) == [None, None]
    assert Pattern.objects.count() == 2


def test_of_many_who_open_at_once_one_does(here: Authority) -> None:
    pk = here.request(state="approved", decided_at=NOW, ends_date=day(30)).pk
    found = [read(pk) for _each in range(4)]
    answers = together(*(lambda each=each: opening.open_request(actor=None, request=each, now=NOW) for each in found))  # type: ignore[misc]
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert Enrolment.objects.count() == 1
    assert Right.objects.filter(revoked_at=None).count() == 1
    assert Pattern.objects.count() == 1
    assert Request.objects.get().pattern_id == Pattern.objects.get().pk


def test_what_is_given_while_it_is_suspended_is_taken_back(here: Authority) -> None:
    """A computer assigned since is given at the moment telework stops: whoever is first, no right is left."""
    pk = here.request(state="approved", decided_at=NOW).pk
    opening.open_request(actor=None, request=read(pk), now=NOW)
    ready_computer(here.department, here.agent)
    one, other = read(pk), read(pk)
    answers = together(
        lambda: opening.open_request(actor=None, request=one, now=NOW),
        lambda: requests.suspend(actor=here.head, request=other, now=NOW),
    )
    assert [each for each in answers if isinstance(each, Exception) and not isinstance(each, Conflict)] == []
    assert Request.objects.get().state == "suspended"
    assert not Right.objects.filter(revoked_at=None).exists()


def test_pressed_twice_a_text_is_accepted_once(here: Authority) -> None:
    charter = make_text(here, make_boss(here))
    answers = together(*[lambda: accept(here.agent, charter)] * 3)
    assert [each for each in answers if isinstance(each, Exception)] == []
    assert Acceptance.objects.count() == 1
    assert AuditRecord.objects.filter(action="telework.document_accepted").count() == 1


def test_two_drafts_begun_at_once_share_no_number(here: Authority) -> None:
    facts = {"entity": here.root, "kind": "charter", "title": "Charte", "text": "Oui.", "asks_again": True}
    boss = make_boss(here)

    def begin() -> Document:
        return documents.save_draft(actor=boss, document=None, now=NOW, **facts)  # type: ignore[arg-type]

    answers = together(begin, begin)
    assert sum(isinstance(each, Document) for each in answers) == 1, answers
    assert sorted(Document.objects.values_list("version", flat=True)) == [1]
