"""Bringing a database to the schema of this version (Alembic, migrations/)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

import migrations
from server.store.engine import lock_founding


def make_config() -> Config:
    """Alembic's configuration without a file, so that it works from an installed package."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`, in one transaction; who comes second finds it done."""
    config = make_config()
    with engine.begin() as connection:
        lock_founding(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
