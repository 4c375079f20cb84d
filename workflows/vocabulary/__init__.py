"""A company's own words for what is heard in its voice notes."""
