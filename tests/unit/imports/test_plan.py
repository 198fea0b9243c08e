"""The planning: which asset a line is, what it would change, what stays."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.portal.imports.facts import Held, Known, Named, NotFoundHere, Options, Planned, Said
from parvis.portal.imports.plan import plan

HERE, THERE = 1, 2


def find_entity(text: str) -> int:
    found = {"ici": HERE, "là-bas": THERE}.get(text.lower())
    if found is None:
        raise NotFoundHere("unknown_entity", value=text)
    return found


def held(pk: int, origins: dict[str, str] | None = None, **values: Any) -> Held:
    plain: dict[str, Any] = {
        "name": f"PC-{pk}", "tag": "", "serial": "", "kind": "office", "state": "deployed", "room": "", "site": None,
        "order_number": "", "notes": "", "address": "", "mac_address": "", "phone_number": "", "entity": HERE,
        "supplier": None, "contract": None, "model": None, "purchase_date": None, "warranty_end_date": None,
        "cost": None, **values,
    }  # fmt: skip
    return Held(pk, plain["name"], plain, {}, origins or {})


def known(*assets: Held, **facts: Any) -> Known:
    found = Known(
        find_entity, {HERE: "Ici", THERE: "Là-bas"}, {HERE: "1.", THERE: "2."},
        agents={"anne@ex.fr": {7: "Anne Essai"}, "jean petit": {8: "Jean Petit", 9: "Jean Petit"}}, **facts,
    )  # fmt: skip
    for asset in assets:
        for name, index in (("tag", found.by_tag), ("serial", found.by_serial), ("name", found.by_name)):
            if asset.values[name]:
                index.setdefault(asset.values[name].lower(), []).append(asset)
    return found


OPTIONS = Options(kind="office", entity=HERE)


def one(said: dict[str, str], *assets: Held, options: Options = OPTIONS, **facts: Any) -> Planned:
    return many([said], *assets, options=options, **facts)[0]


def many(said: list[dict[str, str]], *assets: Held, options: Options = OPTIONS, **facts: Any) -> list[Planned]:
    lines = [Said(number, each, tuple(each.values())) for number, each in enumerate(said, 2)]
    return list(plan(lines, known(*assets, **facts), options))


def codes(planned: Planned) -> list[str]:
    return [code for code, _params in planned.problems]


def test_a_new_line_is_added() -> None:
    line = one({"name": "PC-9", "serial": "XYZ", "cost": "1 234,50 €", "agent": "Anne@Ex.fr"})
    assert (line.kind, line.asset, line.agent) == ("created", None, 7)
    assert line.values == {
        "name": "PC-9", "kind": "office", "entity": HERE, "serial": "XYZ", "cost": "1234.50", "state": "deployed",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", [{"tag": "inv 1"}, {"serial": "abc"}, {"name": "pc-1"}, {"tag": "INV1", "serial": "ABC", "name": "PC-1"}]
)
def test_an_asset_is_known_by_tag_serial_or_name(said: dict[str, str]) -> None:
    asset = held(1, tag="INV1", serial="ABC")
    line = one({**said, "room": "B12"}, asset)
    assert (line.kind, line.asset) == ("changed", 1)
    assert line.changes["room"] == ["", "B12", "", ""]


def test_the_same_values_change_nothing() -> None:
    asset = held(1, tag="INV1", serial="ABC", model=["HP", "EliteBook"], cost="10.00", purchase_date="2024-03-01")
    line = one(
        {"tag": "INV1", "serial": "abc", "model": "elitebook", "manufacturer": "hp", "cost": "10", "room": "",
         "purchase_date": "01/03/2024", "kind": "Ordinateur"}, asset,
    )  # fmt: skip
    assert (line.kind, line.changes, line.is_due) == ("unchanged", {}, False)


def test_what_a_person_wrote_stays_and_is_shown() -> None:
    asset = held(1, {"room": "human", "tag": "import", "serial": "probe"}, room="B12", tag="INV1", serial="ABC")
    line = one({"name": "PC-1", "room": "B13", "tag": "INV2", "serial": "ABC"}, asset)
    assert line.conflicts == {"room": ["B12", "B13", "", "", "human"]}
    assert set(line.changes) == {"tag"}
    only = one({"name": "PC-1", "room": "B13"}, asset)
    assert (only.kind, only.is_due) == ("conflict", False)


def test_what_a_person_left_empty_is_filled() -> None:
    assert set(one({"name": "PC-1", "room": "B13"}, held(1, {"room": "human"})).changes) == {"room"}


def test_several_that_answer_are_all_named() -> None:
    line = one({"serial": "ABC"}, held(1, serial="ABC"), held(2, serial="ABC"))
    assert line.kind == "rejected"
    assert line.problems == [("several_by_serial", {"value": "ABC", "names": ["PC-1", "PC-2"]})]
    assert line.cells == ("ABC",)


def test_tag_and_serial_of_two_assets_are_no_asset() -> None:
    line = one({"tag": "INV1", "serial": "ABC"}, held(1, tag="INV1"), held(2, serial="ABC"))
    assert line.problems == [("tag_and_serial", {"tag_of": "PC-1", "serial_of": "PC-2"})]


def test_a_name_with_another_serial_is_another_computer() -> None:
    assert codes(one({"name": "PC-1", "serial": "NEW"}, held(1, serial="OLD"))) == ["name_of_other"]


def test_a_tag_is_unique_in_its_entity_only() -> None:
    here, there = held(1, tag="INV1"), held(2, tag="INV1", entity=THERE)
    assert one({"tag": "INV1", "entity": "Là-bas", "room": "A"}, here, there).asset == 2


def test_a_tag_of_another_entity_moves_only_what_is_the_same_thing() -> None:
    there = held(2, tag="INV1", serial="S2", entity=THERE)
    assert one({"tag": "INV1", "entity": "Ici", "name": "PC-9"}, there).kind == "created"
    assert one({"tag": "INV1", "entity": "Ici", "serial": "S9", "name": "PC-2"}, there).kind == "created"
    moved = one({"tag": "INV1", "entity": "Ici", "serial": "S2"}, there)
    assert (moved.asset, moved.changes["entity"][:2]) == (2, [THERE, HERE])


def test_without_an_entity_a_name_is_looked_for_everywhere_below() -> None:
    there = held(2, entity=THERE)
    assert one({"name": "PC-2", "room": "B"}, there).asset == 2
    assert one({"name": "PC-2", "room": "B"}, there, held(3, name="PC-2")).asset == 3
    several = one({"name": "PC-2"}, there, held(4, name="PC-2", entity=3))
    assert codes(several) == ["several_by_name"]


def test_homonyms_of_two_communes_are_two() -> None:
    assert one({"name": "PC-1", "entity": "Là-bas"}, held(1)).kind == "created"


def test_a_name_that_many_screens_share_makes_no_match() -> None:
    screen = held(1, name="Écran 24", kind="screen", tag="INV1")
    assert one({"name": "Écran 24", "tag": "INV2", "kind": "Écran"}, screen).kind == "created"


def test_a_thing_twice_in_a_file_is_told() -> None:
    lines = many([{"tag": "A", "name": "PC-A"}, {"tag": "a", "name": "PC-B"}, {"serial": "S", "name": "PC-A"}])
    assert [line.kind for line in lines] == ["created", "rejected", "rejected"]
    assert lines[1].problems == [("twice", {"line": 2})]


def test_a_state_that_cannot_be_reached_is_no_change() -> None:
    asset = held(1, state="disposed", tag="INV1")
    line = one({"tag": "INV1", "state": "En service"}, asset)
    assert line.conflicts["state"][4] == "move"
    moved = held(1, tag="INV1")
    assert one({"tag": "INV1", "state": "En panne"}, moved).changes["state"][1] == "repair"
    moved.state_is_human = True
    assert one({"tag": "INV1", "state": "En panne"}, moved).conflicts["state"][4] == "human"


def test_whose_it_is_by_a_person_stays() -> None:
    asset = held(1, tag="INV1")
    assert one({"tag": "INV1", "agent": "anne@ex.fr"}, asset).changes["agent"][1] == 7
    asset.agents = [Named(5, "Paul")]
    assert one({"tag": "INV1", "agent": "anne@ex.fr"}, asset).conflicts["agent"][:2] == [[5], 7]
    asset.imported_agents = frozenset({5})
    assert one({"tag": "INV1", "agent": "anne@ex.fr"}, asset).changes["agent"][0] == [5]


def test_people_unknown_or_several() -> None:
    assert codes(one({"name": "PC-9", "agent": "zoe@ex.fr"})) == ["unknown_agent"]
    several = one({"name": "PC-9", "agent": "Jean Petit"})
    assert several.problems[0][1]["names"] == ["Jean Petit", "Jean Petit"]
    lenient = one({"name": "PC-9", "agent": "zoe@ex.fr"}, options=Options("office", HERE, skip_people=True))
    assert (lenient.kind, codes(lenient)) == ("created", ["unknown_agent"])


def test_a_server_stays_one_but_for_the_head_of_it() -> None:
    asset = held(1, tag="INV1", kind="server")
    assert one({"tag": "INV1", "kind": "Portable"}, asset).conflicts["kind"][4] == "protected"
    assert one({"tag": "INV1", "kind": "Portable"}, asset, may_unprotect=True).changes["kind"][1] == "laptop"


def test_sites_with_rooms_as_glpi_writes_them() -> None:
    sites = {"mairie": [Named(4, "Mairie", HERE), Named(5, "Mairie", THERE)]}
    line = one({"name": "PC-9", "site": "Mairie > 1er étage > B12", "entity": "Ici"}, sites=sites)
    assert (line.values["site"], line.values["room"]) == (4, "1er étage › B12")
    assert codes(one({"name": "PC-9", "site": "Gare"}, sites=sites)) == ["unknown_site"]
    made = one({"name": "PC-9", "site": "Gare > Quai 1"}, options=Options("office", HERE, create_sites=True))
    assert (made.values["site"], made.values["room"]) == ("Gare", "Quai 1")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"name": "PC été"}, "bad_computer_name"), ({"tag": "x" * 41}, "too_long"),
        ({"name": "A", "cost": "x"}, "bad_cost"),
        ({"name": "A", "purchase_date": "x"}, "bad_purchase_date"), ({"name": "A", "entity": "?"}, "unknown_entity"),
        ({"name": "A", "mac_address": "zz"}, "bad_mac_address"), ({"name": "A", "state": "?!"}, "bad_state"),
        ({"serial": "123"}, "no_name"),
        ({"name": "A", "purchase_date": "2024-01-02", "warranty_end_date": "2024-01-01"}, "warranty_before_purchase"),
    ],
)  # fmt: skip
def test_why_a_line_is_rejected(said: dict[str, str], code: str) -> None:
    line = one(said)
    assert (line.kind, codes(line)) == ("rejected", [code])


def test_a_name_or_tag_of_another_is_not_taken() -> None:
    assert codes(one({"serial": "S1", "name": "PC-2"}, held(1, serial="S1"), held(2))) == ["name_taken"]
    two = [held(1, serial="S1"), held(2, tag="T2", entity=HERE)]
    assert codes(one({"serial": "S1", "tag": "T2"}, *two)) == ["tag_and_serial"]
