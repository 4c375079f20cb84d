"""Findings of people and models, merged into issues."""
