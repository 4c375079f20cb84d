"""Recordings in, structs out: transcript and the problems it names. Knows no database, queue or HTTP."""
