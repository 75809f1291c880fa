"""Change no table: history says ground, opinion and reason of an act, so the projections are made anew."""

revision = "202611231615"
down_revision = "202611231600"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: an update of the revision makes the projections anew."""


def downgrade() -> None:
    """Nothing to take back."""
