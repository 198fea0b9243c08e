from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.keysyms import Keyboard, character

CONTROL, ALT, ALTGR, SHIFT = 0xFFE3, 0xFFE9, 0xFE03, 0xFFE1


def test_all_of_latin_1():
    for code in (*range(0x20, 0x7F), *range(0xA0, 0x100)):
        assert character(code) == chr(code)


@pytest.mark.parametrize(
    ("keysym", "text"), [(0x20AC, "€"), (0x010020AC, "€"), (0x13BD, "œ"), (0x01000153, "œ"), (0xFFB7, "7")]
)
def test_beyond_latin_1(keysym, text):
    assert character(keysym) == text


@given(st.integers(0, 0xFFFFFFFF))
def test_any_keysym_is_a_printable_character_or_none(keysym):
    text = character(keysym)
    assert len(text) <= 1
    assert text.isprintable() or text in "\u00a0\u202f" or text.isspace()


@pytest.mark.parametrize(
    ("dead", "letter", "text"),
    [
        (0xFE52, "e", "ê"),
        (0xFE57, "I", "Ï"),
        (0xFE50, "a", "à"),
        (0xFE53, "n", "ñ"),
        (0xFE52, " ", "^"),
        (0xFE52, "t", "^t"),
    ],
)
def test_dead_keys(dead, letter, text):
    keyboard = Keyboard()
    assert keyboard.press(dead) is None
    assert keyboard.press(ord(letter)).text == text
    assert keyboard.press(ord("e")).text == "e"


@pytest.mark.parametrize("modifiers", [(ALTGR,), (CONTROL, ALT), ()])
def test_altgr_types_text_however_it_is_reported(modifiers):
    keyboard = Keyboard()
    for modifier in modifiers:
        keyboard.press(modifier)
    key = keyboard.press(ord("@"))
    assert (key.text, key.control, key.alt) == ("@", False, False)


def test_a_dead_key_that_fits_no_letter_types_itself():
    keyboard = Keyboard()
    keyboard.press(0xFE52)
    assert keyboard.press(ord("t")).text == "^t"


def test_shortcuts_are_not_text():
    keyboard = Keyboard()
    keyboard.press(CONTROL)
    key = keyboard.press(ord("C"))
    assert (key.name, key.text, key.control) == ("c", "", True)
    keyboard.release(CONTROL)
    assert keyboard.press(ord("C")).text == "C"


def test_modifiers_go_with_their_client():
    keyboard = Keyboard()
    keyboard.press(SHIFT)
    keyboard.press(CONTROL)
    keyboard.release_all()
    assert keyboard.press(ord("a")).text == "a"
    assert not keyboard.holds("shift")
