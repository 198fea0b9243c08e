"""Plans drawn: every number is there for who looks, and in words for who does not."""

from __future__ import annotations

import pytest

from parvis.portal.rollout import plots
from parvis.portal.rollout.plots import Line

WEEKS = ("16/11", "23/11", "30/11")
SERIES = (Line("Avec ce que nous avons", "blue", (60, 170, 0)), Line("Plus de portables", "orange", (60, 210, 40)))


def numbers(plot: plots.Plot) -> list[str]:
    return [each.said for each in plot.texts]


def test_plans_stand_beside_each_other_with_their_numbers() -> None:
    desk, phone = plots.for_both(WEEKS, SERIES, "Agents équipés chaque semaine")
    for plot in (desk, phone):
        assert len(plot.marks) == 5, "nothing is drawn for nobody"
        assert {"60", "170", "210", "40"} <= set(numbers(plot))
        assert set(WEEKS) <= set(numbers(plot))
    one, other = (mark for mark in desk.marks if mark.title.startswith("23/11"))
    assert (one.colour, other.colour) == ("blue", "orange")
    assert one.x + one.width <= other.x, "beside each other, never one over the other"
    assert other.height / one.height == pytest.approx(210 / 170, abs=0.01)
    assert other.y + other.height == pytest.approx(plots.HEIGHT, abs=0.2)
    one, other = (mark for mark in phone.marks if mark.title.startswith("23/11"))
    assert one.y + one.height <= other.y
    assert other.width / one.width == pytest.approx(210 / 170, abs=0.01)


def test_a_phone_has_room_for_everything() -> None:
    _desk, phone = plots.for_both(WEEKS, SERIES, "Agents")
    _x, _y, width, height = (float(each) for each in phone.box.split())
    assert width == plots.PHONE
    assert all(mark.x + mark.width + plots.NUMBER <= width + 1 for mark in phone.marks)
    assert all(text.y <= height for text in phone.texts)


def test_parts_of_a_whole_are_stacked_and_summed() -> None:
    desk, phone = plots.for_both(WEEKS, SERIES, "Agents", stacked=True)
    first, second = (mark for mark in desk.marks if mark.title.startswith("23/11"))
    assert second.y + second.height == pytest.approx(first.y, abs=0.2)
    for plot in (desk, phone):
        assert {"120", "380", "40"} <= set(numbers(plot))


def test_who_does_not_see_it_is_told_all_of_it() -> None:
    desk, phone = plots.for_both(WEEKS, SERIES, "Agents équipés chaque semaine")
    assert desk.said == phone.said
    assert desk.said == (
        "Agents équipés chaque semaine. Avec ce que nous avons\u202f: 16/11 60, 23/11 170, 30/11 0."
        " Plus de portables\u202f: 16/11 60, 23/11 210, 30/11 40."
    )


def test_many_weeks_leave_no_room_for_numbers_but_say_them() -> None:
    weeks = [f"{at:02}/01" for at in range(1, 27)]
    series = [Line(name, "blue", [100] * 26) for name in "ABCD"]
    desk, phone = plots.for_both(weeks, series, "Agents")
    assert numbers(desk).count("100") == 1, "of the scale"
    assert numbers(phone).count("100") == 104
    assert desk.said.count(" 100") == 104
    assert plots.for_both([], [], "Agents")[0].marks == []
