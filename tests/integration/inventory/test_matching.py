"""Which asset a report ends at, with the traps that GLPI's rules fall into."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from parvis.portal.inventory import rules
from parvis.portal.inventory.content import Network
from parvis.portal.inventory.models import Identity, Report
from parvis.portal.inventory.services import matching, recording
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset
from tests.integration.authority import make_computer, make_entity
from tests.integration.inventory.world import LAPTOP, Authority, authority, make_report, sent

pytestmark = pytest.mark.django_db

DOCK = Network("Dock", "A4:BB:6D:11:22:33", ("10.1.2.9",))


@pytest.fixture
def place() -> Authority:
    return authority()


def state(report: Report) -> tuple[str, str]:
    report.refresh_from_db()
    return report.state, report.problem


def test_a_first_report_makes_the_asset(place: Authority) -> None:
    report = sent(place.token)
    asset = Asset.objects.get()
    assert state(report) == ("applied", "")
    assert (report.asset_id, report.body, report.name) == (asset.pk, None, "PC-ACCUEIL")
    assert (asset.entity, asset.kind, asset.name, asset.serial) == (place.here, "laptop", "PC-ACCUEIL", "5CG1234ABC")
    assert asset.mac_address == "3C:52:82:00:00:01"
    assert asset.address == ""  # a laptop's address is its user's home as often as the office
    assert str(asset.model) == "HP HP ProBook 450 G8"
    assert set(asset.origins.values()) == {"probe"}
    kinds = set(Identity.objects.filter(asset=asset).values_list("kind", flat=True))
    assert kinds == {"serial", "uuid", "board", "mac", "device", "name"}


def test_the_same_computer_comes_back(place: Authority) -> None:
    first, second = sent(place.token), sent(place.token)
    assert first.asset_id == second.asset_id
    assert Asset.objects.count() == 1


def test_applied_once_whatever_is_asked(place: Authority) -> None:
    report = sent(place.token)
    matching.apply(report=report, content=LAPTOP, now=clock.now())
    assert state(report) == ("applied", "")
    assert Asset.objects.get().events.filter(kind="reported").count() == 1


def test_an_older_report_does_not_undo_a_newer_one(place: Authority) -> None:
    newer = sent(place.token, os_name="Microsoft Windows 11 Professionnel")
    older = sent(place.token, at=newer.received_at - timedelta(hours=3), os_name="Microsoft Windows 10")
    assert state(older) == ("discarded", "superseded")
    assert Asset.objects.get().inventory.os_name == "Microsoft Windows 11 Professionnel"


def test_a_new_motherboard_keeps_the_computer(place: Authority) -> None:
    sent(place.token)
    repaired = sent(
        place.token,
        uuid="11111111-2222-3333-4444-555566667777",
        board_serial="/NEWBOARD/1/",
        networks=(Network("Ethernet", "3C:52:82:99:99:99"), LAPTOP.networks[1]),
    )
    assert state(repaired) == ("applied", "")
    assert Asset.objects.count() == 1


def test_a_new_motherboard_and_a_new_card_with_the_case_its_name_and_probe(place: Authority) -> None:
    sent(place.token)
    networks = (Network("Ethernet", "3C:52:82:99:99:99"),)
    repaired = sent(place.token, uuid="11111111-2222-3333-4444-555566667777", board_serial="NEW/1/", networks=networks)
    assert state(repaired) == ("applied", "")


def test_a_rename_is_followed(place: Authority) -> None:
    first = sent(place.token)
    # OCS makes another identifier when the name changes.
    renamed = sent(place.token, name="PC-MAIRIE-02", device_id="PC-MAIRIE-02-2026-02-01-10-00-00")
    assert renamed.asset_id == first.asset_id
    assert Asset.objects.get().name == "PC-MAIRIE-02"


def test_a_name_a_person_gave_stays_and_the_other_is_said(place: Authority) -> None:
    sent(place.token)
    Asset.objects.update(name="PC-DE-LA-MAIRIE", origins={"name": "human"})
    sent(place.token)
    asset = Asset.objects.get()
    assert asset.name == "PC-DE-LA-MAIRIE"
    assert asset.inventory.differences == {"name": "PC-ACCUEIL"}


def test_clones_of_one_disk_image_never_merge(place: Authority) -> None:
    """The probe's identifier and even the name are the image's."""
    sent(place.token)
    for number in range(3):
        clone = sent(
            place.token,
            name=f"PC-CLONE-{number}",
            serial=f"5CG999900{number}",
            uuid=f"0000000{number}-2222-3333-4444-555566667777",
            board_serial=f"CLONE{number}BOARD",
            networks=(Network("Ethernet", f"3C:52:82:00:01:0{number}"),),
        )
        assert state(clone) == ("applied", "")
    assert Asset.objects.count() == 4


def test_a_clone_not_renamed_yet_waits_for_a_person(place: Authority) -> None:
    sent(place.token)
    clone = sent(
        place.token,
        serial="5CG9999000",
        uuid="00000001-2222-3333-4444-555566667777",
        board_serial="OTHER",
        networks=(Network("Ethernet", "3C:52:82:00:01:01"),),
    )
    assert state(clone) == ("quarantined", "name_taken")
    assert clone.candidates[0]["asset"] == Asset.objects.get().pk
    assert clone.body


def test_homonyms_across_communes_never_merge(place: Authority) -> None:
    """Even with a serial in common: it is not of this token's entity."""
    first, second = sent(place.token), sent(place.far_token)
    assert first.asset_id != second.asset_id
    assert {asset.entity for asset in Asset.objects.all()} == {place.here, place.there}


