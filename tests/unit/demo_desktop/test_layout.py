from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.drawing.fonts import WRITING, shortened, width, wrapped
from parvis.demo_desktop.editor.layout import Layout, letter_width

texts = st.text("abéÉœ  \n\tmW", max_size=120)


@given(texts, st.integers(20, 300))
def test_lines_hold_the_whole_text_in_order_and_fit(text, room):
    layout = Layout(text, WRITING, room)
    rebuilt, at = "", 0
    for line in layout.lines:
        rebuilt += text[at : line.start]
        assert set(text[at : line.start]) <= {"\n"}
        rebuilt += text[line.start : line.end]
        at = line.end
        used = sum(letter_width(WRITING, letter) for letter in text[line.start : line.end].rstrip(" "))
        assert used <= room or line.end - line.start == 1
    assert rebuilt == text


@given(texts, st.integers(20, 300), st.data())
def test_a_click_where_the_caret_stands_finds_it_again(text, room, data):
    layout = Layout(text, WRITING, room)
    position = data.draw(st.integers(0, len(text)))
    row = layout.row(position)
    assert layout.lines[row].start <= position
    assert layout.position(row, layout.x(position)) == position


def test_words_wrap_at_spaces():
    layout = Layout("Bonjour à toutes et à tous", WRITING, 90)
    assert all(layout.visible(row).endswith(" ") for row in range(len(layout.lines) - 1))


def test_places_beyond_the_text():
    layout = Layout("un\ndeux", WRITING, 300)
    assert layout.position(-1, 5) == 0
    assert layout.position(9, 5) == 7
    assert layout.position(0, 9999) == 2


def test_shortened_fits():
    text = "Direction des systèmes d’information"
    short = shortened(WRITING, text, 120)
    assert short.endswith("…")
    assert width(WRITING, short) <= 120
    assert shortened(WRITING, text, 1000) == text
    assert shortened(WRITING, text, 2) == ""
    assert wrapped(WRITING, "un deux\ntrois", 1000) == ["un deux", "trois"]
