"""The plots and the page of the relay's report are made from figures alone: the same figures, the same files."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.plot import HEIGHT, WIDTH, Line, chart
from bench.relay import curve_report

SVG = "{http://www.w3.org/2000/svg}"


def interactive(sessions: int, cpu: float, p99: float = 3000.0) -> dict[str, Any]:
    return {
        "sessions": sessions,
        "cpu_ms_per_session_minute": cpu,
        "down_p99": p99,
        "up_p99": p99 / 2,
        "memory_kb": 38.0,
        "lost": 0,
    }


def figures(others: float = 0.1) -> dict[str, Any]:
    names = ("nginx WebSocket proxy", "plain C relay, epoll", "websockify", "Parvis, VNC")
    peers = {
        f"{transport}: {name}": {
            "bulk": [{"streams": streams, "mb_per_cpu_second": 1000.0 * (number + 1)} for streams in (1, 4)],
            "sessions": [interactive(100, 40.0 + number), interactive(2000, 30.0 + number)],
        }
        for transport in ("tcp", "tls")
        for number, name in enumerate(names)
    }
    machine = {"processor": "a processor", "cores": 2, "python": "3.11"}
    return {"peers": peers, "machine": machine, "others_cores": others, "seconds": 3.0}


def test_a_chart_is_well_formed_and_stays_inside() -> None:
    lines = [Line("a & <b>", ((100, 5.0), (3000, 42.5))), Line("c", ((100, 1.0), (3000, 0.25)))]
    root = ET.fromstring(chart("Title & more", lines, across="sessions", up="ms", limit=("20 ms", 20)))  # noqa: S314
    assert root.find(f"{SVG}title").text == "Title & more"  # type: ignore[union-attr]
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == 4
    for dot in dots:
        assert 0 < float(dot.get("cx", "")) < WIDTH
        assert 0 < float(dot.get("cy", "")) < HEIGHT
    # More is higher.
    assert float(dots[1].get("cy", "")) < float(dots[0].get("cy", ""))
    assert {each.text for each in root.iter(f"{SVG}text")} >= {"a & <b>", "c", "sessions", "ms", "20 ms"}


def test_a_chart_can_be_read_on_dark_ground_and_without_colours() -> None:
    text = chart("t", [Line("a", ((1, 1),)), Line("b", ((1, 2),))], across="x", up="y")
    assert "prefers-color-scheme:dark" in text
    assert text.count("stroke-dasharray=") == 1


def test_names_of_lines_that_end_together_do_not_lie_on_each_other() -> None:
    lines = [Line(name, ((10, 5.0),)) for name in "abc"]
    root = ET.fromstring(chart("t", lines, across="x", up="y"))  # noqa: S314
    at = sorted(float(each.get("y", "")) for each in root.iter(f"{SVG}text") if each.text in {"a", "b", "c"})
    assert all(later - earlier >= 15 for earlier, later in pairwise(at))


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        chart("t", [Line("a", ())], across="x", up="y")


def test_the_report_of_a_busy_machine_shows_no_delay() -> None:
    busy, quiet = curve_report.page(figures(0.9)), curve_report.page(figures(0.1))
    assert "**busy**" in busy
    assert "p99" not in busy
    assert "99th percentile of delay under 20 ms up to 2,000 sessions" in quiet
    assert "relay-speed-tcp-p99.svg" in quiet


def test_the_report_says_the_ratios_that_were_promised() -> None:
    text = curve_report.page(figures())
    assert "×4.00 and ×4.00 of nginx’s WebSocket proxy" in text
    assert "100: ×1.07, 2,000: ×1.10" in text
    assert "2,000 sessions took 110 % of a core; 38 kB a session at work (promised: at most 40 for an idle one)" in text


def test_files_are_written_with_the_raw_figures(tmp_path: Path) -> None:
    curve_report.write(figures(), tmp_path)
    assert json.loads((tmp_path / "relay-speed.json").read_text()) == figures()
    page = (tmp_path / "relay-speed.md").read_text()
    for picture in tmp_path.glob("*.svg"):
        ET.parse(picture)  # noqa: S314
        assert f"({picture.name})" in page
    assert len(list(tmp_path.glob("*.svg"))) == 6
