"""The schema's history (Alembic): `<utc>_<pre|post>_<verb>_<what>.py`; *pre* runs before new code
serves, *post* after.
"""
