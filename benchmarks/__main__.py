"""Everything the product promises in seconds and megabytes: `make bench`.

The server first, seen from a client on the same machine; then the detector and the recogniser beside their peers.
"""

import subprocess
import sys


def main() -> int:
    """Run each benchmark in a process of its own; return 1 if one of them could not run."""
    codes = []
    for name in ("server", "vision", "speech"):
        print(f"\n== {name} ==", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
