"""What a model is unsure of is asked of a person; what the person said is kept beside it and takes effect."""
