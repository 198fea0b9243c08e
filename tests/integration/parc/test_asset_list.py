"""The list of assets: facets agree with the database, perimeters hold, files, views, columns, bulk changes."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc import asset_filters, asset_index, asset_services, queries, rules
from parvis.portal.parc.asset_filters import Selection
from parvis.portal.parc.models import Asset, AssetEvent, AssetModel, Assignment
from parvis.portal.ui.models import ListColumns, SavedView
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def technician(root: Entity) -> User:
    return make_member(root, Role.TECHNICIAN, "yann")


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def random_parc(root: Entity, count: int = 150) -> list[Asset]:
    """Assets of all kinds here and there, some with agents, dates around every bound."""
    chance, today = random.Random(4), clock.today()
    entities = [root, *(make_entity(f"Direction {n}", root) for n in range(3))]
    entities.append(make_entity("Service", entities[1]))
    sites = [None, *(make_site(entity) for entity in entities)]
    models = [None, *(AssetModel.objects.create(name=f"M{n}", kind="office") for n in range(3))]
    days = [None, *(today + timedelta(days=n) for n in (-3000, -2000, -1500, -900, -364, -1, 0, 1, 183, 184, 900))]
    assets = Asset.objects.bulk_create(
        Asset(
            name=f"A-{number:04d}",
            kind=chance.choice(Asset.Kind.values),
            state=chance.choice(Asset.State.values),
            reachability=chance.choice(Asset.Reachability.values),
            entity=chance.choice(entities),
            site=chance.choice(sites),
            model=chance.choice(models),
            warranty_end_date=chance.choice(days),
            purchase_date=chance.choice(days),
            search=rules.search_text(f"A-{number:04d}", chance.choice(["Dell Latitude", "HP", "Écran"])),
        )
        for number in range(count)
    )
    agents = [make_agent(root, f"p{n}") for n in range(5)] + [make_agent(root, "parti", is_active=False)]
    Assignment.objects.bulk_create(
        Assignment(agent=chance.choice(agents), asset=asset) for asset in assets if chance.random() < 0.4
    )
    return assets


def asked_at_random(chance: random.Random) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {name: sorted(words) for name, words in asset_filters.WORDS.items()}
    values |= {
        "site": ["none", *map(str, Asset.objects.exclude(site=None).values_list("site", flat=True)[:3])],
        "model": ["none", *map(str, AssetModel.objects.values_list("pk", flat=True))],
        "entity": list(map(str, Entity.objects.values_list("pk", flat=True))),
    }
    names = chance.sample(sorted(values), chance.randint(0, 3))
    return {name: chance.sample(values[name], chance.randint(1, 2)) for name in names}


def test_the_index_and_the_database_find_the_same(root: Entity) -> None:
    random_parc(root)
    chance, today = random.Random(7), clock.today()
    paths = dict(Entity.objects.values_list("pk", "path"))
    index = asset_index.current()
    for _round in range(60):
        asked = asked_at_random(chance)
        search = chance.choice(["", "", "latitude", "ecran a-00", "p3", "parti"])
        selection = Selection.of(lambda name, asked=asked: asked.get(name, []), search)  # type: ignore[misc]
        rows = queries.search_assets(Asset.objects.filter(asset_filters.condition(selection, today)), search)
        mask = asset_filters.searched(index, search)
        for narrowing in asset_filters.masks(index, selection, paths, today).values():
            mask &= narrowing
        flags = mask.to_bytes(index.size, "little")
        found = {key for key, flag in zip(index.keys, flags, strict=True) if flag}
        assert found == set(rows.values_list("pk", flat=True)), (asked, search)


def test_a_kept_index_follows_what_changes(root: Entity, technician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assets = random_parc(root, 30)
    monkeypatch.setattr(asset_index, "READ_WHOLE", 0)
    monkeypatch.setattr(asset_index, "CHECKS_SECONDS", 0)
    read: list[int] = []
    whole = asset_index._whole
    monkeypatch.setattr(asset_index, "_whole", lambda: read.append(1) or whole())
    today = clock.today()
    first = asset_index.current()
    assert asset_index.current() is first
    compared = ("kind", "family", "state", "reachability", "site", "entity", "model", "texts", "assigned")
    made = [getattr(first, name) for name in compared] + [first.warranty(today), first.age(today)]
    assert all(made), "columns made before the change must follow it"
    now = clock.now() + timedelta(seconds=5)
    mover = Asset.objects.filter(state="stock").first() or assets[0]
    asset_services.update_asset(actor=technician, asset=mover, data={"name": "AAA-premier"}, now=now)
    bought = {"purchase_date": today, "warranty_end_date": today}
    new = asset_services.create_asset(
        actor=technician, data={"name": "Nouveau", "kind": "screen", "entity": root, **bought}, now=now
    )
    Asset.objects.filter(pk=assets[3].pk).update(reachability="asleep", checked_at=now)
    asset_services.assign_agent(actor=technician, asset=new, agent=make_agent(root, "zoe"), now=now)
    index, fresh = asset_index.current(), whole()
    assert len(read) == 1, "all was read again"
    for name in ("keys", "by_name", *compared):
        assert getattr(index, name) == getattr(fresh, name), name
    assert (index.warranty(today), index.age(today)) == (fresh.warranty(today), fresh.age(today))
    asset_services.delete_asset(actor=technician, asset=new, now=now)
    assert asset_index.current().keys == whole().keys


def test_each_facet_counts_what_the_others_leave(browser: Client, root: Entity) -> None:
    for kind, state in (("laptop", "stock"), ("laptop", "deployed"), ("screen", "stock"), ("office", "disposed")):
        Asset.objects.create(entity=root, name=f"{kind}-{state}", kind=kind, state=state)
    page = browser.get(reverse("parc:assets"), {"kind": ["laptop"], "state": "stock"})
    facets = {facet.name: {o.value: (o.count, o.selected) for o in facet.options} for facet in page.context["facets"]}
    assert facets["kind"] == {"laptop": (1, True), "screen": (1, False)}
    assert facets["state"] == {"stock": (1, True), "deployed": (1, False)}
    assert facets["assigned"] == {"no": (1, False)}
    assert "laptop-stock" in text(page)
    assert "screen-stock" not in text(page)
    several = text(browser.get(reverse("parc:assets"), {"kind": ["laptop", "screen"]}))
    assert "screen-stock" in several
    assert "laptop-deployed" in several
    assert "office-disposed" not in text(browser.get(reverse("parc:assets")))
    assert "office-disposed" in text(browser.get(reverse("parc:assets"), {"state": "disposed"}))


def test_an_entity_holds_what_is_below(browser: Client, root: Entity) -> None:
    direction = make_entity("Direction", root)
    make_computer(make_entity("Service", direction), name="EN-DESSOUS")
    make_computer(make_entity("Ailleurs", root), name="AILLEURS")
    page = text(browser.get(reverse("parc:assets"), {"entity": direction.pk}))
    assert "EN-DESSOUS" in page
    assert "AILLEURS" not in page


@pytest.mark.parametrize("sort", ["name", "-name", "kind", "-site", "entity", "model", "-tag", "cost", "nothing", "-"])
def test_every_sort_shows_every_row_once(browser: Client, root: Entity, sort: str) -> None:
    random_parc(root, 120)
    states = {"state": Asset.State.values}
    seen = [
        row.record.pk
        for page in (1, 2, 3)
        for row in browser.get(reverse("parc:assets"), {**states, "sort": sort, "page": page}).context["table"].page
    ]
    assert len(seen) == len(set(seen)) == 120


def test_a_commune_counts_only_its_own(root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    make_computer(here, name="CHEZ-NOUS", site=make_site(here, name="Mairie d’ici"))
    foreign = make_site(there, name="Mairie de là-bas")
    model = AssetModel.objects.create(name="Rare", kind="office")
    make_computer(there, name="CHEZ-EUX", site=foreign, model=model)
    browser = browser_of(make_member(here, Role.TECHNICIAN))
    for query in ({}, {"site": foreign.pk}, {"entity": there.pk}, {"model": model.pk}, {"q": "eux"}):
        page = browser.get(reverse("parc:assets"), query)
        for word in ("CHEZ-EUX", "Mairie de là-bas", "Là-bas", "Rare"):
            assert word not in text(page), (query, word)
        counted = [o.count for facet in page.context["facets"] for o in facet.options]
        assert max(counted, default=0) <= 1


def test_hostile_values_in_the_address_are_harmless(browser: Client, root: Entity) -> None:
    make_computer(root, name="RIV-1")
    for query in (
        "site=x", "site=-1", "site=99999999999999999999", "kind=spaceship", "entity=none", "model=²", "age=2", "q=%00",
        "sort=search", "columns=<script>", "page=-3", "warranty=over'--", "entity=0&entity=0",
    ):  # fmt: skip
        assert browser.get(f"{reverse('parc:assets')}?{query}").status_code == 200, query


def test_the_list_takes_few_queries(browser: Client, root: Entity, django_assert_max_num_queries: Any) -> None:
    random_parc(root, 400)
    browser.get(reverse("parc:sites"))  # a sign-in's first page notes where it comes from
    for query in ({}, {"q": "latitude p3", "kind": "laptop"}, {"sort": "-cost", "entity": root.pk}):
        with django_assert_max_num_queries(45):
            browser.get(reverse("parc:assets"), query)


def test_files_hold_every_column_and_no_formula(browser: Client, root: Entity) -> None:
    Asset.objects.create(entity=root, name="=1+1", kind="screen", serial="@SUM(A1)", tag="T-1", cost="120.50")
    csv = b"".join(browser.get(reverse("parc:assets"), {"format": "csv"}).streaming_content)  # type: ignore[attr-defined]
    lines = csv.decode("utf-8-sig").splitlines()
    assert len(lines[0].split(";")) == 22
    assert lines[1].startswith("'=1+1;Écran;")
    answer = browser.get(reverse("parc:assets"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "T-1" in [cell.value for cell in cells]
    assert 120.5 in [cell.value for cell in cells]


def test_a_workbook_has_a_limit(browser: Client, root: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    make_computer(root)
    make_computer(root)
    monkeypatch.setattr("parvis.portal.ui.xlsx.MOST_ROWS", 1)
    assert browser.get(reverse("parc:assets"), {"format": "xlsx"}).status_code == 422
    assert "format=xlsx" not in text(browser.get(reverse("parc:assets")))


def test_columns_are_kept_for_the_person(browser: Client, root: Entity, technician: User) -> None:
    Asset.objects.create(entity=root, name="E-1", kind="screen", serial="SN-42")
    url = reverse("parc:assets")
    assert "SN-42" not in text(browser.get(url))
    browser.post(url, {"list_choice": "columns", "column": ["name", "serial", "password"]})
    assert ListColumns.objects.get(user=technician).columns == ["name", "serial"]
    page = text(browser.get(url))
    assert "SN-42" in page
    assert "Situation</a>" not in page
    browser.post(url, {"list_choice": "columns"})
    assert not ListColumns.objects.exists()


def test_views_are_kept_and_shared_with_the_team_only(root: Entity, technician: User) -> None:
    commune = make_entity("Commune", root)
    mine, theirs = browser_of(technician), browser_of(make_member(root, Role.TECHNICIAN))
    outsider = browser_of(make_member(commune, Role.TECHNICIAN))
    url = f"{reverse('parc:assets')}?kind=laptop&page=3"
    save = {"list_choice": "save", "name": "Portables", "team": root.pk}
    assert outsider.post(url, save).status_code == 404
    assert mine.post(url, save).status_code == 302
    mine.post(url, {**save, "name": "À moi", "team": ""})
    mine.post(url, save)  # twice is once
    view = SavedView.objects.get(name="Portables")
    assert (view.query, SavedView.objects.count()) == ("kind=laptop", 2)
    assert "Portables" in text(theirs.get(url))
    assert "À moi" not in text(theirs.get(url))
    assert "Portables</" not in text(outsider.get(url)).replace("Portable</", "")
    forget = {"list_choice": "forget", "view": view.pk}
    for stranger in (theirs, outsider):
        assert stranger.post(url, forget).status_code == 404
    assert mine.post(url, forget).status_code == 302
    assert mine.post(url, {**save, "name": "  "}).status_code == 422
    assert mine.post(url, {"list_choice": "explode"}).status_code == 404


def edit(browser: Client, assets: list[Asset], **changes: object) -> Any:
    asked = {"action": "edit", "pk": [asset.pk for asset in assets], "expected": len(assets), **changes}
    return browser.post(reverse("parc:assets"), asked)


def test_many_are_changed_after_a_preview_and_put_back(browser: Client, root: Entity) -> None:
    site, agent = make_site(root, name="Annexe"), make_agent(root, "anne")
    laptop = make_computer(root, agent, name="PT-1", kind="laptop")
    gone = Asset.objects.create(entity=root, name="VIEUX", kind="screen", state="disposed")
    assert "Voir ce qui va changer" in text(edit(browser, [laptop]))
    assert "au moins un changement" in text(edit(browser, [laptop], step="preview"))
    url = f"{reverse('parc:assets')}?state=disposed&state=deployed"
    body = {"action": "edit", "pk": [laptop.pk, gone.pk], "expected": 2, "state": "stock", "site": site.pk}
    preview = text(browser.post(url, {**body, "step": "preview"}))
    for words in ("VIEUX", "ne peut pas passer", "1 agent ne l’aura plus", "Annexe", "Modifier 1 matériel"):
        assert words in preview, words
    laptop.refresh_from_db()
    assert laptop.state == "deployed"
    done = browser.post(url, {**body, "step": "do", "confirmed": "1"})
    laptop.refresh_from_db()
    gone.refresh_from_db()
    assert (laptop.state, laptop.site, gone.site) == ("stock", site, None)
    assert not laptop.agents.exists()
    token = done.context["outcome"].token
    assert "VIEUX" in text(done)
    stranger = browser_of(make_member(root, Role.TECHNICIAN))
    undo = reverse("parc:undo_bulk_edit")
    assert stranger.post(undo, {"token": token}).status_code == 404
    assert browser.post(undo, {"token": token, "back_url": "https://ailleurs.example/"})["Location"].startswith(
        "/parc/"
    )
    laptop.refresh_from_db()
    assert (laptop.state, laptop.site) == ("deployed", None)
    assert browser.post(undo, {"token": token}).status_code == 404
    assert AssetEvent.objects.filter(asset=laptop, kind="state").count() == 2


def test_what_changed_meanwhile_is_not_put_back(browser: Client, technician: User, root: Entity) -> None:
    first, second = make_computer(root), make_computer(root)
    done = edit(browser, [first, second], step="do", confirmed="1", room="B12")
    asset_services.update_asset(
        actor=technician, asset=Asset.objects.get(pk=first.pk), data={"room": "C3"}, now=clock.now()
    )
    browser.post(reverse("parc:undo_bulk_edit"), {"token": done.context["outcome"].token})
    assert list(Asset.objects.order_by("pk").values_list("room", flat=True)) == ["C3", ""]


def test_bulk_changes_stop_at_the_perimeter(root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    mine, foreign = make_computer(here), make_computer(there)
    browser = browser_of(make_member(here, Role.TECHNICIAN))
    assert edit(browser, [foreign], step="do", confirmed="1", room="X").status_code == 422
    page = edit(browser, [mine], step="do", confirmed="1", site=make_site(there).pk)
    assert page.context["form"].errors
    auditor = browser_of(make_member(here, Role.AUDITOR))
    assert edit(auditor, [mine], step="do", confirmed="1", room="X").status_code == 404
    assert not Asset.objects.exclude(room="").exists()


def test_too_many_at_once_are_refused(browser: Client, root: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parvis.portal.parc.bulk_edits.MOST_ROWS", 1)
    assert edit(browser, [make_computer(root), make_computer(root)]).status_code == 422


def test_back_to_stock_in_two_steps(browser: Client, root: Entity) -> None:
    computer = make_computer(root, make_agent(root))
    body = {"action": "stock", "pk": computer.pk}
    assert "Modifier 1 matériel" in text(browser.post(reverse("parc:assets"), body))
    browser.post(reverse("parc:assets"), {**body, "state": "stock", "step": "do", "confirmed": "1", "expected": 1})
    assert Asset.objects.get().state == "stock"
    assert not Assignment.objects.exists()


def test_programs_list_assets_with_the_same_filters(root: Entity, technician: User) -> None:
    make_computer(root, make_agent(root, "anne"), name="PT-1", kind="laptop", search="pt-1")
    Asset.objects.create(entity=root, name="E-1", kind="screen", state="stock", search="e-1")
    program = program_of(technician)

    def found(**query: Any) -> list[str]:
        return [asset["name"] for asset in program.get("/api/v1/assets", query).json()["items"]]

    assert found() == ["E-1", "PT-1"]
    assert found(kind=["screen", "phone"]) == ["E-1"]
    assert found(assigned="yes") == ["PT-1"]
    assert found(q="anne") == ["PT-1"]
    assert found(family="computers", state="stock") == []
    assert program.get("/api/v1/assets", {"kind": "spaceship"}).status_code == 422
