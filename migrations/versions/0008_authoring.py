"""Decks that are written over HTTP: each counts its changes, and a deleted one stays for history.

Revision 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "decks", sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column("decks", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("deleted_at", "version"):
        op.drop_column("decks", column)
