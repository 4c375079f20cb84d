"""Corrective tasks: who, by when, and what may happen to them."""
