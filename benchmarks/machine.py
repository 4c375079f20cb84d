"""What figures depend on: processor, cores, versions."""

import os
import platform
from importlib.metadata import packages_distributions, version
from pathlib import Path


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
