"""What a term of a file or a form becomes before it is kept."""

import pytest

from speech.vocabulary import Term
from workflows.vocabulary.table import checked


@pytest.mark.parametrize("written", ["Tavino  sparkling\u3000lemon", " Tavino sparkling lemon "])
def test_blanks_of_any_kind_are_one_blank(written: str) -> None:
    assert checked(Term("product", written, ("tavino   SPARKLING lemon",))) == Term("product", "Tavino sparkling lemon")
