"""The company's own words: misheard ones come back, what is right or ordinary is left alone."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.vocabulary import demo_vocabulary
from benchmarks.vocabulary_notes import Mishearing, notes
from speech.vocabulary import Term, Vocabulary, correct
from speech.vocabulary.ordinary import common_en, common_zh

DEMO = demo_vocabulary()
MISHEARING = Mishearing(7)
CLEAN = tuple(common_zh())[:20_000]
CLEAN_EN = tuple(word for word in tuple(common_en())[:8000] if len(word) > 2)
CHINESE = [form.written for form in DEMO.forms if len(form.written) > 2 and not form.written.isascii()]
SAMPLES = [
    Term("brand", "云麓"),
    Term("brand", "Lumiora", ("露米欧拉",)),
    Term("product", "云麓高山酸奶"),
    Term("product", "小满记手撕面包", ("小满手撕包",)),
    Term("product", "Lumiora洗手液"),
    Term("product", "Mirrowick granola"),
    Term("fixture", "风幕柜"),
    Term("fixture", "端架"),
    Term("store", "上海徐家汇店", ("徐家汇店",)),
]
WORDS = Vocabulary.of(SAMPLES, ("冷藏柜", "缺货", "out of stock"))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("三号货架的云路高山酸乃缺货", "三号货架的云麓高山酸奶缺货"),
        ("风木贵的灯坏了", "风幕柜的灯坏了"),
        ("枫幕柜里有霜", "风幕柜里有霜"),
        ("断架空了", "端架空了"),
        ("去徐佳会店看看", "去徐家汇店看看"),
        ("去上海徐家会店看看", "去上海徐家汇店看看"),
        ("小满手丝包过期了", "小满手撕包过期了"),
        ("小漫寄手，丝面包卖完了", "小满记手撕面包卖完了"),
        ("二号货架的路米欧拉没有价签", "二号货架的Lumiora没有价签"),
        ("露米欧拉洗手夜没有了", "Lumiora洗手液没有了"),
        ("lumiera 洗手液没有了", "Lumiora洗手液没有了"),
        ("the Mirro wick granola is out of stock", "the Mirrowick granola is out of stock"),
        ("two packs of mirowick granolla", "two packs of Mirrowick granola"),
    ],
)
def test_what_was_misheard_is_put_right(heard: str, meant: str) -> None:
    assert correct(heard, WORDS).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。，!?",
        "云麓高山酸奶和端架都没问题",
        "LUMIORA洗手液和lumiora",
        "小满记的手撕面包",  # said otherwise, not misheard
        "小满记手撕面",
        "Lumiora's granola and two Mirrowick granolas",
        "高山酸奶卖完了",  # another brand's
        "我们的高山酸奶",
        "断价的商品",  # two syllables of another tone
        "三号冷藏柜九度，缺货两箱",
        "a sparkling granola",
        "the granola",
        "端午节",
        "去看高山酸奶",
        "250克12瓶8.5元",
    ],
)
def test_what_is_right_or_ordinary_stays(text: str) -> None:
    assert correct(text, WORDS).text == text


def test_the_wording_of_a_checkpoint_is_never_changed() -> None:
    near = Term("product", "冷苍桂")
    assert correct("冷藏柜九度", Vocabulary.of([near], ("冷藏柜",))).corrections == ()
    assert correct("冷仓桂九度", Vocabulary.of([near], ("冷藏柜",))).text == "冷苍桂九度"


def test_an_ordinary_word_is_no_misheard_brand() -> None:
    assert correct("今天的海报很好看", Vocabulary.of([Term("brand", "海爆"), Term("brand", "进天")])).corrections == ()
    assert correct("the shelf is dirty", Vocabulary.of([Term("brand", "Shelve"), Term("brand", "Dirtey")])).text == (
        "the shelf is dirty"
    )


def test_where_two_terms_are_as_near_neither_is_taken() -> None:
    both = Vocabulary.of([Term("product", "柚见茶"), Term("product", "右涧茶")])
    assert correct("又件茶卖完了", both).corrections == ()


def test_a_masked_number_is_no_blank_within_a_name_though_a_name_may_have_such_a_dot() -> None:
    dotted = Vocabulary.of([Term("product", "蒙牛•纯甄酸奶")])
    assert correct("梦牛纯真酸奶缺货", dotted).text == "蒙牛•纯甄酸奶缺货"
    assert correct("蒙牛·纯甄酸奶缺货", dotted).text == "蒙牛•纯甄酸奶缺货"
    for vocabulary in (dotted, Vocabulary.of([Term("product", "蒙牛纯甄酸奶")])):
        assert correct("蒙牛•••纯甄酸奶缺货", vocabulary).text == "蒙牛•••纯甄酸奶缺货"


def test_the_longer_term_wins_where_two_overlap() -> None:
    result = correct("云路高山酸乃", WORDS)
    assert [one.term for one in result.corrections] == ["云麓高山酸奶"]


def test_spans_lead_back_to_what_was_heard() -> None:
    result = correct("二号货架的露米欧拉洗手夜没有了，风木贵也坏了", WORDS)
    for one in result.corrections:
        assert result.heard[one.start : one.end] == one.heard
        assert result.text[slice(*one.at)] == one.term
        assert result.heard_span(one.at) == (one.start, one.end)
    broken = result.text.index("也坏了")
    start, end = result.heard_span((broken, broken + 3))
    assert result.heard[start:end] == "也坏了"
    inside = result.text.index("洗手液")
    assert result.heard[slice(*result.heard_span((inside, inside + 3)))] == "露米欧拉洗手夜"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(CLEAN) | st.sampled_from(CHINESE), min_size=1, max_size=8))
def test_text_of_terms_and_ordinary_words_is_never_changed(words: list[str]) -> None:
    text = "".join(words)
    assert correct(text, DEMO).text == text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(CLEAN_EN), min_size=1, max_size=8))
def test_english_of_ordinary_words_is_hardly_ever_changed(words: list[str]) -> None:
    for one in correct(" ".join(words), DEMO).corrections:
        assert one.distance <= 0.14


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([note for note in notes() if not note.term.isascii() and len(note.term) > 2]), st.randoms())
def test_homophones_of_a_term_come_back_and_correcting_again_changes_nothing(note, random) -> None:  # type: ignore[no-untyped-def]
    heard = Mishearing(random.getrandbits(16)).of(note.term)
    once = correct(note.text.replace(note.term, heard), DEMO)
    assert correct(once.text, DEMO).text == once.text
    assert once.heard == note.text.replace(note.term, heard)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="云路麓露米欧拉洗手夜液风木幕柜贵端断架，。 abcLumiora3号度", max_size=30))
def test_any_text_is_survived_and_settles(text: str) -> None:
    once = correct(text, WORDS)
    assert correct(once.text, WORDS).corrections == ()
    for one in once.corrections:
        assert once.heard[one.start : one.end] == one.heard
        assert once.text[slice(*one.at)] == one.term


@pytest.mark.parametrize("form", [f for f in DEMO.forms if len(f.spoken) > 2 and f.written == f.spoken], ids=str)
def test_a_term_of_the_demo_misheard_in_every_character_comes_back(form) -> None:  # type: ignore[no-untyped-def]
    if form.spoken.isascii():
        return
    same_tone = "".join(
        next((c for c in MISHEARING._by_tone.get(sound, []) if c != character), character)
        for character, sound in zip(form.spoken, map(_toned, form.spoken), strict=True)
    )
    result = correct(f"新的{same_tone}到了", DEMO).text
    assert result in (f"新的{form.written}到了", f"新的{same_tone}到了")


def _toned(character: str) -> str:
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(character, style=Style.TONE3)[0])


def test_no_labelled_note_is_touched() -> None:
    labelled = tomllib.loads((Path(__file__).parent / "notes.toml").read_text("utf-8"))
    texts = [text for part in labelled.values() for rows in part.values() for text, _ in rows]
    assert len(texts) == 203
    assert [text for text in texts if correct(text, DEMO).corrections] == []


@pytest.mark.needs_data
def test_no_text_of_a_real_recording_is_touched(shared_data: Path) -> None:
    lines = (shared_data / "speech" / "manifest.tsv").read_text("utf-8").splitlines()[1:]
    assert [line for line in lines if correct(line.split("\t")[2], DEMO).corrections] == []


@pytest.mark.parametrize(("split", "at_least"), [("dev", 0.93), ("test", 0.93)])
def test_misheard_notes_get_their_terms_back(split: str, at_least: float) -> None:
    noise, right, wrong = Mishearing(1), [], []
    for note in notes():
        heard = noise.of(note.term)
        if note.split == split and heard != note.term:
            result = correct(note.text.replace(note.term, heard), DEMO)
            right.append(note.term in result.text)
            wrong += [one for one in result.corrections if one.term != note.term]
    assert sum(right) / len(right) >= at_least
    assert wrong == []
