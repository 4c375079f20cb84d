"""Settings: from a TOML file, then from `STOREPATROL_*` variables, checked once at start."""

import contextlib
import datetime as dt
import difflib
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

PREFIX = "STOREPATROL_"
MEBIBYTE = 1024 * 1024
DATABASES = ("sqlite:///", "postgresql+psycopg://")
AT_LEAST_ONE = ("job_attempts", "max_photo_bytes", "max_voice_bytes", "language_model_max_tokens")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an installation can set. A field `redis_url` is the variable `STOREPATROL_REDIS_URL`."""

    mode: Literal["embedded", "stack"] = "embedded"
    data_dir: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = 8321
    secret_key: str = ""
    secure_cookies: bool = False
    log_form: Literal["json", "console"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: str = ""
    redis_url: str = ""
    s3_endpoint: str = ""
    s3_access_key: str = ""
    s3_secret_key: str = ""
    s3_bucket: str = "storepatrol"
    s3_secure: bool = True

    models_dir: Path | None = None
    own_models_dir: Path | None = None
    whisper_model: str = "whisper-base"
    language_model_url: str = ""
    """Where an OpenAI-compatible server answers, up to and with `/v1`. Empty: no language model, and no call."""

    language_model_name: str = ""
    language_model_key: str = ""
    language_model_timeout: dt.timedelta = dt.timedelta(seconds=20)
    """The longest a note waits for it, a second try included."""

    language_model_max_tokens: int = 2000
    """The longest answer; a note with ten matters needs about 800."""

    vision_threads: int = 0
    speech_threads: int = 0
    vision_memory_mb: int = 1280
    """So much more than with its models loaded a vision worker may take, in MiB; past it, it dies and is replaced.

    The dearest picture of 50 megapixels, a WebP, asks for 840 (and uses 390 of them); 0 is no limit.
    """

    gap_limit: float = 0.08
    """An `oos_rate` above this opens an issue by itself."""

    max_photo_bytes: int = 30 * MEBIBYTE
    max_voice_bytes: int = 110 * MEBIBYTE
    """Ten minutes of WAV in stereo at 44.1 kHz are 106 MB."""

    upload_expires_after: dt.timedelta = dt.timedelta(days=7)
    access_token_lives: dt.timedelta = dt.timedelta(minutes=15)
    refresh_token_lives: dt.timedelta = dt.timedelta(days=30)
    refresh_grace: dt.timedelta = dt.timedelta(seconds=30)
    media_link_lives: dt.timedelta = dt.timedelta(minutes=5)

    job_attempts: int = 5
    photo_time_limit: dt.timedelta = dt.timedelta(seconds=60)
    note_time_limit: dt.timedelta = dt.timedelta(minutes=15)
    """Ten minutes of speech take whisper-base a minute on two busy cores; a larger model takes several times that."""

    sweep_every: dt.timedelta = dt.timedelta(seconds=5)
    sla_minor: dt.timedelta = dt.timedelta(hours=72)
    sla_major: dt.timedelta = dt.timedelta(hours=24)
    sla_critical: dt.timedelta = dt.timedelta(hours=4)

    @property
    def models(self) -> Path:
        """Return the folder of fetched model weights."""
        return self.models_dir or self.data_dir / "models"

    @property
    def own_models(self) -> Path:
        """Return the folder of models that were trained here (see `core.weights.own`)."""
        return self.own_models_dir or self.data_dir / "own-models"

    @property
    def uploads(self) -> Path:
        """Return the folder of unfinished uploads; API hosts that share a database share this folder too."""
        return self.data_dir / "uploads"


def load(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Return the checked settings.

    Raises:
        SettingsError: a name is unknown, a value does not fit, or a setting that this mode needs is missing.

    """
    values = _from_file(file) if file else {}
    known = {field.name for field in msgspec.structs.fields(Settings)}
    for name in values:
        if name not in known:
            raise SettingsError(f"{file}: unknown setting {name!r}")
    for variable, text in environ.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        if name in known and text == "":
            continue  # compose files hand on `${NAME:-}` like this; an empty path would be the current folder
        if name in known:
            values[name] = text
        elif meant := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
            # Other tools may have variables of our prefix; one that is nearly a setting is a slip of the hand.
            raise SettingsError(f"{variable}: unknown setting; {PREFIX}{meant[0].upper()}?")
    settings = Settings(**{name: _convert(name, value) for name, value in values.items()})
    _check(settings)
    return _complete(settings)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {file}: {error}") from error


