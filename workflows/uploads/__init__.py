"""Resumable uploads (tus 1.0), from the first byte to a stored photo or note."""
