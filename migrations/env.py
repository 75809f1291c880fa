"""Alembic's entry: runs the migrations on the connection that it is given, or on `sqlalchemy.url` of alembic.ini."""

from alembic import context
from sqlalchemy import Connection, engine_from_config

from server.store.tables import metadata


def run(connection: Connection) -> None:
    """Run what was asked for on this connection."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    section = context.config.get_section(context.config.config_ini_section, {})
    with engine_from_config(section).connect() as opened:
        run(opened)
        opened.commit()
