"""Campaigns: which material should hang where and when, and what photos show of it."""
