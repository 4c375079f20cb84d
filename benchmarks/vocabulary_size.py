"""What a large vocabulary costs: seconds to build it, memory to keep it, and time to correct a note by it.

    python -m benchmarks.vocabulary_size [--terms 22000] [--json]

The terms are made of ordinary Chinese words: a brand of three characters, and two words.
"""

import argparse
import json
import platform
import random
import sys
import time
from pathlib import Path

from benchmarks import speech as recogniser
from checklists.library import load as load_library
from speech.vocabulary import Term, Vocabulary, correct
from speech.vocabulary.ordinary import common_zh
from workflows.lexicon import lexicon, wordings

NOTE = "三号货架第二层的酸奶缺货了，冷藏柜温度九度，入口海报也掉了，请店长今天补货"


def terms(count: int) -> list[Term]:
    """Return so many different products, the same each time."""
    chance = random.Random(1)  # noqa: S311 - the same each time
    words = [word for word in list(common_zh())[2000:12000] if len(word) == 2]
    brands = ["".join(chance.choice(words)[0] for _ in range(3)) for _ in range(300)]
    names: dict[str, None] = {}
    while len(names) < count:
        names[chance.choice(brands) + chance.choice(words) + chance.choice(words)] = None
    return [Term("product", name) for name in names]


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terms", type=int, default=22_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    made, kept = terms(args.terms), wordings(lexicon(load_library()))
    correct(NOTE, Vocabulary.of(made[:10], kept))  # what is loaded once is not counted
    before, wall, cpu = _resident_mb(), time.perf_counter(), time.process_time()
    vocabulary = Vocabulary.of(made, kept)
    facts = {
        "machine": f"{recogniser.processor()}, Python {platform.python_version()}",
        "forms": len(vocabulary.forms),
        "build_s": round(time.perf_counter() - wall, 1),
        "build_cpu_s": round(time.process_time() - cpu, 1),
        "kept_mb": round(_resident_mb() - before),
    }
    cpu = time.process_time()
    correct(NOTE, vocabulary)
    facts["note_cpu_s"] = round(time.process_time() - cpu, 2)
    print(json.dumps(facts) if args.json else "\n".join(f"{name}: {fact}" for name, fact in facts.items()))
    return 0


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    sys.exit(main())
