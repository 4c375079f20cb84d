"""`storepatrol train …` on an installation: corrections out, own models listed, put back, and put in the shadow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelFileError
from core.parts import Parts
from core.weights import WeightsError, own
from storepatrol import bootstrap
from storepatrol.cli import main
from tests.builders import Company
from tests.integration.databases import NOW
from tests.integration.test_corrections import COMPLETE
from tests.integration.workflows.test_review import say, see
from tests.integration.workflows.world import Shop
from vision.shelf import GAP_FILE, SHIPPED_WEIGHTS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Run = Callable[..., int]


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


@pytest.fixture
def run(parts: Parts, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STOREPATROL_DATA_DIR", str(parts.settings.data_dir))
    monkeypatch.setenv("STOREPATROL_DATABASE_URL", database_url)
    monkeypatch.setenv("STOREPATROL_SECRET_KEY", parts.settings.secret_key)
    return lambda *words: main(["train", *words])


def keep(parts: Parts, name: str, file: Path = SHIPPED_WEIGHTS / GAP_FILE) -> None:
    own.add(parts.settings.own_models, name, {GAP_FILE: file}, {"decision": "refused"}, NOW)


def test_the_corrections_are_written_into_an_empty_folder_once(shop: Shop, run: Run, tmp_path: Path) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    assert run("export", str(tmp_path / "out")) == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"images", "labels", "data.yaml", "manifest.jsonl"}
    assert run("export", str(tmp_path / "out")) == 2


def test_where_there_are_two_companies_one_is_named(
    shop: Shop, run: Run, other_company: Company, tmp_path: Path
) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    with pytest.raises(SystemExit, match=r"huadong, huanan"):
        run("export", str(tmp_path / "out"))
    assert run("--company", "huanan", "export", str(tmp_path / "other")) == 0
    assert not (tmp_path / "other" / "images").exists()


def test_own_models_are_listed_and_there_is_a_way_back(
    run: Run, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(parts, "own-1")
    own.install(parts.settings.own_models, "own-1", NOW, "not worse")
    assert run("list") == 0
    assert "* own-1" in capsys.readouterr().out
    assert run("rollback") == 0
    assert own.read_state(parts.settings.own_models).current is None
    assert run("rollback") == 1


def test_a_candidate_is_started_reported_and_ended(
    shop: Shop, run: Run, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(parts, "own-1")
    assert run("shadow", "start", "own-1", "--share", "0.5") == 0
    assert own.read_state(parts.settings.own_models).shadow == own.Shadow("own-1", 0.5)
    assert run("shadow") == 0
    assert "No candidate" in capsys.readouterr().out
    assert run("shadow", "stop") == 0
    assert own.read_state(parts.settings.own_models).shadow is None
    with pytest.raises(SystemExit, match="2"):
        run("shadow", "start", "own-1", "--share", "2")
    assert run("shadow", "start", "nobody") == 1


def test_without_ultralytics_it_says_how_to_get_it(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unable = tmp_path / "python"
    unable.write_text("#!/bin/sh\nexit 1\n")
    unable.chmod(0o755)
    with pytest.raises(SystemExit, match="make train-env"):
        run("--python", str(unable), "--data", str(tmp_path))


def test_a_worker_prefers_the_installed_model_and_refuses_a_damaged_one(run: Run, parts: Parts) -> None:
    models, chosen = parts.settings.own_models, parts.settings
    assert bootstrap.candidate(chosen) is None
    keep(parts, "own-1")
    own.install(models, "own-1", NOW, "not worse")
    reader = bootstrap.reader(chosen)
    assert reader.model == bootstrap.own_reader(chosen, None).model, "the same file under another name"
    file = models / "versions" / "own-1" / GAP_FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"?")
    with pytest.raises(WeightsError, match=r"weights\.damaged") as error:
        bootstrap.make_tools(parts, ("vision",))
    assert own.card_of(models, "own-1").files[GAP_FILE] in error.value.detail.en


def test_a_file_that_is_no_detector_is_refused_too(run: Run, parts: Parts, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.onnx"
    nothing.write_bytes(b"nothing")
    keep(parts, "own-1", nothing)
    own.install(parts.settings.own_models, "own-1", NOW, "by hand")
    with pytest.raises(ModelFileError, match=r"gap\.onnx"):
        bootstrap.reader(parts.settings)


def test_a_candidate_costs_nothing_before_it_looks(run: Run, parts: Parts) -> None:
    keep(parts, "own-1")
    own.set_shadow(parts.settings.own_models, own.Shadow("own-1", 0.5))
    candidate: Any = bootstrap.candidate(parts.settings)
    assert (candidate.name, candidate.share, candidate._reader) == ("own-1", 0.5, None)
    assert candidate.reader() is candidate.reader()


def test_json_is_one_object(run: Run, parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    keep(parts, "own-1")
    assert run("--json", "list") == 0
    told = json.loads(capsys.readouterr().out)
    assert [version["name"] for version in told["versions"]] == ["own-1"]
