"""Index what every push asks for, which grows with the zone's age: grants by device, photos by case."""

from alembic import op

revision = "202611231720"
down_revision = "202611231615"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_grant_span_device", "grant_span", ["device"])
    op.create_index("ix_attachment_use_stream", "attachment_use", ["stream"])


def downgrade() -> None:
    op.drop_index("ix_attachment_use_stream", "attachment_use")
    op.drop_index("ix_grant_span_device", "grant_span")
