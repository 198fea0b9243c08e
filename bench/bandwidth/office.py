"""A scripted office desktop: the same hand movements each time, on a real X display."""

from __future__ import annotations

import math
import os
import random
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from bench.processes import NotStarted
from tests.servers.desktop import Desktop

SEED = 28
Hand = Callable[[float, float], None]
"""Moves the person's pointer to a place of the screen, both as shares of its sides."""
_WORDS = (  # noqa: SIM905 - thirty quoted words would not be read
    "le la les un une des de du service habitant courrier dossier demande mairie conseil budget voirie "
    "acte signature agent public accueil permis avis compte rendu bureau plan reunion seance delai piece"
).split()
"""Without accents: Xvnc's layout lacks their keys."""
_CHARACTERS_PER_SECOND = 6
_LINES_PER_SECOND = 8
_MOVES_PER_SECOND = 10
_POINTER_PER_SECOND = 20
_LINE_LENGTH = 100
_READER = (380, 330)
_PHOTO = (640, 60)
_PHOTO_SIZE = (560, 420)
_STARTS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the script. `share`: of its whole length."""

    name: str
    share: float


PHASES = (
    Phase("typing", 0.3),
    Phase("scrolling", 0.25),
    Phase("a window", 0.15),
    Phase("the pointer", 0.1),
    Phase("idle", 0.2),
)


def text(source: random.Random, length: int) -> str:
    """French-looking words, at most `length` characters."""
    line = ""
    while len(line) < length - 12:
        line += source.choice(_WORDS) + (", " if source.random() < 0.1 else " ")
    return line.rstrip(" ,")


def photo(source: random.Random) -> Image.Image:
    """What compresses like a photograph: soft shapes of three sizes, and grain."""
    channels = []
    for _ in range(3):
        whole = Image.new("L", _PHOTO_SIZE)
        for cells, weight in ((4, 0.5), (14, 0.3), (60, 0.15), (_PHOTO_SIZE[0], 0.05)):
            size = (cells, max(2, cells * _PHOTO_SIZE[1] // _PHOTO_SIZE[0]))
            noise = Image.frombytes("L", size, source.randbytes(size[0] * size[1]))
            softened = noise.resize(_PHOTO_SIZE, Image.Resampling.BICUBIC)
            whole = ImageChops.add(whole, softened.point([round(value * weight) for value in range(256)]))
        channels.append(whole)
    return Image.merge("RGB", channels)


class Office:
    """Three windows on a desktop: one is written in, one shows a text that scrolls, one with a photograph opens."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._pipe = desktop.directory / "scrolls"
        os.mkfifo(self._pipe)
        picture = desktop.directory / "photo.png"
        photo(random.Random(SEED)).save(picture)
        desktop.call("xsetroot", "-solid", "#2f5d8a")
        font = ("xterm", "-u8", "-fa", "DejaVu Sans Mono", "-fs", "11", "-bg", "white")
        desktop.run(*font, "-fg", "navy", "-geometry", "95x22+20+30", "-T", "editor", "-e", "cat")
        reader = f"exec cat 3<>{shlex.quote(str(self._pipe))} <&3"
        place = f"105x30+{_READER[0]}+{_READER[1]}"
        desktop.run(*font, "-fg", "black", "-geometry", place, "-T", "reader", "-e", "sh", "-c", reader)
        desktop.run("wish", str(_photo_script(desktop.directory, picture)))
        self._windows = {name: self._find(name) for name in ("editor", "reader", "photo")}

    def prepare(self) -> None:
        """The same picture before each run: windows in their place, the text full, the photograph closed."""
        self._xdotool("windowunmap", self._windows["photo"])
        self._xdotool("windowmove", self._windows["reader"], *map(str, _READER))
        self._scroll(random.Random(SEED), 30, 0.0)
        time.sleep(0.5)

    def play(self, seconds: float, hand: Hand) -> Iterator[tuple[str, float]]:
        """Play the script once: name and duration of each part, as it ends. Together `seconds`, more if all is slow."""
        source = random.Random(SEED)
        acts: dict[str, Callable[[float], None]] = {
            "typing": lambda span: self._type(source, span),
            "scrolling": lambda span: self._scroll(source, round(span * _LINES_PER_SECOND), 1 / _LINES_PER_SECOND),
            "a window": lambda span: self._open(source, span),
            "the pointer": lambda span: _point(source, span, hand),
            "idle": time.sleep,
        }
        for phase in PHASES:
            span = phase.share * seconds
            begun = time.monotonic()
            acts[phase.name](span)
            time.sleep(max(0.0, begun + span - time.monotonic()))
            yield phase.name, time.monotonic() - begun

    def _type(self, source: random.Random, span: float) -> None:
        self._xdotool("windowfocus", self._windows["editor"])
        left = round(span * _CHARACTERS_PER_SECOND)
        while left > 0:
            line = text(source, 90)[:left]
            left -= len(line) + 1
            self._xdotool("type", "--delay", str(round(1000 / _CHARACTERS_PER_SECOND)), line + "\n")

    def _scroll(self, source: random.Random, lines: int, pause: float) -> None:
        with self._pipe.open("w", encoding="utf-8") as pipe:
            for _ in range(lines):
                pipe.write(text(source, _LINE_LENGTH) + "\n")
                pipe.flush()
                time.sleep(pause)

    def _open(self, source: random.Random, span: float) -> None:
        """The photograph's window opens, is looked at, dragged for half of the time, and closed."""
        window, (x, y) = self._windows["photo"], _PHOTO
        self._xdotool("windowmap", "--sync", window, "windowmove", window, str(x), str(y))
        time.sleep(span / 4)
        steps: list[str] = []
        for _ in range(round(span / 2 * _MOVES_PER_SECOND)):
            x, y = x - source.randint(5, 40), y + source.randint(0, 30)
            steps += ["windowmove", window, str(max(0, x)), str(y), "sleep", str(1 / _MOVES_PER_SECOND)]
        self._xdotool(*steps)
        self._xdotool("windowunmap", window)

    def _find(self, name: str) -> str:
        found = self._desktop.call(
            "xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{name}$", timeout=_STARTS_SECONDS
        )
        if not found.strip():
            raise NotStarted(f"the window « {name} » does not appear")
        return found.split()[0]

    def _xdotool(self, *arguments: str) -> None:
        if arguments:
            self._desktop.call("xdotool", *arguments, timeout=120.0)


def _point(source: random.Random, span: float, hand: Hand) -> None:
    """The pointer goes round over windows and background: its shape changes."""
    turn = source.random()
    for step in range(round(span * _POINTER_PER_SECOND)):
        begun = time.monotonic()
        angle = 2 * math.pi * (turn + step / (2 * _POINTER_PER_SECOND))
        hand(0.45 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle))
        time.sleep(max(0.0, begun + 1 / _POINTER_PER_SECOND - time.monotonic()))


def _photo_script(directory: Path, picture: Path) -> Path:
    script = directory / "photo.tcl"
    width, height = _PHOTO_SIZE
    script.write_text(
        f"wm title . photo\nwm geometry . {width}x{height}+{_PHOTO[0]}+{_PHOTO[1]}\n"
        f"image create photo it -file {{{picture}}}\npack [label .it -image it -borderwidth 0]\n"
    )
    return script
