"""What is wrong with an option's value is told in a sentence: what it takes, and what it got."""

import pytest

from core.text import counted
from storepatrol.cli import make_parser

PROMISED = {
    "photo prices x.jpg --today tomorrow": "--today: it takes a date such as 2026-11-30, not 'tomorrow'",
    "photo analyze x.jpg --min-score abc": "--min-score: it takes a number from 0 to 1, not 'abc'",
    "photo analyze x.jpg --min-score 1.5": "--min-score: it takes a number from 0 to 1, not '1.5'",
    "photo analyze x.jpg --min-score nan": "--min-score: it takes a number from 0 to 1, not 'nan'",
    "photo verify a.jpg b.jpg --box 1,2,3": "such as 120,80,310,240, not '1,2,3'",
    "photo verify a.jpg b.jpg --box 9,9,1,1": "its top above its bottom, not '9,9,1,1'",
    "worker --queues vision,dreams": "--queues: it takes vision, speech, details, general, not 'dreams'",
    "train --test-share 0": "--test-share: it takes a share above 0 and at most 1, not '0'",
    "train shadow start own-1 --share half": "--share: it takes a share above 0 and at most 1, not 'half'",
    "train --epochs many": "--epochs: it takes a whole number from 1 on, not 'many'",
    "train --threads 0": "--threads: it takes a whole number from 1 on, not '0'",
    "train --rendered -1": "--rendered: it takes a whole number from 0 on, not '-1'",
    "stack storage --folder x --first-port S3": "--first-port: it takes a whole number from 1 on, not 'S3'",
}


@pytest.mark.parametrize(("line", "told"), PROMISED.items(), ids=PROMISED)
def test_a_wrong_value_is_told_in_a_sentence(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        make_parser().parse_args(line.split())
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


def test_right_values_are_understood() -> None:
    parse = make_parser().parse_args
    assert parse(["photo", "prices", "x.jpg", "--today", "2026-11-30"]).today.isoformat() == "2026-11-30"
    assert parse(["photo", "analyze", "x.jpg", "--min-score", "0"]).min_score == 0
    assert parse(["photo", "verify", "a.jpg", "b.jpg", "--box", "0,1,2,3"]).box == [(0, 1, 2, 3)]
    assert parse(["worker", "--queues", "vision, speech"]).queues == ("vision", "speech")
    assert parse(["train", "--rendered", "0"]).rendered == 0


@pytest.mark.parametrize(("number", "told"), [(0, "0 price tags"), (1, "1 price tag"), (2, "2 price tags")])
def test_one_is_not_several(number: int, told: str) -> None:
    assert counted(number, "price tag") == told


def test_the_verb_goes_with_what_is_counted() -> None:
    assert counted(1, "photo", ("is", "are")) == "1 photo is"
    assert counted(0, "photo", ("is", "are")) == "0 photos are"
