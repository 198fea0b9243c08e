"""Pages of texts, proofs, rules and jobs, as each person sees them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.telework.models import Acceptance, Document, JobRule, Policy
from parvis.portal.telework.services import opening
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.asking import Authority, make_authority
from tests.integration.telework.texting import accept, mails, make_agreement, make_boss, make_text

pytestmark = pytest.mark.django_db

STAFF, MINE = "/teletravail/demandes", "/mon-teletravail"


@pytest.fixture
def here() -> Authority:
    return make_authority()


@pytest.fixture
def boss(here: Authority) -> User:
    return make_boss(here)


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content[-1500:]
    return response.content.decode()


# An agent's


def test_an_agent_reads_accepts_and_keeps_the_proof(here: Authority, boss: User) -> None:
    charter = make_text(here, boss)
    page = browser_of(here.user)
    assert page.get(f"{MINE}/charte/").headers["Location"] == f"{MINE}/textes/{charter.pk}/"
    words = text_of(page, f"{MINE}/textes/{charter.pk}/")
    assert f"{here.agent.first_name} {here.agent.last_name} travaille." in words
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', words)
    assert shown is not None
    unticked = page.post(f"{MINE}/textes/{charter.pk}/", {"shown": shown[1]})
    assert "Cochez cette case" in unticked.content.decode()
    assert not Acceptance.objects.exists()
    done = page.post(f"{MINE}/textes/{charter.pk}/", {"shown": shown[1], "agreed": "on"})
    assert done.headers["Location"] == f"{MINE}/demander/"
    acceptance = Acceptance.objects.get()
    assert acceptance.client_address == "127.0.0.1"
    assert acceptance.digest in text_of(page, f"{MINE}/acceptations/{acceptance.pk}/")
    pdf = page.get(f"{MINE}/acceptations/{acceptance.pk}/pdf/")
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]
    assert pdf.headers["X-Content-Type-Options"] == "nosniff"
    assert page.get(f"{MINE}/charte/").headers["Location"] == f"{MINE}/textes/"
    assert "Vous l’avez accepté le" in text_of(page, f"{MINE}/textes/{charter.pk}/")


def test_after_the_charter_comes_the_agreement(here: Authority, boss: User) -> None:
    charter, agreement = make_text(here, boss), make_agreement(here, boss)
    here.request(state="approved")
    page = browser_of(here.user)
    listed = text_of(page, f"{MINE}/textes/")
    assert listed.index("Charte") < listed.index("Convention")
    shown = re.search(r'name="shown" value="([0-9a-f]+)"', text_of(page, f"{MINE}/textes/{charter.pk}/"))
    assert shown is not None
    done = page.post(f"{MINE}/textes/{charter.pk}/", {"shown": shown[1], "agreed": "on"})
    assert done.headers["Location"] == f"{MINE}/textes/{agreement.pk}/"


def test_a_text_that_changed_is_read_again(here: Authority, boss: User) -> None:
    charter = make_text(here, boss)
    page = browser_of(here.user)
    answer = page.post(f"{MINE}/textes/{charter.pk}/", {"shown": "0" * 64, "agreed": "on"})
    assert answer.status_code == 409
    assert "Ce texte a changé" in answer.content.decode()


def test_markup_in_a_text_or_a_name_is_shown_not_run(here: Authority, boss: User) -> None:
    here.agent.first_name = "<b onload=x>"
    here.agent.save()
    charter = make_text(here, boss, text="# <i>Un</i>\n<script>x</script> {agent}")
    for page in (text_of(browser_of(here.user), f"{MINE}/textes/{charter.pk}/"),
                 text_of(browser_of(boss), f"{STAFF}/textes/{charter.pk}/")):  # fmt: skip
        assert "<script>x" not in page
        assert "<b onload" not in page
        assert "&lt;script&gt;x" in page


def test_another_departments_texts_and_proofs_do_not_exist(here: Authority, boss: User) -> None:
    charter = make_text(here, boss)
    acceptance = accept(here.agent, charter)
    stranger = make_agent(make_entity("Ailleurs"), account=True).user
    colleague = make_agent(here.department, account=True).user
    assert stranger is not None
    assert colleague is not None
    assert browser_of(stranger).get(f"{MINE}/textes/{charter.pk}/").status_code == 404
    for user in (stranger, colleague):
        for tail in ("", "pdf/"):
            assert browser_of(user).get(f"{MINE}/acceptations/{acceptance.pk}/{tail}").status_code == 404
    assert browser_of(here.head).get(f"{MINE}/acceptations/{acceptance.pk}/").status_code == 200


def test_the_path_begins_with_the_texts(here: Authority, boss: User) -> None:
    """A campaign opens telework to who has accepted nothing yet."""
    charter, agreement = make_text(here, boss), make_agreement(here, boss)
    request = here.request(state="approved")
    opening.open_request(actor=None, request=request, now=clock.now())
    page = browser_of(here.user)
    for text, about in ((charter, None), (agreement, request)):
        assert page.get(f"{MINE}/parcours/").headers["Location"] == f"{MINE}/textes/{text.pk}/"
        accept(here.agent, text, about)
    assert page.get(f"{MINE}/parcours/").status_code == 200


def test_a_draft_is_not_shown_to_agents(here: Authority, boss: User) -> None:
    browser_of(boss).post(
        f"{STAFF}/textes/nouveau/",
        {"entity": here.root.pk, "kind": "charter", "title": "Charte", "text": "Oui.", "asks_again": "on"},
    )
    draft = Document.objects.get()
    assert browser_of(here.user).get(f"{MINE}/textes/{draft.pk}/").status_code == 404


# The team's


def test_a_text_is_written_published_and_followed_by_its_next_version(here: Authority, boss: User) -> None:
    page = browser_of(boss)
    facts = {"entity": here.root.pk, "kind": "charter", "title": "Charte", "text": "Oui {jours}.", "asks_again": "on"}
    assert "{jours}" in page.post(f"{STAFF}/textes/nouveau/", facts).content.decode()
    saved = page.post(f"{STAFF}/textes/nouveau/", facts | {"text": "# Un\nOui {agent}."})
    draft = Document.objects.get()
    assert saved.headers["Location"] == f"{STAFF}/textes/{draft.pk}/"
    assert "Brouillon de la version 1" in text_of(page, f"{STAFF}/textes/{draft.pk}/")
    page.post(f"{STAFF}/textes/{draft.pk}/", facts | {"text": "# Un\nOui."})
    assert "Il ne changera plus" in text_of(page, f"{STAFF}/textes/{draft.pk}/publier/")
    page.post(f"{STAFF}/textes/{draft.pk}/publier/", {"confirmed": "1"})
    draft.refresh_from_db()
    assert draft.published_by == boss
    assert draft.text == "# Un\nOui."
    assert draft.digest in text_of(page, f"{STAFF}/textes/{draft.pk}/")
    pdf = page.get(f"{STAFF}/textes/{draft.pk}/pdf/")
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]
    page.post(f"{STAFF}/textes/nouveau/?depuis={draft.pk}", {"title": "Charte", "text": "Mieux."})
    second = Document.objects.get(version=2)
    assert (second.kind, second.entity, second.text) == ("charter", here.root, "Mieux.")
    page.post(f"{STAFF}/textes/{second.pk}/jeter/", {"confirmed": "1"})
    assert Document.objects.count() == 1
    listed = text_of(page, f"{STAFF}/textes/")
    assert "En vigueur" in listed


PAGES = ("textes/", "regles/", "metiers/")
WRITING = ("textes/nouveau/", "metiers/nouveau/", "textes/{text}/publier/", "textes/{text}/jeter/", "regles/{entity}/",
           "metiers/{job}/", "metiers/{job}/retirer/")  # fmt: skip


def test_the_team_reads_what_its_head_writes(here: Authority, boss: User) -> None:
    text = make_text(here, boss)
    job = JobRule.objects.create(entity=here.root, words="accueil", level=1)
    keys = {"text": text.pk, "entity": here.root.pk, "job": job.pk}
    technician, agent = browser_of(here.technician), browser_of(here.user)
    for path in (*PAGES, f"textes/{text.pk}/", f"textes/{text.pk}/acceptations/"):
        text_of(technician, f"{STAFF}/{path}")
        assert agent.get(f"{STAFF}/{path}").status_code in (403, 404), path
    for path in WRITING:
        address = f"{STAFF}/{path.format(**keys)}"
        assert technician.get(address).status_code == 403, path
        assert technician.post(address, {"confirmed": "1"}).status_code == 403, path
    stranger = browser_of(make_member(make_entity("Ailleurs"), Role.HEAD_OF_IT))
    for path in WRITING[2:]:
        assert stranger.post(f"{STAFF}/{path.format(**keys)}", {"confirmed": "1"}).status_code == 404, path
    assert JobRule.objects.count() == 1
    assert not Policy.objects.exists()


def test_who_has_not_accepted_is_found_and_reminded(here: Authority, boss: User) -> None:
    charter = make_text(here, boss)
    other = make_agent(here.department, "zoe", account=True)
    here.request(state="open")
    here.request(other, state="open")
    accepted = accept(other, charter)
    page = browser_of(boss)
    address = f"{STAFF}/textes/{charter.pk}/acceptations/"
    assert "Zoe" not in text_of(page, f"{address}?done=no")
    listed = text_of(page, f"{address}?done=yes")
    assert "Zoe" in listed
    assert f"{MINE}/acceptations/{accepted.pk}/" in listed
    answer = page.post(address, {"action": "remind", "all": "1", "expected": "2", "confirmed": "1"})
    assert answer.headers["Location"] == address
    assert [each["to"] for each in mails()] == [[here.user.email]]


def test_lists_ask_as_many_queries_for_many_rows(here: Authority, boss: User) -> None:
    charter = make_text(here, boss)
    page = browser_of(boss)
    addresses = (f"{STAFF}/textes/", f"{STAFF}/textes/{charter.pk}/acceptations/", f"{STAFF}/metiers/")

    def counted() -> list[int]:
        found = []
        for address in addresses:
            page.get(address)
            with CaptureQueriesContext(connection) as queries:
                text_of(page, address)
            found.append(len(queries))
        return found

    here.request(state="open")
    JobRule.objects.create(entity=here.root, words="accueil", level=1)
    few = counted()
    for number in range(12):
        here.request(make_agent(here.department, account=True, job_title="Agent d’accueil"), state="open")
        JobRule.objects.create(entity=here.department, words=f"mot{number}", level=0)
        make_text(here, boss, text=f"Version {number}")
    addresses = (addresses[0], f"{STAFF}/textes/{Document.objects.order_by('-pk')[0].pk}/acceptations/", addresses[2])
    many = counted()
    assert all(now <= before for now, before in zip(many, few, strict=True)), (few, many)


# Rules and jobs


def test_rules_are_inherited_and_tried(here: Authority, boss: User) -> None:
    page = browser_of(boss)
    assert "3 jours par semaine au plus" in text_of(page, f"{STAFF}/regles/")
    saved = page.post(
        f"{STAFF}/regles/{here.root.pk}/",
        {"default_level": "1", "most_days": "2", "head_approves": "", "opens_alone": "True"},
    )
    assert saved.headers["Location"] == f"{STAFF}/regles/"
    policy = Policy.objects.get()
    assert (policy.default_level, policy.most_days, policy.head_approves, policy.opens_alone) == (1, 2, None, True)
    assert "2 jours par semaine au plus · accord du responsable · ouverture automatique" in text_of(
        page, f"{STAFF}/regles/"
    )
    page.post(
        f"{STAFF}/metiers/nouveau/",
        {"entity": here.root.pk, "words": " Accueil ,, guichet", "level": "0", "reason": "Il reçoit le public."},
    )
    job = JobRule.objects.get()
    assert job.words == "Accueil, guichet"
    make_agent(here.department, job_title="Agent d’accueil")
    assert re.search(r">\s*1\s*<", text_of(page, f"{STAFF}/metiers/"))
    said = text_of(page, f"{STAFF}/regles/?entity={here.department.pk}&job_title=Agente+d’ACCUEIL")
    assert "Pas de télétravail" in said
    assert "Il reçoit le public." in said
    other = text_of(page, f"{STAFF}/regles/?entity={here.department.pk}&job_title=Comptable")
    assert "Aucune règle ne cite ce métier" in other
    page.post(f"{STAFF}/metiers/{job.pk}/retirer/", {"confirmed": "1"})
    assert not JobRule.objects.exists()


@pytest.mark.parametrize("words", ["", " , ", "de", "accueil, ab"])
def test_a_word_too_short_would_be_in_every_job(here: Authority, boss: User, words: str) -> None:
    answer = browser_of(boss).post(
        f"{STAFF}/metiers/nouveau/", {"entity": here.root.pk, "words": words, "level": "0", "reason": ""}
    )
    assert answer.status_code == 200
    assert not JobRule.objects.exists()
