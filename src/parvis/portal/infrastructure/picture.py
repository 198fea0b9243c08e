"""The picture of what stops: columns by distance, an arrow from each cause. Positions only; the template draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parvis.portal.infrastructure.rules import Node, Stop

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 40, 70, 16, 10
MOST = 60
"""More boxes than this are no picture any more: the list below says it all."""


@dataclass(frozen=True, slots=True)
class Box:
    """One thing."""

    x: int
    y: int
    label: str
    kind: str

    @property
    def text_x(self) -> int:
        """Where its words begin."""
        return self.x + 12

    @property
    def text_y(self) -> int:
        """Where their base line is."""
        return self.y + HEIGHT // 2 + 5


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, and the curves between them as SVG paths."""

    boxes: list[Box]
    paths: list[str]
    width: int
    height: int


def draw(cause: Node, stops: Sequence[Stop], labels: Mapping[Node, str]) -> Picture | None:
    """None when there is nothing to draw, or too much. Only things with a label are drawn."""
    shown = [stop for stop in stops if stop.node in labels]
    if not shown or len(shown) > MOST:
        return None
    columns: dict[int, list[Node]] = {0: [cause]}
    for stop in shown:
        columns.setdefault(stop.depth, []).append(stop.node)
    places: dict[Node, tuple[int, int]] = {}
    for rank, depth in enumerate(sorted(columns)):
        for row, node in enumerate(columns[depth]):
            places[node] = (MARGIN + rank * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
    boxes = [Box(*place, _short(labels[node]), node[0]) for node, place in places.items()]
    paths = [
        _curve(places[other], places[stop.node])
        for stop in shown
        for other in stop.causes
        if other in places and places[other][0] < places[stop.node][0]
    ]
    rows = max(len(nodes) for nodes in columns.values())
    width = 2 * MARGIN + len(columns) * (WIDTH + GAP_X) - GAP_X
    return Picture(boxes, paths, width, 2 * MARGIN + rows * (HEIGHT + GAP_Y) - GAP_Y)


def _short(label: str) -> str:
    return label if len(label) <= 24 else f"{label[:23]}…"


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