def test_a_name_alone_is_no_proof_from_above(place: Authority) -> None:
    """The métropole's address covers the communes; a computer known by its name only is a commune's own matter."""
    make_computer(place.here, name="PC-ACCUEIL")
    assert state(sent(place.root_token)) == ("applied", "")
    assert set(Asset.objects.values_list("entity", flat=True)) == {place.here.pk, place.root.pk}


def test_a_computer_that_a_file_named_gets_its_first_report(place: Authority) -> None:
    service = make_entity("Accueil", place.here)
    computer = make_computer(service, name="pc-accueil")
    report = sent(place.token)
    assert report.asset_id == computer.pk
    computer.refresh_from_db()
    assert (computer.name, computer.entity, computer.serial) == ("pc-accueil", service, "5CG1234ABC")


def test_homonyms_in_two_services_are_asked(place: Authority) -> None:
    for name in ("Nord", "Sud"):
        make_computer(make_entity(name, place.here), name="PC-ACCUEIL")
    report = sent(place.token)
    assert state(report) == ("quarantined", "several")
    assert len(report.candidates) == 2


def test_a_serial_that_a_person_typed_is_found(place: Authority) -> None:
    computer = make_computer(place.here, name="ACCUEIL", serial="s5cg1234abc".upper())
    assert sent(place.token).asset_id == computer.pk


def test_an_asset_moved_to_another_entity_is_still_known_there(place: Authority) -> None:
    first = sent(place.token)
    Asset.objects.update(entity=place.there)
    again = sent(place.token)
    assert again.asset_id == first.asset_id
    assert Asset.objects.get().entity == place.there


def test_a_dock_goes_from_one_laptop_to_another(place: Authority) -> None:
    first = sent(place.token, networks=(*LAPTOP.networks, DOCK))
    other = {
        "name": "PT-0002",
        "serial": "5CG0000002",
        "uuid": "00000002-2222-3333-4444-555566667777",
        "board_serial": "B2",
        "device_id": "PT-0002-2026-01-01-00-00-00",
    }
    second = sent(place.token, networks=(DOCK, Network("Wi-Fi", "3C:52:82:00:02:02")), **other)
    assert first.asset_id != second.asset_id
    # Held by two, the dock counts for nothing: a computer with nothing else in common is another one.
    third = sent(
        place.token,
        networks=(DOCK,),
        name="PT-0003",
        serial="To Be Filled By O.E.M.",
        uuid="",
        board_serial="",
        device_id="PT-0003-2026-01-01-00-00-00",
    )
    assert state(third) == ("applied", "")
    assert Asset.objects.count() == 3


def test_no_usable_identity_is_asked_and_learnt_only_by_a_person(place: Authority) -> None:
    report = sent(place.token, serial="Default string", uuid="", board_serial="None", networks=())
    assert state(report) == ("quarantined", "nothing_to_know_by")
    assert not Asset.objects.exists()


def test_a_partial_report_of_nobody_is_refused(place: Authority) -> None:
    assert state(sent(place.token, partial=True)) == ("refused", "partial_unknown")


def test_a_newer_report_replaces_the_one_that_waits(place: Authority) -> None:
    for name in ("Nord", "Sud"):
        make_computer(make_entity(name, place.here), name="PC-ACCUEIL")
    first, second = sent(place.token), sent(place.token)
    assert state(first) == ("discarded", "superseded")
    assert state(second)[0] == "quarantined"


def test_printers_and_switches_are_of_their_kind(place: Authority) -> None:
    networks = (Network("eth0", "00:17:C8:00:00:01", ("10.1.5.5",)),)
    sent(place.token, itemtype="Printer", name="Copieur étage 2", serial="RZX4501234", networks=networks, chassis="")
    sent(place.token, itemtype="NetworkEquipment", name="SW-01", serial="FOC1234X0YZ", networks=(), device_id="sw-01")
    assert set(Asset.objects.values_list("kind", "name")) == {("printer", "Copieur étage 2"), ("network", "SW-01")}
    assert state(sent(place.token, itemtype="Unmanaged", name="x", serial="ZZZ111", uuid="", device_id="zz-1111"))[
        1
    ] == ("unknown_kind")


