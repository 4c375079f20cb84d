"""Is a photo what it is said to be: used before, taken off a screen, and what its file tells. Pure; judges nobody."""
