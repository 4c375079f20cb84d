"""Pieces of text become tags by where they stand."""

from hypothesis import given
from hypothesis import strategies as st

from vision.price_tags.layout import barcodes, find_tags
from vision.price_tags.model import Price, TextLine


def line(text: str, x: float, y: float, height: float, score: float = 0.99, **more: object) -> TextLine:
    width = height * 0.55 * len(text)
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return TextLine(corners, text, score, **more)  # type: ignore[arg-type]


def prices(*lines: TextLine) -> list[Price | None]:
    return [tag.price for tag in find_tags(lines)]


def test_large_whole_digits_and_small_hundredths_are_one_price() -> None:
    assert prices(line("12", 100, 100, 60), line("80", 170, 100, 28), line("元", 172, 135, 24)) == [Price(1280, "CNY")]


def test_a_symbol_before_the_digits_tells_the_currency() -> None:
    assert prices(line("¥", 78, 130, 26), line("12", 100, 100, 60), line("80", 170, 100, 28)) == [Price(1280, "CNY")]


def test_a_single_small_digit_may_be_tens_or_ones_of_cents() -> None:
    (tag,) = find_tags([line("12", 100, 100, 60), line("5", 170, 100, 28)])
    assert (tag.readable, tag.price) == (False, None)
    assert prices(line("112", 100, 100, 60), line("0", 210, 100, 28), line("РУБ", 205, 135, 24)) == [
        Price(11200, "RUB")
    ]


def test_small_digits_read_in_one_piece_with_the_large_ones_are_hundredths() -> None:
    assert prices(line("69800", 100, 100, 60, small_end=2), line("РУБ", 240, 135, 24)) == [Price(69800, "RUB")]


def test_a_symbol_and_small_hundredths_in_one_piece_are_told_apart_too() -> None:
    assert prices(line("¥5200", 100, 100, 60, small_end=2)) == [Price(5200, "CNY")]
    assert prices(line("¥5200", 100, 100, 60, doubted=True)) == [None]


def test_a_number_without_currency_or_hundredths_is_no_price() -> None:
    (tag,) = find_tags([line("763", 100, 100, 60)])
    assert (tag.readable, tag.price) == (False, None)


def test_a_doubted_number_is_unreadable() -> None:
    (tag,) = find_tags([line("¥12.80", 100, 100, 60, doubted=True)])
    assert (tag.readable, tag.price) == (False, None)


def test_nutrition_and_weights_are_no_tags() -> None:
    assert (
        find_tags(
            [line("KIRO", 0, 0, 80), line("68.0", 10, 100, 20), line("2.5", 10, 130, 20), line("400g", 0, 160, 30)]
        )
        == ()
    )


def test_tags_side_by_side_stay_apart_and_keep_their_words() -> None:
    tags = find_tags(
        [line("PIKO", 0, 60, 16), line("¥3.20", 0, 80, 40), line("SOLE", 400, 60, 16), line("¥4.50", 400, 80, 40)]
    )
    assert [(tag.text, tag.price) for tag in tags] == [
        ("PIKO ¥3.20", Price(320, "CNY")),
        ("SOLE ¥4.50", Price(450, "CNY")),
    ]


def test_an_old_price_beside_the_new_one_belongs_to_its_tag() -> None:
    (tag,) = find_tags(
        [line("229", 0, 100, 44), line("225", 90, 100, 44), line("00", 165, 96, 20), line("руб", 165, 124, 18)]
    )
    assert tag.price == Price(22500, "RUB")


def test_one_decimal_is_a_price_beside_its_currency_only() -> None:
    assert prices(line("9.9", 100, 100, 60), line("元", 205, 135, 24)) == [Price(990, "CNY")]
    assert prices(line("9.9", 100, 100, 60)) == []


def test_a_label_above_each_of_two_prices_tells_what_it_is() -> None:
    (tag,) = find_tags(
        [line("零售价", 0, 60, 18), line("会员价", 120, 60, 18), line("¥32.40", 0, 80, 27), line("¥25.00", 120, 80, 27)]
    )
    assert tag.price == Price(3240, "CNY")
    assert Price(2500, "CNY", label="member") in tag.prices


def test_a_member_price_printed_larger_is_still_not_the_price() -> None:
    (tag,) = find_tags(
        [
            line("会员专享价", 0, 40, 20),
            line("¥37.60", 0, 70, 70),
            line("零售价", 270, 60, 16),
            line("¥39.70", 270, 84, 28),
        ]
    )
    assert tag.price == Price(3970, "CNY")


def test_a_misread_label_for_members_is_still_one() -> None:
    (tag,) = find_tags(
        [line("零售价", 0, 60, 18), line("食员价", 120, 60, 18), line("¥32.40", 0, 80, 27), line("¥25.00", 120, 80, 27)]
    )
    assert tag.price == Price(3240, "CNY")


def test_two_prices_side_by_side_without_labels_are_doubted() -> None:
    assert prices(line("¥32.40", 0, 80, 27), line("¥25.00", 120, 80, 27)) == [None, None]


def test_a_member_label_without_its_price_makes_the_other_one_doubtful() -> None:
    (tag,) = find_tags([line("¥39.70", 0, 80, 28), line("会员价", 200, 130, 16)])
    assert (tag.readable, tag.price) == (False, None)


def test_barcodes_are_known_by_their_check_digit() -> None:
    assert barcodes("x 4601780005399 4601780005398 96385074 00000000") == ("4601780005399", "96385074")


@given(st.integers(1, 9999), st.integers(0, 99), st.floats(20, 120), st.floats(0.3, 0.7), st.floats(0, 1))
def test_whole_and_hundredths_of_any_size_are_joined(
    whole: int, cents: int, height: float, share: float, gap: float
) -> None:
    big = line(str(whole), 50, 100, height)
    small = line(f"{cents:02}", big.box[2] + gap * height, 100, height * share)
    mark = line("元", small.box[0], 100 + height * 0.7, height * 0.3)
    assert prices(big, small, mark) == [Price(whole * 100 + cents, "CNY")]
