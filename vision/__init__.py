"""Photos in, structs out: quality, gaps, shelf rows, overlays, before/after. Knows no database, queue or HTTP."""
