"""A company's own words (products, brands, fixtures, stores) put right where the recogniser misheard them. Pure.

    correct("三号货架的云路高山酸乃缺货", Vocabulary.of([Term("product", "云麓高山酸奶")])).text

compares every stretch of the text with every term by sound (`sounds`, `latin`), leaves alone what is right already or
is ordinary language (`protection`, `ordinary`), and chooses among candidates that overlap (`correction`).
"""

from speech.vocabulary.correction import correct
from speech.vocabulary.forms import Vocabulary
from speech.vocabulary.model import KINDS, Corrected, Correction, Kind, Term

__all__ = ["KINDS", "Corrected", "Correction", "Kind", "Term", "Vocabulary", "correct"]
