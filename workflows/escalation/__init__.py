"""Overdue tasks go up the organisation, once a level."""
