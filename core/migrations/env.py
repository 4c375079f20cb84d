"""Alembic's entry point. `core.migrate` hands it a connection; it never opens one, nor reads a configuration file."""

from alembic import context

from core.migrate import render_plain_type, same_type

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    compare_type=same_type,
    render_item=render_plain_type,
    render_as_batch=True,  # a script drafted on either database has to run on SQLite, which alters by rebuilding
)
with context.begin_transaction():
    context.run_migrations()
