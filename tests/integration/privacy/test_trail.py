"""The audit trail read by people: who sees what, filters, pages that stay quick, CSV, and the check of the chain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import audit, clock, context
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditHead, AuditRecord
from parvis.portal.privacy import chain, rules, sentences, tasks, trail
from parvis.portal.privacy.models import ChainCheck
from parvis.portal.privacy.trail import Asked
from parvis.portal.sources.models import Source
from tests.integration import authority
from tests.integration.signing_in import browser_of

from .conftest import Town

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRAIL = "/donnees/journal/"


class TestWhoReadsWhat:
    @pytest.fixture
    def written(self, town: Town) -> None:
        """One line about each commune, one about nothing in particular."""
        for target in (town.claire, town.stranger, None):
            audit.record(actor=None, action="directory.agent_updated", target=target, now=NOW)

    def _seen(self, user: User) -> set[str]:
        return {line.target_label for line in trail.page(user, Asked(family="directory")).lines}

    def test_an_auditor_reads_their_commune(self, town: Town, written: None) -> None:
        assert self._seen(town.auditor) == {"Claire Essai"}

    def test_the_head_of_it_of_the_whole_reads_both_and_a_superuser_all(self, town: Town, written: None) -> None:
        assert self._seen(town.head) == {"Claire Essai", "Etranger Essai"}
        assert self._seen(town.root_user()) == {"Claire Essai", "Etranger Essai", ""}

    def test_nobody_else_reads_any(self, town: Town, written: None) -> None:
        for user in (town.technician, town.user, authority.make_member(town.here, Role.HEAD_OF_DEPARTMENT)):
            assert self._seen(user) == set()
            for address in (TRAIL, f"{TRAIL}export/", f"{TRAIL}verification/"):
                assert browser_of(user).get(address).status_code == 403
            assert browser_of(user).post(f"{TRAIL}verifier/").status_code == 403

    def test_the_csv_holds_the_same(self, town: Town, written: None) -> None:
        answer = browser_of(town.auditor).get(f"{TRAIL}export/")
        text = b"".join(answer.streaming_content).decode()
        assert "Claire Essai" in text
        assert "Etranger Essai" not in text
        assert AuditRecord.objects.filter(action="privacy.trail_exported", actor_id=town.auditor.pk).exists()

    def test_an_entity_that_moves_takes_its_lines_along(self, town: Town, written: None) -> None:
        from parvis.portal.directory.entity_services import move_entity

        other = authority.make_member(town.there, Role.AUDITOR)
        move_entity(actor=town.root_user(), entity=town.here, parent=town.there, now=NOW)
        assert "Claire Essai" in self._seen(other)

    def test_without_target_the_line_is_where_the_actor_is(self, town: Town) -> None:
        line = audit.record(actor=town.technician, action="ui.list_exported", now=NOW)
        assert line.entity_id == town.here.pk
        computer = authority.make_computer(town.there)
        line = audit.record(actor=town.technician, action="parc.asset_updated", target=computer, now=NOW)
        assert line.entity_id == town.there.pk

    def test_the_place_is_no_part_of_the_chain(self, town: Town, written: None) -> None:
        AuditRecord.objects.update(entity_id=None)
        assert audit.verify() is None


class TestFilters:
    @pytest.fixture
    def reader(self, town: Town) -> User:
        yann, claire = town.technician, town.claire
        context.client_address.set("192.0.2.7")
        context.correlation.set("ab" * 16)
        audit.record(actor=yann, action="directory.agent_moved", target=claire, now=NOW - timedelta(days=40))
        context.client_address.set("")
        context.correlation.set("")
        audit.record(actor=yann, action="parc.asset_created", now=NOW - timedelta(days=10), data={"x": [1, "é"]})
        audit.record(actor=town.head, action="accounts.user_disabled", target=claire.user, now=NOW)
        return town.root_user()

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", 3),
            ("q=Claire", 2),
            ("q=claire+disabled", 0),
            ("q=désactivé", 1),
            ("q=desactive+claire", 1),
            ("q=192.0.2", 1),
            ("person=yann", 2),
            ("person=nobody+here", 0),
            ("family=accounts", 1),
            ("family=parc&person=yann", 1),
            ("address=192.0.2.7", 1),
            (f"correlation={'ab' * 16}", 1),
            ("since=2026-11-01", 2),
            ("since=2026-11-01&until=2026-11-20", 1),
            ("until=2026-10-20", 1),
            ("since=2026-11-20&until=2026-11-01", 1),
            ("since=yesterday&address=nonsense&family=x&target=../..&correlation=zz", 3),
            ("q=%00&person=%00", 3),
            ("avant=2", 1),
            ("avant=-1", 3),
            ("avant=9999999999999999999999", 3),
        ],
    )
    def test_each(self, reader: User, query: str, expected: int) -> None:
        client = browser_of(reader)
        lines = AuditRecord.objects.count()
        page = client.get(f"{TRAIL}?{query}")
        assert page.status_code == 200
        shown = page.content.decode().count("Empreinte</dt>")
        assert (shown, AuditRecord.objects.count()) == (expected, lines)

    def test_one_object(self, reader: User, town: Town) -> None:
        page = browser_of(reader).get(f"{TRAIL}?target=directory.agent:{town.claire.pk}").content.decode()
        assert page.count("Empreinte</dt>") == 1
        assert "Les lignes d’un même objet" in page

    def test_it_reads_like_a_sentence(self, reader: User) -> None:
        page = browser_of(reader).get(TRAIL).content.decode()
        assert "<strong>Helene Essai</strong> a désactivé le compte de Claire Essai" in page
        assert "<strong>Yann Essai</strong> a changé le service de Claire Essai" in page

    def test_cells_of_the_csv_are_no_formulas(self, town: Town) -> None:
        audit.record(actor=None, action="=cmd()", now=NOW, data={"=1": "+1"})
        answer = browser_of(town.root_user()).get(f"{TRAIL}export/")
        assert ";'=cmd();" in b"".join(answer.streaming_content).decode()


def _many(count: int, **fields: Any) -> None:
    """Lines as the trail would hold them, but for their hashes: reading does not look at these."""
    first = (AuditRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0) + 1
    AuditRecord.objects.bulk_create(
        (
            AuditRecord(
                id=number,
                at=NOW + timedelta(seconds=number),
                action="presence.days_declared",
                hash=f"{number:064d}",
                previous_hash="",
                **fields,
            )
            for number in range(first, first + count)
        ),
        batch_size=5000,
    )
    last = first + count - 1
    AuditHead.objects.update_or_create(pk=1, defaults={"last_id": last, "last_hash": f"{last:064d}", "purged_hash": ""})


class TestPages:
    def test_each_line_shows_once_from_the_newest_to_the_oldest(self, town: Town) -> None:
        _many(230, entity_id=town.here.pk)
        seen: list[int] = []
        before = None
        while True:
            page = trail.page(town.auditor, Asked(), before=before)
            seen += [line.id for line in page.lines]
            if page.before is None:
                break
            before = page.before
        assert seen == list(range(230, 0, -1))

    def test_a_rare_line_far_down_is_found_by_its_index(self, town: Town) -> None:
        _many(1, entity_id=town.here.pk)
        _many(60_000, entity_id=town.there.pk)
        with CaptureQueriesContext(connection) as queries:
            page = trail.page(town.auditor, Asked())
        assert [line.id for line in page.lines] == [1]
        assert len(queries) <= 10
        assert not [each for each in queries if "COUNT(" in each["sql"]]

    def test_a_search_in_the_text_stops_and_goes_on(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "TEXT_BUDGET", 1000)
        _many(1, entity_id=town.here.pk, target_label="Aiguille")
        _many(2500, entity_id=town.here.pk)
        before, turns = None, 0
        while True:
            page = trail.page(town.auditor, Asked(text="aiguille"), before=before)
            turns += 1
            if not page.paused:
                break
            assert page.lines == []
            before = page.before
        assert [line.target_label for line in page.lines] == ["Aiguille"]
        assert turns == 3
        text = browser_of(town.auditor).get(f"{TRAIL}?q=aiguille").content.decode()
        assert "Chercher plus loin" in text

    @pytest.mark.parametrize(
        ("asked", "index"),
        [
            (Asked(person="yann"), "audit_actor"),
            (Asked(address="192.0.2.7"), "audit_address"),
            (Asked(correlation="ab" * 16), "audit_correlation"),
            (Asked(target=("accounts.user", "1")), "audit_target"),
        ],
    )
    def test_filters_have_their_index(self, town: Town, asked: Asked, index: str) -> None:
        _many(20_000, entity_id=town.here.pk)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        rows = trail._matching(town.root_user(), asked).filter(id__range=(1, 20_000)).order_by("-id")[:51]
        assert index in rows.explain()

    def test_the_page_takes_few_queries(self, town: Town, django_assert_max_num_queries: Any) -> None:
        _many(5000, entity_id=town.here.pk)
        client = browser_of(town.auditor)
        client.get(TRAIL)
        with django_assert_max_num_queries(22):
            client.get(TRAIL)


class TestTheChain:
    def test_a_check_from_the_page_to_its_result(self, town: Town) -> None:
        for _ in range(3):
            audit.record(actor=None, action="test.happened", now=NOW)
        client = browser_of(town.auditor)
        client.post(f"{TRAIL}verifier/")
        assert "Vérification en cours" in client.get(TRAIL).content.decode()
        assert client.post(f"{TRAIL}verifier/").status_code == 409, "one at a time"
        (task,) = DBTaskResult.objects.filter(task_path="parvis.portal.privacy.tasks.check_chain")
        tasks.check_chain.func(**task.args_kwargs["kwargs"])
        page = client.get(f"{TRAIL}verification/").content.decode()
        assert "Intacte" in page
        check = ChainCheck.objects.get()
        assert (check.is_sound, check.head_id) == (True, 3)
        assert AuditRecord.objects.filter(action="privacy.chain_checked").exists()
        tasks.check_chain.func(**task.args_kwargs["kwargs"])
        assert AuditRecord.objects.filter(action="privacy.chain_checked").count() == 1, "twice is once"

    def test_a_changed_line_is_told(self, town: Town) -> None:
        for _ in range(3):
            audit.record(actor=None, action="test.happened", now=NOW)
        AuditRecord.objects.filter(pk=2).update(action="test.undone")
        chain.run(chain.ask(actor=town.head, now=clock.now()).pk)
        page = browser_of(town.head).get(TRAIL).content.decode()
        assert "Rompue" in page
        assert "à la ligne 2" in page

    def test_every_day_by_itself(self) -> None:
        chain.daily(NOW)
        chain.daily(NOW + timedelta(hours=3))
        assert ChainCheck.objects.count() == 1
        with pytest.raises(Conflict):
            chain.ask(actor=None, now=NOW + timedelta(minutes=30))
        chain.daily(NOW + timedelta(hours=21))  # the first one's worker died
        assert list(ChainCheck.objects.values_list("is_running", flat=True)) == [True, False]

    def test_a_technician_does_not_ask_for_it(self, town: Town) -> None:
        with pytest.raises(NotAllowed):
            chain.ask(actor=town.technician, now=NOW)

    def test_its_progress_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit, "PROGRESS_EVERY", 10)
        for _ in range(35):
            audit.record(actor=None, action="test.happened", now=NOW)
        seen: list[tuple[int, int]] = []
        assert audit.verify(progress=lambda done, total: seen.append((done, total))) is None
        assert seen == [(10, 35), (20, 35), (30, 35)]


SOURCES = Path(__file__).resolve().parents[3] / "src" / "parvis" / "portal"
ROOMS = {path.name for path in SOURCES.iterdir() if (path / "__init__.py").exists()}
ACTION = re.compile(rf"(?:{'|'.join(sorted(ROOMS))})\.[a-z]+(?:_[a-z]+)*")


def _recorded() -> Iterator[tuple[str, str]]:
    """Every action given to `audit.record`, and where: constants, both branches of a choice, pieced-together ones."""
    for path in SOURCES.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                if keyword.arg != "action":
                    continue
                for part in ast.walk(keyword.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.fullmatch(part.value):
                        yield part.value, f"{path.name}:{node.lineno}"
                    elif isinstance(part, ast.JoinedStr):
                        yield ast.unparse(part), f"{path.name}:{node.lineno}"


PIECED = {
    "f'remote_desktop.{action}'": ("session_requested", "session_resumed"),
    "f'movements.{action}'": ("closed", "cancelled", "reopened"),
}
"""Actions made of pieces, and all that they can become."""


def test_every_action_recorded_anywhere_has_its_sentence() -> None:
    found = dict(_recorded())
    assert len(found) > 60
    without = {}
    for action, place in found.items():
        if action.startswith(("f'", 'f"')):
            room = action[2:].partition(".")[0]
            whole = [f"{room}.{end}" for end in PIECED.get(action, ())] or _branches(action)
        else:
            whole = [action]
        without |= {each: place for each in whole if each not in sentences.PHRASES}
    assert not without, "add their phrases to privacy/phrases"


def _branches(pieced: str) -> list[str]:
    """`f"room.{'a' if x else 'b'}"`: both."""
    room = pieced[2:].partition(".")[0]
    ends = re.findall(r"'([a-z_]+)' if .* else '([a-z_]+)'", pieced)
    assert ends, f"say in PIECED what {pieced} can become"
    return [f"{room}.{end}" for pair in ends for end in pair]


def test_every_phrase_is_french_and_every_family_known() -> None:
    for action, phrase in sentences.PHRASES.items():
        assert re.match(r"(a|n’a|s’est) ", str(phrase)), action
        assert "'" not in str(phrase), action
        assert sentences.family_of(action) in sentences.FAMILIES, action
        assert str(phrase).count("%") == str(phrase).count("%(target)s"), action


def test_an_action_of_another_version_is_named() -> None:
    line = AuditRecord(action="old.thing", actor_label="")
    assert sentences.sentence(line) == "Le système a fait «\u202fold.thing\u202f»"


def test_what_is_done_to_a_source_is_read_where_it_speaks(town: Town) -> None:
    """Not where who did it happens to work; and what it does by itself is not lost to its auditor."""
    source = Source.objects.create(name="Annuaire", kind="ldap", root=town.here)
    stranger = User.objects.get(agent=town.stranger)
    for actor in (stranger, None):
        assert audit.record(actor=actor, action="sources.run_started", target=source, now=NOW).entity_id == town.here.pk
