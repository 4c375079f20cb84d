"""The organisation's services: founding a company, its tree, its people, its machines' keys."""
