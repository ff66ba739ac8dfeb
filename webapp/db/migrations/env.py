"""Alembic runs this for every command; `webapp.db.migrate` hands it the connection."""

from alembic import context

from webapp.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
