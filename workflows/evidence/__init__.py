"""Is a photo evidence: used before, taken there and then, off a screen? It informs; a person decides."""
