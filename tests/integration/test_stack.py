"""`storepatrol stack`: real servers out of wheels, that keep their data over a restart and leave nothing behind."""

import contextlib
import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from core.settings import load
from core.storage import S3Store, store_for
from storepatrol.stack import Child, ServerError, Stack, StackBusy, free_ports, running_environment, seaweed

pytestmark = pytest.mark.stack

PHOTO = hashlib.sha256(b"photo").hexdigest()


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "storepatrol", "stack", *map(str, words)]


def servers_in(folder: Path) -> list[psutil.Process]:
    """Every process whose files or command line lie in the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in " ".join(process.cmdline()) or any(
                str(folder) in file.path for file in process.open_files()
            ):
                found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def wait_until(met: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def plain(environment: dict[str, str]) -> str:
    return environment["STOREPATROL_DATABASE_URL"].replace("+psycopg", "")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def environment(data_dir: Path) -> Iterator[dict[str, str]]:
    """The settings of servers that another process runs with `stack up`; each has something to remember."""
    supervisor = subprocess.Popen(command("up", "--data-dir", data_dir), stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: running_environment(data_dir / "stack") or supervisor.poll() is not None)
        environment = running_environment(data_dir / "stack")
        assert environment is not None
        with psycopg.connect(plain(environment)) as session:
            session.execute("create table if not exists note (text text)")
            session.execute("insert into note values ('kept 保留')")
        (data_dir / "photo").write_bytes(b"photo")
        store_for(load(environment)).put(data_dir / "photo", PHOTO, 5, "image/jpeg")
        yield environment
    finally:
        supervisor.terminate()
        supervisor.communicate(timeout=60)


def test_the_settings_it_prints_are_complete_for_a_stack(environment: dict[str, str], data_dir: Path) -> None:
    settings = load(environment)
    assert settings.mode == "stack"
    assert settings.data_dir == data_dir
    printed = subprocess.run(command("status", "--data-dir", data_dir, "--json"), capture_output=True, check=True)
    assert json.loads(printed.stdout) == environment


def test_our_database_role_is_no_superuser(environment: dict[str, str]) -> None:
    with psycopg.connect(plain(environment)) as session:
        assert session.info.server_version >= 180000
        assert session.execute("show server_encoding").fetchone() == ("UTF8",)
        assert session.execute("select usesuper from pg_user where usename = current_user").fetchone() == (False,)


def test_redis_refuses_strangers_and_never_drops_a_key(environment: dict[str, str]) -> None:
    url = environment["STOREPATROL_REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        assert client.config_get("maxmemory-policy") in (
            {"maxmemory-policy": "noeviction"},
            {b"maxmemory-policy": b"noeviction"},
        )
    with redis.Redis.from_url(f"redis://{url.split('@')[1]}") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_this_redis_is_new_enough_for_rq(environment: dict[str, str]) -> None:
    with redis.Redis.from_url(environment["STOREPATROL_REDIS_URL"]) as client:
        queue = Queue("probe", connection=client, serializer=JSONSerializer)
        job = queue.enqueue("math.hypot", 3, 4)
        SimpleWorker([queue], connection=client, serializer=JSONSerializer).work(burst=True)
        assert job.return_value(refresh=True) == 5


def test_passwords_are_for_our_eyes_only(environment: dict[str, str], data_dir: Path) -> None:
    known = json.loads((data_dir / "stack/stack.json").read_text("utf-8"))
    passwords = list(known["secrets"].values())
    assert min(map(len, passwords)) >= 32
    assert len(set(passwords)) == len(passwords)
    for name in ("stack.json", "redis.conf", "s3.json"):
        assert stat.S_IMODE((data_dir / "stack" / name).stat().st_mode) == 0o600
    visible = "\n".join(" ".join(process.cmdline()) for process in servers_in(data_dir))
    assert "weed" in visible
    assert not [password for password in passwords if password in visible]


def test_all_listen_on_this_machine_only(environment: dict[str, str], data_dir: Path) -> None:
    listening = {
        connection.laddr.ip
        for process in servers_in(data_dir)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_check_tells_which_part_is_away(environment: dict[str, str]) -> None:
    def check(**changes: str) -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "storepatrol", "check", "--json"],
            env={**os.environ, **environment, **changes},
            capture_output=True,
            text=True,
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == (0 if all(row["ok"] for row in rows) else 1)
        return {row["part"]: "ok" if row["ok"] else row["error"]["code"] for row in rows}

    assert check() == {"database": "database.not_migrated", "storage": "ok", "queue": "ok"}
    subprocess.run(
        [sys.executable, "-m", "storepatrol", "migrate"],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    assert check() == {"database": "ok", "storage": "ok", "queue": "ok"}
    (nothing,) = free_ports([None])
    away = f"127.0.0.1:{nothing}"
    assert check(
        STOREPATROL_DATABASE_URL=f"postgresql+psycopg://a:b@{away}/c",
        STOREPATROL_REDIS_URL=f"redis://{away}",
        STOREPATROL_S3_ENDPOINT=away,
    ) == {"database": "database.unavailable", "storage": "storage.unavailable", "queue": "queue.unavailable"}


def test_a_second_start_uses_the_running_servers(environment: dict[str, str], data_dir: Path) -> None:
    show = [sys.executable, "-c", "import os; print(os.environ['STOREPATROL_REDIS_URL']); raise SystemExit(7)"]
    done = subprocess.run(command("up", "--data-dir", data_dir, "--exec", *show), capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (7, environment["STOREPATROL_REDIS_URL"])
    with pytest.raises(StackBusy), Stack(data_dir / "stack", data_dir):
        pass
    assert running_environment(data_dir / "stack") == environment


def test_down_ends_every_server_and_up_finds_their_data_again(environment: dict[str, str], data_dir: Path) -> None:
    subprocess.run(command("down", "--data-dir", data_dir), check=True)
    wait_until(lambda: not servers_in(data_dir), 10)
    assert running_environment(data_dir / "stack") is None
    assert subprocess.run(command("status", "--data-dir", data_dir), capture_output=True).returncode == 1
    with Stack(data_dir / "stack", data_dir) as again:
        with psycopg.connect(plain(again.environment)) as session:
            assert session.execute("select text from note").fetchone() == ("kept 保留",)
        assert store_for(load(again.environment)).read(PHOTO) == b"photo"


def test_on_other_ports_the_data_is_still_there(environment: dict[str, str], data_dir: Path) -> None:
    file = data_dir / "stack/stack.json"
    known = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**known, "ports": {}}), "utf-8")
    with Stack(data_dir / "stack", data_dir) as again:
        assert again.environment["STOREPATROL_S3_ENDPOINT"] != environment["STOREPATROL_S3_ENDPOINT"]
        assert store_for(load(again.environment)).read(PHOTO) == b"photo"


def test_servers_die_with_a_starter_that_was_killed(tmp_path: Path) -> None:
    waiting = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
    starter = subprocess.Popen(
        command("up", "--data-dir", tmp_path, "--exec", *waiting), stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    assert len(servers_in(tmp_path)) >= 4
    starter.kill()
    starter.wait()
    starter.stdout.close()
    wait_until(lambda: not servers_in(tmp_path), 30)
    seaweed.remove_sockets(json.loads((tmp_path / "stack/stack.json").read_text("utf-8"))["ports"])


def test_storage_alone_as_a_container_runs_it(tmp_path: Path) -> None:
    port = next(p for p in range(20000, 30000, 10) if free_ports(list(range(p, p + 8))) == list(range(p, p + 8)))
    keys = {"STOREPATROL_S3_ACCESS_KEY": "somebody", "STOREPATROL_S3_SECRET_KEY": "for-this-test-alone"}
    words = command("storage", "--folder", tmp_path, "--first-port", str(port))
    server = subprocess.Popen(words, env={**os.environ, **keys})
    try:
        wait_until(lambda: subprocess.run([*words, "--check"]).returncode == 0)
        store = S3Store(f"127.0.0.1:{port}", "somebody", "for-this-test-alone", "storepatrol", secure=False)
        (tmp_path / "photo").write_bytes(b"photo")
        store.put(tmp_path / "photo", PHOTO, 5, "image/jpeg")
        assert store.read(PHOTO) == b"photo"
    finally:
        server.terminate()
        assert server.wait(30) == 0
    assert not servers_in(tmp_path)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    child = Child("Cupboard", [sys.executable, "-c", "raise SystemExit('no shelf left')"], tmp_path / "log")
    with pytest.raises(ServerError, match=r"(?s)Cupboard: ended with status 1.*no shelf left"):
        child.wait_ready(lambda: False)


def test_a_server_that_ignores_us_is_stopped_all_the_same(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
    child = Child("Mule", [sys.executable, "-c", stubborn], tmp_path / "log", patience_s=0.2)
    child.wait_ready(lambda: "on" in child.log_tail())
    child.stop()
    assert not psutil.pid_exists(child.pid)


def test_ports_are_kept_if_free_and_changed_if_taken() -> None:
    first = free_ports([None, None, None])
    assert len(set(first)) == 3
    assert free_ports(list(first)) == first
    assert len(set(free_ports([first[0], first[0]]))) == 2
