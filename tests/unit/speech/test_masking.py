"""Numbers that lead to a person become unreadable; everything else a shop says stays."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.masking import Split, measure
from speech.masking import DOT, Masked, _mask_words, mask, mask_transcript
from speech.transcript import Segment, Transcript, Word, joined

PERSONAL = {
    "a mobile number": ("打13800138000找王姐", "打•••••••••••找王姐"),
    "with spaces": ("call 138 0013 8000 now", "call ••• •••• •••• now"),
    "with dashes": ("138-0013-8000", "•••-••••-••••"),
    "with the country": ("+86 138 0013 8000", "+•• ••• •••• ••••"),
    "with the country, no plus": ("8613800138000", "•••••••••••••"),
    "with two zeros": ("0086-13800138000", "••••-•••••••••••"),
    "in full-width figures": ("１３８００１３８０００", "•••••••••••"),
    "read out in Chinese": ("电话一三八零零一三八零零零", "电话•••••••••••"),
    "read out with yao and pauses": ("幺三八，零零幺三，八零零零", "•••，••••，••••"),
    "one by one": ("一、三、八、零、零、一、三、八、零、零、零", "•、•、•、•、•、•、•、•、•、•、•"),
    "half in figures": ("138零零一三八零零零", "•••••••••••"),
    "read out in English": (
        "Call one three eight, double zero one three, eight triple zero.",
        "Call ••• ••••• •••••, •••••• •••• ••• •••••, ••••• •••••• ••••.",
    ),
    "a shelf's number stuck to it": ("13800138000" "3号货架缺货", "•••••••••••" "3号货架缺货"),
    "a shelf's number stuck to it, read out": ("一三八零零一三八零零零三号货架", "•••••••••••三号货架"),
    "a landline": ("021-62345678", "•••-••••••••"),
    "a landline of a smaller city": ("(0755) 8345 6789", "(••••) •••• ••••"),
    "a landline without a dash": ("02162345678", "•••••••••••"),
    "a landline read out": ("零二一六二三四五六七八", "•••••••••••"),
    "a landline from abroad": ("+86 21 6234 5678", "+•• •• •••• ••••"),
    "a number of another country": ("+1 (415) 555-2671", "+• (•••) •••-••••"),
    "another country, short groups": ("+33 1 23 45 67 89", "+•• • •• •• •• ••"),
    "an identity card": ("身份证11010519491231002X是", "身份证" + DOT * 18 + "是"),
    "an identity card, x apart": ("11010519491231002 x", DOT * 17 + " •"),
    "an identity card in groups": ("110105 19491231 002X", "•••••• •••••••• ••••"),
    "an old identity card": ("130503670401001", DOT * 15),
    "a bank card": ("4111 1111 1111 1111", "•••• •••• •••• ••••"),
    "a bank card of 19 digits": ("6222020200012345670", DOT * 19),
    "an e-mail address": ("mail zhang.san@example.com. Thanks", "mail •••••.•••@•••••••.•••. Thanks"),
    "an e-mail address read out": ("zhang at example dot com", "••••• •• ••••••• ••• •••"),
    "an e-mail address of figures": ("加12345678@qq点com", "加••••••••@••••••"),
}  # fmt: skip

MISHEARD = {
    "a digit dropped": ("一三八零零一三八零零", "••••••••••"),
    "a digit dropped, in groups": ("138-0013-800", "•••-••••-•••"),
    "yao misheard": ("妖三八零零腰三八零零零", "•••••••••••"),
    "want for yao": ("要三八零零要三八零零零", "•••••••••••"),
    "numerals among figures": ("138零零13八000", "•••••••••••"),
    "in short groups": ("138 00 13 80 00", "••• •• •• •• ••"),
    "three of a digit": ("一三八两个零一三八三个零", "•" * 12),
    "the word for a dash": ("021杠62345678", "•••杠••••••••"),
    "a dash said": ("021 dash 6234 5678", "••• dash •••• ••••"),
    "breath taken": ("一三八，嗯，零零一三，八零零零", "•••，嗯，••••，••••"),
    "American": ("415-555-0100", "•••-•••-••••"),
    "American, read out": ("two one two five five five oh one four oh", "••• ••• ••• •••• •••• •••• •• ••• •••• ••"),
    "an identity card with a wrong digit": ("110105194912310021", DOT * 18),
    "an identity card in pieces": ("1101 0519 4912 3100 2 X", "•••• •••• •••• •••• • •"),
    "a bank card with a wrong digit": ("4111-1111-1111-1112", "••••-••••-••••-••••"),
}  # fmt: skip

AFTER_A_WORD = {
    "a local number": ("电话62345678", "电话••••••••"),
    "a mobile without a digit": ("手机号是1380013800", "手机号是••••••••••"),
    "a full stop between": ("电话。62345678。三号货架空了", "电话。••••••••。三号货架空了"),
    "a word before and a count behind": ("打给王姐62345678，12瓶缺货", "打给王姐••••••••，12瓶缺货"),
    "numbers of two digits": ("phone is five fifty-five oh one hundred", "phone is •••• •••••••••• •• ••• •••••••"),
    "words that sound like digits": ("call five five five to one for seven", "call •••• •••• •••• •• ••• ••• •••••"),
    "the word behind": ("62345678是他的电话", "••••••••是他的电话"),
    "the word behind, in English": ("555 0100 is her number", "••• •••• is her number"),
    "a name": ("wechat wang12345", "wechat •••••••••"),
    "two numbers": ("电话62345678或者62345679", "电话••••••••或者••••••••"),
}  # fmt: skip

NOT_AFTER_A_WORD = (
    "62345678",
    "电话62345678元",
    "电话里说冷柜12.5度",
    "手机卖12,999元",
    "item number 62345678",
    "货架62345678",
    "barcode 13800138000",
    "call about sales, 1,234,567 in all",
    "phone us when three thousand five hundred are sold",
    "电话费三千五百块",
    "电话上2026-11-02说的",
    "call at 9.30, 10.30",
    "call. We sold 12345. Shelf 3",
    "价格138，1299，1599",
    "our number. It is cold! 62345678",
)

OF_THE_SHOP = (
    "三号货架缺货，冷藏柜九度，价格12.50元",
    "2026-11-02 13:45",
    "20261102",
    "保质期2026年11月2日到2027年1月15日",
    "条码6901234567892",  # EAN-13
    "barcode 6 901234 567892",
    "六九零一二三四五六七八九二",
    "6 9 0 1 2 3 4 5 6 7 8 9 2",
    "UPC 036000291452",
    "UPC 016000275287",  # begins as a mobile number with a zero before it would
    "共12345678件",
    "缺 135, 180, 121, 14",
    "13,812,345,678",
    "+1,000,000",
    "-18度, -20度, -22度",
    "货架1，3，5，7，9",
    "shelves one, two, three and four",
    "990105194912310021",  # no identity card: no such province
    "110105194913310021",  # no identity card: no such month
    "4111111111111112",  # no bank card: Luhn
    "12345678901",  # begins as no mobile number does
    "look at the promotion dot on the floor",
    "@",
    "",
)

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789零一二三八幺 -，,+.号@abXx•双", max_size=60),
    st.lists(
        st.sampled_from(
            ["one", "zero", "three", "eight", "double", "13800138000", "1", "38", "@a.com", "+", ",", "号"]
        ),
        max_size=30,
    ).map(" ".join),
    st.lists(
        st.sampled_from(
            [
                "电话",
                "号码",
                "条码",
                "价",
                "call ",
                "number ",
                " for ",
                "或",
                "12345",
                "6234 5678",
                "三千",
                "十",
                "。",
                "，",
                ". ",
                "元",
                "零",
                "一三八",
                "两个",
                " hundred",
                " twenty",
                "是",
                "x",
                " 3",
                ".50",
                "微信a1b2c3",
            ]
        ),
        max_size=20,
    ).map("".join),
)


@pytest.mark.parametrize(("said", "kept"), PERSONAL.values(), ids=list(PERSONAL))
def test_a_number_that_leads_to_a_person_is_masked(said: str, kept: str) -> None:
    assert mask(said).text == kept


@pytest.mark.parametrize(("said", "kept"), MISHEARD.values(), ids=list(MISHEARD))
def test_a_number_is_masked_as_recognisers_write_it(said: str, kept: str) -> None:
    assert mask(said).text == kept


@pytest.mark.parametrize(("said", "kept"), AFTER_A_WORD.values(), ids=list(AFTER_A_WORD))
def test_after_a_word_for_it_any_longer_number_is_masked(said: str, kept: str) -> None:
    assert mask(said).text == kept


@pytest.mark.parametrize("said", NOT_AFTER_A_WORD)
def test_without_such_a_word_or_with_one_of_the_shop_it_stays(said: str) -> None:
    assert mask(said).text == said


@pytest.mark.parametrize("split", ["dev", "test"])
def test_of_the_numbers_of_the_benchmark_few_are_missed_and_none_is_touched_by_mistake(split: Split) -> None:
    counted = measure(split)
    assert counted.caught >= 0.97 * counted.personal, counted.missed
    assert counted.wrongly == ()


@pytest.mark.parametrize("said", OF_THE_SHOP)
def test_what_a_shop_counts_measures_and_sells_is_not(said: str) -> None:
    assert mask(said) == Masked(said, ())


def test_spans_tell_where_the_numbers_were() -> None:
    said = "王姐 138 0013 8000, 李姐 13900139000"
    assert [said[start:end] for start, end in mask(said).spans] == ["138 0013 8000", "13900139000"]


@given(TEXTS)
def test_the_length_stays_and_only_masked_places_change(text: str) -> None:
    masked = mask(text)
    assert len(masked.text) == len(text)
    inside = {at for start, end in masked.spans for at in range(start, end)}
    assert all(
        was == now or (now == DOT and at in inside) for at, (was, now) in enumerate(zip(text, masked.text, strict=True))
    )


@given(TEXTS)
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@given(
    st.lists(
        st.tuples(st.text(alphabet="0123456789", max_size=7), st.text(alphabet="货架缺度元件个xyz:;\n", min_size=1)),
        max_size=12,
    )
)
def test_a_text_without_long_runs_of_digits_is_never_touched(pieces: list[tuple[str, str]]) -> None:
    text = "".join(number + words for number, words in pieces)
    assert mask(text).text == text


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "电话", "call ", "他的号码是"]),
    st.sampled_from(["", "，请回电", " please", "。三号货架"]),
    st.sampled_from([(11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (1,) * 11]),
    st.sampled_from([" ", "-", "，"]),
)
def test_no_mobile_number_gets_through(number: str, before: str, after: str, groups: tuple[int, ...], gap: str) -> None:
    left, written = number, []
    for size in groups:
        written.append(left[:size])
        left = left[size:]
    text = mask(before + gap.join(written) + after).text
    assert set(text).isdisjoint("0123456789")


@pytest.mark.parametrize(
    "text",
    [
        "1" * 20_000,
        "1 " * 20_000,
        "138 " * 10_000,
        "一" * 20_000,
        "a." * 20_000 + "@",
        "one " * 9_000,
        "电话1 " * 5_000,
        "电话12345或" * 2_000,
        "call one two for " * 1_000,
        "1,234," * 3_000,
        "电话" * 9_000 + "12345",
        "微信a" * 5_000,
        "三个" * 9_000,
    ],
)
def test_hostile_text_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 3


def heard(*segments: str, language: str = "en") -> Transcript:
    parts = tuple(Segment(float(at), at + 1.0, text, 0.9) for at, text in enumerate(segments))
    return Transcript(language, 9.0, joined(language, parts), parts, "whisper", 1)


def test_a_number_over_two_segments_is_masked_in_the_text_and_in_both() -> None:
    transcript = mask_transcript(heard("电话一三八零零", "一三八零零零", "地面有水", language="zh"))
    assert transcript.text == "电话•••••，••••••，地面有水"
    assert [segment.text for segment in transcript.segments] == ["电话•••••", "••••••", "地面有水"]


def test_the_word_that_tells_what_a_number_is_may_stand_in_another_segment() -> None:
    transcript = mask_transcript(heard("我的电话是", "6234", "5678", language="zh"))
    assert transcript.text == "我的电话是，••••，••••"
    assert [segment.text for segment in transcript.segments] == ["我的电话是", "••••", "••••"]


def test_a_number_over_two_segments_is_masked_in_them_where_the_text_is_joined_otherwise() -> None:
    transcript = msgspec.structs.replace(heard("Call 138", "0013 8000"), text="Call 138 0013 8000!")
    masked = mask_transcript(transcript)
    assert masked.text == "Call ••• •••• ••••!"
    assert [segment.text for segment in masked.segments] == ["Call •••", "•••• ••••"]


def test_words_with_times_are_masked_as_the_whole_text_is() -> None:
    spoken = (" my", " number", " is", " five", " five", " five", " zero", " one", " double", " two")
    words = tuple(Word(at / 2, at / 2 + 0.5, word, 0.9) for at, word in enumerate(spoken))
    segment = Segment(0.0, 5.0, "".join(spoken).strip(), 0.9, words)
    masked = mask_transcript(Transcript("en", 9.0, segment.text, (segment,), "whisper", 1))
    assert [word.text for word in masked.segments[0].words][:3] == [" my", " number", " is"]
    assert {letter for word in masked.segments[0].words[3:] for letter in word.text} == {" ", DOT}
    assert [word.start for word in masked.segments[0].words] == [word.start for word in words]


def test_a_transcript_without_such_numbers_is_the_same_one() -> None:
    transcript = heard("Shelf 3 is out of stock.", "The chiller is at 9 degrees.")
    assert mask_transcript(transcript) == transcript


def test_a_place_in_a_masked_transcript_is_at_the_same_second() -> None:
    transcript = heard("Call 13800138000.", "Water on the floor.")
    masked = mask_transcript(transcript)
    at = transcript.text.index("Water")
    assert masked.text.index("Water") == at
    assert masked.seconds_of((at, at + 5)) == transcript.seconds_of((at, at + 5))


def test_other_texts_in_a_transcript_are_masked_as_well() -> None:
    transcript = msgspec.structs.replace(heard("fine"), empty_reason="heard 13800138000")
    assert mask_transcript(transcript).empty_reason == "heard •••••••••••"


def test_the_words_of_a_segment_are_masked_as_the_segment_is() -> None:
    words = [{"text": text} for text in (" Call", " 138", " 0013", " 8000", ", thanks.")]
    _mask_words(words, "Call 138 0013 8000, thanks.", "Call ••• •••• ••••, thanks.")
    assert [word["text"] for word in words] == [" Call", " •••", " ••••", " ••••", ", thanks."]


def test_words_that_are_not_those_of_the_segment_are_hidden_rather_than_guessed_at() -> None:
    words = [{"text": text} for text in ("Call", "13800138", "000.")]
    _mask_words(words, "Call 13800138001.", "Call •••••••••••.")
    assert [word["text"] for word in words] == ["••••", "••••••••", "•••."]
