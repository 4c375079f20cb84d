"""Models of one's own: whole or not at all, and always a way back."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from core.weights import WeightsError, own

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "own"


def version(folder: Path, name: str, content: bytes = b"weights") -> own.Card:
    source = folder.parent / "trained.onnx"
    source.write_bytes(content)
    return own.add(folder, name, {"gap.onnx": source}, {"photos": 3}, NOW)


def test_without_any_the_shipped_one_works(folder: Path) -> None:
    assert own.read_state(folder) == own.State()
    assert own.cards(folder) == ()


def test_a_version_is_kept_with_its_checksum_and_record_and_not_yet_in_use(folder: Path) -> None:
    card = version(folder, "a")
    assert own.card_of(folder, "a") == card
    assert card.record == {"photos": 3}
    assert own.whole(folder, "a").joinpath("gap.onnx").read_bytes() == b"weights"
    assert own.read_state(folder).current is None


def test_a_name_is_taken_once(folder: Path) -> None:
    version(folder, "a")
    with pytest.raises(WeightsError, match=r"weights\.exists"):
        version(folder, "a", b"other")
    assert own.whole(folder, "a").joinpath("gap.onnx").read_bytes() == b"weights"


def test_a_version_that_could_not_be_copied_leaves_nothing(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        own.add(folder, "a", {"gap.onnx": folder / "is not there"}, {}, NOW)
    assert own.cards(folder) == ()
    assert list((folder / "versions").iterdir()) == []


@pytest.mark.parametrize("name", ["nobody", "../a", ".", ""])
def test_what_is_not_there_cannot_be_used(folder: Path, name: str) -> None:
    version(folder, "a")
    with pytest.raises(WeightsError, match=r"weights\.unknown"):
        own.install(folder, name, NOW, "better")


def test_there_is_always_a_way_back_and_it_goes_on_to_the_shipped_one(folder: Path) -> None:
    for name in ("a", "b"):
        version(folder, name)
        own.install(folder, name, NOW, "not worse")
    assert own.read_state(folder).current == "b"
    assert own.rollback(folder, NOW).current == "a"
    assert own.rollback(folder, NOW).current is None
    with pytest.raises(WeightsError, match=r"weights\.nothing_before"):
        own.rollback(folder, NOW)
    version(folder, "c")
    own.install(folder, "c", NOW, "not worse")
    assert own.rollback(folder, NOW).current is None
    assert [(change.before, change.after) for change in own.read_state(folder).history] == [
        (None, "a"), ("a", "b"), ("b", "a"), ("a", None), (None, "c"), ("c", None),
    ]  # fmt: skip


def test_a_damaged_file_is_told_by_name_and_both_checksums(folder: Path) -> None:
    card = version(folder, "a")
    own.install(folder, "a", NOW, "not worse")
    (folder / "versions" / "a" / "gap.onnx").write_bytes(b"weighty")
    with pytest.raises(WeightsError) as error:
        own.whole(folder, "a")
    assert error.value.code == "weights.damaged"
    for word in ("gap.onnx", card.files["gap.onnx"]):
        assert word in error.value.detail.en
    (folder / "versions" / "a" / "gap.onnx").unlink()
    with pytest.raises(WeightsError, match="missing"):
        own.install(folder, "a", NOW, "again")


def test_a_state_that_cannot_be_read_is_no_state(folder: Path) -> None:
    version(folder, "a")
    (folder / "state.json").write_text("{")
    with pytest.raises(WeightsError, match=r"weights\.bad_state"):
        own.read_state(folder)


def test_a_candidate_looks_on_until_it_is_ended_or_installed(folder: Path) -> None:
    version(folder, "a")
    assert own.set_shadow(folder, own.Shadow("a", 0.5)).shadow == own.Shadow("a", 0.5)
    assert own.install(folder, "a", NOW, "not worse").shadow is None
    version(folder, "b")
    own.set_shadow(folder, own.Shadow("b", 0.1))
    assert own.set_shadow(folder, None) == own.State("a", None, own.read_state(folder).history)
    with pytest.raises(WeightsError):
        own.set_shadow(folder, own.Shadow("nobody", 0.1))


def test_changes_at_once_are_all_kept(folder: Path) -> None:
    names = [f"v{number}" for number in range(8)]
    for name in names:
        version(folder, name)
    threads = [threading.Thread(target=own.install, args=(folder, name, NOW, "at once")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {change.after for change in own.read_state(folder).history} == set(names)
