"""Names of programs as people know them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.inventory.content import Program
from parvis.portal.inventory.programs import normal_all, normal_publisher, normal_software
from parvis.portal.inventory.systems import ends_date


@pytest.mark.parametrize(
    ("name", "version", "usual"),
    [
        ("7-Zip 22.01 (x64)", "22.01", "7-Zip"),
        ("Mozilla Firefox (x64 fr)", "128.0.3", "Mozilla Firefox"),
        ("Mozilla Firefox 115.0.2 (x86 fr)", "115.0.2", "Mozilla Firefox"),
        ("Mozilla Thunderbird 102.6.1 (x64 fr)", "102.6.1", "Mozilla Thunderbird"),
        ("LibreOffice 7.5.4.2", "7.5.4.2", "LibreOffice"),
        ("Microsoft Office Professionnel Plus 2019 - fr-fr", "16.0.10", "Microsoft Office Professionnel Plus 2019"),
        ("Update for Microsoft Office 2016 (KB4011574) 64-Bit Edition", "", "Update for Microsoft Office 2016"),
        ("Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.36.32532", "14.36.32532.0",
         "Microsoft Visual C++ 2015-2022 Redistributable"),
        ("Notepad++ (64-bit x64)", "8.5.4", "Notepad++"),
        ("Java 8 Update 371 (64-bit)", "8.0.3710.11", "Java 8"),
        ("Python 3.11.4 (64-bit)", "3.11.4150.0", "Python"),
        ("KeePass Password Safe 2.53.1", "2.53.1", "KeePass Password Safe"),
        ("VLC media player", "3.0.18", "VLC media player"),
        ("3D Builder", "1.0", "3D Builder"),
        ("Adobe Acrobat (64-bit)", "23.003", "Adobe Acrobat"),
        ("Adobe Acrobat Reader DC - Français", "22.001", "Adobe Acrobat Reader DC"),
        ("AutoCAD 2024 - Français (French)", "24.3", "AutoCAD 2024"),
        ("QGIS 3.28.8 'Firenze'", "3.28.8", "QGIS 3.28.8 'Firenze'"),
        ("  GIMP   2.10.34 ", "2.10.34", "GIMP"),
        ("libc6", "2.36-9", "libc6"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_usual_names(name: str, version: str, usual: str) -> None:
    assert normal_software(name, version) == usual


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80), st.text(max_size=20))
def test_a_usual_name_is_usual(name: str, version: str) -> None:
    once = normal_software(name, version)
    assert normal_software(once, version) == once
    assert bool(once) == bool(name.split())
    assert len(once) <= 200


def test_publishers() -> None:
    assert normal_publisher("Microsoft Corporation") == "Microsoft"
    assert normal_publisher("Adobe Systems, Inc.") == "Adobe Systems"
    assert normal_publisher("Debian GLib Maintainers <glib@lists.debian.org>") == "Debian GLib Maintainers"
    assert normal_publisher("Inc.") == "Inc."


def test_architectures_and_languages_of_one_program_are_one() -> None:
    day = date(2026, 1, 5)
    programs = [Program(f"Redistributable ({arch})", "14.0", "Microsoft Corporation", day) for arch in ("x64", "x86")]
    (only,) = normal_all(programs)
    assert (only.name, only.publisher, only.version, only.installed_date) == (
        "Redistributable", "Microsoft", "14.0", day,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "version", "ends"),
    [
        ("Microsoft Windows 11 Professionnel", "10.0.22631", date(2025, 11, 11)),
        ("Microsoft Windows 11 Entreprise", "10.0.22631", date(2026, 11, 10)),
        ("Microsoft Windows 11 Professionnel", "", None),
        ("Microsoft Windows 10 Professionnel", "10.0.19045", date(2025, 10, 14)),
        ("Microsoft Windows 10 Entreprise LTSC 2021", "10.0.19044", date(2027, 1, 12)),
        ("Microsoft Windows 7 Professionnel", "6.1.7601", date(2020, 1, 14)),
        ("Microsoft Windows Server 2019 Standard", "10.0.17763", date(2029, 1, 9)),
        ("Debian GNU/Linux 9 (stretch)", "9.13", date(2022, 6, 30)),
        ("Debian GNU/Linux 12 (bookworm)", "12.5", date(2028, 6, 30)),
        ("Ubuntu 22.04.3 LTS", "22.04", date(2027, 4, 30)),
        ("Plan 9", "4", None),
    ],
)
def test_until_when_a_system_is_mended(name: str, version: str, ends: date | None) -> None:
    assert ends_date(name, version) == ends
