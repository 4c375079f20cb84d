"""Which statement of a corrected text is which of the text before, whatever was put right."""

import uuid
from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from workflows.notes.alignment import Span, carried
from workflows.notes.identity import Known, same_statements, same_words

WORDS = ["the floor is wet", "地面有积水", "cola is out of stock", "三号货架缺货", "the fridge is warm", "收银台排长队"]


class Said(msgspec.Struct, frozen=True):
    """A statement."""

    checkpoint: str
    polarity: str
    span: Span
    said: str


@st.composite
def notes(draw: st.DrawFn) -> tuple[str, tuple[Said, ...]]:
    """A text, and what it says of some checkpoints."""
    text, statements = "", []
    for words in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)):
        span = (len(text), len(text) + len(words))
        polarity = draw(st.sampled_from(["problem", "ok"]))
        statements.append(Said(draw(st.sampled_from(["a", "b"])), polarity, span, words))
        text += words + draw(st.sampled_from([". ", "，"]))
    return text, tuple(statements)


def known(text: str, statements: tuple[Said, ...], reading: int = 0) -> list[Known]:
    return [Known(uuid.UUID(int=index), reading, text, one) for index, one in enumerate(statements)]


def all_the_same(statements: tuple[Said, ...]) -> dict[int, uuid.UUID]:
    return {index: uuid.UUID(int=index) for index in range(len(statements))}


@given(notes())
def test_a_text_read_again_says_the_same(note: tuple[str, tuple[Said, ...]]) -> None:
    text, statements = note
    assert same_statements(known(text, statements), text, statements) == all_the_same(statements)


@given(notes(), st.data())
def test_a_character_put_right_anywhere_changes_no_statement(note: tuple[str, tuple[Said, ...]], data: Any) -> None:
    text, statements = note
    at = data.draw(st.integers(0, len(text) - 1))
    instead = data.draw(st.sampled_from(["", "#", "##"]))
    after = text[:at] + instead + text[at + 1 :]
    longer = len(instead) - 1

    def moved(one: Said) -> Said:
        start, end = (place + (longer if at < place else 0) for place in one.span)
        return msgspec.structs.replace(one, span=(start, end), said=after[start:end])

    found = tuple(map(moved, statements))
    assert same_statements(known(text, statements), after, found) == all_the_same(statements)


@given(notes(), notes())
def test_a_statement_is_at_most_one_and_never_of_another_checkpoint_or_polarity(
    before: tuple[str, tuple[Said, ...]], after: tuple[str, tuple[Said, ...]]
) -> None:
    same = same_statements(known(*before), *after)
    assert len(set(same.values())) == len(same)
    for index, id_ in same.items():
        was, is_ = before[1][id_.int], after[1][index]
        assert (was.checkpoint, was.polarity) == (is_.checkpoint, is_.polarity)


@given(notes())
def test_statements_in_another_order_are_known_by_their_words(note: tuple[str, tuple[Said, ...]]) -> None:
    _, statements = note
    assume(len({one.said for one in statements}) == len(statements))
    before = ". ".join(one.said for one in statements)
    after = ". ".join(one.said for one in reversed(statements))

    def placed(text: str) -> tuple[Said, ...]:
        starts = (text.index(one.said) for one in statements)
        spans = [(start, start + len(one.said)) for start, one in zip(starts, statements, strict=True)]
        return tuple(msgspec.structs.replace(one, span=span) for one, span in zip(statements, spans, strict=True))

    assert same_statements(known(before, placed(before)), after, placed(after)) == all_the_same(statements)


def test_of_two_that_say_the_same_the_one_that_stayed_in_its_place_is_known() -> None:
    text = "wet. dry. wet."
    twice = (Said("a", "problem", (0, 3), "wet"), Said("a", "problem", (10, 13), "wet"))
    left = (Said("a", "problem", (5, 8), "wet"),)
    assert same_statements(known(text, twice), "dry. wet.", left) == {0: uuid.UUID(int=1)}


def test_what_was_seen_lately_goes_before_what_was_seen_long_ago() -> None:
    wet = (Said("a", "problem", (0, 3), "wet"),)
    lately = Known(uuid.UUID(int=7), 1, "wet", wet[0])
    assert same_statements([*known("wet", wet), lately], "wet", wet) == {0: lately.id}


def test_something_else_of_the_same_checkpoint_at_the_other_end_of_the_text_is_another_statement() -> None:
    before, after = "the floor is wet. all else is well", "the floor is dry. there is a puddle"
    was, is_ = Said("a", "problem", (0, 16), "the floor is wet"), Said("a", "problem", (18, 35), "there is a puddle")
    assert same_statements(known(before, (was,)), after, (is_,)) == {}


def test_words_are_the_same_but_for_a_slip_of_spelling() -> None:
    assert same_words("the flor is wet", "the floor is wet")
    assert not same_words("the floor is wet", "there is a puddle")
    assert not same_words("货架空了", "冷柜坏了")


TEXT = st.text("ab 地", max_size=30)


@given(TEXT, TEXT, st.data())
def test_a_stretch_lies_in_the_other_text_and_keeps_its_order(before: str, after: str, data: Any) -> None:
    first, middle, last = sorted(data.draw(st.integers(0, len(before))) for _ in range(3))
    start, end = carried(before, after, (first, middle))
    assert 0 <= start <= end <= len(after)
    later = carried(before, after, (middle, last))
    assert start <= later[0]
    assert end <= later[1] or middle == last


@given(TEXT, st.data())
def test_in_the_same_text_a_stretch_is_where_it_was(text: str, data: Any) -> None:
    first, last = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
    assert carried(text, text, (first, last)) == (first, last)


@given(TEXT, TEXT, TEXT)
def test_what_is_written_before_and_after_a_stretch_only_moves_it(before: str, after: str, words: str) -> None:
    text = f"«{words}»"
    longer = before + text + after
    assert longer[slice(*carried(text, longer, (0, len(text))))] == text


def test_what_was_taken_out_is_nowhere() -> None:
    start, end = carried("the floor is wet. bye", "bye", (0, 17))
    assert start == end
