"""Stretches of a text that sound like a term, with what speaks against taking them for it."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from speech.vocabulary import latin, ordinary
from speech.vocabulary.forms import Form, Vocabulary
from speech.vocabulary.protection import Protection
from speech.vocabulary.sounds import FAR, NEAR, TONE, syllable_distance
from speech.vocabulary.tokens import Token, runs

# The cost of a candidate must stay below its limit. Set by reasoning, checked by benchmarks/vocabulary.py.
LIMIT_TWO: Final = 0.35
LIMIT_THREE: Final = 0.8
LIMIT_EACH: Final = 0.28
SKIP: Final = 0.7
"""A syllable more or less; only in a term of five and more."""
CHANGED_WORD: Final = 0.2
"""An ordinary word that would be changed."""
CUT_WORD: Final = 0.35
"""An ordinary word of which a part would be changed."""
PAUSE: Final = 0.3
"""A comma within the name; only in one of four syllables and more."""
LATIN_LIMIT: Final = 0.34
LATIN_ORDINARY: Final = 0.14
"""The limit where all that would be changed are ordinary words."""
LATIN_PART: Final = 0.5
"""What differs must itself be like: "a sparkling lemon" is not "Tavino sparkling lemon"."""


class Candidate(msgspec.Struct, frozen=True):
    """The characters `start` to `end` may be `form`.

    `distance` as in `Correction`; `cost` has all that speaks against; `weight` is how much it explains.
    """

    start: int
    end: int
    form: Form
    distance: float
    cost: float
    weight: float


def candidates(text: str, vocabulary: Vocabulary, protection: Protection) -> list[Candidate]:
    """Return every stretch of a plain text that is clearly nearer to a term than to what stands there."""
    found: list[Candidate] = []
    for run in runs(text):
        found += _by_syllables(text, run, vocabulary, protection)
        found += _by_letters(text, run, vocabulary, protection)
    return found


def _by_syllables(
    text: str, run: tuple[Token, ...], vocabulary: Vocabulary, protection: Protection
) -> Iterator[Candidate]:
    votes: Counter[tuple[int, int]] = Counter()
    for place, token in enumerate(run):
        for number, inside in vocabulary.like(token):
            votes[number, place - inside] += 1
    for (number, first), hits in votes.items():
        form = vocabulary.forms[number]
        size = len(form.tokens)
        near_by = hits + max(votes[number, first - 1], votes[number, first + 1]) if size >= 5 else hits
        if near_by < (2 if size < 4 else (size + 1) // 2):
            continue
        sizes = (size, size - 1, size + 1) if size >= 5 else (size,)
        for start in {first, first - 1, first + 1} if size >= 5 else {first}:
            for length in sizes:
                if start >= 0 and start + length <= len(run):
                    one = _sounded(text, run, start, start + length, form, protection)
                    if one:
                        yield one


def _sounded(
    text: str, run: tuple[Token, ...], first: int, last: int, form: Form, protection: Protection
) -> Candidate | None:
    heard, size = run[first:last], len(form.tokens)
    pauses = sum(token.after_pause for token in heard[1:])
    if pauses > (1 if size > 3 else 0):
        return None
    start, end = heard[0].start, heard[-1].end
    costs = _aligned(heard, form.tokens)
    if costs is None or not _alike(heard, form, costs) or not protection.allows(text, start, end, form.spoken):
        return None
    total = sum(costs)
    if len(heard) == size and all(one.text == other.text for one, other in zip(heard, form.tokens, strict=True)):
        # Word for word: another name in the other script, whose term is written; a term itself is right already.
        return Candidate(start, end, form, 0.0, 0.0, float(size))
    against = _against(run, first, last, form, protection)
    cost = total + against + PAUSE * pauses
    if against < 0 or cost > _limit(size):
        return None
    return Candidate(start, end, form, round(min(1.0, total / size), 2), cost, size - cost)


def _limit(size: int) -> float:
    return {2: LIMIT_TWO, 3: LIMIT_THREE}.get(size, LIMIT_EACH * size)


def _aligned(heard: tuple[Token, ...], meant: tuple[Token, ...]) -> list[float] | None:
    """Return what each token costs; one of them may be left out or too much."""
    if len(heard) == len(meant):
        return [_distance(one, other) for one, other in zip(heard, meant, strict=True)]
    longer, shorter = (heard, meant) if len(heard) > len(meant) else (meant, heard)
    ways = (
        [_distance(one, other) for one, other in zip(longer[:skip] + longer[skip + 1 :], shorter, strict=True)]
        for skip in range(1, len(longer) - (longer is heard))  # what is too much at an end is another word
    )
    best = min(ways, key=sum)
    # Where all the others are the very same, a name was said shorter or longer, not misheard.
    same = sum(one.text in {other.text for other in meant} for one in heard)
    return None if same >= len(shorter) or sum(best) > NEAR + 2 * TONE else [*best, SKIP]


def _distance(heard: Token, meant: Token) -> float:
    if heard.text == meant.text:
        return 0.0
    if heard.syllable and meant.syllable:
        return syllable_distance(heard.syllable, meant.syllable)
    if heard.is_word and meant.is_word:
        return min(1.0, 1.5 * latin.letters_distance(heard.text, meant.text))
    return 1.0 if heard.is_word or meant.is_word else 2.0


def _alike(heard: tuple[Token, ...], form: Form, costs: list[float]) -> bool:
    """Two syllables are little evidence: the tones agree too, or one character is right.

    In longer ones few may be quite another, and none at an end, where another word begins.
    """
    if len(costs) == 2:
        right = any(one.text == other.text for one, other in zip(heard, form.tokens, strict=True))
        return sum(costs) == 0 or (right and sum(costs) <= NEAR)
    far = sum(cost >= FAR for cost in costs)
    ends = (costs[0], costs[-1]) if len(heard) == len(costs) == len(form.tokens) else (costs[0],)
    return far <= (len(costs) - 2) // 3 and max(costs) <= 1.0 and max(ends) < FAR


def _against(run: tuple[Token, ...], first: int, last: int, form: Form, protection: Protection) -> float:
    """Return what the ordinary words cost that would be changed; below 0 where it is nothing but those."""
    left, right = first, last
    while left > 0 and run[left - 1].syllable:
        left -= 1
    while right < len(run) and run[right].syllable:
        right += 1
    stretch = run[left:right]
    if not all(token.syllable for token in stretch):
        return 0.0
    letters = "".join(token.text for token in stretch)
    begins = {token.start: number for number, token in enumerate(stretch)}
    ends = {token.end: number + 1 for number, token in enumerate(stretch)}
    terms = frozenset((begins[start], ends[end]) for start, end in protection.right if start in begins and end in ends)
    first, last = first - left, last - left
    if ordinary.tiled(letters, first, last, terms):
        return -1.0
    cost = 0.0
    for begin, end in ordinary.words_in(letters):
        if begin < last and end > first and letters[max(begin, first) : min(end, last)] not in form.spoken:
            if begin < first or end > last:
                cost += CUT_WORD if last - first > 3 else 1.0
            else:
                cost += CHANGED_WORD
    return cost


def _by_letters(
    text: str, run: tuple[Token, ...], vocabulary: Vocabulary, protection: Protection
) -> Iterator[Candidate]:
    if not vocabulary.latin:
        return
    longest = max(len(form.tokens) for form in vocabulary.latin) + 1
    for first in range(len(run)):
        for last in range(first + 1, min(len(run), first + longest) + 1):
            heard = run[first:last]
            if not heard[-1].is_word:
                break
            letters = "".join(token.text for token in heard)
            near = process.extract(
                letters, vocabulary.latin_letters, scorer=DamerauLevenshtein.normalized_distance, score_cutoff=0.5,
                limit=5,
            )  # fmt: skip
            for _, _, number in near:
                one = _spelt(text, heard, letters, vocabulary.latin[number], protection)
                if one:
                    yield one


def _spelt(text: str, heard: tuple[Token, ...], letters: str, form: Form, protection: Protection) -> Candidate | None:
    start, end = heard[0].start, heard[-1].end
    said, meant = [token.text for token in heard], [token.text for token in form.tokens]
    pauses = sum(token.after_pause for token in heard[1:])
    if (
        pauses > (1 if len(meant) > 1 else 0)
        or abs(len(said) - len(meant)) > 1
        or not protection.allows(text, start, end, form.spoken)
    ):
        return None
    if said == meant and form.written.casefold() != form.spoken:
        return Candidate(start, end, form, 0.0, 0.0, float(len(meant) + 1))  # another name, in the other script
    distance = latin.letters_distance(letters, form.letters)
    changed, wanted = _different([*map(latin.stem, said)], [*map(latin.stem, meant)])
    usual = sum(len(word) for word in changed if _is_ordinary(word))
    if not changed or not wanted or (len(said) == 1 and usual):
        return None
    limit = LATIN_ORDINARY if usual == sum(map(len, changed)) else LATIN_LIMIT
    cost = distance + 0.1 * usual / len(letters) + 0.1 * pauses
    if cost > limit or latin.letters_distance("".join(changed), "".join(wanted)) > LATIN_PART:
        return None
    return Candidate(start, end, form, round(distance, 2), cost, len(meant) + len(form.letters) / 4 - cost)


def _different(said: list[str], meant: list[str]) -> tuple[list[str], list[str]]:
    """Return what is left of both without the words they share at either end."""
    said, meant = said.copy(), meant.copy()
    while said and meant and said[0] == meant[0]:
        del said[0], meant[0]
    while said and meant and said[-1] == meant[-1]:
        del said[-1], meant[-1]
    return said, meant


def _is_ordinary(word: str) -> bool:
    return word in ordinary.common_en() or latin.stem(word) in ordinary.common_en()
