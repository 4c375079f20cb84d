"""How views get an address for a stored file, without knowing about HTTP."""

from collections.abc import Callable

Linker = Callable[[str], str]
"""Turns the SHA-256 of a file into an address a browser can load for the next few minutes."""
