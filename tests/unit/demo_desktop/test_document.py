from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.editor.document import MAX_CHARACTERS, Document

SENTENCE = "Élève à Noël, ça coûte 10 €"


def test_typing_french():
    document = Document()
    for letter in SENTENCE:
        document.insert(letter)
    assert document.text == SENTENCE
    assert document.caret == len(SENTENCE)


def test_a_selection_is_replaced():
    document = Document("un deux trois")
    document.select(3, 7)
    assert document.selected == "deux"
    document.insert("2")
    assert document.text == "un 2 trois"
    assert document.selection == (4, 4)


def test_backspace_and_delete():
    document = Document("aébc")
    document.move(2)
    document.backspace()
    document.delete()
    assert (document.text, document.caret) == ("ac", 1)
    document.move(0)
    document.backspace()
    document.move(2)
    document.delete()
    assert document.text == "ac"


def test_whole_words():
    document = Document("bonjour à tous")
    document.backspace(word=True)
    assert document.text == "bonjour à "
    document.move(0)
    document.delete(word=True)
    assert document.text == " à "


def test_undo_takes_back_a_word_at_once():
    document = Document("")
    for letter in "deux mots":
        document.insert(letter)
    document.undo()
    assert document.text == "deux "
    document.undo()
    document.undo()
    assert document.text == ""
    assert not document.can_undo


def test_control_characters_do_not_enter():
    document = Document()
    document.insert("a\x00\x1b[31m\r\nb\rc\u00a0!\u202f;")
    assert document.text == "a[31m\nb\nc\u00a0!\u202f;"


def test_the_document_has_an_end():
    document = Document("x" * (MAX_CHARACTERS - 2))
    document.insert("abcdef")
    assert len(document.text) == MAX_CHARACTERS
    document.select_all()
    document.insert("y" * (2 * MAX_CHARACTERS))
    assert document.text == "y" * MAX_CHARACTERS


edits = st.one_of(
    st.tuples(st.just("insert"), st.text("aé \n€", max_size=4)),
    st.tuples(st.sampled_from(["backspace", "delete"]), st.booleans()),
    st.tuples(st.just("select"), st.tuples(st.integers(-3, 30), st.integers(-3, 30))),
)


@given(st.text("aé \n", max_size=20), st.lists(edits, max_size=25))
def test_undoing_everything_gives_the_first_text_back(first, steps):
    document = Document(first)
    for name, value in steps:
        if name == "insert":
            document.insert(value)
        elif name == "select":
            document.select(*value)
        else:
            getattr(document, name)(word=value)
        assert 0 <= document.caret <= len(document.text)
        assert 0 <= document.anchor <= len(document.text)
    while document.can_undo:
        document.undo()
    assert document.text == first
