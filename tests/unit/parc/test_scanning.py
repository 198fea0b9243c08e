"""What scanners read."""

from __future__ import annotations

import pytest

from parvis.portal.parc.scanning import MAX_CODE, label_path_id, normal_code


@pytest.mark.parametrize(
    ("code", "pk"),
    [
        ("https://parvis.rivemarine.example/parc/materiel/42/", 42),
        ("HTTPS://PARVIS.RIVEMARINE.EXAMPLE/PARC/MATERIEL/42/", 42),
        ("/parc/materiel/42", 42),
        ("https://autre.example/portail/parc/materiel/7/", 7),
        ("https://parvis.example/parc/materiel/42/supprimer/", None),
        ("https://parvis.example/parc/materiel/-1/", None),
        ("https://parvis.example/parc/materiel/99999999999999999999/", None),
        ("javascript:alert(1)//parc/materiel/42/ x", None),
        ("RIV-PR-00012", None),
        ("", None),
    ],
)
def test_the_address_of_a_label(code: str, pk: int | None) -> None:
    assert label_path_id(code) == pk


def test_control_characters_of_scanners_are_dropped() -> None:
    assert normal_code("\x02RIV-1\r\n\x03") == "RIV-1"
    assert len(normal_code("x" * 10_000)) == MAX_CODE
