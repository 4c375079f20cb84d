"""A vocabulary ready to be looked up: every way its terms may be said, by what they sound like."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

import msgspec

from speech.notes.plain import is_chinese, plain
from speech.vocabulary import latin
from speech.vocabulary.model import Term
from speech.vocabulary.tokens import Token, runs


class Form(msgspec.Struct, frozen=True):
    """One way a term is said, `spoken`, and what is `written` for it."""

    term: Term
    written: str
    spoken: str
    tokens: tuple[Token, ...]

    @property
    def is_latin(self) -> bool:
        """Tell whether it is all letters."""
        return all(token.is_word for token in self.tokens)

    @property
    def letters(self) -> str:
        """Return its words joined."""
        return "".join(token.text for token in self.tokens)


class Phrases:
    """Texts to be found word for word."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Take plain texts."""
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for phrase in sorted(set(phrases), key=len, reverse=True):
            if phrase:
                self._by_start[phrase[0]].append(phrase)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return where they stand in a plain text, the longest first at each place; they may overlap."""
        return tuple(
            (place, place + len(phrase))
            for place, letter in enumerate(text)
            for phrase in self._by_start.get(letter, ())
            if text.startswith(phrase, place) and _whole(text, place, place + len(phrase))
        )


def _whole(text: str, start: int, end: int) -> bool:
    """Tell whether no word is cut in two."""
    return not (_letters(text, start - 1) and _letters(text, start)) and not (
        _letters(text, end - 1) and _letters(text, end)
    )


def _letters(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isalpha() and not is_chinese(text[place])


class Vocabulary:
    """Terms, and wordings that are never changed though they may sound like one."""

    def __init__(self, forms: tuple[Form, ...], kept: frozenset[str]) -> None:
        """Use `of`."""
        self.forms = forms
        self.right = Phrases(plain(form.written) for form in forms)
        self.goods = Phrases(plain(form.written) for form in forms if form.term.kind in {"product", "brand"})
        """The company's products and brands, as they are written."""
        self.kept = Phrases(wording for wording in map(plain, kept) if len(wording) > 1)
        self.latin = tuple(form for form in forms if form.is_latin)
        self.latin_letters = [form.letters for form in self.latin]
        self._by_sound: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, form in enumerate(forms):
            if not form.is_latin:
                for place, token in enumerate(form.tokens):
                    self._by_sound[sound_key(token)].append((number, place))

    @classmethod
    def of(cls, terms: Iterable[Term], kept: Iterable[str] = ()) -> "Vocabulary":
        """Prepare terms (a second one of the same text is left out); `kept` are wordings of checkpoints."""
        unique = {plain(term.text): term for term in reversed(list(terms))}
        said = _latin_as_said(unique.values())
        forms = {
            form.spoken: form for term in unique.values() for form in reversed(_forms(term, said)) if _tellable(form)
        }
        return cls(tuple(forms.values()), frozenset(kept))

    def like(self, token: Token) -> list[tuple[int, int]]:
        """Return (number of the form, place in it) of every token that sounds about like this one."""
        return self._by_sound.get(sound_key(token), [])


def sound_key(token: Token) -> str:
    """Return what tokens share that may be taken for each other."""
    return token.syllable.blunt if token.syllable else latin.key(token.text)[:2] or token.text


def _forms(term: Term, said: dict[str, tuple[str, ...]]) -> list[Form]:
    text = plain(term.text)
    spoken = [(term.text, text)]
    for alias in term.aliases:
        other_script = _has_chinese(alias) != _has_chinese(term.text)
        spoken.append((term.text if other_script else alias, plain(alias)))
    for word, sounds in said.items():
        if word in text and word != text:
            spoken += [(term.text, text.replace(word, sound)) for sound in sounds]
    return [Form(term, written, form, tuple(chain(*runs(form)))) for written, form in spoken]


def _latin_as_said(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Return for each Latin name how it is said in Chinese, so that what is called after it is understood too."""
    return {
        plain(term.text): tuple(plain(alias) for alias in term.aliases if _has_chinese(alias))
        for term in terms
        if not _has_chinese(term.text) and any(map(_has_chinese, term.aliases))
    }


def _has_chinese(text: str) -> bool:
    return any(map(is_chinese, text))


def _tellable(form: Form) -> bool:
    """Tell whether there is enough of it: one character or three letters sound like too much."""
    return len(form.letters) > 3 if form.is_latin else len(form.tokens) > 1
