"""Small repairs of recognised text. Pure; every character keeps its meaning."""

import re

_FULL = str.maketrans(",?!;:", "，？！；：")
_CHINESE = r"[\u3400-\u9fff]"


def tidy(text: str) -> str:
    """Return Chinese text with Chinese punctuation and without the blanks the model puts between its phrases."""
    text = re.sub(
        rf"(?<={_CHINESE})[,?!;:](?!\d)|(?<=[\w%])[,?!;:](?=\s*{_CHINESE})", lambda m: m[0].translate(_FULL), text
    )
    text = re.sub(rf"(?<={_CHINESE})\.(?=\s|$|{_CHINESE})", "。", text)
    text = re.sub(r"(?<=[，。？！；：])\s+", "", text)
    return re.sub(rf"(?<={_CHINESE})\s+(?={_CHINESE})", "，", text).strip()
