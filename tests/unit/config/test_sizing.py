"""The sizing page says what its figures give, and the figures are the planner's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy import sizing
from parvis.portal.capacity import rules

KNOWN = sizing.Figures()
ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_figures_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert sizing.main(["--check"]) == 0, capsys.readouterr().err


def test_another_figure_is_noticed() -> None:
    text = sizing.PAGE.read_text(encoding="utf-8")
    dearer = replace(KNOWN, screen_kbps=replace(KNOWN.screen_kbps, value=331))
    assert sizing.renewed(text, dearer) != text
    with pytest.raises(ValueError, match="no place"):
        sizing.renewed(text.replace("sizing.py: table", "sizing.py: tables"), KNOWN)


def test_the_arithmetic_by_hand() -> None:
    """20,000 agents, worked out here with nothing of the program."""
    size = sizing.of(20_000, KNOWN)
    assert size.screens == 6_400
    assert sizing.screens_per_gateway(KNOWN) == int((0.5 * 60_000 - 3_000) / 31) == 870
    assert size.gateways == 8 + 1  # 6,400 ÷ 870 = 7.4
    assert round(sizing.portal_cores(20_000, KNOWN), 3) == round(20_000 * 6 / 2_700 * 0.033, 3)
    assert size.portals == 3 + 1  # 1.47 cores, half of each
    assert size.line_mbps == 2_112
    assert size.disk_gb == 102  # 91.08 of rows, 10 of files
    assert size.cores == 9 + 4 + 2 + size.database_cores


def test_nobody_small_is_asked_for_two_of_anything() -> None:
    small = sizing.of(200, KNOWN)
    assert (small.gateways, small.portals, small.workers, small.on_one_machine) == (1, 1, 1, True)
    assert (small.cores, small.memory_gb) == (2, 4), "the machine of installer.md"
    last = sizing.of(sizing.ONE_MACHINE, KNOWN)
    assert last.on_one_machine
    use = (last.screens * 31 + 3_000) / 60_000 + sizing.portal_cores(sizing.ONE_MACHINE, KNOWN)
    assert use <= 0.5 * last.cores
    large = sizing.of(2_201, KNOWN)
    assert not large.on_one_machine
    assert large.gateways >= 2
    assert large.portals >= 2


def test_more_people_never_need_less() -> None:
    sizes = [sizing.of(agents, KNOWN) for agents in sizing.SIZES]
    for name in ("screens", "gateways", "portals", "cores", "memory_gb", "line_mbps", "disk_gb"):
        found = [getattr(size, name) for size in sizes]
        assert found == sorted(found), name
    assert sizes[-1].agents == 200_000


def test_measured_figures_are_those_that_were_published() -> None:
    """A figure said to be measured is read again where it was written down."""
    text = (ROOT / "docs/explanation/performance.md").read_text(encoding="utf-8")
    assert "31 ms (RDP) of processor per session-minute" in text
    assert rules.MEASURED_CPU_MS == KNOWN.screen_cpu.value == 31
    assert "83–90 kB" in text
    assert KNOWN.screen_memory.value == 90
    assert "23,208 requests" in text
    assert "1.1 s a person in the portal" in text
    assert KNOWN.request_cpu.value == round(1_100 / (23_208 / 700))


@pytest.mark.parametrize(
    ("value", "written"), [(200_000, "200\u202f000"), (0.5, "0,5"), (31.0, "31"), (1.47, "1,47"), (102, "102")]
)
def test_numbers_are_written_in_french(value: float, written: str) -> None:
    assert sizing.number(value) == written


def test_any_size_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert sizing.main(["--agents", "3400"]) == 0
    assert "**1\u202f088** à la fois" in capsys.readouterr().out