def _convert(name: str, value: Any) -> Any:
    type_ = next(field.type for field in msgspec.structs.fields(Settings) if field.name == name)
    if type_ in (Path, Path | None):
        return Path(str(value)).expanduser()
    try:
        return msgspec.convert(value, type_, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{PREFIX}{name.upper()}: {error} (got {value!r})") from error


def _check(settings: Settings) -> None:
    if not 1 <= settings.port <= 65535:
        raise SettingsError(f"{PREFIX}PORT: {settings.port} is not a port")
    if not 0 < settings.gap_limit < 1:
        raise SettingsError(f"{PREFIX}GAP_LIMIT: must lie between 0 and 1 (got {settings.gap_limit})")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError(f"{PREFIX}SECRET_KEY: needs at least 32 characters")
    if settings.database_url and not settings.database_url.startswith(DATABASES):
        raise SettingsError(f"{PREFIX}DATABASE_URL: must start with {' or '.join(DATABASES)}")
    _check_sizes(settings)
    _check_language_model(settings)
    if settings.mode == "stack":
        for name in ("database_url", "redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key", "secret_key"):
            if not getattr(settings, name):
                raise SettingsError(f"{PREFIX}{name.upper()}: needed when {PREFIX}MODE is 'stack'")


def _check_sizes(settings: Settings) -> None:
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if isinstance(value, dt.timedelta) and value <= dt.timedelta(0):
            raise SettingsError(f"{PREFIX}{field.name.upper()}: must be longer than zero")
        if isinstance(value, int) and value < (1 if field.name in AT_LEAST_ONE else 0):
            raise SettingsError(f"{PREFIX}{field.name.upper()}: {value} is too small")


def _check_language_model(settings: Settings) -> None:
    prefix = f"{PREFIX}LANGUAGE_MODEL"
    if not settings.language_model_url:
        return
    if not _is_plain_address(settings.language_model_url):
        # The address is not repeated: somebody may have put a password into it.
        raise SettingsError(f"{prefix}_URL: must look like http://host:8080/v1 (a key goes into {prefix}_KEY)")
    if not settings.language_model_name:
        raise SettingsError(f"{prefix}_NAME: needed with {prefix}_URL")
    key = settings.language_model_key
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"{prefix}_KEY: holds a character that cannot be sent")
    if settings.language_model_timeout * 2 > settings.note_time_limit:
        raise SettingsError(f"{prefix}_TIMEOUT: must be at most half of {PREFIX}NOTE_TIME_LIMIT")


def _is_plain_address(url: str) -> bool:
    """Tell whether this is http or https, a host, perhaps a port and a path, and nothing else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    clean = url.isascii() and url.isprintable() and not set(url) & set(" ?#") and "@" not in parts.netloc
    return clean and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def _complete(settings: Settings) -> Settings:
    """Fill in what an embedded installation makes for itself: its database's place and its own secret."""
    data_dir = settings.data_dir.absolute()
    changes: dict[str, Any] = {"data_dir": data_dir}
    if not settings.database_url:
        changes["database_url"] = f"sqlite:///{data_dir / 'storepatrol.sqlite3'}"
    if not settings.secret_key:
        changes["secret_key"] = _own_secret_in(data_dir)
    return msgspec.structs.replace(settings, **changes)


def _own_secret_in(data_dir: Path) -> str:
    try:
        return _own_secret(data_dir / "secret.key")
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATA_DIR: {data_dir} cannot be used: {error.strerror}") from error


def _own_secret(file: Path) -> str:
    """Return the secret of this installation, made on first use; two processes starting at once agree on one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        draft = file.with_suffix(f".{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), "utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text("utf-8")
