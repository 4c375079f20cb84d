"""A company to try the product with: stores, people, a month of visits, and shelves to photograph."""

import secrets
import shutil
from pathlib import Path

import msgspec
import sqlalchemy as sa

import speech
from checklists import library as standards
from core.caller import installation
from core.errors import Conflict
from core.org import Company
from core.parts import Parts
from core.text import Text
from storepatrol.demo.history import PHOTOGRAPHED, write_history
from storepatrol.demo.people import LOGINS, Login, found
from storepatrol.demo.pictures import Pictures
from storepatrol.demo.promotion import promotion_files
from storepatrol.demo.vocabulary import give_vocabulary

NOTES = Path(speech.__file__).parent / "demo"

__all__ = ["Demo", "greeting", "open_demo"]


class Demo(msgspec.Struct, frozen=True):
    """The demo company's logins; one password for all, made for this installation."""

    password: str
    logins: tuple[Login, ...]


def open_demo(parts: Parts, photos: Path | None = None) -> Demo:
    """Return the demo company of this installation, made on first use; with `photos`, its shelves are those pictures.

    It is made only in an installation without any company, so that it never stands beside a real one.
    """
    file = parts.settings.data_dir / "demo.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Demo)
    if file.with_suffix(".draft").exists():
        folder = parts.settings.data_dir
        raise Conflict(
            "demo.unfinished",
            Text(
                f"上次创建演示公司时中断, 请删除 {folder} 后重试",
                f"Making the demo was interrupted; remove {folder} and try again",
            ),
        )
    with parts.database.snapshot(installation()) as session:
        if session.scalar(sa.select(Company.id).limit(1)) is not None:
            return Demo(password="", logins=())
    demo = Demo(password=secrets.token_urlsafe(9), logins=LOGINS)
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(demo))
    nodes = found(parts, demo.password)
    give_vocabulary(parts, nodes)
    pictures = Pictures(photos)
    write_history(parts, nodes, standards.load(), pictures)
    _put_to_hand(parts.settings.data_dir / "demo", pictures)
    draft.rename(file)
    return demo


def _put_to_hand(folder: Path, pictures: Pictures) -> None:
    """Leave files to try with: shelves before and after, the demo's own after photo, a poster, voice notes."""
    folder.mkdir(exist_ok=True)
    (folder / "shelf.jpg").write_bytes(pictures.before(len(PHOTOGRAPHED)))
    afters = {"shelf": len(PHOTOGRAPHED), PHOTOGRAPHED[0]: 0}
    for name, number in afters.items():
        after = pictures.after_of(number)
        if after is not None:
            (folder / f"{name}-after.jpg").write_bytes(after)
    for file, content in promotion_files(pictures).items():
        (folder / file).write_bytes(content)
    for note in NOTES.glob("*-shelf-*"):
        shutil.copy(note, folder / f"note-{note.name}")


def greeting(demo: Demo, folder: Path) -> list[str]:
    """Return the lines that tell a newcomer how to sign in."""
    if not demo.logins:
        return ["This installation has a company of its own; no demo was made. 已有公司数据, 未创建演示公司。"]
    width = max(len(login.login) for login in demo.logins)
    lines = ["Sign in with one of these (one password for all) 用以下任一账号登录(密码相同):"]
    lines += [f"  {login.login:<{width}}  {login.role.en} · {login.role.zh}" for login in demo.logins]
    return [
        *lines,
        f"  password 密码: {demo.password}",
        f"Pictures and a voice note to try with 可供试用的照片和录音: {folder}",
        "Ctrl-C stops it; what you did stays. 按 Ctrl-C 停止, 数据会保留。",
    ]
