"""Alembic's environment for our tables only. It runs inside a transaction that the caller opened and locked."""

from alembic import context

from galleria_xero_plugin.db.migrate import context_options

context.configure(connection=context.config.attributes["connection"], **context_options())
with context.begin_transaction():
    context.run_migrations()
