"""Lines over a number, as SVG: a pure function, no library. Readable on light and dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 50, 50
_COLOURS = (("#0b57d0", "#8ab4f8"), ("#b3261e", "#f28b82"), ("#146c2e", "#81c995"), ("#7a4d00", "#fdd663"))
_DASHES = ("", "6 3", "2 3", "10 4 2 4")
"""Lines differ by their dashes too: colour alone tells nobody everything."""
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """One series: points (x, y), x rising."""

    name: str
    points: tuple[tuple[float, float], ...]


def chart(title: str, lines: Sequence[Line], *, across: str, up: str, limit: tuple[str, float] | None = None) -> str:
    """An SVG document. `across` and `up` name the axes; `limit` is a horizontal line with its word.

    Raises:
        ValueError: no line has a point.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        raise ValueError(f"{title}: nothing to draw")
    xs, ys = _ticks(max(x for x, _ in points)), _ticks(max([y for _, y in points] + ([limit[1]] if limit else [])))
    scale = _Scale(xs[-1], ys[-1])
    parts = [_head(title), *_grid(scale, xs, ys, across, up)]
    if limit:
        y = scale.y(limit[1])
        parts.append(f'<line class="limit" x1="{_LEFT}" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}"/>')
        parts.append(f'<text class="small" x="{_LEFT + 6}" y="{_round(y - 5)}">{escape(limit[0])}</text>')
    drawn = [line for line in lines if line.points]
    for number, line in enumerate(drawn):
        parts += _line(scale, line, number)
    parts += _names(scale, drawn)
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """Where a value is, in pixels to a tenth."""

    def __init__(self, most_x: float, most_y: float) -> None:
        self._x = (WIDTH - _LEFT - _RIGHT) / most_x
        self._y = (HEIGHT - _TOP - _BOTTOM) / most_y

    def x(self, value: float) -> float:
        return _round(_LEFT + value * self._x)

    def y(self, value: float) -> float:
        return _round(HEIGHT - _BOTTOM - value * self._y)


def _ticks(most: float) -> list[float]:
    """About five round numbers from 0 to at least `most`."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / 5
    power = 10.0 ** _exponent(rough)
    step = next(each * power for each in _STEPS if each * power >= rough * 0.999)
    count = int(-(-most // step))
    return [number * step for number in range(count + 1)]


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _head(title: str) -> str:
    rules = "".join(f".c{n}{{stroke:{light};fill:{light}}}" for n, (light, _) in enumerate(_COLOURS))
    dark = "".join(f".c{n}{{stroke:{dark};fill:{dark}}}" for n, (_, dark) in enumerate(_COLOURS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><style>"
        "text{font:13px sans-serif;fill:#1f1f1f;stroke:none}.small{font-size:11px}.title{font-weight:bold}"
        "rect.ground{fill:#fff}line.grid{stroke:#ddd}line.limit{stroke:#666;stroke-dasharray:4 4}"
        f"polyline{{fill:none!important;stroke-width:2}}{rules}"
        "@media (prefers-color-scheme:dark){text{fill:#e8e8e8}rect.ground{fill:#1a1a1a}line.grid{stroke:#444}"
        f"line.limit{{stroke:#aaa}}{dark}}}"
        f'</style><rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text class="title" x="{_LEFT}" y="22">{escape(title)}</text>'
    )


def _grid(scale: _Scale, xs: Sequence[float], ys: Sequence[float], across: str, up: str) -> list[str]:
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    parts = [f'<text class="small" x="{_LEFT}" y="{_TOP - 8}">{escape(up)}</text>']
    parts.append(f'<text class="small" x="{right}" y="{bottom + 36}" text-anchor="end">{escape(across)}</text>')
    for value in ys:
        y = scale.y(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        parts.append(f'<text class="small" x="{_LEFT - 8}" y="{_round(y + 4)}" text-anchor="end">{value:,g}</text>')
    for value in xs:
        parts.append(
            f'<text class="small" x="{scale.x(value)}" y="{bottom + 18}" text-anchor="middle">{value:,g}</text>'
        )
    return parts


def _line(scale: _Scale, line: Line, number: int) -> list[str]:
    colour = f"c{number % len(_COLOURS)}"
    dash = _DASHES[number % len(_DASHES)]
    path = " ".join(f"{scale.x(x)},{scale.y(y)}" for x, y in line.points)
    dots = [
        f'<circle class="{colour}" cx="{scale.x(x)}" cy="{scale.y(y)}" r="3">'
        f"<title>{escape(line.name)}: {x:,g} → {y:,.3g}</title></circle>"
        for x, y in line.points
    ]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return [f'<polyline class="{colour}"{dashes} points="{path}"/>', *dots]


def _names(scale: _Scale, lines: Sequence[Line]) -> list[str]:
    """Each line's name at its end, moved down where two would lie on each other."""
    ends = sorted((scale.y(line.points[-1][1]), scale.x(line.points[-1][0]), line.name) for line in lines)
    parts, below = [], float("-inf")
    for y, x, name in ends:
        below = max(y + 4, below + 15)
        parts.append(f'<text class="small" x="{_round(x + 8)}" y="{_round(below)}">{escape(name)}</text>')
    return parts


def _round(value: float) -> float:
    return round(value, 1)
