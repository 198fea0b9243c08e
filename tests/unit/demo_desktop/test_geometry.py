from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.geometry import Rect, Region

rects = st.builds(Rect.sized, st.integers(0, 20), st.integers(0, 20), st.integers(0, 12), st.integers(0, 12))


def pixels(rect):
    return {(x, y) for x in range(rect.left, rect.right) for y in range(rect.top, rect.bottom)}


@given(st.lists(st.tuples(st.booleans(), rects), max_size=12))
def test_a_region_is_a_set_of_pixels(steps):
    region, expected = Region(limit=1000), set()
    for add, rect in steps:
        if add:
            region.add(rect)
            expected |= pixels(rect)
        else:
            region.remove(rect)
            expected -= pixels(rect)
    got = [pixel for rect in region for pixel in pixels(rect)]
    assert len(got) == len(set(got)), "rectangles overlap"
    assert set(got) == expected
    assert region.area == len(expected)
    assert bool(region) == bool(expected)


@given(st.lists(rects, max_size=40))
def test_a_region_never_holds_more_rectangles_than_its_limit(many):
    region = Region(limit=5)
    for rect in many:
        region.add(rect)
        assert len(list(region)) <= 5
    assert {pixel for rect in many for pixel in pixels(rect)} <= {p for rect in region for p in pixels(rect)}


@given(rects, st.integers(1, 7), st.integers(1, 7))
def test_tiles_cover_exactly(rect, width, height):
    tiles = list(rect.tiles(width, height))
    assert sum(tile.area for tile in tiles) == rect.area
    assert {p for tile in tiles for p in pixels(tile)} == pixels(rect)
    assert all(tile.width <= width and tile.height <= height for tile in tiles)
