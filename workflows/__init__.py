"""What happens in order: visits, issues, tasks, escalation, verification, and the jobs between them."""
