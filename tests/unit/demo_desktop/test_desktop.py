"""The desktop without any socket: windows, editor, start menu, painting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from parvis.demo_desktop.drawing.theme import TINTS
from parvis.demo_desktop.geometry import Rect
from parvis.demo_desktop.names import default_identity
from parvis.demo_desktop.shell.desktop import Desktop
from parvis.demo_desktop.shell.screen import Copied

NOW = 1_795_268_000.0
CONTROL, SHIFT, ALT, SUPER = 0xFFE3, 0xFFE1, 0xFFE9, 0xFFEB
LEFT, HOME, END, UP, BACKSPACE, ENTER, TAB, F4 = 0xFF51, 0xFF50, 0xFF57, 0xFF52, 0xFF08, 0xFF0D, 0xFF09, 0xFFC1


def make(size=(1280, 800), text="Bonjour"):
    desktop = Desktop(default_identity(0), TINTS[0], size, text, NOW)
    desktop.tick(NOW)
    return desktop


def stroke(desktop, keysym, *modifiers):
    for modifier in modifiers:
        desktop.key(modifier, down=True, now=NOW)
    desktop.key(keysym, down=True, now=NOW)
    for code in (keysym, *modifiers):
        desktop.key(code, down=False, now=NOW)


def write(desktop, text):
    for letter in text:
        stroke(desktop, ENTER if letter == "\n" else ord(letter) if ord(letter) < 256 else 0x01000000 + ord(letter))


def click(desktop, x, y, times=1, button=1):
    for _ in range(times):
        desktop.pointer(x, y, button, NOW)
        desktop.pointer(x, y, 0, NOW)


def middle(rect):
    return (rect.left + rect.right) // 2, (rect.top + rect.bottom) // 2


def whole(desktop):
    return desktop.screen.pixels(Rect(0, 0, *desktop.size))


def shown(desktop):
    return [window.app.key for window in desktop.windows.shown]


# Typing


def test_french_is_typed_and_handed_out_once():
    desktop = make(text="")
    write(desktop, "Élève à Noël,\nça coûte 10 €")
    assert desktop.text == "Élève à Noël,\nça coûte 10 €"
    assert desktop.take_documents() == {"Compte rendu.txt": desktop.text}
    assert desktop.take_documents() == {}


def test_shift_and_arrows_select_and_the_clipboard_goes_both_ways():
    desktop = make(text="")
    write(desktop, "un œuf")
    for _ in range(3):
        stroke(desktop, LEFT, SHIFT)
    stroke(desktop, ord("c"), CONTROL)
    assert desktop.take_copied() == "œuf"
    assert desktop.take_copied() is None
    desktop.set_clipboard("œil ")
    stroke(desktop, ord("v"), CONTROL)
    assert desktop.text == "un œil "
    stroke(desktop, ord("z"), CONTROL)
    assert desktop.text == "un œuf"
    stroke(desktop, ord("a"), CONTROL)
    stroke(desktop, ord("x"), CONTROL)
    assert (desktop.text, desktop.take_copied()) == ("", "un œuf")


def test_home_end_up_and_backspace():
    desktop = make(text="")
    write(desktop, "ab\ncd")
    stroke(desktop, HOME)
    write(desktop, "X")
    stroke(desktop, END)
    stroke(desktop, BACKSPACE)
    stroke(desktop, UP)
    write(desktop, "Y")
    assert desktop.text == "abY\nXc"


def test_the_mouse_places_the_caret_and_a_double_click_selects_a_word():
    desktop = make(text="Bonjour Camille")
    area = desktop.windows.find("editor").app.area
    click(desktop, area.left + 30, area.top + 66)
    write(desktop, "A")
    assert desktop.text == "ABonjour Camille"
    desktop.pointer(area.left + 60, area.top + 66, 0, NOW + 10)
    for _ in range(2):
        desktop.pointer(area.left + 60, area.top + 66, 1, NOW + 10)
        desktop.pointer(area.left + 60, area.top + 66, 0, NOW + 10)
    write(desktop, "B")
    assert desktop.text == "B Camille"


def test_dragging_selects():
    desktop = make(text="Bonjour Camille")
    area = desktop.windows.find("editor").app.area
    desktop.pointer(area.left + 20, area.top + 66, 1, NOW)
    desktop.pointer(area.left + 700, area.top + 66, 1, NOW)
    desktop.pointer(area.left + 700, area.top + 66, 0, NOW)
    write(desktop, "x")
    assert desktop.text == "x"


def test_typing_paints_little():
    desktop = make()
    desktop.render(NOW)
    write(desktop, "a")
    changes = desktop.render(NOW)
    assert changes
    assert sum(change.rect.area for change in changes) < 12_000


def test_the_caret_blinks_only_in_front():
    desktop = make()
    desktop.render(NOW)
    editor = desktop.windows.find("editor").app
    before = whole(desktop).crop(editor.area)
    desktop.tick(NOW + 0.6)
    desktop.render(NOW + 0.6)
    assert ImageChops.difference(before, whole(desktop).crop(editor.area)).getbbox() is not None


# Windows


def test_a_window_is_moved_by_its_title_and_its_pixels_are_copied():
    desktop = make()
    desktop.render(NOW)
    window = desktop.windows.find("editor")
    x, y = window.title_bar.left + 200, window.title_bar.top + 10
    before = window.rect
    desktop.pointer(x, y, 1, NOW)
    desktop.render(NOW)
    desktop.pointer(x + 40, y + 25, 1, NOW)
    changes = desktop.render(NOW)
    assert window.rect == before.moved(40, 25)
    assert isinstance(changes[0], Copied)
    copied = whole(desktop)
    desktop.screen.release()
    desktop.render(NOW)
    assert ImageChops.difference(copied, whole(desktop)).getbbox() is None, "the copy is not what painting gives"


def test_a_window_stays_within_reach():
    desktop = make()
    window = desktop.windows.find("editor")
    x, y = window.title_bar.left + 200, window.title_bar.top + 10
    desktop.pointer(x, y, 1, NOW)
    desktop.pointer(65535, 65535, 1, NOW)
    desktop.pointer(65535, 65535, 0, NOW)
    assert window.title_bar.intersect(desktop.windows.area).width >= 100
    assert window.rect.top < desktop.windows.area.bottom


def test_minimise_maximise_close_and_reopen_keep_the_text():
    desktop = make()
    window = desktop.windows.find("editor")
    write(desktop, "!")
    rect = window.rect
    click(desktop, *middle(window.button_rect("maximise")))
    assert window.rect == desktop.windows.area
    click(desktop, *middle(window.button_rect("maximise")))
    assert window.rect == rect
    click(desktop, *middle(window.button_rect("minimise")))
    assert "editor" not in shown(desktop)
    button = {window.app.key: rect for window, rect in desktop.task_bar.buttons()}["editor"]
    click(desktop, *middle(button))
    assert shown(desktop)[-1] == "editor"
    click(desktop, *middle(window.button_rect("close")))
    assert desktop.windows.find("editor") is None
    click(desktop, *middle(desktop.backdrop.cell_of("editor")), times=2)
    assert shown(desktop)[-1] == "editor"
    write(desktop, "?")
    assert desktop.text == "Bonjour!?"


def test_a_click_raises_and_gives_the_keyboard():
    desktop = make()
    mail = desktop.windows.find("mail")
    click(desktop, mail.rect.right - 100, mail.rect.top + 100)
    assert shown(desktop)[-1] == "mail"
    write(desktop, "a")
    assert desktop.text == "Bonjour"


def test_the_start_menu_opens_apps_by_mouse_and_keyboard():
    desktop = make()
    click(desktop, *middle(desktop.task_bar.start))
    index = [key for key, _ in desktop.menu.entries].index("budget")
    click(desktop, *middle(desktop.menu.row(index)))
    assert shown(desktop)[-1] == "budget"
    assert not desktop.task_bar.menu_open
    stroke(desktop, SUPER)
    stroke(desktop, UP)
    stroke(desktop, ENTER)
    assert shown(desktop)[-1] == "computer"
    stroke(desktop, F4, ALT)
    assert desktop.windows.find("computer") is None
    back = shown(desktop)[0]
    stroke(desktop, TAB, ALT)
    assert shown(desktop)[-1] == back


def test_the_clock_opens_the_agenda():
    desktop = make()
    click(desktop, *middle(desktop.task_bar.clock))
    assert shown(desktop)[-1] == "agenda"


def test_a_corner_sizes_the_window_down_to_its_smallest():
    desktop = make()
    window = desktop.windows.find("editor")
    x, y = window.rect.right - 4, window.rect.bottom - 4
    desktop.pointer(x, y, 0, NOW)
    assert desktop.pointer_name == "resize-xy"
    desktop.pointer(x, y, 1, NOW)
    desktop.pointer(x - 50, y - 30, 1, NOW)
    desktop.render(NOW)
    desktop.pointer(0, 0, 1, NOW)
    desktop.pointer(0, 0, 0, NOW)
    assert (window.rect.width, window.app.area.height) == window.app.smallest


def test_pointers_say_what_is_under_them():
    desktop = make()
    editor = desktop.windows.find("editor").app
    desktop.pointer(editor.area.left + 100, editor.area.top + 200, 0, NOW)
    assert desktop.pointer_name == "text"
    desktop.pointer(editor.area.left + 40, editor.area.top + 20, 0, NOW)
    assert desktop.pointer_name == "hand"
    desktop.pointer(*middle(desktop.task_bar.start), 0, NOW)
    assert desktop.pointer_name == "hand"
    desktop.pointer(desktop.size[0] - 5, desktop.size[1] - 60, 0, NOW)
    assert desktop.pointer_name == "arrow"


# Apps


def test_reading_a_message_marks_it_as_read():
    desktop = make()
    window = desktop.windows.open("mail", NOW)
    assert "(1)" in window.app.title
    click(desktop, window.app.area.left + 60, window.app.area.top + 60)
    assert window.app.chosen == 0
    assert "(" not in window.app.title


def test_budget_sums_follow_what_is_typed():
    desktop = make()
    budget = desktop.windows.open("budget", NOW).app
    before = budget.sheet.total(1)
    old = budget.sheet.amount(1, 1)
    write(desktop, "250\n")
    assert budget.sheet.total(1) == before - old + 250
    assert budget.row == 2
    write(desktop, "abc\n")
    assert budget.sheet.total(1) == before - old + 250


def test_the_agenda_turns_its_pages():
    desktop = make()
    agenda = desktop.windows.open("agenda", NOW).app
    today = agenda.day
    stroke(desktop, 0xFF53)
    assert (agenda.day - today).days == 1


def test_the_graph_moves():
    desktop = make()
    desktop.render(NOW)
    area = desktop.windows.find("activity").app.area
    before = whole(desktop).crop(area)
    desktop.tick(NOW + 2)
    desktop.render(NOW + 2)
    assert ImageChops.difference(before, whole(desktop).crop(area)).getbbox() is not None


# Sizes and time


@pytest.mark.parametrize("size", [(640, 400), (800, 600), (1024, 640), (1920, 1080), (2560, 1440)])
def test_every_size_is_laid_out_with_its_windows_inside(size):
    desktop = make()
    desktop.render(NOW)
    desktop.resize(*size)
    for key in ("editor", "mail", "budget", "agenda", "activity", "computer"):
        window = desktop.windows.open(key, NOW)
        assert desktop.windows.area.covers(window.rect), key
    desktop.render(NOW)
    assert whole(desktop).size == size
    assert desktop.task_bar.rect.bottom == size[1]
    assert desktop.task_bar.buttons()[-1][1].right <= desktop.task_bar.clock.left


def test_a_moved_window_stays_on_a_smaller_screen():
    desktop = make((1920, 1080))
    window = desktop.windows.find("editor")
    x, y = window.title_bar.left + 200, window.title_bar.top + 10
    desktop.pointer(x, y, 1, NOW)
    desktop.pointer(1900, 1000, 1, NOW)
    desktop.pointer(1900, 1000, 0, NOW)
    desktop.resize(800, 600)
    assert desktop.windows.area.covers(window.rect)


def test_only_the_clock_changes_when_nothing_else_does():
    desktop = make()
    for key in ("activity", "editor", "mail"):
        desktop.windows.close(desktop.windows.find(key), NOW)
    desktop.render(NOW)
    assert desktop.tick(NOW) == NOW + 1
    desktop.tick(NOW + 1)
    changes = desktop.render(NOW + 1)
    assert all(desktop.task_bar.clock.covers(change.rect) for change in changes)
    assert changes
    assert desktop.render(NOW + 1) == []


def test_pixels_are_dropped_and_come_back_the_same():
    desktop = make()
    desktop.render(NOW)
    before = whole(desktop)
    desktop.clients_gone()
    desktop.render(NOW)
    assert ImageChops.difference(before, whole(desktop)).getbbox() is None


actions = st.one_of(
    st.tuples(
        st.just("pointer"), st.integers(0, 1400), st.integers(0, 900), st.sampled_from([0, 1, 1, 2, 4, 8, 16, 255])
    ),
    st.tuples(
        st.just("key"),
        st.sampled_from([ord("a"), 0xE9, ENTER, TAB, LEFT, UP, END, BACKSPACE, CONTROL, SHIFT, ALT, SUPER, F4, 0xFFFF]),
        st.booleans(),
    ),
    st.tuples(st.just("resize"), st.integers(640, 1400), st.integers(400, 900)),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(actions, max_size=40))
def test_whatever_is_done_the_picture_is_what_painting_anew_gives(steps):
    desktop = make(text="Texte é\n" * 5)
    desktop.render(NOW)
    for index, (kind, *values) in enumerate(steps):
        if kind == "pointer":
            desktop.pointer(*values, NOW)
        elif kind == "key":
            desktop.key(values[0], down=values[1], now=NOW)
        else:
            desktop.resize(*values)
        if index % 3 == 0:
            desktop.render(NOW)
    desktop.render(NOW)
    before = whole(desktop)
    desktop.screen.release()
    desktop.render(NOW)
    assert ImageChops.difference(before, whole(desktop)).getbbox() is None
