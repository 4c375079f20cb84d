"""What people say of a transcript: every word and every proposed issue can be put right, and takes effect."""
