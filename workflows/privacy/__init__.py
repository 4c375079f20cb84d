"""What a company lets happen to its voice notes: how long recordings are kept, and what is masked in transcripts."""
