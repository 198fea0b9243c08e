"""Imports of files: compared, applied, the same again, decided, undone; nothing lost on the way."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, EntityAlias, Role
from parvis.portal.imports.models import Columns, Line, Run
from parvis.portal.imports.services import applying, runs, upkeep, writing
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import asset_services, queries
from parvis.portal.parc.models import Asset, AssetEvent, Assignment, Site, Supplier
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.imports.bringing import apply, bring, kinds, read, reasons, undo

pytestmark = pytest.mark.django_db

HEADER = "N° inventaire;Nom;Type;Service;N° série;Marque;Modèle;Statut;Site;Agent;Fournisseur;Date d'achat;Prix\n"
ROW = (
    "INV-1;RIV-1;Portable;Finances;SN1;HP;EliteBook;En service;Mairie;anne@rivemarine.example;Vendeur;01/03/2024;"
    "1 234,50 €\n"
)


@pytest.fixture
def here() -> Entity:
    return make_entity("Ici", make_entity("Métropole", kind=Entity.Kind.METROPOLE), Entity.Kind.COMMUNE)


@pytest.fixture
def finances(here: Entity) -> Entity:
    return make_entity("Finances", here)


@pytest.fixture
def technician(here: Entity) -> User:
    return make_member(here, Role.TECHNICIAN)


def test_a_file_becomes_assets_with_all_that_is_around_them(technician: User, here: Entity, finances: Entity) -> None:
    site, agent = make_site(here, name="Mairie"), make_agent(finances, "anne")
    run = bring(technician, here, HEADER + ROW)
    assert (run.state, run.counts["created"], run.total) == ("planned", 1, 1)
    assert not Asset.objects.exists()
    run = apply(technician, run)
    assert (run.state, run.done, run.content) == ("applied", 1, None)
    asset = Asset.objects.select_related("model", "supplier").get()
    assert (asset.tag, asset.name, asset.kind, asset.entity, asset.serial) == (
        "INV-1",
        "RIV-1",
        "laptop",
        finances,
        "SN1",
    )
    assert (asset.model.manufacturer, asset.model.name) == ("HP", "EliteBook")  # type: ignore[union-attr]
    assert (asset.site, asset.cost, asset.purchase_date) == (site, Decimal("1234.50"), date(2024, 3, 1))
    assert asset.supplier == Supplier.objects.get(entity=here, name="Vendeur")
    assert set(asset.origins.values()) == {"import"}
    assert "elitebook" in asset.search
    assert Assignment.objects.get().agent == agent
    assert [event.kind for event in asset.events.order_by("pk")] == ["created", "assigned"]
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"imports.file_given", "parc.asset_created", "parc.agent_assigned", "imports.run_applied"} <= actions
    assert audit.verify() is None


def test_the_same_file_again_changes_nothing(technician: User, here: Entity, finances: Entity) -> None:
    make_site(here, name="Mairie"), make_agent(finances, "anne")
    apply(technician, bring(technician, here, HEADER + ROW))
    before, events = Asset.objects.values().get(), AssetEvent.objects.count()
    again = bring(technician, here, HEADER + ROW)
    assert (kinds(again), again.total) == (["unchanged"], 0)
    apply(technician, again)
    assert Asset.objects.values().get() == before
    assert AssetEvent.objects.count() == events


def test_what_changed_in_the_file_changes_here_field_by_field(technician: User, here: Entity, finances: Entity) -> None:
    make_site(here, name="Mairie"), make_agent(finances, "anne"), make_agent(finances, "bob")
    apply(technician, bring(technician, here, HEADER + ROW))
    changed = ROW.replace("EliteBook", "ProBook").replace("En service", "En panne").replace("anne@", "bob@")
    run = bring(technician, here, HEADER + changed)
    line = Line.objects.get(run=run)
    assert set(line.changes) == {"model", "state", "agent"}
    assert line.changes["model"][2:] == ["HP EliteBook", "HP ProBook"]
    apply(technician, run)
    asset = Asset.objects.select_related("model").get()
    assert (str(asset.model), asset.state) == ("HP ProBook", "repair")
    assert Assignment.objects.get().agent.first_name == "Bob"


def test_what_a_person_wrote_stays_unless_it_is_ticked(technician: User, here: Entity, finances: Entity) -> None:
    make_site(here, name="Mairie"), make_agent(finances, "anne")
    apply(technician, bring(technician, here, HEADER + ROW))
    asset, now = Asset.objects.get(), clock.now()
    asset_services.update_asset(actor=technician, asset=asset, data={"serial": "HUMAN", "room": "B1"}, now=now)
    run = bring(technician, here, HEADER.strip() + ";Local\n" + ROW.strip() + ";B2\n")
    line = Line.objects.get(run=run)
    assert (line.kind, set(line.conflicts), line.is_due) == ("conflict", {"serial", "room"}, False)
    assert runs.take(actor=technician, run=run, lines={line.pk: ["room"]}, now=now) == 1
    apply(technician, run)
    asset.refresh_from_db()
    assert (asset.serial, asset.room) == ("HUMAN", "B2")


def test_a_person_who_moved_it_is_not_contradicted(technician: User, here: Entity, finances: Entity) -> None:
    make_site(here, name="Mairie"), make_agent(finances, "anne")
    apply(technician, bring(technician, here, HEADER + ROW))
    asset = Asset.objects.get()
    asset_services.move_asset(actor=technician, asset=asset, to=Asset.State.STOCK, now=clock.now())
    line = Line.objects.get(run=bring(technician, here, HEADER + ROW))
    assert line.conflicts["state"][:2] == ["stock", "deployed"]


def test_rejected_lines_are_kept_as_they_came_and_the_others_go_on(technician: User, here: Entity) -> None:
    text = "Nom;Service;Prix\nRIV-1;Ici;12\nRIV-2;Nulle part;12\nRIV-3;Ici;cher\n;;\n"
    run = apply(technician, bring(technician, here, text))
    assert kinds(run) == ["created", "rejected", "rejected"]
    assert reasons(run) == ["unknown_entity", "bad_cost"]
    assert [line.cells for line in Line.objects.filter(run=run, kind="rejected")] == [
        ["RIV-2", "Nulle part", "12"], ["RIV-3", "Ici", "cher"],
    ]  # fmt: skip
    assert list(Asset.objects.values_list("name", flat=True)) == ["RIV-1"]


def test_an_ambiguous_line_names_both(technician: User, here: Entity) -> None:
    make_computer(here, name="A", serial="S1"), make_computer(here, name="B", serial="S1")
    run = bring(technician, here, "Nom;N° série\nC;S1\n")
    assert Line.objects.get(run=run).problems == [["several_by_serial", {"value": "S1", "names": ["A (S1)", "B (S1)"]}]]


def test_entities_by_path_code_and_other_name(technician: User, here: Entity, finances: Entity) -> None:
    other = make_entity("Autre", here)
    make_entity("Finances", other)
    Entity.objects.filter(pk=finances.pk).update(code="DFIN")
    EntityAlias.objects.create(entity=finances, name="Compta")
    rows = ["Ici › Finances", "Ici / Finances", "Root entity > Ici > Finances", "dfin", "COMPTA", "Finances"]
    text = "Nom;Service\n" + "".join(f"PC-{n};{row}\n" for n, row in enumerate(rows))
    run = apply(technician, bring(technician, here, text))
    assert kinds(run) == ["created"] * 5 + ["rejected"]
    assert set(Asset.objects.values_list("entity", flat=True)) == {finances.pk}
    assert reasons(run) == ["several_entities"]


def test_agents_by_number_login_and_name(technician: User, here: Entity) -> None:
    agent = make_agent(here, "claire", last_name="Le Goff", personnel_number="004217")
    ways = ["004217", "claire", "Claire Le Goff", "LE GOFF Claire", "claire@rivemarine.example"]
    text = "Nom;Agent\n" + "".join(f"PC-{n};{way}\n" for n, way in enumerate(ways))
    run = apply(technician, bring(technician, here, text))
    assert kinds(run) == ["created"] * 5
    assert Assignment.objects.filter(agent=agent).count() == 5


def test_a_foreign_service_site_and_agent_are_unknown(technician: User, here: Entity) -> None:
    there = make_entity("Là-bas")
    make_site(there, name="Gare")
    stranger = make_agent(there)
    make_computer(there, name="PC-1", tag="T1")
    run = bring(technician, here, f"Nom;Tag;Site;Service;Agent\nPC-1;T1;Gare;Là-bas;{stranger.email}\nPC-2;T1;;;\n")
    assert kinds(run) == ["rejected", "created"]
    assert reasons(run) == ["unknown_entity", "unknown_site", "unknown_agent"]


def test_excel_on_windows_and_workbooks_are_understood(technician: User, here: Entity) -> None:
    make_entity("État civil", here)
    text = "Nom;Service\nPC-1;État civil\n"
    assert kinds(bring(technician, here, text.encode("cp1252"))) == ["created"]
    book = openpyxl.Workbook()
    book.active.append(["Nom", "Prix", "Acheté le"])
    book.active.append(["PC-2", 12.5, date(2024, 3, 1)])
    book.active.append(["PC-3", "=1+1", None])
    file = io.BytesIO()
    book.save(file)
    run = bring(technician, here, file.getvalue(), "parc.xlsx")
    assert kinds(run) == ["created", "rejected"]
    assert Line.objects.filter(run=run).first().values["cost"] == "12.50"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01",
        b"Nom;Nom\na;b\n",
        b"Nom\n",
        b"Nom\n" + b"a\n" * 20_001,
        "Nom\né\n".encode() + "é\n".encode("cp1252"),
    ],
    ids=["empty", "binary", "a header twice", "no line", "too many lines", "two encodings"],
)
def test_what_is_no_table_is_refused_with_words(technician: User, here: Entity, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        runs.bring_file(actor=technician, root=here, name="x.csv", content=content, now=clock.now())
    assert str(refused.value.message)
    assert not Run.objects.exists()


def test_columns_are_remembered_for_the_next_file_of_the_same_program(technician: User, here: Entity) -> None:
    run = runs.bring_file(actor=technician, root=here, name="a.csv", content=b"A;B\nPC-1;x\n", now=clock.now())
    assert run.columns == {}
    said = {"kind": "laptop", "entity": here.pk}
    runs.compare(actor=technician, run=run, columns={"name": "A"}, options=said, now=clock.now())
    read(run)
    again = runs.bring_file(actor=technician, root=here, name="b.csv", content=b"B;A\nx;PC-2\n", now=clock.now())
    assert again.columns == {"name": "A"}
    assert again.options["kind"] == "laptop"
    assert Columns.objects.count() == 1


def test_an_asset_that_changed_since_is_left_out_and_not_overwritten(technician: User, here: Entity) -> None:
    asset = make_computer(here, name="PC-1", room="")
    run = bring(technician, here, "Nom;Local\nPC-1;B1\nPC-2;B2\n")
    asset_services.update_asset(actor=technician, asset=asset, data={"room": "B9"}, now=clock.now())
    run = apply(technician, run)
    asset.refresh_from_db()
    assert (asset.room, run.counts["left_out"]) == ("B9", 1)
    assert Line.objects.get(run=run, number=2).outcome == "changed_since"
    assert Asset.objects.filter(name="PC-2").exists()


def test_what_was_added_meanwhile_is_not_added_twice(technician: User, here: Entity) -> None:
    """The same file brought by two people: both compared, then both applied."""
    text = "Nom;Type;N° série\nÉcran 24;Écran;mon 1\nÉcran 24;Écran;MON-2\nCasque;Accessoire;\nCasque;Accessoire;\n"
    first, second = bring(technician, here, text), bring(technician, here, text)
    assert kinds(second) == ["created"] * 4
    apply(technician, first)
    assert Asset.objects.count() == 4, "two of one name in one file are two"
    Asset.objects.filter(serial="mon 1").update(serial="MON1")
    second = apply(technician, second)
    assert Asset.objects.count() == 4
    assert set(Line.objects.filter(run=second).values_list("outcome", flat=True)) == {"added_since"}


def test_an_asset_is_known_in_any_case_and_spacing(technician: User, here: Entity) -> None:
    computer = make_computer(here, name="Riv-Accueil", serial="5cG 1234 Abc", tag="Inv 12")
    for text in ("Nom\nRIV-ACCUEIL\n", "Nom;N° série\nRIV-9;5CG1234ABC\n", "Nom;Tag\nRIV-9;inv12\n"):
        assert Line.objects.get(run=bring(technician, here, text)).asset == computer, text


def test_a_number_taken_meanwhile_costs_its_own_line_only(technician: User, here: Entity) -> None:
    run = bring(technician, here, "Nom;Tag\nPC-1;T1\nPC-2;T2\nPC-3;T3\n")
    make_computer(here, name="OTHER", tag="T2")
    run = apply(technician, run)
    assert list(Asset.objects.order_by("name").values_list("name", flat=True)) == ["OTHER", "PC-1", "PC-3"]
    assert Line.objects.get(run=run, number=3).outcome == "taken"
    assert AuditRecord.objects.filter(action="parc.asset_created").count() == 2
    assert audit.verify() is None


def test_killed_half_way_it_is_taken_up_where_it_stopped(
    technician: User, here: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bring(technician, here, "Nom\n" + "".join(f"PC-{n}\n" for n in range(30)))
    monkeypatch.setattr("parvis.portal.imports.rules.FIRST_BATCH", 10)
    whole, calls = writing.write, []

    def dies(*args: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine is gone")
        whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "write", dies)
    run = apply(technician, run)
    assert (run.state, run.problem, run.done, Asset.objects.count()) == ("failed", "unexpected", 10, 10)
    monkeypatch.setattr(writing, "write", whole)
    run = apply(technician, run)
    assert (run.state, run.done, run.total, Asset.objects.count()) == ("applied", 30, 30, 30)


def test_a_lost_workers_run_is_taken_over(technician: User, here: Entity) -> None:
    run = bring(technician, here, "Nom\nPC-1\n")
    runs.approve(actor=technician, run=run, now=clock.now())
    Run.objects.filter(pk=run.pk).update(worker="dead", beat_at=clock.now())
    applying.apply(Run.objects.get(pk=run.pk))
    assert Asset.objects.count() == 0  # it may be alive
    Run.objects.filter(pk=run.pk).update(beat_at=clock.now() - 2 * runs.DEAD_AFTER)
    upkeep.sweep(now=clock.now())
    applying.apply(Run.objects.get(pk=run.pk))
    assert Asset.objects.count() == 1


def test_undone_everything_is_as_before(technician: User, here: Entity, finances: Entity) -> None:
    make_site(here, name="Mairie"), make_agent(finances, "anne")
    old = make_computer(here, make_agent(here, "bob"), name="OLD", serial="S9", room="A1", origins={"room": "probe"})
    before = Asset.objects.values("room", "origins", "serial", "state", "cost", "tag").get(pk=old.pk)
    text = HEADER.strip() + ";Local\n" + ROW.strip() + ";\n" + "T9;;;;S9;;;En panne;;;;;12;B7\n"
    run = apply(technician, bring(technician, here, text))
    old.refresh_from_db()
    assert (old.room, old.state, old.tag) == ("B7", "repair", "T9")
    run = undo(technician, run)
    assert (run.state, run.counts["undone"], run.counts["kept"]) == ("undone", 2, 0)
    assert list(Asset.objects.values_list("name", flat=True)) == ["OLD"]
    assert Asset.objects.values("room", "origins", "serial", "state", "cost", "tag").get(pk=old.pk) == before
    assert kinds(bring(technician, here, text)) == ["created", "changed"]


def test_what_changed_since_is_not_undone(technician: User, here: Entity) -> None:
    run = apply(technician, bring(technician, here, "Nom;Local\nPC-1;A\nPC-2;B\n"))
    touched = Asset.objects.get(name="PC-1")
    asset_services.update_asset(actor=technician, asset=touched, data={"room": "C"}, now=clock.now())
    run = undo(technician, run)
    assert (run.counts["undone"], run.counts["kept"]) == (1, 1)
    assert list(Asset.objects.values_list("name", flat=True)) == ["PC-1"]
    with pytest.raises(Conflict):
        undo(technician, run)


def test_only_the_it_team_of_the_entity_imports(technician: User, here: Entity) -> None:
    there = make_entity("Là-bas")
    for user, root in ((make_member(here, Role.AUDITOR), here), (make_member(here), here), (technician, there)):
        with pytest.raises(NotAllowed):
            bring(user, root, "Nom\nPC-1\n")
    run = bring(technician, here, "Nom\nPC-1\n")
    for act in (runs.approve, runs.discard):
        with pytest.raises(NotAllowed):
            act(actor=make_member(there, Role.HEAD_OF_IT), run=run, now=clock.now())


def test_a_right_lost_meanwhile_stops_it(technician: User, here: Entity) -> None:
    run = bring(technician, here, "Nom\nPC-1\n")
    runs.approve(actor=technician, run=run, now=clock.now())
    technician.role_grants.all().delete()
    applying.apply(Run.objects.get(pk=run.pk))
    run.refresh_from_db()
    assert (run.state, run.problem, Asset.objects.count()) == ("failed", "not_allowed", 0)


def test_missing_sites_are_made_when_asked(technician: User, here: Entity) -> None:
    text = "Nom;Site\nPC-1;Gare > Quai 2\nPC-2;gare\nPC-3;Gare\n"
    assert kinds(bring(technician, here, text)) == ["rejected"] * 3
    apply(technician, bring(technician, here, text, create_sites=True))
    assert Site.objects.get().name in {"Gare", "gare"}
    assert Asset.objects.get(name="PC-1").room == "Quai 2"
    assert kinds(bring(technician, here, text, create_sites=True)) == ["unchanged"] * 3


def test_a_batch_costs_as_many_queries_whatever_its_lines(
    technician: User, here: Entity, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    header = "Tag;Nom;N° série;Marque;Modèle;Local\n"
    text = "".join(f"T{n};PC-{n};S{n};HP;M{n % 3};A\n" for n in range(300))
    for body in (text, text.replace(";A\n", ";B\n")):
        run = bring(technician, here, header + body)
        with django_assert_max_num_queries(60):
            writing.write(technician, run, list(Line.objects.filter(run=run, is_due=True)), clock.now())
    assert Asset.objects.filter(room="B").count() == 300


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_lines_or_a_complaint(technician: User, here: Entity, body: str) -> None:
    with contextlib.suppress(Invalid):
        run = bring(technician, here, "Nom;Service;Agent;Prix\n" + body)
        assert run.state in {"planned", "failed"}
        assert run.problem != "unexpected"
        Run.objects.all().delete()


def test_old_files_go(technician: User, here: Entity) -> None:
    run = bring(technician, here, "Nom\nPC-1\n")
    upkeep.prune(clock.now() + upkeep.FILES_KEPT * 2)
    run.refresh_from_db()
    assert run.content is None
    assert queries.assets_visible_to(technician).count() == 0
