"""Two technicians on one asset: what one writes is not undone by what the other had read before."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc import asset_services, bulk_edits
from parvis.portal.parc.bulk_edits import Edit
from parvis.portal.parc.models import Asset, AssetModel
from tests.integration.authority import make_entity, make_member, make_site
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def technician(root: Entity) -> User:
    return make_member(root, Role.TECHNICIAN, "yann")


def make(root: Entity, name: str = "TEL-1", **fields: object) -> Asset:
    return Asset.objects.create(**{"entity": root, "name": name, "kind": "phone", "state": "stock", **fields})


def read(asset: Asset) -> Asset:
    return Asset.objects.select_related("entity", "site", "model").get(pk=asset.pk)


def test_what_is_changed_leaves_alone_where_the_asset_is_meanwhile(root: Entity, technician: User) -> None:
    asset = make(root)
    mine, theirs = read(asset), read(asset)
    now = clock.now()
    asset_services.move_asset(actor=technician, asset=theirs, to=Asset.State.REPAIR, now=now)
    asset_services.update_asset(actor=technician, asset=theirs, data={"tag": "T-1"}, now=now)
    asset_services.update_asset(actor=technician, asset=mine, data={"room": "B12"}, now=now)
    after = Asset.objects.get()
    assert (after.state, after.tag, after.room) == ("repair", "T-1", "B12")


def test_a_long_bulk_change_sees_each_asset_as_it_is_when_its_turn_comes(root: Entity, technician: User) -> None:
    first, second = make(root), make(root, "TEL-2")
    chosen = [read(first), read(second)]
    now = clock.now()

    def one_by_one() -> object:
        yield chosen[0]
        # While the first is written a colleague puts the second elsewhere, and takes it out of stock.
        theirs = read(second)
        asset_services.update_asset(actor=technician, asset=theirs, data={"room": "C3", "tag": "T-2"}, now=now)
        asset_services.move_asset(actor=technician, asset=theirs, to=Asset.State.REPAIR, now=now)
        yield chosen[1]

    edit = Edit({"room": "B12"}, Asset.State.RETIRED)
    done = bulk_edits.apply(actor=technician, assets=one_by_one(), edit=edit, now=now)  # type: ignore[arg-type]
    assert (done.done, done.refused) == (2, [])
    assert list(Asset.objects.order_by("pk").values_list("state", "tag")) == [("retired", ""), ("retired", "T-2")]
    undone = bulk_edits.undo(actor=technician, token=done.token, visible=Asset.objects.all(), now=now)
    # Back to what each was when it was changed, not to what the list had shown.
    assert (undone.done, undone.refused[0][0]) == (1, "TEL-2")


def test_what_was_deleted_meanwhile_is_told(root: Entity, technician: User) -> None:
    asset = make(root)
    chosen = read(asset)
    asset.delete()
    done = bulk_edits.apply(actor=technician, assets=[chosen], edit=Edit({"room": "B12"}), now=clock.now())
    assert (done.done, [name for name, _why in done.refused]) == (0, ["TEL-1"])


def fields_of(page: str) -> dict[str, str]:
    """What a browser sends back of a form nobody touched."""
    form = page[page.index('class="card" novalidate') :]
    inputs = re.findall(r"<input\b[^>]*>", form)
    named = [(re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in inputs]
    sent = {name[1]: value[1] if value else "" for name, value in named if name}
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    sent |= dict(re.findall(r'<textarea name="([^"]*)"[^>]*>\s*(.*?)</textarea>', form, re.DOTALL))
    return sent


def shown(browser: Client, asset: Asset) -> dict[str, str]:
    return fields_of(browser.get(reverse("parc:edit_asset", args=[asset.pk])).content.decode())


def test_a_form_left_open_over_lunch_writes_only_what_was_touched(root: Entity, technician: User) -> None:
    site, other = make_site(root, name="Mairie"), make_site(root, name="École")
    model = AssetModel.objects.create(kind="phone", manufacturer="Fairphone", name="5")
    asset = make(
        root, site=site, model=model, cost="320.00", purchase_date="2026-01-05", notes="à garder\nau sec", room="A1"
    )
    browser, page = browser_of(technician), reverse("parc:edit_asset", args=[asset.pk])
    form = shown(browser, asset)
    assert (form["site"], form["model_name"], form["room"]) == (str(site.pk), "5", "A1")
    data = {"room": "C3", "site": other, "notes": "rendu", "cost": None, "model": None}
    asset_services.update_asset(actor=technician, asset=read(asset), data=data, now=clock.now())  # type: ignore[arg-type]
    assert browser.post(page, {**form, "serial": "S-1"}).status_code == 302
    after = read(asset)
    assert (after.room, after.site, after.notes, after.cost, after.model) == ("C3", other, "rendu", None, None)
    assert (after.serial, after.origins["serial"]) == ("S-1", "human")
    # Touched, it is written; emptied too.
    form = shown(browser, asset)
    assert browser.post(page, {**form, "room": "", "manufacturer": "Fairphone", "model_name": "5"}).status_code == 302
    after = read(asset)
    assert (after.room, after.model, after.serial) == ("", model, "S-1")
