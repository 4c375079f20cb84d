"""What a tag says, and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.price_tags.model import Price
from vision.price_tags.parsing import bare_price, main_price, parse_prices, to_minor, unit_of

AMOUNTS = st.integers(1, 99_999_99)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("¥12.80", Price(1280, "CNY")),
        ("12.80元", Price(1280, "CNY")),
        ("12元8角", Price(1280, "CNY")),
        ("12元8角5分", Price(1285, "CNY")),
        ("8角", Price(80, "CNY")),
        ("￥ 9.9/500g", Price(990, "CNY", "g", 500)),
        ("19.9元/斤", Price(1990, "CNY", "g", 500)),
        ("12.80 元/千克", Price(1280, "CNY", "g", 1000)),
        ("5.5元每100毫升", Price(550, "CNY", "ml", 100)),
        ("2件 ¥35", Price(3500, "CNY", "each", 2)),
        ("¥35/2件", Price(3500, "CNY", "each", 2)),
        ("会员价 ¥9.90", Price(990, "CNY", label="member")),
        ("会员专享价：9.90", Price(990, "CNY", label="member")),
        ("非会员价 ¥12.90", Price(1290, "CNY")),
        ("零售价：12.90元", Price(1290, "CNY")),
        ("原价:42.09", Price(4209, "CNY", label="was")),
        ("优惠价8.8元", Price(880, "CNY", label="now")),
        ("券后价¥9.9", Price(990, "CNY", label="member")),
        ("折合 7.96元/kg", Price(796, "CNY", "g", 1000, "unit")),
        ("¥12.90元/瓶", Price(1290, "CNY", "each", 1)),
        ("每斤3.98元", Price(398, "CNY", "g", 500)),
        ("500克/3.98元", Price(398, "CNY", "g", 500)),
        ("3斤10元", Price(1000, "CNY", "g", 1500)),
        ("9.9元2斤", Price(990, "CNY", "g", 1000)),
        ("10元3件", Price(1000, "CNY", "each", 3)),
        ("£1.50", Price(150, "GBP")),
        ("3 for £4", Price(400, "GBP", "each", 3)),
        ("80p", Price(80, "GBP")),
        ("$3.99", Price(399, "USD")),
        ("99¢", Price(99, "USD")),
        ("1.299,00 €", Price(129900, "EUR")),
        ("€2,49", Price(249, "EUR")),
        ("1.299 €", Price(129900, "EUR")),
        ("$1,299", Price(129900, "USD")),
        ("59.00 РУБ", Price(5900, "RUB")),
        ("59.00 PY6", Price(5900, "RUB")),
        ("£2.50 per kg", Price(250, "GBP", "g", 1000)),
        ("£1.20 each", Price(120, "GBP", "each", 1)),
        ("PEPSI 500ml £1.25", Price(125, "GBP")),
        ("9.90/500g", Price(990, None, "g", 500)),
    ],
)
def test_a_price_is_read_as_people_write_it(text: str, price: Price) -> None:
    assert parse_prices(text) == (price,)


@pytest.mark.parametrize(
    "text",
    ["", "800g", "2 for 1", "£1.299", "¥12 80", "¥ 1 2", "2 59元", "¥12.8.5", "4601780005399", "26.03.2024", "12.80",
     "12元9", "12元9用", "12.9元起", "满99减10元", "立省5元", "直降3元", "押金 5元", "会员价8.5折",
     "LIGHT 0.5%", "¥0.00", "¥99999999"],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_or_is_something_else_is_not_read(text: str) -> None:
    assert parse_prices(text) == ()


def test_now_and_before_are_told_apart() -> None:
    before, now = parse_prices("原价 ¥20.00 现价 ¥15.00")
    assert (before.label, now.label) == ("was", "now")
    assert main_price((before, now)) == now


def test_a_price_under_a_label_that_was_misread_is_not_the_one_to_pay() -> None:
    assert main_price(parse_prices("景价¥28.60")) is None
    assert main_price(parse_prices("一口价 ¥28.60")) == Price(2860, "CNY")


def test_what_was_saved_is_not_the_price() -> None:
    assert parse_prices("立省¥2.00 现价¥9.9") == (Price(990, "CNY", label="now"),)


def test_the_usual_price_beside_one_for_members_is_what_others_pay() -> None:
    assert main_price(parse_prices("会员价 ¥9.90 零售价 ¥12.90")) == Price(1290, "CNY")
    assert main_price(parse_prices("零售价 ¥12.90 促销价 ¥9.90")) == Price(990, "CNY", label="now")


def test_what_a_kilogram_comes_to_is_not_the_price_of_a_jin() -> None:
    assert main_price(parse_prices("3.98元/斤 折合7.96元/kg")) == Price(398, "CNY", "g", 500)


def test_customers_without_a_card_pay_the_old_price() -> None:
    member, old = parse_prices("会员价9.9元 原价12.8元")
    assert main_price((member, old)) == old


def test_two_prices_that_nothing_tells_apart_are_no_price() -> None:
    assert main_price(parse_prices("¥12.80 ¥13.80")) is None


def test_a_price_for_comparing_is_not_the_price() -> None:
    prices = parse_prices("¥12.80 (¥2.56/100g)")
    assert main_price(prices) == Price(1280, "CNY")


@given(AMOUNTS, st.sampled_from([("¥", "CNY"), ("£", "GBP"), ("$", "USD"), ("€", "EUR")]))
def test_every_amount_comes_back_from_its_plain_form(minor: int, mark: tuple[str, str]) -> None:
    symbol, currency = mark
    assert parse_prices(f"{symbol}{minor / 100:.2f}") == (Price(minor, currency),)


@given(AMOUNTS)
def test_every_amount_comes_back_from_every_way_of_writing_thousands(minor: int) -> None:
    whole, cents = divmod(minor, 100)
    grouped = f"{whole:,}"
    ways = [
        f"{grouped}.{cents:02}",
        f"{grouped.replace(',', '.')},{cents:02}",
        f"{grouped.replace(',', ' ')},{cents:02}",
    ]
    assert {to_minor(way, "EUR") for way in ways} == {minor}


@given(st.integers(0, 99999), st.integers(0, 9), st.integers(1, 9))
def test_yuan_jiao_fen_add_up(yuan: int, jiao: int, fen: int) -> None:
    assert parse_prices(f"{yuan}元{jiao}角{fen}分") == (Price(yuan * 100 + jiao * 10 + fen, "CNY"),)


@given(st.text(max_size=60))
def test_no_text_upsets_the_parser(text: str) -> None:
    for price in parse_prices(text):
        assert 0 < price.minor <= 99_999_99
    bare_price(text)
    unit_of(text)


@given(st.text(alphabet="0123456789.,元角¥£/ gkp件for", max_size=24))
def test_a_price_is_never_larger_than_the_digits_that_were_read(text: str) -> None:
    digits = sum(char.isdigit() for char in text)
    for price in parse_prices(text):
        assert price.minor < 10 ** (digits + 2)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("kg", ("g", 1000)), ("500g", ("g", 500)), ("斤", ("g", 500)), ("500克", ("g", 500)), ("ml", ("ml", 1)),
     ("1.5L", ("ml", 1500)), ("each", ("each", 1)), ("瓶", ("each", 1)), ("кг", ("g", 1000)), ("mile", None)],
)  # fmt: skip
def test_units_become_grams_millilitres_or_pieces(text: str, unit: tuple[str, float] | None) -> None:
    assert unit_of(text) == unit


def test_only_two_decimals_make_a_bare_number_a_price() -> None:
    assert bare_price("12.80") == 1280
    assert [bare_price(text) for text in ("12.8", "12", "12.80%", "2.5g", "12.80.1")] == [None] * 5
