"""What a speech model writes when nobody said anything: credits of films, endless loops, mumbling. Pure."""

import re

_CREDITS = re.compile(
    r"""(?x) ^ (
      # Chinese: subtitle credits and farewells of video channels
      .*字幕.{0,12}(提供|制作|志愿者|组|by|翻译|校对|君).* | (中文)?字幕
      | .*(点赞|订阅|转发|打赏).{0,4}(点赞|订阅|转发|打赏).*
      | ((作词|作曲|编曲|词曲|演唱)[\s:：·、,，]*)+[\w\s·]{0,12} | [词曲]\s*[:：·].{0,12}
      | .*明镜与点点.* | .*优优独播剧场.* | 请不吝.* | by索兰娅 | (音乐|掌声|笑声|鼓掌)
      | (谢谢|感谢|多谢)(大家|您|你)?的?(观看|收看|收听|聆听).* | (我们)?下(期|集|次|个视频)(节目|视频)?(再见|见)
      # English
      | (thanks?|thank\ you)(\ (you|so\ much|very\ much))*\ for\ (watching|listening|viewing).*
      | (thank\ you|thanks|you|bye(\ bye)*|music|applause|laughter|silence|please\ subscribe.*) | .*amara\.org.*
      | .*(subtitles?|captions?|transcri(bed|ption))\ by.* | .*like\ and\ subscribe.*
      | .*subscribe\ to\ (my|our|the)\ channel.* | .*see\ you\ (guys\ )?(all\ )?in\ the\ next\ (video|one|episode).*
    ) $"""
)
_EDGES = " \t.,!?;:…。，！？；：、'\"“”‘’()（）[]【】♪*-—~～"
_LOOP = re.compile(r"(.{1,48}?)[\s,，。.!！?？、]*(?:\1[\s,，。.!！?？、]*){3,}")


def is_credit(text: str) -> bool:
    """Tell whether the whole text is a phrase that speech models make up in silence and noise."""
    return bool(_CREDITS.match(text.strip(_EDGES).lower()))


def is_loop(text: str) -> bool:
    """Tell whether most of the text is one phrase, four times or more in a row."""
    bare = text.strip(_EDGES).lower()
    longest = max((match.end() - match.start() for match in _LOOP.finditer(bare)), default=0)
    return longest >= 6 and longest > 0.6 * len(bare)
