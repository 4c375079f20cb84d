"""Standards library, checklists and their versions, answers and scoring."""
