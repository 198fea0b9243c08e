"""The list every room builds on: `ui.listing` and `ui.bulk`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from parvis.portal.directory.models import Agent
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.kernel.models import AuditRecord
from tests.integration.ui import sample

pytestmark = pytest.mark.django_db
Visit = Callable[..., Any]


def names(response: HttpResponse) -> list[str]:
    return re.findall(r"<span>(Nom \d+)</span>", response.content.decode())


def text(response: Any) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_every_row_is_on_exactly_one_page_although_the_order_has_ties(visit: Visit, agents: list[Agent]) -> None:
    seen = [name for page in (1, 2, 3) for name in names(visit(f"/liste/?page={page}"))]
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_search_takes_words_in_any_order(visit: Visit, agents: list[Agent]) -> None:
    assert names(visit("/liste/?q=007+nom")) == ["Nom 007"]


def test_sort_both_ways(visit: Visit, agents: list[Agent]) -> None:
    assert names(visit("/liste/?sort=last_name"))[0] == "Nom 000"
    assert names(visit("/liste/?sort=-last_name"))[0] == "Nom 119"


def test_a_filter_narrows(visit: Visit, agents: list[Agent]) -> None:
    Agent.objects.filter(last_name="Nom 003").update(is_active=False)
    assert names(visit("/liste/?is_active=false")) == ["Nom 003"]


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "", "1e9", "²"])
def test_a_page_that_does_not_exist_is_the_nearest(visit: Visit, agents: list[Agent], page: str) -> None:
    assert visit(f"/liste/?page={page}").status_code == 200


@pytest.mark.parametrize("query", ["sort=nothing", "sort=-", "sort=last_name&sort=x", "q=%00", "is_active=perhaps"])
def test_nonsense_in_the_address_is_harmless(visit: Visit, agents: list[Agent], query: str) -> None:
    assert visit(f"/liste/?{query}").status_code == 200


def test_nothing_yet_and_nothing_found_are_told_apart(visit: Visit, db: None) -> None:
    assert "Aucun agent" in visit().content.decode()
    assert "Effacer les filtres" in visit("/liste/?q=zzz").content.decode()


def test_htmx_gets_the_table_alone_and_a_clean_address(visit: Visit, agents: list[Agent]) -> None:
    response = visit("/liste/?q=00&is_active=&sort=last_name", **{"HX-Request": "true", "HX-Target": "listing"})
    content = response.content.decode()
    assert content.lstrip().startswith('<div id="listing">')
    assert "<html" not in content
    assert response["HX-Push-Url"] == "/liste/?q=00&sort=last_name"
    assert "HX-Target" in response["Vary"]


def test_a_page_restored_from_history_is_whole(visit: Visit, agents: list[Agent]) -> None:
    response = visit("/liste/", **{"HX-Target": "listing", "HX-History-Restore-Request": "true"})
    assert "<html" in response.content.decode()


def test_queries_do_not_grow_with_the_rows(
    visit: Visit, agents: list[Agent], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(5):  # two of them for the badge of the account menu
        visit()


def test_csv_holds_every_filtered_row_and_no_formula(visit: Visit, agents: list[Agent]) -> None:
    Agent.objects.filter(last_name="Nom 005").update(job_title='=HYPERLINK("http://x.example")')
    response = visit("/liste/?format=csv&sort=last_name")
    assert response["Content-Disposition"].startswith('attachment; filename="agents-')
    raw = b"".join(response.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Nom;Fonction;Service"
    assert len(lines) == 122
    assert lines[6] == 'Nom 005;"\'=HYPERLINK(""http://x.example"")";Métropole'
    assert text(visit("/liste/?format=csv&q=007")).split("\r\n")[1:] == ["Nom 007;Agent;Métropole", ""]


def test_an_export_is_audited(visit: Visit, agents: list[Agent]) -> None:
    visit("/liste/?format=csv&q=00")
    line = AuditRecord.objects.get(action="ui.list_exported")
    assert line.data["list"] == "agents"
    assert line.data["rows"] == Agent.objects.filter(last_name__contains="00").count()


def test_csv_reads_in_pieces(visit: Visit, agents: list[Agent], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parvis.portal.ui.listing.EXPORT_CHUNK", 50)
    pieces = list(visit("/liste/?format=csv").streaming_content)
    assert len(pieces) == 4  # the heading, 50, 50, 20
    assert sum(piece.count(b"\r\n") for piece in pieces) == 121


def test_a_bulk_action_asks_first_then_does_it(visit: Visit, agents: list[Agent]) -> None:
    chosen = [agents[3].pk, agents[4].pk]
    asked = visit(post={"action": "close", "pk": chosen})
    assert "Fermer ces lignes" in asked.content.decode()
    assert Agent.objects.filter(is_active=False).count() == 0
    done = visit(post={"action": "close", "pk": chosen, "confirmed": "1", "expected": "2"})
    assert done.status_code == 302
    assert set(Agent.objects.filter(is_active=False).values_list("pk", flat=True)) == set(chosen)


def test_all_results_means_all_that_answer_the_search(visit: Visit, agents: list[Agent]) -> None:
    post = {"action": "close", "all": "1", "confirmed": "1", "expected": "20"}
    response = visit("/liste/?q=nom+00", post=post)
    expected = Agent.objects.filter(last_name__contains="00").count()
    assert response.status_code == 200  # not the number that was confirmed: asked again
    post["expected"] = str(expected)
    response = visit("/liste/?q=nom+00", post=post)
    assert response["Location"] == "/liste/?q=nom+00"
    assert Agent.objects.filter(is_active=False).count() == expected


def test_bulk_refuses_what_is_not_in_the_list(visit: Visit, agents: list[Agent]) -> None:
    outside = {"action": "close", "pk": [agents[5].pk], "confirmed": "1", "expected": "1"}
    with pytest.raises(Invalid):
        visit("/liste/?q=007", post=outside)
    with pytest.raises(NotFound):
        visit(post={"action": "unknown", "pk": [agents[5].pk]})
    with pytest.raises(NotFound):
        visit(post={"action": "close", "pk": ["x' OR 1=1"]})
    assert Agent.objects.filter(is_active=False).count() == 0


def test_markup_in_a_cell_is_shown_not_run(visit: Visit, agents: list[Agent]) -> None:
    canary = "<script>alert(1)</script>"
    Agent.objects.filter(last_name="Nom 001").update(last_name=canary, job_title='"><img src=x onerror=alert(1)>')
    content = visit("/liste/?sort=last_name").content.decode()
    assert canary not in content
    assert "<img src=x" not in content
    assert "&lt;script&gt;" in content
    assert canary not in visit("/liste/?q=%3Cscript%3Ealert(1)%3C/script%3E").content.decode()
    sample.DONE.clear()
