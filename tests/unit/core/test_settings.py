"""Settings: checked once, and an error names the one that is wrong."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from core.settings import Settings, SettingsError, load


def base(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"STOREPATROL_DATA_DIR": str(tmp_path), **{f"STOREPATROL_{name}": value for name, value in more.items()}}


def test_an_embedded_installation_needs_no_setting_at_all(tmp_path: Path) -> None:
    settings = load(base(tmp_path))
    assert settings.mode == "embedded"
    assert settings.database_url == f"sqlite:///{tmp_path / 'storepatrol.sqlite3'}"
    assert len(settings.secret_key) >= 32


def test_an_installation_keeps_its_secret(tmp_path: Path) -> None:
    assert load(base(tmp_path)).secret_key == load(base(tmp_path)).secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    found: set[str] = set()
    threads = [threading.Thread(target=lambda: found.add(load(base(tmp_path)).secret_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "storepatrol.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\n')
    settings = load(base(tmp_path, PORT="9001"), file)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")  # noqa: S104 - only compared


@pytest.mark.parametrize(
    ("text", "span"),
    [("PT20M", dt.timedelta(minutes=20)), ("P1D", dt.timedelta(days=1)), ("90", dt.timedelta(seconds=90))],
)
def test_a_span_is_written_as_iso_8601_or_in_seconds(tmp_path: Path, text: str, span: dt.timedelta) -> None:
    assert load(base(tmp_path, ACCESS_TOKEN_LIVES=text)).access_token_lives == span


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("MODE", "cloud"),
        ("SECRET_KEY", "short"),
        ("GAP_LIMIT", "1.5"),
        ("GAP_LIMIT", "nan"),
        ("SECURE_COOKIES", "maybe"),
        ("LOG_LEVEL", "LOUD"),
        ("ACCESS_TOKEN_LIVES", "PT0S"),
        ("SLA_MINOR", "soon"),
        ("JOB_ATTEMPTS", "0"),
        ("MAX_PHOTO_BYTES", "-1"),
        ("VISION_THREADS", "-2"),
        ("DATABASE_URL", "mysql://nobody@nowhere/nothing"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"STOREPATROL_{name}"):
        load(base(tmp_path, **{name: value}))


def test_an_error_does_not_tell_a_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(base(tmp_path, SECRET_KEY="hunter2"))
    assert "hunter2" not in str(error.value)


class TestLanguageModel:
    def test_there_is_none_unless_its_address_is_set(self, tmp_path: Path) -> None:
        assert load(base(tmp_path)).language_model_url == ""

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:8080/v1", "http://10.0.0.7:11434/v1/", "https://models.shop.example/v1", "http://[::1]/v1"],
    )
    def test_an_address_may_be_private(self, tmp_path: Path, url: str) -> None:
        settings = load(base(tmp_path, LANGUAGE_MODEL_URL=url, LANGUAGE_MODEL_NAME="qwen3"))
        assert settings.language_model_url == url

    @pytest.mark.parametrize(
        "url",
        [
            "localhost:8080/v1",
            "ftp://host/v1",
            "file:///etc/passwd",
            "http://",
            "http://host:70000/v1",
            "http://host/v1?key=1",
            "http://host/v1#x",
            "http://host/v1\r\nX-A: b",
            "http://[::1/v1",
        ],
    )
    def test_an_address_that_is_none_is_refused(self, tmp_path: Path, url: str) -> None:
        with pytest.raises(SettingsError, match="STOREPATROL_LANGUAGE_MODEL_URL"):
            load(base(tmp_path, LANGUAGE_MODEL_URL=url, LANGUAGE_MODEL_NAME="qwen3"))

    def test_a_password_in_the_address_is_refused_and_not_repeated(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="LANGUAGE_MODEL_KEY") as error:
            load(base(tmp_path, LANGUAGE_MODEL_URL="http://me:hunter2@host/v1", LANGUAGE_MODEL_NAME="qwen3"))
        assert "hunter2" not in str(error.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("NAME", ""),
            ("KEY", "hunter2\r\nX-A: b"),
            ("KEY", "schl\u00fcssel"),
            ("TIMEOUT", "PT8M"),
            ("MAX_TOKENS", "0"),
        ],
    )
    def test_what_goes_with_it_is_checked_too(self, tmp_path: Path, name: str, value: str) -> None:
        right = {"LANGUAGE_MODEL_URL": "http://host/v1", "LANGUAGE_MODEL_NAME": "qwen3"}
        with pytest.raises(SettingsError, match=f"STOREPATROL_LANGUAGE_MODEL_{name}") as error:
            load(base(tmp_path, **(right | {f"LANGUAGE_MODEL_{name}": value})))
        assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "missing", ["DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "SECRET_KEY"]
)
def test_a_stack_names_what_it_still_needs(tmp_path: Path, missing: str) -> None:
    everything = {
        "MODE": "stack",
        "DATABASE_URL": "postgresql+psycopg://u:p@h/d",
        "REDIS_URL": "redis://h",
        "S3_ENDPOINT": "h:1",
        "S3_ACCESS_KEY": "a",
        "S3_SECRET_KEY": "b",
        "SECRET_KEY": "k" * 40,
    }
    assert load(base(tmp_path, **everything)).mode == "stack"
    del everything[missing]
    with pytest.raises(SettingsError, match=f"STOREPATROL_{missing}"):
        load(base(tmp_path, **everything))


def test_an_unknown_name_in_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "storepatrol.toml"
    file.write_text("prot = 9000\n")
    with pytest.raises(SettingsError, match="'prot'"):
        load(base(tmp_path), file)


@pytest.mark.parametrize("content", ["port = ", "\x00", "port = [1]"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "storepatrol.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"storepatrol\.toml|PORT"):
        load(base(tmp_path), file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(base(tmp_path), tmp_path / "nowhere.toml")


def test_an_unused_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="STOREPATROL_DATA_DIR"):
        load(base(tmp_path / "file" / "below"))


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"STOREPATROL_REDIS_ULR.*STOREPATROL_REDIS_URL"):
        load({"STOREPATROL_DATA_DIR": str(tmp_path), "STOREPATROL_REDIS_ULR": "redis://localhost"})


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    plain = load({"STOREPATROL_DATA_DIR": str(tmp_path)})
    empty = load({"STOREPATROL_DATA_DIR": str(tmp_path), "STOREPATROL_MODELS_DIR": "", "STOREPATROL_PORT": ""})
    assert (empty.models, empty.port) == (plain.models, plain.port)


def test_a_variable_of_another_tool_is_left_alone(tmp_path: Path) -> None:
    load({"STOREPATROL_DATA_DIR": str(tmp_path), "STOREPATROL_SHARED_DATA": "elsewhere"})


def test_a_note_of_ten_minutes_fits_into_every_limit() -> None:
    ten_minutes = dt.timedelta(minutes=10)
    wav = 44 + int(ten_minutes.total_seconds()) * 44_100 * 2 * 2  # stereo, 16 bit
    assert Settings().max_voice_bytes >= wav
    assert Settings().note_time_limit > ten_minutes  # a model no faster than speech may still hear it out
