"""What figures depend on: processor, cores, versions; and what keeps a benchmark from running."""

import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions, version
from pathlib import Path

from core.errors import ModelFileError, StorepatrolError


def machine(*modules: str) -> dict[str, object]:
    """Return processor, cores and the versions of Python and of what these modules come from."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    carriers = packages_distributions()
    parts = [carriers[module][0] for module in modules]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{part} {version(part)}" for part in parts)]),
    }


def told(main: Callable[[], int]) -> int:
    """Run a benchmark; where a file or a package is not there, say so in a sentence and return 1."""
    try:
        return main()
    except ImportError as error:
        print(f"Not measured: the package {error.name} is not installed. `make bench` installs it.", file=sys.stderr)
    except (OSError, StorepatrolError, ModelFileError) as error:
        print(f"Not measured: {error}", file=sys.stderr)
    return 1