def test_a_reinstalled_computer_with_a_new_motherboard_is_asked_not_doubled(place: Authority) -> None:
    """All but the number of its case is new: GLPI makes a second one in silence."""
    first = sent(place.token)
    again = sent(place.token, **another(1))
    assert state(again) == ("quarantined", "doubt")
    assert again.candidates[0]["asset"] == first.asset_id


def test_a_number_that_several_have_already_is_no_question(place: Authority) -> None:
    """A maker that gives all its machines one number: a person says it once, not two hundred times."""
    first = sent(place.token)
    content = replace(LAPTOP, **another(1))
    second = matching.make(entity=place.here, content=content, kind="laptop", name="", now=clock.now())
    recording.learn(second, rules.identities(content), clock.now(), confirmed=True)
    third = sent(place.token, **another(2))
    assert state(third) == ("applied", "")
    assert third.asset_id not in {first.asset_id, second.pk}


def another(number: int) -> dict[str, Any]:
    """Another machine in all but its serial."""
    return {
        "name": f"NEUF-{number}",
        "device_id": f"NEUF-{number}-2026-02-01-10-00-00",
        "uuid": f"0000000{number}-2222-3333-4444-555566667777",
        "board_serial": f"NEW{number}",
        "networks": (Network("Ethernet", f"3C:52:82:99:99:0{number}"),),
    }


def white_box(number: int, **same: str) -> dict[str, Any]:
    """A school's PC of a cheap maker: its card is its own, its numbers may be those of the whole batch."""
    nothing = {"serial": "To be filled by O.E.M.", "uuid": "03000200-0400-0500-0006-000700080009"}
    return {**another(number), "board_serial": "Default string", **nothing, **same}


@pytest.mark.parametrize(
    "same",
    [
        {"serial": "SN-0815"},
        {"serial": "SN-0815", "board_serial": "BOARD-0815"},
        {"uuid": "8A5B1C00-1111-2222-3333-0123456789AB", "board_serial": "BOARD-0815"},
    ],
)
def test_a_batch_with_the_same_numbers_is_never_merged_and_asked_once(place: Authority, same: dict[str, str]) -> None:
    first, second = sent(place.token, **white_box(1, **same)), sent(place.token, **white_box(2, **same))
    assert (state(first)[0], state(second)) == ("applied", ("quarantined", "doubt"))
    content = replace(LAPTOP, **white_box(2, **same))
    made = matching.make(entity=place.here, content=content, kind="laptop", name="", now=clock.now())
    recording.learn(made, rules.identities(content), clock.now(), confirmed=True)
    assert sent(place.token, **white_box(1, **same)).asset_id == first.asset_id
    assert sent(place.token, **white_box(2, **same)).asset_id == made.pk
    third = sent(place.token, **white_box(3, **same))
    assert state(third) == ("applied", "")
    assert third.asset_id not in {first.asset_id, made.pk}


def test_two_pages_with_one_serial_are_asked_not_tripled(place: Authority) -> None:
    for name in ("ACCUEIL", "ACCUEIL-2"):
        make_computer(place.here, name=name, serial=LAPTOP.serial)
    assert state(sent(place.token)) == ("quarantined", "several")


def test_the_right_one_is_found_among_hundreds_of_clones(place: Authority) -> None:
    """Sixty have the probe's identifier of the image; the last has nothing that is written on its page."""
    device = ("device", LAPTOP.device_id)
    assets = [make_computer(place.here, name=f"CLONE-{number}", serial=f"CLONE{number}") for number in range(60)]
    Identity.objects.bulk_create(
        [Identity(asset=asset, kind=device[0], value=device[1], seen_at=clock.now()) for asset in assets]
    )
    bare = {"serial": "To Be Filled By O.E.M.", "board_serial": "Default string", "networks": ()}
    first = sent(place.token, **bare)
    Asset.objects.filter(pk=first.asset_id).update(name="RENOMME", origins={"name": "human"})
    assert state(first) == ("applied", "")
    assert sent(place.token, **bare).asset_id == first.asset_id


def test_a_name_in_any_case_is_that_name(place: Authority) -> None:
    computer = make_computer(place.here, name="Pc-Accueil")
    assert sent(place.token).asset_id == computer.pk


def test_matching_asks_few_queries(place: Authority, django_assert_max_num_queries: object) -> None:
    for number in range(30):
        make_computer(place.here, name=f"PC-{number}", serial=f"SER{number:05d}")
    sent(place.token)
    report = make_report(place.token)
    with django_assert_max_num_queries(34):  # type: ignore[operator]
        matching.apply(report=report, content=LAPTOP, now=report.received_at)


def test_every_problem_of_matching_has_words() -> None:
    for problem in ("several", "doubt", "name_taken", "nothing_to_know_by", "unknown_kind", "partial_unknown"):
        assert rules.PROBLEMS[problem]
