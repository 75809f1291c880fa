"""Which schema a database has, and which this program needs: two quick looks, without Alembic.

Bringing it there is server/store/schema.py, which most starts have no need to load.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

import migrations

VERSIONS = Path(migrations.__file__).parent / "versions"
VERSION_TABLE = "alembic_version"


def current_revision(engine: Engine) -> str | None:
    """The revision of this database; None: empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
        revision: str | None = connection.execute(query).scalar()
        return revision


def newest_revision() -> str:
    """The revision that this version of the program needs: its migrations' last, by name."""
    return max(path.name for path in VERSIONS.glob("[0-9]*.py")).partition("_")[0]
