"""The store: one door to the database (`Store`), a small module per capability, rows in and values out.

Synchronous SQLAlchemy Core on sqlite3 and psycopg (docs/decisions/0001-synchronous-store.md).
"""
