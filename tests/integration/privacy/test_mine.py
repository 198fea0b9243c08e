"""My data: a copy for its owner and nobody else; and who looked at my sheet."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts import tasks as mails
from parvis.portal.accounts.models import User
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.models import Role
from parvis.portal.kernel import audit, clock, context, events
from parvis.portal.kernel.errors import Conflict, NotFound
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.privacy import archive, consultations, exports, registry, rules, tasks
from parvis.portal.privacy.models import Consultation, DataExport
from parvis.portal.privacy.personal_data import export_trail
from parvis.portal.privacy.registry import Kind
from tests.integration import authority
from tests.integration.signing_in import browser_of

from .conftest import Town, user_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
MINE = "/donnees/"


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(exports, "folder", lambda: tmp_path)


def made(user: User) -> DataExport:
    export = exports.ask(actor=user, now=clock.now())
    tasks.build_export.func(export_id=export.pk)
    export.refresh_from_db()
    return export


def unzipped(client: Client, export: DataExport) -> zipfile.ZipFile:
    answer = client.get(f"{MINE}copie/{export.pk}/")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


class TestTheCopy:
    def test_from_the_page_to_the_file(self, town: Town, mailoutbox: list[Any]) -> None:
        computer = authority.make_computer(town.here, town.claire)
        audit.record(actor=town.technician, action="directory.agent_updated", target=town.claire, now=NOW)
        client = browser_of(town.user)
        assert "Préparer ma copie" in client.get(MINE).content.decode()
        assert client.post(f"{MINE}copie/")["Location"] == MINE
        assert "Votre copie se prépare" in client.get(f"{MINE}?partie=copie").content.decode()
        assert client.post(f"{MINE}copie/").status_code == 409
        (task,) = DBTaskResult.objects.filter(task_path="parvis.portal.privacy.tasks.build_export")
        tasks.build_export.func(**task.args_kwargs["kwargs"])
        export = DataExport.objects.get()
        assert (export.state, export.done_kinds) == ("ready", export.all_kinds)
        assert "Télécharger ma copie" in client.get(MINE).content.decode()
        (notice,) = DBTaskResult.objects.filter(task_path="parvis.portal.accounts.tasks.send_notice")
        mails.send_notice.func(**notice.args_kwargs["kwargs"])
        assert "/donnees/" in mailoutbox[0].body

        file = unzipped(client, export)
        assert file.testzip() is None
        names = {f"{kind.name}.{end}" for kind in archive.exported_kinds() for end in ("json", "csv")}
        assert set(file.namelist()) == names | {"index.html"}
        assert json.loads(file.read("agents.json"))[0]["Prénom"] == "Claire"
        (held,) = json.loads(file.read("computers.json"))
        assert (held["Matériel"], held["Type"], held["Site"]) == (computer.name, "Poste de bureau", "")
        said = [row["Quoi"] for row in json.loads(file.read("audit.json"))]
        assert "Yann Essai a modifié la fiche de Claire Essai" in said
        index = file.read("index.html").decode()
        assert '<html lang="fr">' in index
        for kind in archive.exported_kinds():
            assert str(kind.title) in index
        actions = set(AuditRecord.objects.values_list("action", flat=True))
        assert {"privacy.export_asked", "privacy.export_made", "privacy.export_downloaded"} <= actions

    def test_no_secret_is_in_it(self, town: Town) -> None:
        from parvis.portal.accounts import tokens
        from tests.integration.signing_in import SECRET

        _, secret = tokens.create(
            actor=town.user, name="x", scopes=["read"], expires_date=clock.today(), now=clock.now()
        )
        client = browser_of(town.user)
        file = unzipped(client, made(town.user))
        everything = b"".join(file.read(name) for name in file.namelist())
        for hidden in (secret, tokens.digest(secret), SECRET, town.user.password):
            assert hidden.encode() not in everything

    def test_nobody_else_downloads_it(self, town: Town) -> None:
        export = made(town.user)
        for other in (town.head, town.auditor, town.technician, user_of(town.stranger), town.root_user()):
            assert browser_of(other).get(f"{MINE}copie/{export.pk}/").status_code == 404

    def test_both_acts_want_a_fresh_second_factor(self, town: Town) -> None:
        export, stale = made(town.user), browser_of(town.user, age=400)
        assert stale.get(f"{MINE}copie/{export.pk}/")["Location"].startswith("/compte/confirmation/")
        assert stale.post(f"{MINE}copie/")["Location"].startswith("/compte/confirmation/")

    def test_after_seven_days_it_is_gone(self, town: Town, tmp_path: Path) -> None:
        export = made(town.user)
        assert [path.name for path in tmp_path.iterdir()] == [export.file_name]
        late = clock.now() + timedelta(days=7, seconds=1)
        with pytest.raises(NotFound):
            exports.one(town.user, export.pk, now=late)
        assert exports.expire(late) == 1
        assert list(tmp_path.iterdir()) == []
        assert exports.expire(late) == 0
        assert browser_of(town.user).get(f"{MINE}copie/{export.pk}/").status_code == 404

    def test_a_new_one_replaces_the_former(self, town: Town, tmp_path: Path) -> None:
        first, second = made(town.user), made(town.user)
        first.refresh_from_db()
        assert (first.state, second.state) == ("gone", "ready")
        assert [path.name for path in tmp_path.iterdir()] == [second.file_name]

    def test_the_worker_runs_it_twice(self, town: Town) -> None:
        export = made(town.user)
        tasks.build_export.func(export_id=export.pk)
        assert AuditRecord.objects.filter(action="privacy.export_made").count() == 1

    def test_a_kind_that_fails_leaves_no_half_file(
        self, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(agent: object) -> Iterator[dict[str, Any]]:
            yield {"x": 1}
            raise RuntimeError

        kind = Kind(name="broken", title="x", legal_basis="x", retention_months=None, export=broken)
        monkeypatch.setattr(registry, "_kinds", {**registry._kinds, "broken": kind})
        export = exports.ask(actor=town.user, now=clock.now())
        with pytest.raises(RuntimeError):
            tasks.build_export.func(export_id=export.pk)
        export.refresh_from_db()
        assert export.state == "failed"
        assert not [path for path in tmp_path.iterdir() if path.suffix == ".zip"]
        assert "n’a pas pu être préparée" in browser_of(town.user).get(MINE).content.decode()

    def test_sizes_are_bounded_and_the_newest_stay(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        def plenty(agent: object) -> Iterator[dict[str, Any]]:
            for number in range(1000):
                yield {"Numéro": number, "Texte": "=1+1"}

        kind = Kind(name="plenty", title="Beaucoup", legal_basis="x", retention_months=None, export=plenty)
        monkeypatch.setattr(registry, "_kinds", {"plenty": kind})
        monkeypatch.setattr(rules, "ROWS_PER_KIND", 300)
        export = made(town.user)
        assert export.truncated
        file = unzipped(browser_of(town.user), export)
        rows = json.loads(file.read("plenty.json"))
        assert [row["Numéro"] for row in rows] == list(range(300))
        lines = file.read("plenty.csv").decode().splitlines()
        assert len(lines) == 301
        assert lines[1] == "0;'=1+1"
        assert file.read("index.html").decode().count("<tr>") == 201

        monkeypatch.setattr(rules, "BYTES_PER_EXPORT", 2000)
        file = unzipped(browser_of(town.user), made(town.user))
        rows = json.loads(file.read("plenty.json"))
        assert 0 < len(rows) < 300
        assert sum(len(file.read(name)) for name in ("plenty.json", "plenty.csv")) < 2500

    def test_hostile_text_stays_text(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        def hostile(agent: object) -> Iterator[dict[str, Any]]:
            yield {"Nom": "<script>alert(1)</script>", "Liste": [{"=a": None}], "Quand": NOW, "Jour": NOW.date()}

        kind = Kind(name="hostile", title="x", legal_basis="x", retention_months=None, export=hostile)
        monkeypatch.setattr(registry, "_kinds", {"hostile": kind})
        file = unzipped(browser_of(town.user), made(town.user))
        assert b"<script>" not in file.read("index.html")
        assert json.loads(file.read("hostile.json"))[0]["Quand"] == NOW.isoformat()

    def test_rows_of_several_sorts_keep_all_their_columns(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        def mixed(agent: object) -> Iterator[dict[str, Any]]:
            yield {"Sorte": "Jour", "Jour": NOW.date()}
            yield {"Sorte": "Semaine", "Du": NOW.date()}

        kind = Kind(name="mixed", title="x", legal_basis="x", retention_months=None, export=mixed)
        monkeypatch.setattr(registry, "_kinds", {"mixed": kind})
        file = unzipped(browser_of(town.user), made(town.user))
        lines = file.read("mixed.csv").decode("utf-8-sig").splitlines()
        assert lines == ["Sorte;Jour;Du", "Jour;2026-11-23;", "Semaine;;2026-11-23"]
        assert "<td>lundi 23 novembre 2026</td>" in file.read("index.html").decode()

    def test_an_account_of_no_agent_has_none(self, town: Town) -> None:
        root = town.root_user()
        with pytest.raises(Conflict):
            exports.ask(actor=root, now=clock.now())
        assert "relié à aucune fiche" in browser_of(root).get(MINE).content.decode()

    def test_a_dead_worker_does_not_block_for_ever(self, town: Town) -> None:
        exports.ask(actor=town.user, now=NOW)
        exports.expire(NOW + timedelta(hours=7))
        exports.ask(actor=town.user, now=NOW + timedelta(hours=7))


def seen(viewer: User, town: Town, at: datetime = NOW, page: str = "card") -> None:
    events.publish(AgentSeen(viewer_id=viewer.pk, agent_id=town.claire.pk, page=page, at=at))


class TestWhoLooked:
    def test_once_an_hour_and_page(self, town: Town) -> None:
        for minutes in (0, 10, 39):
            seen(town.technician, town, NOW + timedelta(minutes=minutes))
        assert Consultation.objects.count() == 1
        seen(town.technician, town, NOW + timedelta(minutes=40))
        seen(town.technician, town, page="presence")
        seen(town.head, town)
        assert Consultation.objects.count() == 4

    def test_looking_at_oneself_is_nothing(self, town: Town) -> None:
        seen(town.user, town)
        seen(User(pk=10**9), town)
        assert not Consultation.objects.exists()

    def test_the_card_says_it(self, town: Town) -> None:
        browser_of(town.technician).get(f"/annuaire/agents/{town.claire.pk}/")
        (row,) = Consultation.objects.all()
        assert (row.viewer_role, row.viewer_service) == (Role.TECHNICIAN, "Ici")
        page = browser_of(town.user).get(MINE).content.decode()
        assert "Yann Essai" in page
        assert "Technicien informatique" in page

    def test_an_auditor_is_shown_without_their_name(self, town: Town) -> None:
        seen(town.auditor, town)
        page = browser_of(town.user).get(MINE).content.decode()
        assert "Un auditeur" in page
        assert "Sophie" not in page
        (shown,) = consultations.of_agent(town.claire)
        assert (shown.who, shown.service) == ("Un auditeur", "")

    def test_a_day_is_one_line(self, town: Town) -> None:
        for hours in range(4):
            seen(town.technician, town, NOW + timedelta(hours=hours))
        assert len(consultations.of_agent(town.claire)) == 1

    def test_the_role_is_that_of_then(self, town: Town) -> None:
        seen(town.technician, town)
        town.technician.role_grants.all().delete()
        assert consultations.of_agent(town.claire)[0].role == "Technicien informatique"

    def test_auditors_read_those_of_their_perimeter(self, town: Town) -> None:
        seen(town.technician, town)
        events.publish(AgentSeen(viewer_id=town.head.pk, agent_id=town.stranger.pk, page="card", at=clock.now()))
        page = browser_of(town.auditor).get(f"{MINE}consultations/").content.decode()
        assert "Yann Essai" in page
        assert "Etranger" not in page
        everything = browser_of(town.head).get(f"{MINE}consultations/").content.decode()
        assert "Etranger" in everything
        early = browser_of(town.head).get(f"{MINE}consultations/?since=2020-01-01&until=2020-02-01").content.decode()
        assert "Yann Essai" not in early
        for nobody in (town.technician, town.user):
            assert browser_of(nobody).get(f"{MINE}consultations/").status_code == 403


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def _at_once(self, count: int, act: Any) -> list[Any]:
        results: list[Any] = [None] * count
        start = threading.Barrier(count)

        def run(number: int) -> None:
            start.wait()
            try:
                results[number] = act()
            except Exception as error:
                results[number] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_two_tabs_at_once_are_one_consultation(self) -> None:
        town = Town()
        results = self._at_once(6, lambda: seen(town.technician, town))
        assert results == [None] * 6
        assert Consultation.objects.count() == 1

    def test_two_clicks_at_once_are_one_copy(self) -> None:
        town = Town()
        results = self._at_once(6, lambda: exports.ask(actor=town.user, now=clock.now()))
        assert sum(isinstance(each, DataExport) for each in results) == 1, results
        assert sum(isinstance(each, Conflict) for each in results) == 5


def test_the_addresses_of_others_are_not_in_it(town: Town) -> None:
    """A technician at home acted on my card: from where is theirs. From where I acted, or was refused, is mine."""
    for number, actor in enumerate((town.technician, town.user, None), start=1):
        token = context.client_address.set(f"192.0.2.{number}")
        audit.record(actor=actor, action="directory.agent_updated", target=town.claire, now=NOW)
        context.client_address.reset(token)
    found = {row["Par"]: row["Depuis l’adresse"] for row in export_trail(town.claire)}
    assert found == {str(town.technician): "", str(town.user): "192.0.2.2", "le système": "192.0.2.3"}
