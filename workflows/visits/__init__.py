"""Visits, answers, photos and voice notes: what comes in from the shop."""
