"""Everything that can go wrong and that a caller can act on.

StorepatrolError
├── Invalid              422  what was sent cannot be right
│   └── Malformed        400  it could not even be read
├── Unauthenticated      401  who are you?
├── Forbidden            403  you may not
├── NotFound             404  not there, or not in your part of the organisation
├── Conflict             409  it was right once; something has changed since
│   ├── StaleVersion     409  the version you based this on is no longer the latest
│   └── ContentDiffers   409  the same id was sent before with other content
├── Gone                 410  it was there and has expired
├── TooLarge             413
├── UnsupportedType      415
├── ChecksumMismatch     460  (tus 1.0) what arrived is not what was sent
├── Locked               423  another request is writing this right now
├── TooManyRequests      429  slow down; `retry_after` says for how many seconds
├── CutShort             500  a piece of work crashed or ran out of time; a few more tries are worth it
└── Unavailable          503  a part we stand on is away; trying again later will work

Every error has a stable `code` ("visit.item_unknown") that clients may rely on, and a sentence in both languages.
"""

from pathlib import Path
from typing import Any, ClassVar

from core.text import Text


class StorepatrolError(Exception):
    """Base of the tree; `extra` members end up in the problem response."""

    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    title: ClassVar[Text] = Text("出错了", "Something went wrong")

    def __init__(self, code: str, detail: Text | str, **extra: Any) -> None:
        self.code = code
        self.detail = detail if isinstance(detail, Text) else Text(detail, detail)
        self.extra = extra
        super().__init__(f"{code}: {self.detail.en}")


class Invalid(StorepatrolError):
    """What was sent cannot be right."""

    status = 422
    title = Text("内容有误", "Not valid")


class Malformed(Invalid):
    """What was sent could not even be read."""

    status = 400
    title = Text("无法解析的请求", "Could not be read")


class Unauthenticated(StorepatrolError):
    """The caller is unknown, or the token has expired."""

    status = 401
    title = Text("请先登录", "Sign in first")


class Forbidden(StorepatrolError):
    """The caller is known and may not do this."""

    status = 403
    title = Text("没有权限", "Not allowed")


class NotFound(StorepatrolError):
    """Not there, or not in the caller's part of the organisation: the answer does not tell which."""

    status = 404
    title = Text("没有找到", "Not found")


class Conflict(StorepatrolError):
    """It was right once; something has changed since."""

    status = 409
    title = Text("与现状冲突", "Conflict")


class StaleVersion(Conflict):
    """The version this change is based on is no longer the latest."""

    title = Text("已被他人修改", "Changed by someone else meanwhile")


class ContentDiffers(Conflict):
    """The same id was sent before, with other content."""

    title = Text("同一编号的内容不同", "Same id, other content")


class Gone(StorepatrolError):
    """It was there and has expired."""

    status = 410
    title = Text("已过期", "Expired")


class TooLarge(StorepatrolError):
    """More bytes than allowed."""

    status = 413
    title = Text("文件过大", "Too large")


class UnsupportedType(StorepatrolError):
    """A kind of file or content we do not take."""

    status = 415
    title = Text("不支持的文件类型", "Type not supported")


class Locked(StorepatrolError):
    """Another request is writing this right now."""

    status = 423
    retryable = True
    title = Text("正在被写入", "Being written by another request")


class TooManyRequests(StorepatrolError):
    """Slow down; `retry_after` in `extra` says for how many seconds."""

    status = 429
    retryable = True
    title = Text("请求过于频繁", "Too many requests")


class ChecksumMismatch(StorepatrolError):
    """What arrived is not what was sent (status 460 is tus 1.0's)."""

    status = 460
    retryable = True
    title = Text("校验和不符", "Checksum mismatch")


class CutShort(StorepatrolError):
    """A piece of work crashed or ran out of time, through its own fault or a busy machine: worth a few more tries."""

    title = Text("处理中断", "Cut short")


class Unavailable(StorepatrolError):
    """A part we stand on is away; trying again later will work."""

    status = 503
    retryable = True
    title = Text("暂时不可用", "Temporarily unavailable")


def not_found(what: str, id_: object) -> NotFound:
    """Return the error for a missing `what` ("visit", "task") of this id."""
    return NotFound(
        f"{what}.not_found",
        Text("记录不存在或不在您的管辖范围内", f"No such {what} in your part of the organisation"),
        id=str(id_),
    )


def stale(what: str, current: int) -> StaleVersion:
    """Return the error for a change of `what` that is based on an old version."""
    return StaleVersion(
        f"{what}.stale",
        Text(
            "此记录已被他人更新, 请刷新后重试",
            f"This {what} was changed by someone else; reload and try again",
        ),
        current_version=current,
    )


class ModelFileError(Exception):
    """A model file that is missing, damaged or not one of ours. Stops whoever wanted to load it."""

    @classmethod
    def unusable(cls, file: Path, why: object) -> "ModelFileError":
        """Return the error of a file that is there and cannot be used."""
        return cls(f"model file {file.name} cannot be used: {why}")
